"""What the embedded judges say of every statement that simulated participants may write, shipped with the lab.

So a first run needs no model. Kept are the model's likelihoods, not verdicts: rules, calibrations and bands apply to
them as to a reply of today. A reply is found by the key of the verdict cache, in which the digests of model and prompt
stand, so another model or prompt finds nothing. The command ``ship-verdicts`` writes the file.
"""

import gzip
import hashlib
import json
import logging
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jitai.errors import FileFormatError, ParameterError
from jitai.files import decompressed, read_bytes, read_json
from jitai.judge.base import ModelIdentity, Reply
from jitai.judge.cache import Replies, reply_key
from jitai.judge.prompts import Prompt
from jitai.paths import resource

FILE = resource("assets", "verdicts", "embedded.json.gz")
FORMAT = 1
MAX_BYTES = 1_000_000
"""Largest size of the file; it has about 210,000 bytes."""
MAX_UNPACKED_BYTES = 10_000_000
_KEY_DIGITS = 16
"""Of the 64 digits of a key: two of ten thousand keys agree in that many once in 10^11 files."""
_log = logging.getLogger(__name__)


class ReadByJudge(NamedTuple):
    """What one judge's model replied.

    Attributes:
        key: of the judge.
        model: which one it is.
        prompt: how it was asked; by one question whose answer is read in the likelihoods of a token.
        replies: by the cleaned statement.
    """

    key: str
    model: ModelIdentity
    prompt: Prompt
    replies: Mapping[str, Reply]


@dataclass(frozen=True)
class _Shipped:
    """The replies of one judge, as columns over its statements."""

    places: Mapping[str, int]
    words: Sequence[str]
    log_probabilities: Mapping[str, Sequence[float]]
    least_listed: Sequence[float]

    def get(self, key: str) -> Replies | None:
        place = self.places.get(key[:_KEY_DIGITS])
        if place is None:
            return None
        found = {answer: _or_none(values[place]) for answer, values in self.log_probabilities.items()}
        return (Reply(self.words[place], found, _or_none(self.least_listed[place])),)


def shipped_replies(key: str) -> Replies | None:
    """Return the replies that were shipped under a key of the verdict cache; None if there are none. Never raises."""
    return next((found for judge in _shipped() if (found := judge.get(key)) is not None), None)


@cache
def _shipped() -> tuple[_Shipped, ...]:
    """Return what was shipped; nothing, and a line in the log, if the file cannot be used."""
    try:
        return read_shipped(FILE)
    except FileFormatError as error:
        _log.warning("The shipped verdicts are not used: %s", error)
        return ()


def shipped_content(judges: Iterable[ReadByJudge]) -> bytes:
    """Return the content of a file of shipped verdicts; the same replies give the same bytes.

    Raises: ParameterError if the file could not hold a reply exactly.
    """
    columns = [_columns(judge) for judge in judges]
    content = {"format": FORMAT, "digest": _digest(columns), "judges": columns}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def read_shipped(path: Path) -> tuple[_Shipped, ...]:
    """Read a file of shipped verdicts.

    Raises: FileFormatError naming the file and what is wrong.
    """
    hint = "Take the file that came with the lab, or write it anew with the command ship-verdicts."
    packed = read_bytes(path, MAX_BYTES, hint)
    text = decompressed(packed, path.name, MAX_UNPACKED_BYTES, hint)
    content = read_json(text, path.name, MAX_UNPACKED_BYTES, hint)
    try:
        if content["format"] != FORMAT:
            raise FileFormatError(f"{path.name} has another format than {FORMAT}, which this program reads.", hint)
        if content["digest"] != _digest(content["judges"]):
            raise FileFormatError(f"{path.name} cannot be used: its content is not what its digest says.", hint)
        return tuple(_from_columns(columns) for columns in content["judges"])
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise FileFormatError(f"{path.name} cannot be used: it does not hold what it should.", hint) from error


def _columns(judge: ReadByJudge) -> dict[str, Any]:
    """Return the replies of a judge as columns, sorted by key."""
    question = judge.prompt.questions[0]
    rows = sorted((reply_key(judge.model, judge.prompt, text), reply) for text, reply in judge.replies.items())
    words = sorted({reply.text for _, reply in rows})
    listed = {
        answer: [_single(reply.log_probabilities[answer]) for _, reply in rows] for answer in question.answer_pair
    }
    # The last of the list matters only where one of the answers is not in it.
    least = [reply.least_listed if None in reply.log_probabilities.values() else None for _, reply in rows]
    return {
        "key": judge.key,
        "model": judge.model.name,
        "model_digest": judge.model.digest,
        "prompt": judge.prompt.label,
        "prompt_digest": judge.prompt.content_hash,
        "keys": "".join(key[:_KEY_DIGITS] for key, _ in rows),
        "words": words,
        "said": [words.index(reply.text) for _, reply in rows],
        "log_probabilities": listed,
        "least_listed": [_single(value) for value in least],
    }


def _from_columns(columns: Mapping[str, Any]) -> _Shipped:
    """Return what columns hold.

    Raises: TypeError, KeyError, ValueError, AttributeError, IndexError if they do not hold it.
    """
    digits, words = str(columns["keys"]), [str(word) for word in columns["words"]]
    keys = [digits[start : start + _KEY_DIGITS] for start in range(0, len(digits), _KEY_DIGITS)]
    said = [words[int(number)] for number in columns["said"]]
    listed = {str(answer): _exact(values) for answer, values in columns["log_probabilities"].items()}
    least = _exact(columns["least_listed"])
    if not len(said) == len(least) == len(keys) or any(len(column) != len(keys) for column in listed.values()):
        raise ValueError("columns of different length")
    return _Shipped({key: place for place, key in enumerate(keys)}, said, listed, least)


def _digest(columns: object) -> str:
    return hashlib.sha256(json.dumps(columns, sort_keys=True).encode()).hexdigest()


def _single(value: float | None) -> float | None:
    """Return a number of the engine, which computes in single precision, with the digits that this takes.

    Raises: ParameterError if it is no such number.
    """
    if value is None:
        return None
    # Nine digits tell any two numbers of single precision apart; fewer often do.
    for n_digits in range(6, 10):
        short = float(f"{value:.{n_digits}g}")
        if array("f", [short])[0] == value:
            return short
    raise ParameterError(f"The likelihood {value!r} has more digits than the file keeps.")


def _exact(values: Sequence[float | None]) -> list[float]:
    """Return the numbers behind the digits of ``_single``; not a number where there is none."""
    return array("f", [math.nan if value is None else value for value in values]).tolist()


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
