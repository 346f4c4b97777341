"""Reports of stored experiments: every number as the page has it, the simplest rule, one seed, no markup of others."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jitai.cli.main import main
from jitai.corpus import CALIBRATION, TEST, StatementBook, load_part
from jitai.experiments.comparison import answer_in_words, side_by_side, table_rows
from jitai.experiments.engine import run_experiment
from jitai.experiments.headline import headline, why_in_words
from jitai.experiments.judgements import read_statements
from jitai.experiments.methods import offered_methods
from jitai.experiments.spec import ExperimentSpec, JudgeChoice, simulated
from jitai.experiments.spec_file import spec_as_yaml, spec_from_text
from jitai.experiments.store import Store, StoredExperiment
from jitai.experiments.sweep import judge_of_error, map_cells, map_in_words
from jitai.experiments.words import name_of
from jitai.judge.calibration import Measured
from jitai.records import Decision, Verdict, VerdictSource
from jitai.report.experiment import (
    ADDED,
    Compared,
    ExperimentInputs,
    lived_again,
    one_seed,
    with_simplest_rule,
    work_of,
)
from jitai.report.figures import Curve, Place, Row, curves_figure, map_figure, rows_figure
from jitai.report.stored import experiment_report, participants
from jitai.simulator.config import SimulatorConfig
from jitai.statistics import Estimate, interval_of_mean
from jitai.trial.loop import run_trial

RUDE = '</code></p><script>alert(1)</script>" onload="x <b>bold</b> & more'
HOSTILE = RUDE + "y" * 10_000
SHORT = SimulatorConfig(study_length=20)


def methods(*names: str) -> Any:
    return tuple(offered_methods()[name][0] for name in names)


class Knee:
    """A judge that reads: it holds back where a body part is named."""

    def judge(self, text: str) -> Verdict:
        hurts = any(word in text.lower() for word in ("knee", "ankle", "fever", "back", "sick"))
        decision = Decision.HOLD_BACK if hurts else Decision.SEND
        return Verdict(decision, 0.1 if hurts else 0.9, VerdictSource.MODEL, "")


def stored(folder: Path, spec: ExperimentSpec) -> tuple[Store, StoredExperiment, ExperimentInputs]:
    store = Store(folder)
    with ThreadPoolExecutor(1) as executor:
        identifier = run_experiment(spec, store, executor, lambda choice: (Knee(), "a judge <b>that</b> reads"))
    found = store.experiment(identifier)
    return store, found, ExperimentInputs(spec_as_yaml(spec), "jitai-lab experiment FILE", work_of(store))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, StoredExperiment, ExperimentInputs]:
    names = ("TS", "LLM+TS", "Planner", "Optimum", "LLM+tailored", "Never")
    spec = ExperimentSpec(
        "six methods", methods(*names), description=RUDE, participant=SHORT, judges=(simulated(0.9, 0.1),),
        n_seeds=12, first_seed=5, baseline="TS",
    )  # fmt: skip
    return stored(tmp_path_factory.mktemp("store"), spec)


class Shown(HTMLParser):
    """The elements and texts of a page, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'class="jitai-player-data">(.*?)</script>', page, re.S)
    assert found is not None
    return dict(json.loads(found.group(1)))


def test_every_number_of_the_page_s_table_and_answer_is_there(comparison: Any) -> None:
    store, found, inputs = comparison
    page = experiment_report(store, found, inputs)
    (compared,) = participants(store, found)
    texts = Shown(page).texts
    assert answer_in_words(compared.lines, compared.base) in texts
    for row in table_rows(compared.lines, compared.days, compared.base):
        for name, value in row.items():
            assert not value or value in texts, (name, value)
    never = next(line for line in compared.lines if line.run.name == "Never a message")
    assert never.against is not None and sum(never.against.of_100) == 100 and never.against.of_100.in_words in texts
    assert texts.count("12") >= len(compared.lines), "n stands in each row"
    assert ADDED not in page, "a rule was compared already"
    assert "no medical advice" in page and "arXiv:2501.06980" in page and "jitai-lab experiment FILE" in page
    assert "It recognises" in page and "90 %" in texts
    assert not re.search(r"(?:src|href)=", page), "nothing is fetched"
    (described,) = [text for text in texts if text.startswith("format:")]
    assert spec_from_text(described) == found.spec


