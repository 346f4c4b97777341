"""The Live page shows, day for day, what ``run`` writes with the same settings; and that is what was recorded.

What it needs of the pages is their address, the keys of two widgets, and tests/app/driver.py.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from jitai.trial.log import decision_log
from jitai.ui.pages.live_results import LOG
from tests.app.conftest import a_process_of_its_own, a_server_that_has_been_visited  # noqa: F401
from tests.app.driver import ROOT, lived, open_app, opened, shown_run, widget, without_error
from tests.golden import measure
from tests.golden.cases import PARTICIPANTS
from tests.golden.parts import read

MODEL = "golden"
ADDED_TO_WRITTEN_LOGS = [
    "available", "action_probability", "message_probability", "probability_error", "policy_version",
]  # fmt: skip
"""Columns that are computed when a log is written; the days on the page do without."""
TRIALS = {
    "thompson, carry-forward": {"policy": "thompson", "strategy": "carry-forward"},
    "planner, none": {"policy": "planner", "strategy": "none"},
    "ppo-belief, veto": {"policy": "learned:ppo-belief", "strategy": "veto"},
}


@pytest.fixture
def arithmetic_judge(a_process_of_its_own: None, tmp_path: Path) -> Iterator[None]:  # noqa: F811
    with measure.quiet_place(tmp_path):
        yield


def shown_table(app: AppTest) -> pd.DataFrame:
    """The decision log as it stands on the page."""
    [shown] = [element.value for element in app.dataframe if "step_count" in element.value]
    return shown


def whole_log(app: AppTest) -> pd.DataFrame:
    """The decision log of the run on the page, the hidden truth with it, in the form of a log that was written."""
    log, shown = decision_log(shown_run(app).so_far.records), shown_table(app)
    assert shown.equals(log[shown.columns]), "what stands on the page is a part of it"
    return measure.as_written(log)


@pytest.mark.usefixtures("a_server_that_has_been_visited", "arithmetic_judge")
@pytest.mark.parametrize("name", TRIALS)
def test_live_lives_the_days_of_the_record(name: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    options = PARTICIPANTS["fixed"]
    for option, value in zip(options[::2], options[1::2], strict=True):
        app.query_params[option.removeprefix("--").replace("-", "_")] = value
    for setting, value in TRIALS[name].items():
        app.query_params[setting] = value
    app = without_error(app.run())
    app = with_the_judge(app)
    app = opened(lived(without_error(app)), LOG)
    log = whole_log(app)
    golden = read("grid_fixed").table
    golden = golden[golden["item"] == name].drop(columns=["item", *ADDED_TO_WRITTEN_LOGS])
    golden.insert(0, "item", "live")
    log.insert(0, "item", "live")
    found = measure.differences(golden.reset_index(drop=True), log)
    assert not found, measure.shown(found)
    assert np.isfinite(log["p_send"]).any(), "the judge was asked"


def with_the_judge(app: AppTest) -> AppTest:
    """The same page with the arithmetic judge, as soon as its server has been found."""
    for _ in range(100):
        picker = widget(app.selectbox, "judge")
        found = [number for number, label in enumerate(picker.options) if MODEL in label]
        if found:
            return picker.select_index(found[0]).run()
        time.sleep(0.1)
        app = app.run()
    raise AssertionError(f"the page offers no judge {MODEL}")


@pytest.mark.usefixtures("a_server_that_has_been_visited", "arithmetic_judge")
def test_days_that_arrive_are_those_of_the_whole_run() -> None:
    app = with_the_judge(without_error(open_app()))
    arrived: list[pd.DataFrame] = []
    while shown_run(app).at_work:
        app = opened(app, LOG)
        arrived.append(shown_table(app))
    whole = shown_table(opened(lived(without_error(app)), LOG))
    assert len(whole) > 4
    for log in arrived:
        pd.testing.assert_frame_equal(log, whole.iloc[: len(log)])
