"""Nothing that a participant wrote leaves this machine before the person has agreed to it.

A backend whose model may run elsewhere says where it runs (``SendsWords``) and asks the consent that it was opened with
before each request; nothing else has to remember it. Agreed is what was named: one model on one server.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jitai.errors import NotAgreed
from jitai.judge.ollama.whereabouts import Whereabouts

AGREE_OPTION = "--agree-to-send"
_HINT = f"Agree to it on the page, or with {AGREE_OPTION} in a command; or choose a model on this machine."


@dataclass(frozen=True)
class Consent:
    """What a person has agreed to have sent away from this machine.

    Attributes:
        agreed: the models that words may be sent to.
        to_all: whether the person has agreed beforehand, to whichever model the command names.
    """

    agreed: frozenset[Whereabouts] = frozenset()
    to_all: bool = False

    def covers(self, where: Whereabouts) -> bool:
        """Return whether words may be sent to a model."""
        return self.to_all or not where.leaves_this_machine or where in self.agreed

    def check(self, where: Whereabouts) -> None:
        """Let words pass to a model, or not.

        Raises: NotAgreed if they would leave this machine and the person has not agreed.
        """
        if not self.covers(where):
            raise NotAgreed(f"{where.sentence} You have not agreed to that, so nothing was sent.", _HINT)

    def and_to(self, where: Whereabouts) -> "Consent":
        """Return what is agreed to once the person has agreed to one more model."""
        return Consent(self.agreed | {where}, self.to_all)

    def without(self, where: Whereabouts) -> "Consent":
        """Return what is agreed to once the person has taken the consent to one model back."""
        return Consent(self.agreed - {where}, self.to_all)


NOT_AGREED = Consent()
"""Before anybody was asked: all words stay on this machine."""
AGREED_TO_ALL = Consent(to_all=True)


@runtime_checkable
class SendsWords(Protocol):
    """A backend whose model may run on another machine."""

    consent: Consent

    def whereabouts(self) -> Whereabouts:
        """Return where the model runs; quick, and sends nothing that a participant wrote.

        Raises: BackendError if that cannot be found out.
        """
        ...


def check_consent(backend: object) -> None:
    """Refuse a backend that would have to send words without consent, before any work is done.

    Raises: NotAgreed; BackendError if nobody can say where the model runs.
    """
    if isinstance(backend, SendsWords):
        backend.consent.check(backend.whereabouts())