def test_the_report_opens_as_the_page_does_with_what_qualifies_the_gain(tmp_path: Path) -> None:
    spec = ExperimentSpec(
        "two settings", methods("TS", "LLM+TS", "Coin+TS"), participant=SHORT, n_seeds=30, baseline="TS",
        axes=(("can_walk_persistence", (0.7, 0.95)),), judges=(simulated(0.95, 0.05),),
    )  # fmt: skip
    store, found, inputs = stored(tmp_path, spec)
    first, second = participants(store, found)
    lines = {line.run.stored.cell.method.name: line for line in first.lines}
    said = headline(with_simplest_rule(first, inputs.work_of).lines, lines["LLM+TS"], lines["TS"], first.settings)
    texts = Shown(experiment_report(store, found, inputs)).texts
    head = "".join(texts)
    assert said.title in head and " ".join(said.second) in texts and said.small in texts
    assert why_in_words(lines["LLM+TS"], lines["TS"]) in texts
    other = {line.run.stored.cell.method.name: line.run.stored.totals for line in second.lines}
    gap = f"{(other['LLM+TS'] - other['TS']).mean():+,.0f}".replace("-", "−")
    assert f"In the other setting the difference is {gap} steps." in said.second
    if said.is_gain is not None:
        assert any("A coin that holds back at the same rate" in sentence for sentence in said.second)


def test_ties_are_counted(comparison: Any) -> None:
    store, found, _ = comparison
    (compared,) = participants(store, found)
    base = compared.base
    totals = base.stored.totals.copy()
    totals[:3] += 1
    totals[3] -= 1
    other = replace(base, stored=replace(base.stored, totals=totals))
    (line,) = side_by_side([other], base)
    assert line.against is not None and line.against.of_100 == (25, 67, 8)
    assert line.against.share_better == pytest.approx((3 + 8 / 2) / 12)


def test_the_player_shows_a_stored_seed_to_the_digit(comparison: Any) -> None:
    store, found, inputs = comparison
    data = data_of(experiment_report(store, found, inputs))
    (compared,) = participants(store, found)
    lines = {line.run.stored.cell.method.name: line.run.stored for line in compared.lines}
    seed = int(data["detail"].removeprefix("seed "))
    tables = {name: store.steps(lines[name].key) for name in ("LLM+TS", "TS")}
    days = {name: table[table["seed"] == seed] for name, table in tables.items()}
    for line, name in ((data["run"], "LLM+TS"), (data["reference"], "TS")):
        assert line["name"] == name_of(methods(name)[0])
        np.testing.assert_allclose(line["steps"], days[name]["step_count"], atol=5e-5)
        assert line["done"] == days[name]["executed_action"].tolist()
    difference = lines["LLM+TS"].totals - lines["TS"].totals
    assert abs(difference[seed - 5] - difference.mean()) == np.abs(difference - difference.mean()).min()
    assert "can walk" not in json.dumps(data["run"]["words"]), "the words of a simulated judge would tell the truth"
    assert data["answer"]["subject"] == "Listening", "the base is the same policy without the judge"


def test_a_description_of_hundreds_of_pages_is_folded(comparison: Any) -> None:
    store, found, inputs = comparison
    assert "<details>" not in experiment_report(store, found, inputs)
    page = experiment_report(store, found, inputs._replace(description="x" * 2_001))
    assert "<details><summary>2,001 characters" in page and "x" * 2_001 in page


def test_two_policies_are_compared_in_their_own_words(comparison: Any) -> None:
    store, found, inputs = comparison
    (compared,) = participants(store, found)
    planner = next(line for line in compared.lines if line.run.name == "Planner")
    shown = one_seed(planner, compared.base, found.spec.kinds, inputs.work_of)
    assert not isinstance(shown, str)
    assert (
        shown.answer.subject == "Planner" and shown.answer.without == "under Learner alone" and shown.run.split is None
    )
    assert one_seed(planner, compared.base, found.spec.kinds, lambda cell: None) == (
        "No run is shown: the days of single seeds are not kept here. The Live page plays one."
    )


