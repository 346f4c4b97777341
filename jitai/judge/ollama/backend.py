"""Models on an Ollama server, through the official client.

What servers do and how they fail was recorded (tests/data/ollama_exchanges_*.json). Their messages are not
passed on: they may repeat the prompt, and with it what a participant wrote. Known ones become sentences of ours.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, Literal

from jitai.errors import BackendError, BackendTimeout, ModelMissing, ServerUnreachable, UnreadableReply
from jitai.judge.base import Ending, ModelIdentity, Reply, Request
from jitai.judge.consent import NOT_AGREED, Consent
from jitai.judge.ollama.errors import Refused, broken_connections, missing_model
from jitai.judge.ollama.identity import canonical_name, find_name
from jitai.judge.ollama.listing import OllamaModel
from jitai.judge.ollama.options import OLLAMA_PREFIX, OllamaProbe, is_judge_name, ollama_option, probe_ollama
from jitai.judge.ollama.reading import Written, as_reply
from jitai.judge.ollama.server import OllamaServer, OllamaSettings, ServerAnswer
from jitai.judge.ollama.whereabouts import Whereabouts, whereabouts
from jitai.judge.prompts import DEFAULT_PROMPT, TUNED_PROMPT, Prompt
from jitai.judge.registered_backend import JudgeOption, RegisteredBackend

RETRY_PAUSES_S = (0.25, 1.0)
"""Pauses before asking a busy or just restarted server again."""
IDENTITY_LIFETIME_S = 60.0
"""After this time a model's digest is looked up again with the next question: it may have been pulled anew."""
READING = "3"
"""How answers are read; goes up when the same ones are read differently. 2: in any spelling, and within JSON; 3: cut
off, fenced, and after thoughts."""
THINKING_TOKENS = 1000
"""Room for the thoughts of a model that cannot do without."""
_NO_TYPED_DECISIONS = {400, 404, 405, 501}
"""How a server says that it, or the model, has no typed decisions; 404 was recorded."""


