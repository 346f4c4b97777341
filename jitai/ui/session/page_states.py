"""What each page remembers beside its widgets' values; ``session_object`` keeps one of each class in a session."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from jitai.corpus import TEST
from jitai.errors import ParameterError
from jitai.experiments.store import StoredExperiment
from jitai.experiments.sweep import JUDGE_ERROR, axis_label, is_error_line
from jitai.parameters import described
from jitai.records import Statement, Verdict
from jitai.simulator.config import SimulatorConfig
from jitai.ui.session.state import experiment_of_address
from jitai.validation.forms import FormVerdict
from jitai.validation.report import Agreement, JudgeReport
from jitai.validation.runner import Validation, ValidationRun

Result = TypeVar("Result")


@dataclass
class ImportedFile(Generic[Result]):
    """The last file that was read, kept when the page is left.

    Attributes:
        name: of the file.
        read_as: what decided the result: the file and the choices beside it.
        result: what a page made of the rows; None before there are any.
        notes: sentences about it.
    """

    name: str = ""
    read_as: tuple[object, ...] = ()
    result: Result | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)


class JudgedStatement(NamedTuple):
    """One line of the Preferences page with its verdict."""

    text: str
    verdict: Verdict


@dataclass
class PreferencesState:
    """The verdicts on the page, and the judge, prompt and settings picked when they were asked for.

    Attributes:
        judged, judged_by: these.
        forms: one statement in other forms, with the verdicts.
        own_file: the statements of the last file, at most as many as the page judges.
    """

    judged: list[JudgedStatement] = field(default_factory=list)
    judged_by: tuple[Any, ...] = ()
    forms: tuple[FormVerdict, ...] = ()
    own_file: ImportedFile[tuple[str, ...]] = field(default_factory=ImportedFile)


@dataclass(frozen=True)
class Pin:
    """A run that is kept beside later ones: its experiment, the key of its cell, and its name."""

    experiment: str
    key: str
    name: str


@dataclass
class CompareState:
    """The experiment that the page shows, the run that all are compared to, and the pinned runs.

    Attributes:
        shown: identifier of the experiment; at first the one in the address; empty for the answer that was shipped.
        before: of the experiment that stays on the page until something of the one shown is finished.
        asked, base: names of the runs that the person asked about and chose to compare to; empty for the usual ones.
        pins: the runs that are kept.
    """

    shown: str = field(default_factory=experiment_of_address)
    before: str = ""
    asked: str = ""
    base: str = ""
    pins: list[Pin] = field(default_factory=list)

    def show(self, identifier: str) -> None:
        """Show another experiment, in which the runs chosen in the one before mean nothing."""
        if identifier != self.shown:
            self.before = self.shown
        self.shown, self.asked, self.base = identifier, "", ""


@dataclass
class DesignState:
    """The size of a study that is looked at.

    Attributes:
        asked: the question to which the number belongs; with another one it follows the answer again.
        people: an arm.
        is_chosen: whether the reader chose the number.
    """

    asked: Any = None
    people: int = 0
    is_chosen: bool = False


MAP, LINE = "map", "line"


@dataclass(frozen=True)
class Axis:
    """What varies along an axis (a parameter's name or JUDGE_ERROR), its ends, and how many values it takes."""

    name: str
    low: float
    high: float
    n: int

    def values(self) -> tuple[float | int, ...]:
        """Return the values: evenly spread, ascending, whole numbers if the parameter is one.

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
    """The experiment that the page shows in each view.

    Attributes:
        shown: identifier of the experiment by view; empty before there is one.
        before: of the one that stays on the page until something of the one shown is finished.
        clicks: on cells of the map, so that a cell that was left can be clicked again.
        of_address: the experiment of the address, until the page has looked it up.
    """

    shown: dict[str, str] = field(default_factory=lambda: {MAP: "", LINE: ""})
    before: dict[str, str] = field(default_factory=lambda: {MAP: "", LINE: ""})
    clicks: int = 0
    of_address: str = field(default_factory=experiment_of_address)

    def show(self, identifier: str, found: StoredExperiment | None) -> None:
        """Show an experiment in the view that fits it, and switch to that view."""
        view = LINE if found is not None and is_error_line(found.spec) else MAP
        self.shown[view] = identifier
        st.session_state["sweep_view"] = view


N_SHOWN = 15
"""Experiments listed on the Runs page before more are asked for."""


@dataclass
class RunsState:
    """How much of the list is shown.

    Attributes:
        n_shown: number of experiments shown.
        to_delete: identifier of the experiment whose deletion waits to be confirmed.
        file_id: of the last file that was read.
    """

    n_shown: int = N_SHOWN
    to_delete: str = ""
    file_id: str = ""


@dataclass
class TrainState:
    """What the page remembers of its training; the training itself belongs to the process.

    Attributes:
        owner: tells this session's training from another's.
        to_delete: name of the policy whose deletion waits to be confirmed.
        file_id: of the last file that was read.
        done: what was done last, as a sentence; shown once.
    """

    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    to_delete: str = ""
    file_id: str = ""
    done: str = ""


@dataclass(frozen=True)
class ValidationAnswer:
    """What a finished run has found, computed once.

    Attributes:
        validation: the verdicts.
        corpus: "test", "development" or OWN_FILE.
        seed: of the sample and of simulated judges.
        judges: one report a judge.
        kinds, languages: accuracy by kind and by language.
        agreement: of judges with each other and the label.
    """

    validation: Validation
    corpus: str
    seed: int
    judges: list[JudgeReport]
    kinds: pd.DataFrame
    languages: pd.DataFrame
    agreement: Agreement


@dataclass
class ValidationState:
    """A person's file, and the run with its answer.

    Attributes:
        own_file: the last file that could be read.
        own_statements: its rows.
        run: the last run, with the corpus and seed that it was started with.
        answer: of the last run that has finished; it stays on the page while the next one runs.
        answered: that run.
        kept: sentences on the measurements that were kept of it.
        forms_run: the last run over statements in every form.
    """

    own_file: ImportedFile[tuple[Statement, ...]] = field(default_factory=ImportedFile)
    own_statements: tuple[Statement, ...] = ()
    run: ValidationRun | None = None
    run_corpus: str = TEST
    run_seed: int = 1
    answer: ValidationAnswer | None = None
    answered: ValidationRun | None = None
    kept: list[str] = field(default_factory=list)
    forms_run: ValidationRun | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run has not given its answer yet."""
        return self.run is not None and self.run is not self.answered