def test_numbers_of_another_version_are_not_passed_off_as_a_run(comparison: Any) -> None:
    store, found, inputs = comparison
    (compared,) = participants(store, found)
    cell = compared.base.stored
    work = inputs.work_of(cell)
    assert work is not None and lived_again(cell, work, found.spec.kinds, 7) is not None
    assert lived_again(replace(cell, totals=cell.totals + 1), work, found.spec.kinds, 7) is None


def test_the_simplest_rule_is_added_under_the_same_seeds(tmp_path: Path) -> None:
    spec = ExperimentSpec(
        "no rule", methods("LLM+TS", "Planner"), participant=SHORT, judges=(simulated(0.8, 0.2),), n_seeds=6
    )
    store, found, inputs = stored(tmp_path, spec)
    (compared,) = participants(store, found)
    rule = with_simplest_rule(compared, inputs.work_of).lines[-1]
    assert rule.run.name == "One-line rule with judge" + ADDED
    work = inputs.work_of(compared.base.stored)
    assert work is not None and work.readings is not None
    trial = methods("LLM+tailored")[0].trial(SHORT, None)
    expected = run_trial(trial, range(6), work.readings.verdicts(trial.filter.settings)).total_steps
    np.testing.assert_array_equal(rule.run.stored.totals, expected)
    page = experiment_report(store, found, inputs)
    mean = interval_of_mean(expected)
    assert f"One-line rule with judge, a rule that learns nothing, earns {mean.value:,.0f} steps" in page
    assert html.escape("One-line rule with judge" + ADDED) in page


def test_a_judge_that_reads_is_told_with_what_it_got_right_here(tmp_path: Path) -> None:
    spec = ExperimentSpec(
        "read", methods("TS", "LLM+TS"), participant=SHORT, judges=(JudgeChoice("embedded"),), n_seeds=4, baseline="TS"
    )
    store, found, inputs = stored(tmp_path, spec)
    measured = Measured(0.7, 500, {}, 0.68, 0.65, 0.71, "a file", "2026-01-02")
    page = experiment_report(store, found, inputs._replace(measured={"embedded": measured}))
    others = [item for item in load_part(CALIBRATION) if item.kind in spec.kinds]
    responses = read_statements(Knee(), "", StatementBook(load_part(TEST), spec.kinds), others)
    heard = sum(item.p_send == 0.1 for item in responses.if_unable) / len(responses.if_unable)
    assert f"{100 * heard:.0f} % (" in page and "0.680 (0.650 to 0.710)" in page and "500" in page
    assert "a judge &lt;b&gt;that&lt;/b&gt; reads" in page
    words = [text for text in data_of(page)["run"]["words"] if text]
    assert words and set(words) <= {item.text for item in load_part(TEST)}


@pytest.mark.parametrize("n_seeds", [1, 4])
def test_a_map_has_the_page_s_answer_and_all_places(tmp_path: Path, n_seeds: int) -> None:
    axes = (("can_walk_persistence", (0.7, 0.95)),)
    spec = ExperimentSpec(
        "a map", methods("LLM+TS", "TS"), participant=SHORT, axes=axes, n_seeds=n_seeds, baseline="TS",
        judges=tuple(map(judge_of_error, (0.0, 0.2, 0.5))), description=RUDE,
    )  # fmt: skip
    store, found, inputs = stored(tmp_path, spec)
    page = experiment_report(store, found, inputs)
    cells = map_cells(
        store.cells(found.identifier), "can_walk_persistence", "judge_error", spec.methods[0], spec.methods[1]
    )
    shown = Shown(page)
    assert (
        map_in_words(cells, 6, "Learner with judge", "Learner alone", "can_walk_persistence", "judge_error")
        in shown.texts
    )
    for cell in cells:
        difference = cell.against.difference
        assert f"{difference.value:+,.0f}" in shown.texts
        sure = n_seeds == 1 or difference.excludes_zero
        assert sure or f"≈ {difference.value:+,.0f}" in shown.texts
    assert shown.tags.count("script") == 0 and shown.texts.count(RUDE) == 1


