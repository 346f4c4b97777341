"""Asking a model in the way of a strategy, and reading what it replied.

statement -> questions -> replies (kept in the cache) -> Interpretation: log-odds, or a decision without any
"""

import math
from dataclasses import dataclass, replace

from jitai.errors import UnreadableReply
from jitai.judge.base import Backend, Ending, Reply, Request, TypedBackend, as_word
from jitai.judge.json_answer import last_object, last_value, without_thoughts
from jitai.judge.prompts import Prompt, Question, ReadingMethod
from jitai.judge.text import clean_statement
from jitai.records import Decision

TEXT_ONLY_NOTE = "The server gave no probabilities; the answer was read from the model's own word."
JSON_NOTE = "The answer is the model's own word, without a probability."
TYPED_NOTE = "The server chose by a typed decision."
WORDS_NOTE = "There was no typed decision to be had, so the model was asked for one of the two words in a chat."
UNLISTED_NOTE = (
    "The answer is the model's own word; its probability is unknown, as the words are not among the likeliest."
)
CUT_NOTE = "What the model wrote ends early, but its decision stands there whole."
SPELLING_NOTE = "The model wrote the other answer: this one is likelier when all spellings are counted."

FAINT_PROBABILITY = 0.01
"""If neither answer is this likely, the model was about to say something else."""

JSON_TOKENS = 160
_OTHER_MODEL_HINT = "Choose another model or prompt: this model does not answer as the prompt asks."


@dataclass(frozen=True)
class Interpretation:
    """The meaning of the replies.

    Attributes:
        log_odds: of "send" against "do not send", in natural logarithms; None where the model gave no probabilities.
        decision: what the model said where there are no log-odds; None otherwise.
        notes: remarks on how it was read.
        model_reason: why, in the model's own words, cleaned as a statement is; empty unless it was asked for.
    """

    log_odds: float | None
    decision: Decision | None = None
    notes: tuple[str, ...] = ()
    model_reason: str = ""


def ask(prompt: Prompt, statement: str, backend: Backend) -> tuple[Reply, ...]:
    """Put a strategy's questions about a cleaned statement to a model.

    Raises: BackendError, or one of the errors below it.
    """
    replies = []
    for question in prompt.questions:
        if prompt.reading == ReadingMethod.REASONING:
            replies.append(backend.complete(_thinking(question, statement, prompt.reasoning_tokens)))
        asking = _asking(prompt, question, statement, replies)
        if prompt.reading == ReadingMethod.TYPED and isinstance(backend, TypedBackend):
            meanings = {question.answers[decision]: meaning for decision, meaning in question.meanings.items()}
            replies.append(backend.decide(asking, meanings))
        else:
            replies.append(backend.complete(asking))
    return tuple(replies)


def openings(prompt: Prompt) -> tuple[Request, ...]:
    """Return what a model may read before there is a statement: each question, up to where the statement will stand."""
    return tuple(
        Request(item.constant_part, (), head=item.constant_part, chat=item.chat, system=item.system)
        for item in prompt.questions
    )


def shown(prompt: Prompt, statement: str, replies: tuple[Reply, ...] = ()) -> str:
    """Return all that the model is given to read about a statement, laid out for a person."""
    parts = []
    for question in prompt.questions:
        asked = _asking(prompt, question, statement, replies).prompt
        if question.chat:
            asked = f"[instructions]\n{question.system}\n\n{_criteria(question, replies)}[statement]\n{asked}"
        parts.append(asked)
    return "\n\n".join(parts)


def _criteria(question: Question, replies: tuple[Reply, ...]) -> str:
    """Return what the answers of a typed decision mean; a model that is asked in words is not told this."""
    if not question.meanings or (replies and not replies[-1].is_typed):
        return ""
    lines = "".join(f"{question.answers[decision]}: {text}\n" for decision, text in question.meanings.items())
    return f"[answers of the typed decision]\n{lines}\n"


