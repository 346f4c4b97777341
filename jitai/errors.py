"""The errors that a person may see: one tree, each a sentence with what is allowed and what to do.

A page or the command line catches ``JitaiError`` and shows ``str(error)`` and ``error.hint``.
Anything else that is raised is a bug and stays visible as one.

    JitaiError
      ParameterError        a setting is out of range, unknown or of the wrong type
      FileFormatError       a file of the person's (corpus, CSV, scenario) cannot be used
      VerdictMissing        a run holds words that nobody has read
      PartMissing           something that only some need is not installed
      BackendError          a language model could not answer
        ServerUnreachable     nobody listens at the address
        ModelMissing          the server or the machine lacks the model
        BackendTimeout        no answer in time
        UnreadableReply       an answer came, but not one that can be read as a verdict
        NotAgreed             words would leave this machine, and the person has not agreed
"""


class JitaiError(Exception):
    """Base of all errors meant for the person in front of the screen.

    Args:
        message: one sentence: what is wrong, and what is allowed.
        hint: one sentence: what to do about it; empty where the message already says so.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def in_full(self) -> str:
        """Message and hint as one text."""
        return f"{self} {self.hint}".strip()


class ParameterError(JitaiError):
    """A setting is out of its range, unknown, or of the wrong type."""


class FileFormatError(JitaiError):
    """A file that a person gave, or edited, cannot be used as it is."""


class VerdictMissing(JitaiError):
    """A run holds words that no verdict is stored of, and nobody can be asked."""


class PartMissing(JitaiError):
    """Something that only some people need is not installed."""


class BackendError(JitaiError):
    """A language model could not answer.

    Attributes:
        retryable: whether asking again may help without changing anything.
    """

    retryable = False


class ServerUnreachable(BackendError):
    """Nobody answers at the server's address, or the connection broke."""

    retryable = True


class ModelMissing(BackendError):
    """The chosen model is not installed where it is looked for."""


class BackendTimeout(BackendError):
    """The model did not answer in time."""

    retryable = True


class UnreadableReply(BackendError):
    """The model answered with something that is no verdict.

    Attributes:
        raw_reply: what it wrote, as far as it is known.
    """

    raw_reply = ""


class NotAgreed(BackendError):
    """What a participant wrote would leave this machine, and the person has not agreed to that."""
