"""The command `ship-verdicts`: have the embedded judges read what simulated participants may write, for everybody."""

import argparse
import sys
import time
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

from jitai.cli.outputs import check_output
from jitai.corpus import CALIBRATION, TEST, load_part, load_stories
from jitai.files import write_atomically
from jitai.judge import strategies
from jitai.judge.cache import VerdictCache, reply_key
from jitai.judge.embedded import EMBEDDED, TUNED, EmbeddedBackend
from jitai.judge.prompt_file import PROMPTS_FOLDER, load_prompt
from jitai.judge.registry import open_backend
from jitai.judge.shipped import FILE, ReadByJudge, shipped_content, shipped_replies
from jitai.judge.text import clean_statement
from jitai.paths import default_cache_dir
from jitai.text_format import duration

PARTS = (TEST, CALIBRATION)
"""What simulated participants say, and what an experiment measures its judge's error rates on."""
_SECONDS_BETWEEN_NOTES = 5.0


def add_ship_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "ship-verdicts",
        help="write what the embedded judges say of all statements (for those who change model or statements)",
        description="Have both embedded judges read every statement that simulated participants may write, and write "
        "their replies to the file that comes with the lab. What the same model was asked before, for the file that "
        "is there or on this machine, is not asked again, so a stopped run goes on where it was.",
    )
    parser.add_argument(
        "--out", type=Path, default=FILE, metavar="FILE.json.gz", help="default: the file of this installation"
    )
    parser.set_defaults(command=_ship)


def _ship(options: argparse.Namespace) -> None:
    check_output(options.out, ".gz", force=True)
    told = (item for story in load_stories(TEST) for item in story.statements)
    said = chain((item for part in PARTS for item in load_part(part)), told)
    cleaned = (clean_statement(item.text).text for item in said)
    texts = tuple(dict.fromkeys(text for text in cleaned if text))
    with closing(VerdictCache(default_cache_dir())) as cache:
        content = shipped_content([_read(key, texts, cache) for key in (TUNED, EMBEDDED)])
    write_atomically(options.out, content)
    print(f"{len(texts):,} statements, {len(content):,} bytes: {options.out}", file=sys.stderr)


def _read(key: str, texts: tuple[str, ...], cache: VerdictCache) -> ReadByJudge:
    """What a judge's model replies on every statement, also where a rule would decide before it.

    Raises: BackendError if it cannot answer.
    """
    backend = open_backend(key)
    model, prompt = backend.identity(), load_prompt(PROMPTS_FOLDER / f"{EmbeddedBackend.usual_prompt(key)}.json")
    replies = {}
    started = said = time.monotonic()
    n_asked = 0
    for number, text in enumerate(texts):
        place = reply_key(model, prompt, text)
        found = shipped_replies(place) or cache.get(place)
        if found is None:
            found = strategies.ask(prompt, text, backend)
            cache.put(place, found)
            n_asked += 1
        [replies[text]] = found
        now = time.monotonic()
        if n_asked and now - said >= _SECONDS_BETWEEN_NOTES:
            said = now
            left = (now - started) / n_asked * (len(texts) - number - 1)
            print(f"{key}: {number + 1:,} of {len(texts):,}, {duration(left)} left", file=sys.stderr, flush=True)
    return ReadByJudge(key, model, prompt, replies)
