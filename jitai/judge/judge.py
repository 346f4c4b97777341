"""The judge: from what a participant wrote to a verdict on sending a message now.

    text -> clean -> nothing left? -> a rule? -> shipped or kept? -> the model -> calibrated P(send) -> decision

Whatever the text contains and however the model fails, the outcome is a Verdict with one of three decisions.
"""

import hashlib
import json
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.errors import BackendError, ParameterError, UnreadableReply
from jitai.judge import strategies
from jitai.judge.base import Backend, ModelIdentity, Reply
from jitai.judge.cache import VerdictCache, reply_key
from jitai.judge.calibration import Calibration, Measured
from jitai.judge.consent import SendsWords
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules, RuleVerdict
from jitai.judge.text import UNREADABLE_SHARE, CleanStatement, ReadInParts, load_words, read_in_parts, share_known
from jitai.records import SILENCE, Decision, JudgeReference, Verdict, VerdictSource

REASON_EXPLANATION = "The reason is a sentence of ours, filled in with the model's number; the model did not write it."
"""To be shown wherever reasons are: words of a small model's own are not usable as reasons."""

UNCALIBRATED_NOTE = "The model has not been calibrated for this prompt: its number is taken as it is."


@dataclass(frozen=True)
class _Interpretation:
    """The meaning of a reply.

    Attributes:
        p_send: in [0, 1].
        decision: what it calls for.
        reason: the sentence.
        notes: remarks on how it was read.
        model_reason: why, in the model's own words.
        in_words_only: whether there were no likelihoods to read.
    """

    p_send: float
    decision: Decision
    reason: str
    notes: tuple[str, ...] = ()
    model_reason: str = ""
    in_words_only: bool = False


def _as_backend_error(error: Exception) -> BackendError:
    """What is said of an error of the program: its kind and where it happened, for whoever wrote the backend."""
    [*_, place] = traceback.extract_tb(error.__traceback__)
    where = f"{PurePath(place.filename).name}, line {place.lineno}"
    return BackendError(f"The judge's backend has a fault: {type(error).__name__} in {where}.")


