"""A run as a report and for the player: whole, escaped, and equal to the records."""

import json
import re

import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.player.contract import as_payload
from jitai.policies.registry import PolicySpec
from jitai.records import Decision, JudgeReference, Verdict, VerdictSource
from jitai.report.run_player import many_seeds_sentence, player_run
from jitai.report.run_report import ReportInputs, run_report
from jitai.simulator.config import PRESETS
from jitai.statistics import interval_of_mean
from jitai.trial.filters import NONE, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.scenario import Played, compose, play
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
        parts = sum(sum(line["split"].get(name, [])) for name in ("stayed", "fresher", "action", "chance"))
        assert parts == pytest.approx(run.total_steps - twin.total_steps, abs=0.02)
    else:
        assert "reference" not in payload
    json.dumps(payload, allow_nan=False)


def test_the_report_holds_the_run_and_nothing_of_it_is_markup() -> None:
    run, twin = played()
    page = run_report(run, twin, INPUTS)
    assert HOSTILE not in page and "<b>knee" not in page and "alert(1)</script>" not in page
    assert "Ability &lt;mostly&gt; lasts" in page and "a judge &amp; its measure" in page
    data = re.search(r'class="jitai-player-data">(.*?)</script>', page, re.S)
    assert data is not None
    assert json.loads(data.group(1))["run"]["words"][4] == HOSTILE
    gain = round(run.total_steps - twin.total_steps)
    assert f"listening {'gained' if gain > 0 else 'cost'} {abs(gain):,} steps" in page
    assert "no medical advice" in page and "arXiv:2501.06980" in page and "jitai-lab run --scenario a.json" in page
    assert not re.search(r"(?:src|href)=", page), "nothing is fetched"


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
        parts = sum(map(sum, (look.run.split.stayed, look.run.split.fresher, look.run.split.action)))
        earned = [sum(record.step_count for record in line.records[:day]) for line in (run, twin)]
        assert parts == pytest.approx(earned[0] - earned[1])


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