def read(prompt: Prompt, replies: tuple[Reply, ...]) -> Interpretation:
    """Read what a model's replies to a strategy's questions say.

    Raises: UnreadableReply if they say neither answer.
    """
    if prompt.reading == ReadingMethod.JSON:
        return _read_json(replies[-1], prompt.questions[0])
    if prompt.reading == ReadingMethod.TWO_QUESTIONS:
        return _both([_read_tokens(reply, item) for reply, item in zip(replies, prompt.questions, strict=True)])
    answer = _read_tokens(replies[-1], prompt.questions[0])
    if prompt.reading == ReadingMethod.TYPED:
        answer = replace(answer, notes=(TYPED_NOTE if replies[-1].is_typed else WORDS_NOTE, *answer.notes))
    return answer


def _thinking(question: Question, statement: str, n_tokens: int) -> Request:
    """Return the request for the reasoning: one line."""
    return Request(question.render(statement), (), n_tokens, question.constant_part, stop=("\n",))


def _asking(prompt: Prompt, question: Question, statement: str, replies: "list[Reply] | tuple[Reply, ...]") -> Request:
    """Return the request for the answer."""
    text = question.render(statement)
    if prompt.reading == ReadingMethod.JSON:
        # Only a word has one place at which the model chooses it: "do not send" is as likely as all that begins so.
        answers = question.answer_pair if all(len(item.split()) == 1 for item in question.answer_pair) else ()
        head, schema = question.constant_part, _schema(question)
        return Request(text, answers, JSON_TOKENS, head, chat=True, system=question.system, schema=schema)
    if prompt.reading == ReadingMethod.REASONING:
        # The reasoning may repeat what the participant wrote: it is as untrusted as the statement.
        reasoning = clean_statement(replies[0].text).text if replies else "..."
        text = f"{text} {reasoning}{question.after_reasoning}"
    return Request(text, question.answer_pair, head=question.constant_part, chat=question.chat, system=question.system)


def _schema(question: Question) -> dict[str, object]:
    """Return the schema of a JSON answer: the reason comes first, so that the decision can follow from it."""
    return {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "maxLength": 200},
            "decision": {"type": "string", "enum": list(question.answer_pair)},
        },
        "required": ["reason", "decision"],
        "additionalProperties": False,
    }


def _read_json(reply: Reply, question: Question) -> Interpretation:
    """Return the decision of a JSON answer, its likelihood if the server gave it, and the model's reason.

    The last object counts, wherever it stands. Of one that was cut off, the decision counts if it stands there whole.
    """
    text = without_thoughts(reply.text)
    content = last_object(text, "decision")
    said = last_value(text, "decision") if content is None else content["decision"]
    if not isinstance(said, str):
        raise _unreadable(reply, "The model's answer is not the JSON that was asked for.")
    reason = (content or {}).get("reason")
    # It may repeat what the participant wrote, and worse: it is as untrusted as the statement.
    model_reason = clean_statement(reason).text if isinstance(reason, str) else ""
    notes = (CUT_NOTE,) if content is None else ()
    for decision, answer in question.answers.items():
        if as_word(said) != as_word(answer):
            continue
        if not reply.log_probabilities:
            return Interpretation(None, decision, (JSON_NOTE, *notes), model_reason)
        # Tokens are listed as if the form of the answer did not count: the word that was written, or its rival, may
        # stand far below those.
        if None in (reply.log_probabilities.get(item) for item in question.answer_pair):
            return Interpretation(None, decision, (UNLISTED_NOTE, *notes), model_reason)
        log_odds, remarks = read_log_odds(reply, *question.answer_pair)
        if log_odds and (log_odds > 0) != (decision is Decision.SEND):
            remarks += (SPELLING_NOTE,)
        return Interpretation(log_odds, None, (*remarks, *notes), model_reason)
    raise UnreadableReply("The model's JSON holds neither of the two answers.", hint=_OTHER_MODEL_HINT)


