"""What a model on an Ollama server wrote, put together from the server's answers, and where its answer stands."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jitai.errors import UnreadableReply
from jitai.judge.base import Ending, Reply, Request, folded, read_answers
from jitai.judge.json_answer import is_complete, values_in, without_thoughts

if TYPE_CHECKING:
    import ollama

MOST_LIKELY = 1e-3
"""The largest log-probability that rounding can make of a certain token's 0."""
LEAST_LIKELY = -1e4
"""Below it no log-probability is one: no float holds such a probability, and no model computes it."""
Tokens = Sequence[tuple[str, tuple[tuple[str, float], ...]]]


@dataclass(frozen=True)
class Written:
    """What a model wrote, whichever way it was asked.

    Attributes:
        text: its words.
        thinking: what it thought before, as far as the server tells.
        ending: why it stopped.
        tokens: each token written, with the likeliest ones in its place; empty without log-probabilities.
        model_ms: the time that the server reports, in milliseconds.
    """

    text: str
    thinking: str = ""
    ending: Ending = Ending.DONE
    tokens: Tokens = field(default_factory=tuple)
    model_ms: float = 0.0

    @property
    def answer(self) -> str:
        """What it wrote without its thoughts."""
        return without_thoughts(self.text)

    @property
    def only_thought(self) -> bool:
        """Whether it thought, and did not come to an answer."""
        return not self.answer.strip() and bool(self.thinking.strip() or self.text.strip())

    @property
    def in_full(self) -> str:
        """All that it wrote, thoughts first, as it is kept and shown."""
        thoughts = self.thinking.strip()
        return f"<think>{thoughts}</think>{self.text}" if thoughts else self.text


def completed(response: "ollama.GenerateResponse") -> Written:
    """Return what a model wrote on from a prompt.

    Raises: ValueError for what is no answer of an Ollama server.
    """
    return _written([response], [response.response or ""], [response.thinking or ""])


def chatted(parts: "Iterable[ollama.ChatResponse]", stops_when_complete: bool) -> Written:
    """Return what a model said in a chat.

    Args:
        parts: the answer, in one part or in many.
        stops_when_complete: whether to read no further once a JSON object is whole: white space may follow it for
            seconds, up to the limit of tokens.
    Raises: ValueError for what is no answer of an Ollama server.
    """
    seen: list[ollama.ChatResponse] = []
    text = ""
    for part in parts:
        is_whole = stops_when_complete and is_complete(without_thoughts(text))
        if is_whole and not part.done:
            break
        seen.append(part)
        text += part.message.content or ""
    else:
        is_whole = False
    written = _written(
        seen, [part.message.content or "" for part in seen], [part.message.thinking or "" for part in seen]
    )
    return replace(written, ending=Ending.DONE) if is_whole else written


def _written(
    parts: "Sequence[ollama.GenerateResponse | ollama.ChatResponse]", texts: Iterable[str], thoughts: Iterable[str]
) -> Written:
    """Return what a model wrote in all parts of an answer."""
    text, thinking, last = "".join(texts), "".join(thoughts), parts[-1] if parts else None
    if last is None or not (last.done or text or thinking):
        raise ValueError("There is neither a word nor an end.")
    ending = Ending.CUT_OFF if last.done_reason == "length" else Ending.DONE
    if not last.done:
        # 0.24.0 ends a model like this that writes the same thing again and again; status 200, and no reason.
        ending = Ending.REPEATING
    return Written(
        text,
        thinking,
        ending,
        [
            (item.token, tuple((listed.token, listed.logprob) for listed in item.top_logprobs or ()))
            for part in parts
            for item in part.logprobs or ()
        ],
        max(0.0, (last.total_duration or 0) / 1e6),
    )


def as_reply(written: Written, request: Request) -> Reply:
    """Return a reply with the log-probabilities of the answers, as far as the server gives them.

    Raises: UnreadableReply for numbers that are no log-probabilities.
    """
    reply = Reply(written.in_full, {}, None, written.model_ms, ending=written.ending)
    if not request.answers:
        return reply
    listed = _where_the_answer_stands(written, request)
    if listed is None:
        return replace(reply, is_makeshift=not any(likeliest for _, likeliest in written.tokens))
    possible = [(token, value) for token, value in listed if LEAST_LIKELY <= value <= MOST_LIKELY]
    impossible = {folded(token) for token, value in listed if not LEAST_LIKELY <= value <= MOST_LIKELY}
    found, least_listed = read_answers(possible, request.answers, any_spelling=True)
    if any(value > MOST_LIKELY or math.isnan(value) for _, value in listed) or any(
        value is None and folded(answer) in impossible for answer, value in found.items()
    ):
        error = UnreadableReply(
            "The server's log-probabilities are none: they lie above 0, or are impossibly small.",
            hint="Update Ollama, or choose another model.",
        )
        error.raw_reply = written.in_full
        raise error
    return replace(reply, log_probabilities=found, least_listed=least_listed)


def _where_the_answer_stands(written: Written, request: Request) -> tuple[tuple[str, float], ...] | None:
    """Return the likeliest tokens in the place of the answer; None if the server gave none.

    Free text begins with its answer, after its thoughts. JSON begins with a brace: there the answer is the value of the
    property that is a choice. Its words may well stand in the reason too, so it is that value's place that counts; an
    answer of several tokens has no one place.
    """
    if request.schema is None:
        return _first_of_the_answer(written)
    choices = {
        name
        for name, form in request.schema.get("properties", {}).items()
        if "enum" in form or form.get("type") == "boolean"
    }
    values = list(values_in("".join(token for token, _ in written.tokens), choices))
    wanted = {folded(answer) for answer in request.answers} & {folded(values[-1].group().strip('"')) if values else ""}
    begins_at = 0
    for token, likeliest in written.tokens if wanted else ():
        # The opening quotation mark of a text is a token of its own, or else its first token is not the answer alone.
        if begins_at <= values[-1].start() + values[-1].group().startswith('"') < begins_at + len(token):
            return likeliest or None if folded(token) in wanted else None
        begins_at += len(token)
    return None


def _first_of_the_answer(written: Written) -> tuple[tuple[str, float], ...] | None:
    """Return the likeliest tokens where the answer begins; None if that place cannot be told."""
    if not written.tokens:
        return None
    if not written.thinking and written.answer == written.text:
        return written.tokens[0][1] or None
    # The thoughts are among the tokens, as the server may count them: the answer is what stands at the end.
    answer, position = written.answer.strip(), 0
    tokens = "".join(token for token, _ in written.tokens).rstrip()
    if not answer or not tokens.endswith(answer):
        return None
    for token, likeliest in written.tokens:
        position += len(token)
        if position > len(tokens) - len(answer):
            return likeliest or None
    return None
