"""The judge backends, and how the judge that a person chose is opened.

``BACKENDS`` is the only list of them: pages, experiment files and the command line are made from it. A judge is named
by a key, such as "embedded" or "ollama:NAME", and by the name of a prompt, or none for the one that suits the judge.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.errors import FileFormatError, ParameterError
from jitai.judge.base import Backend
from jitai.judge.cache import VerdictCache, nothing_shipped
from jitai.judge.consent import NOT_AGREED, Consent
from jitai.judge.embedded import EMBEDDED, EmbeddedBackend
from jitai.judge.judge import Judge
from jitai.judge.ollama.backend import OllamaBackend
from jitai.judge.prompt_file import PROMPTS_FOLDER, load_prompt
from jitai.judge.prompts import DEFAULT_PROMPT, Prompt, find_prompt
from jitai.judge.registered_backend import JudgeOption, RegisteredBackend
from jitai.judge.rules import Rules, load_rules
from jitai.judge.shipped import shipped_replies
from jitai.judge.simulated import SimulatedBackend
from jitai.judge.user_prompts import PersonalJudging
from jitai.records import Decision
from jitai.registry import Registry

BackendClass = type[RegisteredBackend]
Probed = Mapping[str, Any]
"""What each backend's ``probe`` found, by the backend's key; nothing for those that have not been asked yet."""

BACKENDS: Registry[RegisteredBackend] = Registry(
    "judge backend", EmbeddedBackend, OllamaBackend, SimulatedBackend, names_stand_alone=False
)
"""Every backend, in the order in which they are listed. A new one needs its name here, and no more."""


def find_backend(key: str) -> BackendClass | None:
    """Return the backend of a judge's key; None if there is none."""
    return next((backend for backend in BACKENDS.values() if backend.accepts(key)), None)


def backend_of(key: str) -> BackendClass:
    """Return the backend of a judge's key.

    Raises: ParameterError naming the keys that are allowed.
    """
    backend = find_backend(key)
    if backend is None:
        raise ParameterError(f"There is no judge {key[:60]!r}; allowed are {key_forms(BACKENDS.values())}.")
    return backend


def key_forms(backends: Iterable[BackendClass]) -> str:
    """Return how the keys of some backends' judges are written: "embedded-tuned, embedded and ollama:NAME"."""
    *others, last = [form for backend in backends for form in backend.key_forms()]
    return f"{', '.join(others)} and {last}" if others else last


def reading_backends() -> tuple[BackendClass, ...]:
    """Return the backends whose judges read statements, and so can be used everywhere."""
    return tuple(backend for backend in BACKENDS.values() if backend.reads_statements)


def experiment_backends() -> tuple[BackendClass, ...]:
    """Return the backends that an experiment may name."""
    return tuple(backend for backend in BACKENDS.values() if backend.in_experiments)


def probe_all() -> Probed:
    """Have every backend look for what it needs; takes a few seconds at the very most, and never raises JitaiError."""
    return {backend.key: backend.probe() for backend in BACKENDS.values()}


def prompts_after(probed: Probed, personal: PersonalJudging) -> tuple[Prompt, ...]:
    """Return the strategies with the person's calibrations, each under what its model is now known to be made of.

    A calibration of an earlier version goes by a server's digest, which the server's next update changes: it is renamed
    while both are known.

    Args:
        probed: from probe_all.
        personal: the person's own.
    """
    for backend in BACKENDS.values():
        # Where nothing can be written, they are found under the old digest until the update.
        with contextlib.suppress(FileFormatError):
            personal.rename_calibrations(backend.renamed_models(probed.get(backend.key)))
    return personal.prompts()


def available_judges(probed: Probed, prompts: Sequence[Prompt]) -> tuple[JudgeOption, ...]:
    """Return the judges that read statements, the recommended one first.

    They are ordered by what was measured; of two that are equally good, the one that is built in comes first. A model
    that nobody measured stands just before the worst built-in one: it may well be better than that, but nobody knows.

    Args:
        probed: from probe_all; may be empty.
        prompts: the strategies, whose calibrations tell what was measured.
    """
    options = [option for backend in reading_backends() for option in backend.options(probed.get(backend.key), prompts)]
    worst = min((option.share_right or 0.0 for option in options if option.is_built_in), default=0.0)

    def place(option: JudgeOption) -> tuple[float, int, bool]:
        if option.is_built_in:
            return -(option.share_right or 0.0), 0, False
        if option.share_right is None:
            return -worst, -1, not option.is_ours
        return -option.share_right, 1, False

    return tuple(sorted(options, key=place))


