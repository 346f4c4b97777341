"""Reports in a real browser: from disk, without a request, whole at every width and on paper."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from jitai.corpus import TEST, StatementBook, load_part
from jitai.experiments.engine import run_experiment
from jitai.experiments.methods import offered_methods
from jitai.experiments.spec import ExperimentSpec, simulated
from jitai.experiments.spec_file import spec_as_yaml
from jitai.experiments.store import Store
from jitai.experiments.sweep import judge_of_error
from jitai.judge.calibration import Measured
from jitai.records import Decision, JudgeReference, Verdict, VerdictSource
from jitai.report.experiment import ExperimentInputs, work_of
from jitai.report.run_player import branch_line
from jitai.report.run_report import ReportInputs, run_report
from jitai.report.stored import experiment_report
from jitai.simulator.config import PRESETS
from jitai.trial.filters import filter_spec
from jitai.trial.fork import fork
from jitai.trial.scenario import compose, play
from jitai.trial.spec import TrialSpec

pytestmark = pytest.mark.browser

BOOK = StatementBook(load_part(TEST))
RUDE = "</script><img src=x onerror=alert(1)>"
KINDS = ("run", "comparison", "map", "line")
BESIDE_THE_PAPER = """
limit => [...document.querySelectorAll("body *")].filter(
  part => part.getClientRects().length && part.getBoundingClientRect().right > limit + 1
).map(part => `${part.tagName}.${part.className} ${part.textContent.slice(0, 40)}`)
"""
"""What reaches beyond the right edge."""


class HoldsBackLongTexts:
    """A scripted judge, for the report alone."""

    def judge(self, text: str) -> Verdict:
        holds = len(text) > 40
        return Verdict(Decision.HOLD_BACK if holds else Decision.SEND, 0.2 if holds else 0.8, VerdictSource.MODEL, RUDE)


def a_run() -> str:
    spec = TrialSpec(PRESETS["Ability mostly lasts"], filter=filter_spec("veto"), seed=50)
    run = play(compose(spec, BOOK, None, JudgeReference("scripted")), HoldsBackLongTexts())
    branches = []
    for letter, day in (("A", 4), ("B", 9), ("C", 12), ("D", 30)):
        branch = play(fork(run.scenario, BOOK, day - 1, words=RUDE + letter), HoldsBackLongTexts())
        name = f"day {day}, “{RUDE}”"
        branches.append((branch, branch_line(branch, run, key=letter, name=name, letter=letter, first_day=day)))
    measured = Measured(0.92, 4568, {"plain": 0.99}, 0.918, 0.906, 0.93, "assets/statements/test.csv", "2026-11-20")
    inputs = ReportInputs(
        "Ability mostly lasts", RUDE, "Over 200 such people: +400", "run", "x" * 3000, measured=measured
    )
    return run_report(run, play(run.scenario.without_judge()), inputs, branches)


def an_experiment(folder: Path, kind: str) -> str:
    every = offered_methods()
    names = ("LLM+TS", "TS") if kind != "comparison" else tuple(every)
    axes = (("can_walk_persistence", (0.55, 0.7, 0.8, 0.9, 0.95)),) if kind == "map" else ()
    judges = (simulated(0.93, 0.07),) if kind == "comparison" else tuple(map(judge_of_error, (0.0, 0.1, 0.2, 0.3, 0.5)))
    spec = ExperimentSpec(
        kind, tuple(every[name][0] for name in names), RUDE, PRESETS["Ability comes and goes"], axes, judges, n_seeds=6,
        baseline="TS",
    )  # fmt: skip
    store = Store(folder)
    with ThreadPoolExecutor(1) as executor:
        found = store.experiment(run_experiment(spec, store, executor, lambda choice: pytest.fail("nobody is asked")))
    return experiment_report(store, found, ExperimentInputs(spec_as_yaml(spec), "experiment", work_of(store)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    made = {}
    for kind in KINDS:
        made[kind] = folder / f"{kind}.html"
        made[kind].write_text(a_run() if kind == "run" else an_experiment(folder / kind, kind), encoding="utf-8")
    return made


@contextmanager
def opened(browser: Browser, file: Path, **settings: Any) -> Iterator[Page]:
    """A report from disk; at the end, it has asked for nothing but itself and complained of nothing."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
    requests: list[str] = []
    complaints: list[str] = []
    try:
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(file.as_uri())
        page.locator("footer").wait_for()
        yield page
        assert requests == [file.as_uri()]
        assert complaints == []
    finally:
        context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_from_disk_and_fits_every_width(browser: Browser, files: dict[str, Path], kind: str) -> None:
    for width, scheme in ((1280, "light"), (820, "dark"), (390, "light"), (390, "dark")):
        with opened(browser, files[kind], viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.locator("img").count() == 0
            if kind in ("run", "comparison"):
                page.locator(".player").focus()
                page.keyboard.press("End")
                expect(page.locator("[data-part=answer]")).to_contain_text(re.compile(r"gained|cost"))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_prints_whole(browser: Browser, files: dict[str, Path], kind: str, paper: str) -> None:
    with opened(browser, files[kind]) as page:
        pdf = page.pdf(format=paper)
        assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 12
        page.emulate_media(media="print")
        width = {"A4": 688, "Letter": 710}[paper]  # less the margins of 14 mm
        page.set_viewport_size({"width": width, "height": 960})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        assert page.evaluate(BESIDE_THE_PAPER, width) == []
        if kind in ("run", "comparison"):
            expect(page.locator(".paper tbody tr")).to_have_count(50)
            expect(page.locator(".player")).to_be_hidden()


def test_a_run_s_report_shows_all_its_branches(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["run"]) as page:
        page.locator(".player").focus()
        page.keyboard.press("End")
        table = page.locator("section", has=page.get_by_role("heading", name="Branches", exact=True))
        for letter in "ABCD":
            row = table.locator("tbody tr", has_text=f"{letter}: day")
            total = row.locator("td").first.inner_text()
            line = page.locator(f"[data-part=legend] span.branch:has-text('{letter}: day')")
            expect(line).to_contain_text(total)
            expect(row).to_contain_text(RUDE)
