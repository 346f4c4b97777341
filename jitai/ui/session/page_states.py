"""What each page remembers in a session."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jitai.corpus import TEST
from jitai.errors import ParameterError
from jitai.experiments.methods import LLM_TS, TS
from jitai.experiments.store import StoredExperiment
from jitai.experiments.sweep import JUDGE_ERROR, axis_label, is_error_line
from jitai.judge.simulated import SIMULATED
from jitai.parameters import described
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import A2C, BELIEF, DAY, DQN, PPO, TRUE_CONTEXT
from jitai.records import Statement
from jitai.rl.task import LearningSettings
from jitai.simulator.config import SimulatorConfig
from jitai.trial.filters import NONE
from jitai.ui.pages.validation_label_yourself import Chair
from jitai.validation.baselines import KEYWORD, TFIDF
from jitai.validation.report import JudgeReport
from jitai.validation.runner import Validation, ValidationRun

DEFAULT_METHODS = (TS, LLM_TS, "LLM+tailored", "Planner", "Optimum", "Random")


@dataclass
class JudgeSettings:
    """Which judge a page's experiments ask, and its backend's settings, by the backend's key."""

    key: str = SIMULATED
    by_backend: dict[str, Any] = field(default_factory=dict)


@dataclass
class CompareState:
    """The page's settings and what it shows, in one browser session."""

    methods: list[str] = field(default_factory=lambda: list(DEFAULT_METHODS))
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    n_seeds: int = 100
    baseline: str = TS
    shown: str = ""
    scenario: str = ""
    base: str = ""

    def show(self, identifier: str) -> None:
        """Show another experiment: participant and base of the one before mean nothing in it."""
        self.shown, self.scenario, self.base = identifier, "", ""


@dataclass(frozen=True)
class Pin:
    """A run that is kept beside later ones: its experiment and the key of its cell, and what it is called."""

    experiment: str
    key: str
    name: str


@dataclass
class Pins:
    """The runs that are kept, in one browser session."""

    kept: list[Pin] = field(default_factory=list)


MAP, LINE = "Over two settings", "Over the judge's errors"


@dataclass
class Axis:
    """One thing that varies: a parameter's name or JUDGE_ERROR, from where to where, at how many values."""

    name: str
    low: float
    high: float
    n: int = 5

    def values(self) -> tuple[float | int, ...]:
        """Evenly spread, ascending; whole numbers where the parameter is one.

        Raises: ParameterError if there are not two different values.
        """
        if self.low >= self.high:
            raise ParameterError(
                f"{axis_label(self.name)} goes from {self.low:g} to {self.high:g}: the first must be the smaller."
            )
        spread = np.linspace(self.low, self.high, self.n).tolist()
        whole = self.name != JUDGE_ERROR and isinstance(described(SimulatorConfig, self.name).default, int)
        values = dict.fromkeys(round(value) if whole else float(f"{value:.4g}") for value in spread)
        if len(values) < 2:
            raise ParameterError(f"{axis_label(self.name)}: there are not two different values between these ends.")
        return tuple(values)


@dataclass
class SweepState:
    """The page's settings and what it shows, in one browser session."""

    view: str = MAP
    x: Axis = field(default_factory=lambda: Axis("can_walk_persistence", 0.55, 0.95))
    y: Axis = field(default_factory=lambda: Axis(JUDGE_ERROR, 0.0, 0.5, 6))
    errors: Axis = field(default_factory=lambda: Axis(JUDGE_ERROR, 0.0, 0.5, 11))
    method: str = LLM_TS
    baseline: str = TS
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    n_seeds: int = 100
    shown: dict[str, str] = field(default_factory=lambda: {MAP: "", LINE: ""})
    clicks: int = 0

    def show(self, experiment: StoredExperiment) -> None:
        """Show a stored experiment in the view that fits it."""
        self.view = LINE if is_error_line(experiment.spec) else MAP
        self.shown[self.view] = experiment.identifier


SESSIONS, GRID = "session", "grid"
STARTS: dict[str, LearningSettings] = {
    PPO: LearningSettings(PPO, total_steps=1_000_000),
    A2C: LearningSettings(A2C, total_steps=1_000_000, n_lanes=64),
    DQN: LearningSettings(DQN, total_steps=500_000, learning_rate=1e-3),
}
"""Settings with which each algorithm comes to a first result in about a minute."""
OWN_CHOICE = "My own choice"
SIGHTS: dict[str, tuple[str, ...]] = {
    "With the belief from the text": ("P", "L", "H", "D", BELIEF, DAY),
    "Numbers only, no text": ("P", "L", "H", "D", DAY),
    "As published: L, H, D, T": ("L", "H", "D", "T"),
    "With the true context (yardstick)": (TRUE_CONTEXT, "H", "D", DAY),
}
"""What a policy may be shown, by the name of the choice."""


@dataclass
class TrainState:
    """The page's settings in one browser session; the training itself belongs to the process.

    Attributes:
        settings: of the learner.
        whom: SESSIONS or GRID, who it learns from.
        sees: a key of SIGHTS, or OWN_CHOICE.
        own_sight: the observations of one's own choice.
        filter: what the simulated judge may do in training.
        belief: its error rates.
        owner: tells this session's training from another's.
        policy_shown: name of the policy looked at below.
        to_delete: name of the policy that is to be deleted once that is confirmed.
        file_id: of the last file that was taken in.
        said: what was done last, as a sentence; shown once.
    """

    settings: LearningSettings = STARTS[PPO]
    whom: str = SESSIONS
    sees: str = next(iter(SIGHTS))
    own_sight: tuple[str, ...] = next(iter(SIGHTS.values()))
    filter: str = NONE
    belief: BeliefSettings = field(default_factory=BeliefSettings)
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    policy_shown: str = ""
    to_delete: str = ""
    file_id: str = ""
    said: str = ""

    @property
    def observations(self) -> tuple[str, ...]:
        """What the policy is to see."""
        return SIGHTS.get(self.sees, self.own_sight)


OWN_FILE = "own"
DEFAULT_SAMPLE = 300


@dataclass(frozen=True)
class Answer:
    """What a finished run has found, computed once.

    Attributes:
        validation: the verdicts.
        corpus: "test", "development" or OWN_FILE.
        seed: of the bootstrap.
        judges: one report a judge.
        kinds, languages: accuracy by kind and by language.
        kappas, n_compared: agreement of judges with each other and the label.
    """

    validation: Validation
    corpus: str
    seed: int
    judges: list[JudgeReport]
    kinds: pd.DataFrame
    languages: pd.DataFrame
    kappas: pd.DataFrame
    n_compared: pd.DataFrame


@dataclass
class ValidationState:
    """The page's settings and its run, in one browser session.

    Of our corpus a sample is judged unless all is asked for; what a person brings is judged whole unless a sample is.
    """

    corpus: str = TEST
    sources: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    whole: bool = False
    whole_file: bool = True
    n_wanted: int = DEFAULT_SAMPLE
    seed: int = 1
    models: list[str] | None = None
    prompts: list[str] = field(default_factory=list)
    baselines: list[str] = field(default_factory=lambda: [KEYWORD, TFIDF])
    anew: bool = False
    file_name: str = ""
    file_id: str = ""
    own_statements: tuple[Statement, ...] = ()
    run: ValidationRun | None = None
    run_corpus: str = TEST
    run_seed: int = 1
    answer: Answer | None = None
    chair: Chair = field(default_factory=Chair)

    @property
    def takes_all(self) -> bool:
        """Whether no sample is drawn."""
        return self.whole_file if self.corpus == OWN_FILE else self.whole