def experiment_judges(options: Sequence[JudgeOption]) -> tuple[JudgeOption, ...]:
    """Return the judges that an experiment may name: first those that read nothing, then the usable ones that do.

    Args:
        options: from available_judges.
    """
    drawn = (option for item in experiment_backends() if not item.reads_statements for option in item.options(None, ()))
    return (*drawn, *(option for option in options if option.usable and backend_of(option.key).in_experiments))


def missing_option(key: str, probed: Probed) -> JudgeOption:
    """Return a judge that was chosen and is not offered now, to be shown as such.

    Raises: ParameterError if no backend has such judges.
    """
    backend = backend_of(key)
    why = backend.why_missing(probed.get(backend.key))
    where = backend.where(key, probed.get(backend.key))
    return JudgeOption(key, f"{key} (does not answer)", key, DEFAULT_PROMPT, why, usable=False, where=where)


def offered_key(options: Sequence[JudgeOption], key: str) -> str:
    """Return the key under which a judge is offered, such as "ollama:dup:latest" for "ollama:DUP".

    Args:
        options: from available_judges.
        key: as a person wrote it; returned as it is where no such judge is offered.
    """
    backend = find_backend(key)
    keys = [option.key for option in options]
    if backend is None or key in keys:
        return key
    return next((item for item in keys if backend.accepts(item) and backend.same_judge(item, key)), key)


def suited_prompt(options: Sequence[JudgeOption], prompts: Sequence[Prompt], key: str, name: str = "") -> Prompt | None:
    """Return the strategy to ask a judge with: the one that was named, or the one that suits it.

    Args:
        options: from available_judges.
        prompts: the strategies.
        key: of the judge.
        name: of the strategy; empty for the one that suits.
    Returns: None where the judge is not among the options and nothing was named: its backend then has a default.
    Raises: ParameterError if there is no strategy of that name.
    """
    offered = offered_key(options, key)
    name = name or next((option.prompt for option in options if option.key == offered), "")
    return find_prompt(prompts, name) if name else None


def choose_judge(options: Sequence[JudgeOption], picked: str = "") -> str:
    """Return the key of the judge to use: the one that the person picked if it is there, or the first usable one.

    Nobody but the person picks one that sends words away from this machine. Where none is usable, it is the first
    built-in one: what it says of the simulator's statements was shipped.

    Args:
        options: from available_judges.
        picked: the person's choice; empty if none was made.
    """
    if offered_key(options, picked) in [option.key for option in options if option.usable]:
        return offered_key(options, picked)
    usable = [option.key for option in options if option.usable and not option.leaves_this_machine]
    built_in = [option.key for option in options if option.is_built_in]
    return next(iter(usable or built_in), EMBEDDED)


def open_backend(key: str, settings: Any = None, consent: Consent = NOT_AGREED) -> Backend:
    """Open the backend of a judge's key; nothing is loaded and nothing sent yet.

    Args:
        key: of the judge.
        settings: an instance of the backend's Settings; its defaults if None.
        consent: what the person has agreed to have sent away from this machine.
    Raises: ParameterError for a key that no backend has, and for a judge that reads no statements.
    """
    backend = backend_of(key)
    return backend.open_with(key, backend.Settings() if settings is None else settings, consent)


def open_judge(
    key: str = EMBEDDED,
    *,
    prompt: Prompt | None = None,
    rules: Rules | None = None,
    cache_folder: Path | None = None,
    on_failure: Decision = Decision.HOLD_BACK,
    band: UnsureBand = DEFAULT_BAND,
    settings: Any = None,
    anew: bool = False,
    consent: Consent = NOT_AGREED,
) -> Judge:
    """Open a judge; the model is loaded by the first question that was not shipped, or by Judge.warm_up.

    Args:
        key, settings, consent: as for open_backend.
        prompt: by default the project's for this judge.
        rules: by default those of assets/prompts/.
        cache_folder: where replies are kept, such as paths.default_cache_dir(); by default in memory only.
        on_failure: the decision where the model cannot answer.
        band: between which probabilities it is unsure.
        anew: whether the model is asked even where its answer was shipped.
    Raises: ParameterError, FileFormatError.
    """
    backend = open_backend(key, settings, consent)
    if prompt is None:
        prompt = load_prompt(PROMPTS_FOLDER / f"{backend_of(key).usual_prompt(key)}.json")
    rules = rules if rules is not None else load_rules()
    shipped = nothing_shipped if anew else shipped_replies
    return Judge(backend, prompt, rules, VerdictCache(cache_folder, shipped), on_failure, band)