def _unreadable(reply: Reply, otherwise: str) -> UnreadableReply:
    """Return the error for a reply in which there is no answer: why that is, as far as it is known."""
    if reply.text.strip() and not without_thoughts(reply.text).strip():
        return UnreadableReply(
            "The model only thought, and did not come to an answer.",
            hint="Choose a model that answers without thinking first.",
        )
    if reply.ending is Ending.REPEATING:
        return UnreadableReply(
            "The server stopped the model before it came to an answer, because it wrote the same again and again.",
            hint="Choose another prompt for this model: it cannot write in the form that this one asks for.",
        )
    if reply.ending is Ending.CUT_OFF:
        return UnreadableReply(
            "The model's answer was cut off before it came to its decision, as it was too long.",
            hint="Choose another prompt, or a model that keeps its answers short.",
        )
    return UnreadableReply(otherwise, hint=_OTHER_MODEL_HINT)


def _both(answers: list[Interpretation]) -> Interpretation:
    """Combine "able" and "willing": both need a yes, so P(send) = P(able) P(willing)."""
    notes = tuple(dict.fromkeys(note for answer in answers for note in answer.notes))
    log_odds = [answer.log_odds for answer in answers if answer.log_odds is not None]
    if len(log_odds) < len(answers):
        refused = any(
            answer.decision == Decision.HOLD_BACK or (answer.log_odds is not None and answer.log_odds < 0)
            for answer in answers
        )
        return Interpretation(None, Decision.HOLD_BACK if refused else Decision.SEND, notes)
    # log P(send) and log(1 - P(send)), by sums of logarithms: the probabilities themselves may round to 0 or 1.
    log_yes = -sum(_softplus(-value) for value in log_odds)
    log_no = math.log(-math.expm1(log_yes)) if log_yes < 0 else -math.inf
    return Interpretation(min(700.0, log_yes - log_no), None, notes)


def _softplus(value: float) -> float:
    """Return log(1 + exp(value)), without overflow."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _read_tokens(reply: Reply, question: Question) -> Interpretation:
    """Return the answer in the likelihoods of the two answer words, or in the one word if there are none."""
    if reply.log_probabilities:
        log_odds, notes = read_log_odds(reply, *question.answer_pair)
        return Interpretation(log_odds, None, notes)
    for decision, answer in question.answers.items():
        if as_word(without_thoughts(reply.text)) == as_word(answer):
            return Interpretation(None, decision, (TEXT_ONLY_NOTE,))
    if reply.is_makeshift and without_thoughts(reply.text).strip():
        raise UnreadableReply(
            "The model wrote neither of the two answers, and the server gives no probabilities.",
            hint="Update Ollama: servers that give log-probabilities can be read more reliably.",
        )
    # One token is all that is asked for, so being cut off is no reason.
    raise _unreadable(replace(reply, ending=Ending.DONE), "The model wrote neither of the two answers.")


def read_log_odds(reply: Reply, send: str, hold_back: str) -> tuple[float, tuple[str, ...]]:
    """Return the log-odds of one answer against the other, in natural logarithms, and remarks on them.

    Args:
        reply: with log-probabilities; the answer that is missing from the list is taken to be as likely as the last
            that is in it, which it is at most.
        send, hold_back: the two answer tokens.
    Raises: UnreadableReply if neither answer was among the likeliest tokens.
    """
    found_send, found_hold_back = (_finite(reply.log_probabilities.get(answer)) for answer in (send, hold_back))
    if found_send is None and found_hold_back is None:
        raise UnreadableReply("Neither answer was among the likeliest words of the model.", hint=_OTHER_MODEL_HINT)
    known = found_send if found_send is not None else found_hold_back
    assert known is not None
    least_listed = _finite(reply.least_listed)
    at_most = min(known, least_listed) if least_listed is not None else known
    log_send = found_send if found_send is not None else at_most
    log_hold_back = found_hold_back if found_hold_back is not None else at_most
    notes: list[str] = []
    for answer, found in ((send, found_send), (hold_back, found_hold_back)):
        if found is None:
            notes.append(
                f'"{answer.strip()}" was not among the likeliest words; it counts as likely as the last of them.'
            )
    if max(log_send, log_hold_back) < math.log(FAINT_PROBABILITY):
        notes.append("The model was about to say something else; its verdict means little.")
    return log_send - log_hold_back, tuple(notes)


def _finite(number: float | None) -> float | None:
    """Return the number, or None if it is not finite."""
    return number if number is not None and math.isfinite(number) else None
