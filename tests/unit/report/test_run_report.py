"""A run as a report and for the player: whole, escaped, and equal to the records."""

import html
import io
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.calibration import Measured
from jitai.player.contract import Line, Scene, as_payload
from jitai.policies.registry import PolicySpec
from jitai.records import Decision, JudgeReference, Verdict, VerdictSource
from jitai.report.bundle import bundle
from jitai.report.run_log import run_log, scenario_name
from jitai.report.run_player import branch_line, many_seeds_sentence, player_run
from jitai.report.run_report import ReportInputs, run_report
from jitai.simulator.config import PRESETS
from jitai.statistics import interval_of_mean
from jitai.trial.attribution import shown_total
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.fork import fork
from jitai.trial.loop import run_trial
from jitai.trial.scenario import Played, compose, play, scenario_from_mapping
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import ScriptedDay
from jitai.trial.verdict_table import read_all, simulated_judge

BOOK = StatementBook(load_part(TEST))
HOSTILE = "</script><script>alert(1)</script><b>knee</b>"


class HoldsBackLongTexts:
    """A scripted judge, for the report alone."""

    def judge(self, text: str) -> Verdict:
        holds = len(text) > 40
        return Verdict(
            Decision.HOLD_BACK if holds else Decision.SEND, 0.2 if holds else 0.8, VerdictSource.MODEL, f"why {text}"
        )


def played(policy: str = "thompson", strategy: str = "veto", seed: int = 50) -> tuple[Played, Played]:
    spec = TrialSpec(PRESETS["Ability mostly lasts"], PolicySpec(policy), filter_spec(strategy), seed=seed)
    days = {4: ScriptedDay(HOSTILE, can_walk=False)}
    run = play(compose(spec, BOOK, days, JudgeReference("scripted")), HoldsBackLongTexts())
    return run, play(run.scenario.without_judge())


def words(page: str) -> str:
    """The headline as it is read."""
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found is not None
    return html.unescape(re.sub("<[^>]*>", "", found.group(1)))


def data_of(page: str) -> dict[str, Any]:
    """What the player in a report is given."""
    found = re.search(r'class="jitai-player-data">(.*?)</script>', page, re.S)
    assert found is not None
    return dict(json.loads(found.group(1)))


INPUTS = ReportInputs("Ability <mostly> lasts", "a judge & its measure", "", "jitai-lab run --scenario a.json")


@pytest.mark.parametrize("policy", ["thompson", "planner", "tailored", "optimum"])
@pytest.mark.parametrize("strategy", ["veto", "belief", NONE])
def test_the_player_gets_every_day_and_the_parts_of_the_gain(policy: str, strategy: str) -> None:
    run, twin = played(policy, strategy)
    payload = as_payload(player_run(run, twin, title="it"))
    line = payload["run"]
    assert line["steps"] == [round(record.step_count, 4) for record in run.records]
    assert line["done"] == [int(record.executed_action) for record in run.records]
    assert payload["days"] == 50
    if run.scenario.spec.uses_text:
        parts = sum((line["split"].get(name) or [0])[-1] for name in ("stayed", "fresher", "action", "chance"))
        assert parts == shown_total(run.records) - shown_total(twin.records)
    else:
        assert "reference" not in payload
    json.dumps(payload, allow_nan=False)


def test_the_report_holds_the_run_and_nothing_of_it_is_markup() -> None:
    run, twin = played()
    page = run_report(run, twin, INPUTS)
    assert HOSTILE not in page and "<b>knee" not in page and "alert(1)</script>" not in page
    assert "Ability &lt;mostly&gt; lasts" in page and "a judge &amp; its measure" in page
    assert data_of(page)["run"]["words"][4] == HOSTILE
    gain = round(run.total_steps - twin.total_steps)
    assert f"listening {'gained' if gain > 0 else 'cost'} {abs(gain):,} steps" in words(page)
    assert "no medical advice" in page and "arXiv:2501.06980" in page and "jitai-lab run --scenario a.json" in page
    assert not re.search(r"(?:src|href)=", page), "nothing is fetched"


