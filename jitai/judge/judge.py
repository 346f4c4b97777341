"""The judge: from what a participant wrote to a verdict on sending a message now.

    text -> clean -> nothing left? -> a rule? -> asked before? -> the model -> calibrated P(send) -> decision

Whatever the text contains and however the model fails, the outcome is a Verdict with one of three decisions.
"""

import math
import time
from dataclasses import dataclass, replace

from jitai.errors import BackendError, ParameterError, UnreadableReply
from jitai.judge.base import Backend, Reply, Request
from jitai.judge.cache import VerdictCache, cache_key
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules
from jitai.judge.text import CleanStatement, clean_statement
from jitai.records import Decision, Verdict, VerdictSource

REASON_EXPLANATION = "The reason is a sentence of ours, filled in with the model's number; the model did not write it."
"""To be shown wherever reasons are: words of a small model's own are not usable as reasons."""

UNCALIBRATED_NOTE = "The model has not been calibrated for this prompt: its number is taken as it is."
TEXT_ONLY_NOTE = "The server gave no probabilities; the answer was read from the model's one word."
FAINT_PROBABILITY = 0.01
"""If neither answer is this likely, the model was about to say something else."""


@dataclass(frozen=True)
class _Reading:
    """What a reply says.

    Attributes:
        p_send: in [0, 1].
        decision: what it calls for.
        reason: the sentence.
        notes: remarks on how it was read.
    """

    p_send: float
    decision: Decision
    reason: str
    notes: tuple[str, ...] = ()