class Judge:
    """Reads statements with one model and one prompt. May be used by several threads at once.

    Args:
        backend: the model.
        prompt: the strategy: how it is asked, and how its answer is read and calibrated.
        rules: what is decided before it is asked.
        cache: earlier replies, and those that were shipped; by default in memory only, and nothing shipped.
        on_failure: the decision where the model cannot answer, SEND or HOLD_BACK.
        band: between which probabilities it is unsure.
    Raises: ParameterError for any other on_failure.
    """

    def __init__(
        self,
        backend: Backend,
        prompt: Prompt,
        rules: Rules,
        cache: VerdictCache | None = None,
        on_failure: Decision = Decision.HOLD_BACK,
        band: UnsureBand = DEFAULT_BAND,
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
        self.band = band

    def judge(self, text: str) -> Verdict:
        """Judge a statement: any text at all, empty if the participant was silent. Never raises JitaiError."""
        started = time.perf_counter()
        read = read_in_parts(text)
        verdict = _on_the_whole(read, [self._on_part(part) for part in read.parts])
        # No time is told of what was shipped: it would differ from run to run, and says nothing about the model.
        shipped = verdict.source is VerdictSource.REMEMBERED
        return replace(verdict, latency_ms=0.0 if shipped else (time.perf_counter() - started) * 1e3)

    def remembered(self, text: str) -> Verdict | None:
        """The verdict that needs no model: on silence, by a rule, or read from a shipped or an earlier reply.

        Returns: None where the model would have to be asked. Never raises JitaiError.
        """
        read, verdicts = read_in_parts(text), []
        try:
            for part in read.parts:
                verdict = self._without_model(part) or self._from_cache(part, self.backend.identity())
                if verdict is None:
                    return None
                verdicts.append(verdict)
        except BackendError:
            return None
        return _on_the_whole(read, verdicts)

    def known_everywhere(self, text: str) -> Verdict | None:
        """The verdict that every copy of this judge gives without asking its model: on silence, by a rule, or shipped.

        Returns: None where an answer of the model has to come along. Never raises JitaiError.
        """
        verdict = self.remembered(text)
        return None if verdict is None or verdict.source is VerdictSource.CACHE else verdict

    def warm_up(self) -> None:
        """Load the model and let it read the examples, so that the first statement is as quick as the next.

        Raises: BackendError if the model cannot answer.
        """
        for opening in strategies.openings(self.prompt):
            self.backend.warm_up(opening)

    def close(self) -> None:
        """Close the file of earlier replies and the connections of the model, if it has any."""
        self.cache.close()
        close = getattr(self.backend, "close", None)
        if close is not None:
            close()

    def describe(self) -> str:
        """Return one line that says who is at work, and what happens when the model fails."""
        return f"{self.at_work()}; when the model fails: {self.on_failure.value}"

    def model_name(self) -> str:
        """Return the model's name, marked if it runs elsewhere.

        Raises: BackendError if the model cannot say which one it is.
        """
        mark = self.backend.whereabouts().mark if isinstance(self.backend, SendsWords) else ""
        name = self.backend.identity().name
        return f"{name} [{mark}]" if mark else name

    def at_work(self) -> str:
        """Return which model, prompt and rules are at work, in words."""
        try:
            identity = self.backend.identity()
            fitted = self._calibration(identity).is_fitted
            model = f"{self.model_name()} ({'calibrated' if fitted else 'not calibrated'} for this prompt)"
        except BackendError as error:
            model = f"no model ({str(error).rstrip('.')})"
        return f"{model}, prompt {self.prompt.label}, rules {self.rules.version}"

    def digest(self) -> str:
        """Return 64 hexadecimal digits that change with anything that may change a verdict: model, prompt, rules, band.

        Raises: BackendError if the model cannot say which one it is.
        """
        identity = self.backend.identity()
        parts = (
            identity.digest, identity.answers_version, self.prompt.label, self.prompt.content_hash,
            repr(self._calibration(identity)), repr(self.rules), self.band.low, self.band.high,
            self.on_failure.value,
        )  # fmt: skip
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def reference(self, key: str) -> JudgeReference:
        """Return which judge it is, for a scenario; without a digest if its model cannot say which one it is.

        Args:
            key: of the judge, as people name it.
        """
        try:
            digest = self.digest()
        except BackendError:
            digest = ""
        return JudgeReference(key, self.prompt.name, self.prompt.label, digest, self.at_work())

    def measured(self) -> Measured | None:
        """Return how often it is right on held-out statements; None if nobody knows, or its model is not there."""
        try:
            return self._calibration(self.backend.identity()).measured
        except BackendError:
            return None

    def _calibration(self, identity: ModelIdentity) -> Calibration:
        return self.prompt.calibration_for(identity.digest, identity.server_digest)

    def _on_part(self, statement: CleanStatement) -> Verdict:
        """Judge what can be read at once."""
        verdict = self._without_model(statement)
        if verdict is not None:
            return verdict
        try:
            return self._with_model(statement)
        except BackendError as error:
            return self._fallback(statement, error)
        except Exception as error:  # a bug in a backend must not end a run; its message may hold what was written
            return self._fallback(statement, _as_backend_error(error))

    def _without_model(self, statement: CleanStatement) -> Verdict | None:
        """Return the verdict if no model is needed, otherwise None."""
        if not statement.text:
            return replace(SILENCE, notes=statement.notes)
        ruled = self.rules.apply(statement.text) or self._unreadable(statement.text)
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

    def _unreadable(self, text: str) -> RuleVerdict | None:
        """Return the verdict "unsure" if the model has learnt hardly a word of the statement, otherwise None."""
        if not self.prompt.known_words_only or share_known(text, load_words()) > UNREADABLE_SHARE:
            return None
        return RuleVerdict(
            Decision.UNSURE, 0.5, "Too few of the words are among those that this judge has learnt to read."
        )

    def _with_model(self, statement: CleanStatement) -> Verdict:
        """Return the verdict of the model, asked now or earlier.

        Raises: BackendError, UnreadableReply.
        """
        identity = self.backend.identity()
        known = self._from_cache(statement, identity)
        if known is not None:
            return known
        replies = strategies.ask(self.prompt, statement.text, self.backend)
        # Asking may have shown that the model was replaced in the meantime.
        identity = self.backend.identity()
        # What cannot be read is kept like any other reply: another way of reading may find an answer in it.
        self.cache.put(reply_key(identity, self.prompt, statement.text), replies)
        try:
            reading = self._read(replies, identity)
        except UnreadableReply as error:
            return self._fallback(statement, error, replies)
        return self._verdict(statement, identity, replies, reading, VerdictSource.MODEL)

    def _from_cache(self, statement: CleanStatement, identity: ModelIdentity) -> Verdict | None:
        """The verdict that a shipped or an earlier reply gives; None if there is none that can be read."""
        key = reply_key(identity, self.prompt, statement.text)
        layers = ((VerdictSource.REMEMBERED, self.cache.shipped), (VerdictSource.CACHE, self.cache.get))
        for source, look_up in layers:
            replies = look_up(key)
            reading = self._read_or_none(replies, identity)
            if replies is not None and reading is not None:
                return self._verdict(statement, identity, replies, reading, source)
        return None

    def _verdict(
        self,
        statement: CleanStatement,
        identity: ModelIdentity,
        replies: tuple[Reply, ...],
        reading: _Interpretation,
        source: VerdictSource,
    ) -> Verdict:
        return Verdict(
            reading.decision,
            reading.p_send,
            source,
            reading.reason,
            statement=statement.text,
            prompt=strategies.shown(self.prompt, statement.text, replies),
            raw_reply="\n".join(reply.text for reply in replies),
            model_ms=sum(reply.model_ms for reply in replies) if source is VerdictSource.MODEL else 0.0,
            model=identity.name,
            prompt_version=self.prompt.label,
            notes=statement.notes + reading.notes,
            model_reason=reading.model_reason,
            in_words_only=reading.in_words_only,
        )

    def _fallback(self, statement: CleanStatement, error: BackendError, replies: tuple[Reply, ...] = ()) -> Verdict:
        """Return the verdict if the model could not answer, or if nobody can read what it answered."""
        return Verdict(
            self.on_failure,
            None,
            VerdictSource.FALLBACK,
            f'The model could not answer; the rule for that case says "{self.on_failure.value}".',
            statement=statement.text,
            prompt=strategies.shown(self.prompt, statement.text, replies),
            raw_reply="\n".join(reply.text for reply in replies) or getattr(error, "raw_reply", ""),
            prompt_version=self.prompt.label,
            failure=error.in_full,
            notes=statement.notes,
        )

    def _read_or_none(self, replies: tuple[Reply, ...] | None, identity: ModelIdentity) -> _Interpretation | None:
        """Return the meaning of earlier replies; None if there are none or they are unreadable."""
        try:
            return self._read(replies, identity) if replies is not None else None
        except UnreadableReply:
            return None

    def _read(self, replies: tuple[Reply, ...], identity: ModelIdentity) -> _Interpretation:
        """Return the meaning of the replies.

        Raises: UnreadableReply if they say neither answer.
        """
        answer = strategies.read(self.prompt, replies)
        if answer.log_odds is None:
            sends = answer.decision == Decision.SEND
            said = "send" if sends else "do not send"
            reason = f'The model answered "{said}", without a probability.'
            decision = Decision.SEND if sends else Decision.HOLD_BACK
            return _Interpretation(
                float(sends), decision, reason, answer.notes, answer.model_reason, in_words_only=True
            )
        calibration = self._calibration(identity)
        notes = () if calibration.is_fitted else (UNCALIBRATED_NOTE,)
        p_send = calibration.p_send(answer.log_odds)
        decision = self.band.decide(p_send)
        reason = f"The model gives sending a message {_in_100(p_send)} in 100"
        reason += ", too close to call." if decision is Decision.UNSURE else "."
        return _Interpretation(p_send, decision, reason, notes + answer.notes, answer.model_reason)


def _on_the_whole(read: ReadInParts, verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a text from those on its parts: the one that speaks most against a message counts.

    Where a part could not be judged and no other holds back, that failure is the verdict. What was not read might
    speak against a message, so a text that was cut is never told to be safe.
    """
    failed = [verdict for verdict in verdicts if verdict.is_fallback]
    verdict = min(verdicts, key=lambda item: 1.0 if item.p_send is None else item.p_send)
    if failed and verdict.decision is not Decision.HOLD_BACK:
        verdict = failed[0]
    notes = read.notes
    if len(verdicts) > 1:
        number = next(number for number, item in enumerate(verdicts, start=1) if item is verdict)
        notes = (f"Read in {len(verdicts)} parts; part {number} speaks most against a message, so it counts.", *notes)
    if read.is_cut and verdict.decision is Decision.SEND:
        p_send = None if verdict.p_send is None else min(verdict.p_send, 0.5)
        verdict = replace(verdict, decision=Decision.UNSURE, p_send=p_send)
    return replace(verdict, notes=(*notes, *verdict.notes), model_ms=sum(item.model_ms for item in verdicts))


def _in_100(probability: float) -> str:
    """Return a probability in percent, in words: "7", "less than 1", "more than 99"."""
    if probability < 0.01:
        return "less than 1"
    return "more than 99" if probability > 0.99 else f"{100 * probability:.0f}"