def test_a_story_is_told_in_its_report() -> None:
    run, twin = played()
    scenes = (Scene(0, "Somebody begins."), Scene(12, "<b>On day 12</b>"))
    page = run_report(run, twin, INPUTS._replace(scenes=scenes))
    assert "Before day 1" in page and "Somebody begins." in page
    assert "Day 12" in page and "&lt;b&gt;On day 12&lt;/b&gt;" in page and "<b>On day 12" not in page
    assert "The story" not in run_report(run, twin, INPUTS)


def test_a_report_without_the_truth_holds_none_of_it() -> None:
    run, twin = played()
    shown, hidden = run_report(run, twin, INPUTS), run_report(run, twin, INPUTS._replace(with_truth=False))
    assert '"can_walk":[' in shown and "of them rightly" in shown
    assert '"can_walk":[' not in hidden and '"allowed":[' not in hidden and "of them rightly" not in hidden


def test_a_run_that_arrives_is_compared_over_its_days_on_scales_that_stay() -> None:
    run, twin = played()
    best = play(run.scenario.under_the_optimum())
    looks = [
        player_run(
            run._replace(records=run.records[:day]), twin, title="it", best=best, identity="one",
            complete=day == len(run.records), arrives=True,
        )
        for day in (0, 1, 20, len(run.records))
    ]  # fmt: skip
    assert {look.identity for look in looks} == {"one"}
    assert len({(look.axes.steps_so_far, look.axes.steps_a_day) for look in looks}) == 1
    assert [look.run.complete for look in looks] == [False, False, False, True]
    for look, day in zip(looks[:3], (0, 1, 20), strict=True):
        assert look.run.split is not None
        parts = sum(
            column[-1] for column in (look.run.split.stayed, look.run.split.fresher, look.run.split.action) if day
        )
        assert parts == shown_total(run.records[:day]) - shown_total(twin.records[:day])


def test_many_seeds_are_paired_and_have_student_s_interval() -> None:
    verdicts = read_all(*simulated_judge(0.9, 0.1))
    spec = TrialSpec(PRESETS["Ability mostly lasts"])
    gains = (
        run_trial(spec, range(40), verdicts).total_steps - run_trial(spec.without_filter(), range(40), None).total_steps
    )
    found = interval_of_mean(gains)
    sentence = many_seeds_sentence(spec, verdicts, 40)
    for number in (found.value, found.low, found.high):
        assert f"{abs(round(number)):,}" in sentence
    assert many_seeds_sentence(spec, None) == ""


def branches_of(run: Played) -> list[tuple[Played, Line]]:
    """Two branches: other words, which are hostile, and another action."""
    made = []
    for letter, day, changed in (("A", 4, {"words": HOSTILE + '" onload="x' + "y" * 10_000}), ("B", 9, {"action": 2})):
        branch = play(fork(run.scenario, BOOK, day - 1, **changed), HoldsBackLongTexts())  # type: ignore[arg-type]
        name = str(next(iter(changed.values())))
        made.append((branch, branch_line(branch, run, key=letter, name=name, letter=letter, first_day=day)))
    return made


MEASURED = Measured(0.921, 4568, {"plain": 0.99}, 0.918, 0.906, 0.93, "a <b>set</b>", "2026-11-20")


def test_branches_are_in_the_player_and_in_the_table() -> None:
    run, twin = played()
    branches = branches_of(run)
    page = run_report(run, twin, INPUTS, branches)
    assert [line["letter"] for line in data_of(page)["branches"]] == ["A", "B"]
    table = page[page.index("<h2>Branches</h2>") :]
    for branch, _ in branches:
        assert f"<td>{branch.total_steps:,.0f}</td>" in table
        assert f"<td>{round(branch.total_steps) - round(run.total_steps):+,}</td>" in table