class Judge:
    """Reads statements with one model and one prompt. May be used by several threads at once.

    Args:
        backend: the model.
        prompt: how it is asked, and how its answer is calibrated.
        rules: what is decided before it is asked.
        cache: earlier replies; by default in memory only.
        on_failure: the decision where the model cannot answer, SEND or HOLD_BACK.
    Raises: ParameterError for any other on_failure.
    """

    def __init__(
        self,
        backend: Backend,
        prompt: Prompt,
        rules: Rules,
        cache: VerdictCache | None = None,
        on_failure: Decision = Decision.HOLD_BACK,
    ) -> None:
        if on_failure not in (Decision.SEND, Decision.HOLD_BACK):
            raise ParameterError(
                'When the model fails, the judge can "send" or "do not send"; nothing else is allowed.'
            )
        self.backend = backend
        self.prompt = prompt
        self.rules = rules
        self.cache = cache if cache is not None else VerdictCache()
        self.on_failure = Decision(on_failure)
        self._content_hash = prompt.content_hash
        self._answers = (prompt.answers[Decision.SEND], prompt.answers[Decision.HOLD_BACK])

    def judge(self, text: str) -> Verdict:
        """The verdict on a statement: any text at all, empty if the participant was silent. Never raises JitaiError."""
        started = time.perf_counter()
        statement = clean_statement(text)
        verdict = self._without_model(statement)
        if verdict is None:
            try:
                verdict = self._with_model(statement)
            except BackendError as error:
                verdict = self._fallback(statement, error)
        return replace(verdict, latency_ms=(time.perf_counter() - started) * 1e3)

    def warm_up(self) -> None:
        """Load the model and let it read the examples, so that the first statement is as quick as the next.

        Raises: BackendError if the model cannot answer.
        """
        self.backend.warm_up(self.prompt.constant_part)

    def close(self) -> None:
        """Close the file of earlier replies and the connections of the model, if it has any."""
        self.cache.close()
        close = getattr(self.backend, "close", None)
        if close is not None:
            close()

    def describe(self) -> str:
        """One line for people: which model, prompt and rules are at work, and what happens when the model fails."""
        try:
            identity = self.backend.identity()
            fitted = self.prompt.calibration_for(identity.digest).is_fitted
            model = f"{identity.name} ({'calibrated' if fitted else 'not calibrated'} for this prompt)"
        except BackendError as error:
            model = f"no model ({str(error).rstrip('.')})"
        at_work = f"{model}, prompt {self.prompt.label}, rules {self.rules.version}"
        return f"{at_work}; when the model fails: {self.on_failure.value}"

    def _without_model(self, statement: CleanStatement) -> Verdict | None:
        """The verdict where no model is needed, or None."""
        if not statement.text:
            return Verdict(
                Decision.SEND,
                None,
                VerdictSource.NO_STATEMENT,
                "The participant said nothing, so nothing speaks against a message.",
                notes=statement.notes,
            )
        ruled = self.rules.apply(statement.text)
        if ruled is None:
            return None
        return Verdict(
            ruled.decision,
            ruled.p_send,
            VerdictSource.RULE,
            ruled.reason,
            statement=statement.text,
            notes=statement.notes,
        )

    def _with_model(self, statement: CleanStatement) -> Verdict:
        """The verdict of the model, asked now or earlier.

        Raises: BackendError, UnreadableReply.
        """
        identity = self.backend.identity()
        key = self._key(identity.digest, statement.text)
        prompt = self.prompt.render(statement.text)
        source = VerdictSource.CACHE
        reply = self.cache.get(key)
        reading = self._read_or_none(reply, identity.digest)
        if reply is None or reading is None:
            source = VerdictSource.MODEL
            reply = self.backend.complete(Request(prompt, self._answers, head=self.prompt.constant_part))
            # Asking may have shown that the model was replaced in the meantime.
            identity = self.backend.identity()
            reading = self._read(reply, identity.digest)
            self.cache.put(self._key(identity.digest, statement.text), reply)
        return Verdict(
            reading.decision,
            reading.p_send,
            source,
            reading.reason,
            statement=statement.text,
            prompt=prompt,
            raw_reply=reply.text,
            model_ms=reply.model_ms if source is VerdictSource.MODEL else 0.0,
            model=identity.name,
            prompt_version=self.prompt.label,
            notes=statement.notes + reading.notes,
        )

    def _fallback(self, statement: CleanStatement, error: BackendError) -> Verdict:
        """The verdict where the model could not answer."""
        return Verdict(
            self.on_failure,
            None,
            VerdictSource.FALLBACK,
            f'The model could not answer; the rule for that case says "{self.on_failure.value}".',
            statement=statement.text,
            prompt=self.prompt.render(statement.text),
            prompt_version=self.prompt.label,
            failure=f"{error} {error.hint}".strip(),
            notes=statement.notes,
        )

    def _key(self, digest: str, statement: str) -> str:
        return cache_key(digest, self.prompt.label, self._content_hash, statement)

    def _read_or_none(self, reply: Reply | None, digest: str) -> _Reading | None:
        """What an earlier reply says; None if there is none or it is unreadable."""
        try:
            return self._read(reply, digest) if reply is not None else None
        except UnreadableReply:
            return None

    def _read(self, reply: Reply, digest: str) -> _Reading:
        """What a reply says.

        Raises: UnreadableReply if it says neither answer.
        """
        calibration = self.prompt.calibration_for(digest)
        notes = () if calibration.is_fitted else (UNCALIBRATED_NOTE,)
        if not reply.log_probabilities:
            return self._read_text(reply.text)
        log_odds, remarks = read_log_odds(reply, *self._answers)
        p_send = calibration.p_send(log_odds)
        decision = calibration.decision(p_send)
        reason = f"The model gives sending a message {_in_100(p_send)} in 100"
        reason += ", too close to call." if decision is Decision.UNSURE else "."
        return _Reading(p_send, decision, reason, notes + remarks)

    def _read_text(self, text: str) -> _Reading:
        """What the model's one word says, where that is all there is."""
        send, hold_back = self._answers
        for answer, decision, p_send in ((send, Decision.SEND, 1.0), (hold_back, Decision.HOLD_BACK, 0.0)):
            if text.strip() == answer.strip():
                return _Reading(
                    p_send,
                    decision,
                    f'The model answered "{answer.strip()}", without a probability.',
                    (TEXT_ONLY_NOTE,),
                )
        raise UnreadableReply("The model wrote neither of the two answers.", hint=_OTHER_MODEL_HINT)


_OTHER_MODEL_HINT = "Choose another model: this one does not follow the examples in the prompt."


def read_log_odds(reply: Reply, send: str, hold_back: str) -> tuple[float, tuple[str, ...]]:
    """The log-odds of one answer against the other, in natural logarithms, and remarks on them.

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
    """The number, or None where it is none that can be reckoned with."""
    return number if number is not None and math.isfinite(number) else None


def _in_100(probability: float) -> str:
    """A probability in words: "7", "less than 1", "more than 99"."""
    if probability < 0.01:
        return "less than 1"
    return "more than 99" if probability > 0.99 else f"{100 * probability:.0f}"