class OllamaBackend(RegisteredBackend):
    """Asks one model of an Ollama server.

    Args:
        model: its name, such as "gemma3:4b".
        server: by default the one at OLLAMA_HOST; its settings say how it is asked.
        retry_pauses_s: pauses before asking again when the server is busy or the connection broke, in seconds.
        consent: what the person has agreed to have sent away from this machine; asked before every request.
    Attributes:
        has_typed_decisions: whether server and model answer typed decisions; None until decide has tried.
    """

    key = "ollama"
    label = "Ollama"
    Settings = OllamaSettings
    settings_matter = False
    option_names: ClassVar[Mapping[str, str]] = {
        "keep_alive": "keep-alive",
        "context_tokens": "context",
        "read_timeout_s": "timeout",
    }

    @classmethod
    def open(cls, key: str, settings: OllamaSettings) -> "OllamaBackend":
        """Connect to a model of the server at OLLAMA_HOST, which is not asked yet; see RegisteredBackend."""
        return cls.open_with(key, settings, NOT_AGREED)

    @classmethod
    def open_with(cls, key: str, settings: OllamaSettings, consent: Consent) -> "OllamaBackend":
        """As ``open``, with what the person has agreed to."""
        return cls(key.removeprefix(OLLAMA_PREFIX), OllamaServer(settings=settings), consent=consent)

    @classmethod
    def key_forms(cls) -> tuple[str, ...]:
        """Return the prefix with NAME for the model's name."""
        return (f"{OLLAMA_PREFIX}NAME",)

    @classmethod
    def accepts(cls, key: str) -> bool:
        """Return whether a key is the prefix and a name, which may be any: servers name their models as they like."""
        return key.startswith(OLLAMA_PREFIX) and key != OLLAMA_PREFIX

    @classmethod
    def same_judge(cls, key: str, other: str) -> bool:
        """Return whether two names are spellings of one: the server takes NAME for NAME:latest, in any case."""
        return canonical_name(key.removeprefix(OLLAMA_PREFIX)) == canonical_name(other.removeprefix(OLLAMA_PREFIX))

    @classmethod
    def usual_prompt(cls, key: str) -> str:
        """Return the tuned model's own prompt for the name under which it is put into servers, else the usual one."""
        return TUNED_PROMPT if is_judge_name(key.removeprefix(OLLAMA_PREFIX)) else DEFAULT_PROMPT

    @classmethod
    def probe(cls) -> OllamaProbe:
        """Look for the server at OLLAMA_HOST and its models."""
        return probe_ollama()

    @classmethod
    def options(cls, probed: OllamaProbe | None, prompts: Sequence[Prompt]) -> tuple[JudgeOption, ...]:
        """Return every model of the server that writes text."""
        if probed is None:
            return ()
        return tuple(ollama_option(model, prompts) for model in probed.models)

    @classmethod
    def where(cls, key: str, probed: OllamaProbe | None) -> Whereabouts | None:
        """Return where a model runs, as far as its name, the address and the list of the server tell."""
        return None if probed is None else probed.where(key.removeprefix(OLLAMA_PREFIX))

    @classmethod
    def renamed_models(cls, probed: OllamaProbe | None) -> Mapping[str, str]:
        """Return the digests of what the server's models are made of by those of its manifests."""
        models = probed.models if probed is not None else ()
        return {model.manifest: model.digest for model in models if model.manifest not in ("", model.digest)}

    @classmethod
    def status(cls, probed: OllamaProbe | None) -> str:
        """Return version and number of models, or that there is no server, or that nobody has looked yet."""
        if probed is None:
            return "Looking for an Ollama server …"
        if not probed.version:
            return "No Ollama server found."
        return f"Ollama {probed.version}, models: {len(probed.models)}."

    @classmethod
    def why_missing(cls, probed: OllamaProbe | None) -> str:
        """Return why the server offers nothing; empty if it does."""
        return "" if probed is None else probed.failure

    def __init__(
        self,
        model: str,
        server: OllamaServer | None = None,
        retry_pauses_s: tuple[float, ...] = RETRY_PAUSES_S,
        consent: Consent = NOT_AGREED,
    ) -> None:
        self.model = model
        self.server = server if server is not None else OllamaServer()
        self._retry_pauses_s = retry_pauses_s
        self.consent = consent
        self._lock = threading.Lock()
        self._identity: ModelIdentity | None = None
        self._listed: OllamaModel | None = None
        self._identity_read_at = 0.0
        self._think: bool | Literal["low"] | None = False
        self._thinks = False
        self.has_typed_decisions: bool | None = None

    def identity(self) -> ModelIdentity:
        """Return name and digest; asks the server once only, so that a known statement costs no connection."""
        with self._lock:
            if self._identity is None:
                self._look_up()
            assert self._identity is not None
            return self._identity

    def whereabouts(self) -> Whereabouts:
        """Return where the model runs, by its server's list; see SendsWords."""
        with self._lock:
            if self._listed is None:
                try:
                    self._look_up()
                except BackendError:
                    named = whereabouts(self.server.url, self.model)
                    if named.leaves_this_machine:  # its name or its server's address says enough
                        return named
                    raise
            assert self._listed is not None
            return self._listed.where or whereabouts(self.server.url, self.model)

    def complete(self, request: Request) -> Reply:
        """Have the server complete a prompt, within the settings' longest wait for all that takes; see Backend.

        What the model wrote is the reply, whether or not it can be read: strategies say what is wrong with it.
        """
        with self._one_deadline():
            self._refresh_identity()
            return as_reply(self._with_retries(lambda: self._written(request)), request)

    def decide(self, request: Request, meanings: Mapping[str, str] | None = None) -> Reply:
        """As complete, but by a typed decision (POST /v1/systemone) where server and model have them.

        Whether they do is found out with the first question and remembered; see has_typed_decisions.

        Args:
            request: with two answers or more; the system text says what is asked, the prompt is what it is asked about.
            meanings: what each answer means, by answer.
        Returns: the answer as text, and the logarithms of the probabilities that the server gives.
        Raises: as complete.
        """
        if self.has_typed_decisions is False or len(request.answers) < 2:
            return self.complete(request)
        with self._one_deadline():
            return self._decided(request, meanings or {})

    def _decided(self, request: Request, meanings: Mapping[str, str]) -> Reply:
        """As decide, where there may be typed decisions."""
        started = time.perf_counter()
        try:
            probabilities = self._with_retries(lambda: self.server.decide(self.model, request, meanings))
        except Refused as error:
            if error.status not in _NO_TYPED_DECISIONS or error.is_too_long:
                raise
            self.has_typed_decisions = False
            return self.complete(request)
        self.has_typed_decisions = True
        found = {answer: _logarithm(probabilities.get(answer)) for answer in request.answers}
        known = [answer for answer in request.answers if found[answer] is not None]
        if not known:
            raise UnreadableReply(
                "The server's typed decision holds none of the answers.", hint="Ask for the answer in words instead."
            )
        likeliest = max(known, key=lambda answer: probabilities[answer])
        # The endpoint reports no time of its own: this is the time until the answer was here.
        return Reply(likeliest, found, None, (time.perf_counter() - started) * 1e3, is_typed=True)

    def warm_up(self, opening: Request) -> None:
        """Make the server load the model and read the opening; see Backend."""
        with self._one_deadline():
            self._refresh_identity()
            # Whatever it says to half a question, it may answer whole ones.
            self._with_retries(lambda: self._said(opening, self._think) if opening.chat else self._written(opening))

    def close(self) -> None:
        """Close the server's connections."""
        self.server.close()

    def _refresh_identity(self) -> None:
        """Look the model's digest up again if it was read too long ago.

        A server that is too busy to list its models in time may still answer: then the digest that is known stands
        for another while, rather than that a judgement fails which would have succeeded.
        """
        with self._lock:
            if self._identity is not None and time.monotonic() - self._identity_read_at <= IDENTITY_LIFETIME_S:
                return
            try:
                self._look_up()
            except ModelMissing:
                raise
            except BackendError:
                if self._identity is None:
                    raise
                self._identity_read_at = time.monotonic()

    def _look_up(self) -> None:
        """Read from the server's list which model has the name. The lock is held."""
        models = {model.name: model for model in self.server.list_models()}
        name = find_name(self.model, models)
        if name is None:
            self._identity = None
            raise missing_model(self.model, self.server.address, list(models))
        self._listed, _ = self.server.recognised(models[name])
        self.model = name
        self._identity = ModelIdentity(name, self._listed.digest, READING, self._listed.manifest)
        self._identity_read_at = time.monotonic()

    def _one_deadline(self) -> AbstractContextManager[None]:
        """Give a whole call the settings' longest wait: looking, waiting, asking again."""
        return self.server.limits.within(self.server.settings.read_timeout_s)

    def _written(self, request: Request) -> Written:
        """Return what the model writes, as a chat or as a continuation of the prompt.

        Some models think although they are told not to, and have no room left for the answer; with others the server
        forgets the form of the answer when they must not think. Both are asked again: to think little, with room for
        it. That is remembered, because the next statement would go the same way.
        """
        if not request.chat:
            return self.server.generate(self.model, request)
        written = self._said(request, self._think)
        forgot_the_form = self._think is False and _forgot_the_form(written, request)
        if self._thinks or not (_ran_out_of_room(written) or forgot_the_form):
            return written
        try:
            again = self._said(request, None if self._think is None else "low", THINKING_TOKENS)
        except Refused as error:
            if not error.is_about_thinking:
                raise
            self._think = None  # it cannot think at all, so its answer is what it is
            return written
        if not (_ran_out_of_room(again) or _forgot_the_form(again, request)):
            self._thinks, self._think = True, None if self._think is None else "low"
        return again

    def _said(self, request: Request, think: "bool | Literal['low'] | None", room: int = 0) -> Written:
        """Return what the model says in a chat."""
        room = THINKING_TOKENS if self._thinks else room
        try:
            return self.server.chat(self.model, request, think, room)
        except Refused as error:
            # Some servers refuse even the wish not to think for a model that cannot.
            if think is not False or not error.is_about_thinking:
                raise
            self._think = None
            return self.server.chat(self.model, request, None, room)

    def _with_retries(self, ask: Callable[[], ServerAnswer]) -> ServerAnswer:
        """Return the server's answer; ask again while the failure may pass by itself, and there is time for it.

        Raises: NotAgreed, and nothing is sent, where the words would leave this machine without consent.
        """
        self.consent.check(self.whereabouts())
        for pause_s in self._retry_pauses_s:
            try:
                return ask()
            except BackendError as error:
                # Waiting a second time for a server that is not there, or too slow, would only double the wait.
                absent = isinstance(error, ServerUnreachable) and not isinstance(error.__cause__, broken_connections())
                if isinstance(error, Refused) and error.retry_after_s is not None:
                    pause_s = max(pause_s, error.retry_after_s)
                too_long = pause_s >= self.server.limits.seconds_left()
                if not error.retryable or absent or too_long or isinstance(error, BackendTimeout):
                    raise
            time.sleep(pause_s)
        return ask()


def _ran_out_of_room(written: Written) -> bool:
    """Return whether a model came to no answer, or to half of one, because it thought."""
    return written.only_thought or (written.answer != written.text and written.ending is Ending.CUT_OFF)


def _forgot_the_form(written: Written, request: Request) -> bool:
    """Return whether a model that had to write JSON wrote none, and was not stopped."""
    return request.schema is not None and written.ending is Ending.DONE and "{" not in written.answer


def _logarithm(probability: float | None) -> float | None:
    """Return the natural logarithm of a probability, of 0 that of the smallest number; None for no probability."""
    if probability is None or not 0 <= probability <= 1 + 1e-3:
        return None
    return math.log(max(probability, 1e-300))