def test_a_line_over_the_judge_s_error(tmp_path: Path) -> None:
    spec = ExperimentSpec(
        "a line", methods("LLM+TS", "TS"), participant=SHORT, n_seeds=4, baseline="TS",
        judges=tuple(map(judge_of_error, (0.0, 0.25, 0.5))),
    )  # fmt: skip
    store, found, inputs = stored(tmp_path, spec)
    page = experiment_report(store, found, inputs)
    for stored_cell in store.cells(found.identifier):
        assert f"{stored_cell.totals.mean():,.0f}" in page
    assert "3 simulated judges" not in page and page.count("False alarms") == 3


def test_nothing_of_others_is_markup(comparison: Any) -> None:
    store, found, inputs = comparison
    calm = Shown(experiment_report(store, replace(found, spec=replace(found.spec, description="x")), inputs))
    hostile = inputs._replace(description=HOSTILE, command=HOSTILE, link=HOSTILE)
    shown = Shown(experiment_report(store, found, hostile))
    linked = Shown(experiment_report(store, found, inputs._replace(link="x", description="x" * 9_000)))
    assert shown.tags == linked.tags and len(shown.tags) == len(calm.tags) + 4
    assert shown.texts.count(HOSTILE) == 3 and shown.texts.count(RUDE) == 1
    (compared,) = participants(store, found)
    renamed = [replace(line, run=replace(line.run, name=HOSTILE + str(n))) for n, line in enumerate(compared.lines)]
    from jitai.report.compare_report import compare_report

    page = compare_report(found, [Compared(compared.condition, renamed, compared.days, renamed[0].run)], inputs)
    assert not set(Shown(page).tags) - set(calm.tags)


def test_figures_place_their_marks_in_proportion() -> None:
    row = Row("a", "told", Estimate(50.0, 25.0, 75.0, 4), "50", np.array([0.0, 100.0]))
    drawn = rows_figure([row], "steps", [(100.0, "best", True)])
    for style in ("left:25.000%;width:50.000%", "left:50.000%", "left:0.000%", "left:100.000%"):
        assert style in drawn
    assert "Dashed: best." in html.unescape(drawn)
    curve = Curve("a", "told", np.array([0.0, 5.0, 10.0]), np.full(3, np.nan), np.full(3, np.nan))
    drawn = curves_figure([curve], (0, 1, 2), [(0.0, "0")], "steps", crossing=1.0)
    assert "M0.0 300.0L500.0 150.0L1000.0 0.0" in drawn and "M500.0 0V300" in drawn and "band" not in drawn
    places = [[Place(10.0, True, RUDE), None], [Place(-5.0, False, "y"), Place(-10.0, True, "z")]]
    drawn = map_figure(places, "ab", "cd", "x", "y")
    assert Shown(drawn).tags.count("td") == 4 and f'title="{html.escape(RUDE)}"' in drawn
    assert drawn.index("≈ -5") < drawn.index("+10"), "rows go upwards"
    assert drawn.count("repeating-linear-gradient") == 1, "a loss is hatched where it is sure"


def test_the_command_writes_one_experiment(comparison: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, found, _ = comparison
    out = tmp_path / "report.html"
    assert main(["report", str(store.folder), "--html", str(out)]) == 0
    assert f"experiment {found.identifier}.yaml" in out.read_text(encoding="utf-8")
    for options, said in (
        (["--html", str(tmp_path / "report.txt")], "ends in .html"),
        (["--html", str(out), "--out", str(tmp_path / "a.md")], "give one of them"),
        (["--html", str(out), "--experiment", "nothing"], "There is no experiment"),
    ):
        assert main(["report", str(store.folder), *options]) == 1
        assert said in capsys.readouterr().err
