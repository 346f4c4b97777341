"""What the registry knows of a judge backend: its key and settings, the judges it offers, and how one is opened.

A backend is a class. To add one, write a module with a subclass of ``RegisteredBackend`` and name the class in
``jitai/judge/registry.py``; pages, experiment files and the command line offer it from then on. Usually the class is
the opened model too (the protocol ``Backend``), as ``EmbeddedBackend`` is.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from jitai.judge.base import Backend
from jitai.judge.consent import Consent
from jitai.judge.ollama.whereabouts import Whereabouts
from jitai.judge.prompts import DEFAULT_PROMPT, Prompt
from jitai.parameters import describe
from jitai.registry import NoSettings


@dataclass(frozen=True)
class JudgeOption:
    """A judge that a person may choose.

    Attributes:
        key: names it in files, on the command line and in pages, such as "embedded" or "ollama:gemma3:1b".
        label: shown in selections.
        short_name: shown where there is little room.
        prompt: name of the strategy that suits it best.
        note: what a person should know about it; empty if nothing.
        usable: False if something has to be installed first, which the note then says.
        share_right: measured share of held-out statements on which it is right, in [0, 1]; None if nobody measured it.
        is_built_in: whether it runs inside this program, without a server.
        is_ours: whether it is this project's own tuned model.
        warning: what speaks against it, as a sentence; empty for nothing.
        is_calibrated: whether its probabilities were fitted to labelled statements under that prompt.
        where: where its model runs; None where that is always this machine.
    """

    key: str
    label: str
    short_name: str
    prompt: str = DEFAULT_PROMPT
    note: str = ""
    usable: bool = True
    share_right: float | None = None
    is_built_in: bool = False
    is_ours: bool = False
    warning: str = ""
    is_calibrated: bool = True
    where: Whereabouts | None = None

    @property
    def leaves_this_machine(self) -> bool:
        """Whether what a participant wrote would leave this machine."""
        return self.where is not None and self.where.leaves_this_machine


@dataclass(frozen=True)
class ModelFacts:
    """The file of a model.

    Attributes:
        size_bytes: on the disk.
        digest: "sha256:" and 64 hexadecimal digits.
    """

    size_bytes: int
    digest: str


class RegisteredBackend(ABC):
    """A kind of judge. Subclasses set the class attributes and implement ``open``; the rest has usable defaults.

    Verdicts are cached by the digest of an opened backend's identity. Where a setting may change an answer, the digest
    has to change with it.

    Attributes:
        key: unique among the backends; keys of its judges begin with it.
        label: shown to people.
        Settings: a frozen dataclass whose fields are made by ``parameter``, ``choice`` or
            ``text_parameter`` of ``jitai/parameters.py``; all have defaults.
        settings_matter: whether settings may change a verdict. They are then offered beside the selection of a judge
            and are part of an experiment; otherwise they only say how a server is asked.
        required: names of the settings that an experiment has to state.
        in_experiments: whether an experiment may name it.
        reads_statements: False if its verdicts follow from its error rates alone (``error_rates``); it can then be used
            in experiments only.
        option_names: names of command-line options by setting, where they are not "KEY-SETTING".
    """

    key: ClassVar[str]
    label: ClassVar[str]
    Settings: ClassVar[type[Any]] = NoSettings
    settings_matter: ClassVar[bool] = True
    required: ClassVar[tuple[str, ...]] = ()
    in_experiments: ClassVar[bool] = True
    reads_statements: ClassVar[bool] = True
    option_names: ClassVar[Mapping[str, str]] = {}

    @classmethod
    @abstractmethod
    def open(cls, key: str, settings: Any) -> Backend:
        """Open a judge's model. Loads nothing and sends nothing yet.

        Args:
            key: one that ``accepts`` takes.
            settings: an instance of ``Settings``.
        Raises: ParameterError if the settings cannot be used on this machine.
        """

    @classmethod
    def open_with(cls, key: str, settings: Any, consent: Consent) -> Backend:
        """Open a judge's model that asks ``consent`` before it sends anything away from this machine.

        To be implemented, with ``SendsWords`` (jitai/judge/consent.py), by a backend whose model may run elsewhere.
        """
        return cls.open(key, settings)

    @classmethod
    def key_forms(cls) -> tuple[str, ...]:
        """Return how its judges' keys are written, for help and error messages, such as "ollama:NAME"."""
        return (cls.key,)

    @classmethod
    def accepts(cls, key: str) -> bool:
        """Return whether a judge's key is one of this backend's."""
        return key == cls.key

    @classmethod
    def same_judge(cls, key: str, other: str) -> bool:
        """Return whether two keys of this backend name the same judge; a server may know a model by several names."""
        return key == other

    @classmethod
    def probe(cls) -> Any:
        """Look for what the backend needs, such as a server; may take some seconds and never raises JitaiError.

        Returns: what the methods below take as ``probed``; None if there is nothing to look for.
        """
        return None

    @classmethod
    def options(cls, probed: Any, prompts: Sequence[Prompt]) -> tuple[JudgeOption, ...]:
        """Return the judges that it offers.

        Args:
            probed: what ``probe`` found; None before it has been asked.
            prompts: the strategies, whose calibrations tell what was measured.
        """
        return (JudgeOption(cls.key, cls.label, cls.label),)

    @classmethod
    def renamed_models(cls, probed: Any) -> Mapping[str, str]:
        """Return the digests under which its models are known by those under which earlier versions knew them."""
        return {}

    @classmethod
    def status(cls, probed: Any) -> str:
        """Return one line on what ``probe`` found, to stand beside the selection of a judge; empty for none."""
        return ""

    @classmethod
    def why_missing(cls, probed: Any) -> str:
        """Return why a judge that was chosen is not among the options now, as a sentence; empty if unknown."""
        return ""

    @classmethod
    def where(cls, key: str, probed: Any) -> Whereabouts | None:
        """Return where a judge's model runs; None where that is always this machine, or is not known yet."""
        return None

    @classmethod
    def usual_prompt(cls, key: str) -> str:
        """Return the name of the project's strategy for a judge that nothing more is known of."""
        return DEFAULT_PROMPT

    @classmethod
    def facts(cls, key: str) -> ModelFacts | None:
        """Return size and digest of a judge's model on this machine; None where there is no file of it."""
        return None

    @classmethod
    def error_rates(cls, settings: Any) -> tuple[float, float] | None:
        """Return the error rates that the settings fix; None for a backend that reads.

        Returns: shares in [0, 1]: of the statements of people who cannot walk that are recognised, and of the others
            that are mistaken for such.
        """
        return None

    @classmethod
    def judge_name(cls, key: str, settings: Mapping[str, Any]) -> str:
        """Return what a judge of an experiment is called; different settings must give different names.

        Args:
            key: of the judge.
            settings: those that the experiment states, by name.
        """
        labels = {info.name: info.label[:1].lower() + info.label[1:] for info in describe(cls.Settings)}
        said = (f"{labels[name]} {_shown(value)}" for name, value in settings.items())
        return ", ".join((key, *said))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