def test_the_judge_stands_there_with_what_was_measured_of_it() -> None:
    run, twin = played()
    page = run_report(run, twin, INPUTS._replace(measured=MEASURED))
    for said in ("92 %", "4,568", "0.918 (0.906 to 0.930)", "99 %", "2026-11-20"):
        assert said in page
    assert "was not measured here" in run_report(run, twin, INPUTS)
    assert "stored with the scenario" in run_report(run, twin, INPUTS._replace(remembered=True))
    assert "remembered" in data_of(run_report(run, twin, INPUTS._replace(remembered=True)))["run"]["source"]
    assert "remembered" not in data_of(page)["run"]["source"]


def test_a_report_without_truth_does_not_hold_it() -> None:
    run, twin = played()
    branches = branches_of(run)
    for page in (run_report(run, twin, INPUTS._replace(with_truth=False), branches), run_report(run, twin, INPUTS)):
        data = data_of(page)
        lines = [data["run"], data["reference"], *data.get("branches", [])]
        assert {"truth" in line for line in lines} == {"branches" not in data}
        assert ("of them rightly" in page) == ("branches" not in data)


@pytest.mark.parametrize("hostile", [HOSTILE, '" onmouseover="alert(1)', "' --> <!-- {{x}} ${y}", "&lt;b&gt;" * 2000])
def test_no_text_of_others_is_markup(hostile: str) -> None:
    run, twin = played()
    scenario = replace(run.scenario, judge=JudgeReference("scripted", name=hostile))
    inputs = ReportInputs(
        hostile, hostile, hostile, hostile, hostile, measured=replace(MEASURED, statements=hostile, date=hostile)
    )
    branches = [(branch, replace(line, name=hostile)) for branch, line in branches_of(run)]
    page = run_report(run._replace(scenario=scenario), twin, inputs, branches)
    shown = Shown()
    shown.feed(page)
    plain = run_report(run, twin, INPUTS._replace(measured=MEASURED, link="x", many_seeds="x"), branches_of(run))
    ours = Shown()
    ours.feed(plain)
    assert shown.tags == ours.tags, "the same elements with the same attributes, whatever the texts are"
    assert shown.texts.count(hostile) >= 6, "and every text is there as it is"


class Shown(HTMLParser):
    """The elements and texts of a page, as a browser reads them; not the player's own script and data."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_bundle_is_reproducible_and_holds_the_run() -> None:
    run, twin = played()
    branches = branches_of(run)
    packed = bundle(run, twin, INPUTS, "run_7", branches)
    assert bundle(run, twin, INPUTS, "run_7", branches) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        assert names == ["run_7.json", "run_7.csv", "run_7.html", "run_7_branch_a.json", "run_7_branch_b.json"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        back = scenario_from_mapping(json.loads(archive.read("run_7.json")))
        log = pd.read_csv(io.BytesIO(archive.read("run_7.csv")))
        page = archive.read("run_7.html").decode()
    assert back == run.scenario
    assert [record.step_count for record in play(back).records] == [record.step_count for record in run.records]
    assert log["step_count"].tolist() == [record.step_count for record in run.records]
    assert set(log["scenario"]) == {scenario_name(run.scenario)} and scenario_name(back) in page
    assert "can_walk" not in run_log(run, with_truth=False) and "can_walk" in log
    with pytest.raises(ValueError, match="no name for files"):
        bundle(run, twin, INPUTS, "../run")


def test_the_name_of_a_scenario_stands_for_what_decides_it() -> None:
    run, _ = played()
    scenario = run.scenario
    slower = {
        text: replace(verdict, latency_ms=9e3, source=VerdictSource.CACHE)
        for text, verdict in scenario.verdicts.items()
    }
    assert scenario_name(replace(scenario, verdicts=dict(reversed(slower.items())))) == scenario_name(scenario)
    text = next(iter(scenario.verdicts))
    other = {**scenario.verdicts, text: replace(scenario.verdicts[text], p_send=0.5)}
    changed = [
        replace(scenario, verdicts=other),
        replace(scenario, spec=replace(scenario.spec, seed=51)),
        replace(scenario, words=("Hello", *scenario.words[1:])),
        replace(scenario, days={}),
    ]
    assert len({scenario_name(item) for item in (scenario, *changed)}) == 5
