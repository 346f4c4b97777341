"""Experiments for the tests of the pages: made in this process, in a moment, and without a language model."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from streamlit.testing.v1 import AppTest

from jitai.errors import ParameterError
from jitai.experiments.cell import CellWork, run_cell
from jitai.experiments.engine import OpenJudge, run_experiment
from jitai.experiments.judgements import simulated_responses
from jitai.experiments.methods import offered_methods
from jitai.experiments.spec import ExperimentSpec, JudgeChoice, Method, simulated
from jitai.experiments.store import Store
from jitai.paths import default_store_folder
from jitai.records import JudgesText
from jitai.ui.widgets.experiment import processes

SIMULATED = simulated(0.93, 0.07)
WAIT_S = 60.0


class InThisProcess(Executor):
    """Runs what it is given at once."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **named))
        return future


def no_language_model(choice: JudgeChoice) -> tuple[JudgesText, str]:
    raise ParameterError(f"There is no judge {choice.key} in this test.")


def methods(*names: str) -> tuple[Method, ...]:
    return tuple(offered_methods()[name][0] for name in names)


def small(name: str = "small", **changes: Any) -> ExperimentSpec:
    """TS and LLM+TS under five seeds, unless something else is said."""
    usual: dict[str, Any] = {"methods": methods("TS", "LLM+TS"), "judges": (SIMULATED,), "n_seeds": 5}
    return ExperimentSpec(name, **(usual | changes))


def the_store() -> Store:
    return Store(default_store_folder())


def made(spec: ExperimentSpec, open_judge: OpenJudge = no_language_model) -> str:
    """The identifier of an experiment that has been run to its end."""
    return run_experiment(spec, the_store(), InThisProcess(), open_judge)


def begun(spec: ExperimentSpec, n_finished: int) -> str:
    """The identifier of an experiment whose engine stands still after its first cells, as another process sees it."""
    store, cells, judge = the_store(), spec.cells(), simulated_responses(0.93, 0.07)
    identifier = store.begin(spec)
    works = [
        CellWork(
            cell.method.trial(cell.condition.config, (0.93, 0.07) if cell.judge else None), spec.first_seed,
            spec.n_seeds, judge if cell.judge else None,
        )
        for cell in cells
    ]  # fmt: skip
    store.place(identifier, [work.key for work in works])
    for work, cell in zip(works[:n_finished], cells, strict=False):
        store.add(work, cell, run_cell(work))
    return identifier


def when_done(app: AppTest, identifier: str) -> AppTest:
    """The page after the process of an experiment has ended."""
    give_up = time.monotonic() + WAIT_S
    while not processes().is_alive(identifier):
        assert time.monotonic() < give_up
        if the_store().experiments():
            break
    processes().wait(identifier, WAIT_S)
    return app.run()
