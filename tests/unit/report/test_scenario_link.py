"""A scenario as a link: back to the digit, and a sentence for whatever cannot be read."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.corpus import EVERYDAY_KINDS, KINDS, TEST, StatementBook, load_part
from jitai.errors import ParameterError
from jitai.judge.simulated import SimulatedSettings, simulated_reference
from jitai.policies.network import PolicyNetwork
from jitai.policies.planner import PlannerSettings
from jitai.policies.registry import PolicySpec, trained
from jitai.policies.thompson import ThompsonSettings
from jitai.records import Decision, JudgeReference, Verdict, VerdictSource
from jitai.report.scenario_link import (
    MAX_CHARACTERS,
    MAX_UNPACKED_BYTES,
    REST,
    VERSION_NAME,
    link_parameters,
    link_to,
    open_link,
)
from jitai.simulator.config import BETA, DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.trial.filters import filter_spec
from jitai.trial.scenario import Scenario, compose, play
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import ScriptedDay
from tests.networks import random_network

JUDGE = JudgeReference("scripted", "few_shot", "few_shot 1", "ab12" * 16, "a scripted judge")
SPECS = [
    TrialSpec(PRESETS[DEFAULT_PRESET]),
    TrialSpec(PRESETS["Ability mostly lasts"], PolicySpec("planner", PlannerSettings(weighs_context=False)), seed=7),
    TrialSpec(
        SimulatorConfig(study_length=20, context_noise=1 / 3, variation=BETA),
        PolicySpec("thompson", ThompsonSettings(prior_variance=9.5)),
        filter_spec("sampled-veto", on_failure="do not send"),
        seed=2**32 - 1,
        model=SimulatorConfig(study_length=20, context_noise=0.1),
    ),
]


@cache
def books(kinds: tuple[str, ...]) -> StatementBook:
    return StatementBook(load_part(TEST), kinds)


def given_by(text: str) -> Verdict | None:
    """What every copy of a judge says of the shorter half of statements."""
    if len(text) > 60:
        return None
    return Verdict(Decision.SEND, 1 / (3 + len(text)), VerdictSource.REMEMBERED, "said before", statement=text)


class Reader:
    """A scripted judge: its verdicts have all that a real one's have."""

    def judge(self, text: str) -> Verdict:
        return Verdict(
            Decision.HOLD_BACK, 0.1 / len(text), VerdictSource.MODEL, "It says no.", statement=text, latency_ms=46.219,
            model="scripted", prompt_version="few_shot 1", model_reason="because",
        )  # fmt: skip


def through_a_link(scenario: Scenario, **options: Any) -> Scenario:
    link = link_to(link_parameters(scenario, books, **options))
    assert len(link) <= MAX_CHARACTERS
    opened = open_link(dict(parse_qsl(urlsplit(link).query, keep_blank_values=True)), books)
    assert (opened.problem, opened.ignored) == ("", ())
    assert opened.spec == replace(scenario.spec, model=None)
    assert opened.scenario is not None
    return opened.scenario


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
scripted = st.builds(ScriptedDay, texts, st.sampled_from([None, True, False]), st.sampled_from([None, 0, 1, 2, 3]))
kinds = st.sampled_from([EVERYDAY_KINDS, KINDS, ("plain", "consent")])


@settings(max_examples=60)
@given(st.sampled_from(SPECS), st.dictionaries(st.integers(0, 19), scripted, max_size=4), kinds, st.booleans())
def test_a_run_comes_back_to_the_digit(
    spec: TrialSpec, days: Mapping[int, ScriptedDay], used: tuple[str, ...], is_read: bool
) -> None:
    scenario = compose(spec, books(used), days, JUDGE if is_read else None, kinds=used).with_known(given_by)
    run = play(scenario, Reader())
    back = through_a_link(run.scenario, known=given_by).with_known(given_by)
    assert back.as_mapping() == run.scenario.with_known(given_by).as_mapping()
    again = play(back)
    for mine, theirs in zip(again.records, run.records, strict=True):
        assert replace(mine, verdict=None) == replace(theirs, verdict=None)
        if mine.verdict is not None and theirs.verdict is not None:
            assert (mine.verdict.p_send, mine.verdict.source, mine.verdict.latency_ms) == (
                theirs.verdict.p_send, theirs.verdict.source, theirs.verdict.latency_ms
            )  # fmt: skip


def test_a_simulated_judge_comes_back_with_its_rates_and_no_verdicts() -> None:
    judge = simulated_reference(SimulatedSettings(0.81, 0.19))
    scenario = compose(SPECS[0], books(EVERYDAY_KINDS), {2: ScriptedDay("I am stuck", False)}, judge)
    back = through_a_link(scenario)
    assert back == scenario and play(back).records == play(scenario).records
    assert len(link_to(link_parameters(scenario, books))) < 600


def test_words_of_another_book_and_a_silenced_day_come_back() -> None:
    scenario = compose(SPECS[0], books(EVERYDAY_KINDS))
    changed = replace(scenario, words=("", "<b>x</b>", *scenario.words[2:]))
    assert through_a_link(changed).words == changed.words


def test_what_every_copy_of_the_judge_says_is_not_in_the_link() -> None:
    scenario = compose(SPECS[0], books(EVERYDAY_KINDS), judge=JUDGE).with_known(given_by)
    bare, whole = link_parameters(scenario, books, known=given_by), link_parameters(scenario, books)
    assert scenario.verdicts and not through_a_link(scenario, known=given_by).verdicts
    assert len(bare[REST]) < 350 < len(whole[REST])


def test_a_verdict_that_differs_from_the_judges_stays_in_the_link() -> None:
    scenario = compose(SPECS[0], books(EVERYDAY_KINDS), judge=JUDGE).with_known(given_by)
    text = next(iter(scenario.verdicts))
    other = scenario.with_verdicts({text: replace(scenario.verdicts[text], p_send=0.25)})
    assert through_a_link(other, known=given_by).verdicts[text].p_send == 0.25


def test_settings_alone_are_no_run() -> None:
    opened = open_link({"seed": "9", "utm_source": "mail", "fbclid": "<b>"}, books)
    assert opened.scenario is None and opened.problem == ""
    assert opened.spec == replace(TrialSpec(PRESETS[DEFAULT_PRESET]), seed=9)
    assert opened.ignored == ("utm_source", "fbclid")
    assert opened.ignored_sentence.endswith("are ignored: utm_source, fbclid.")


PARAMETERS = link_parameters(
    compose(replace(SPECS[2], model=None), books(EVERYDAY_KINDS), {2: ScriptedDay("My knee hurts", False)}, JUDGE),
    books,
)
LINK = link_to(PARAMETERS)


@pytest.mark.parametrize("length", range(LINK.index(VERSION_NAME) + len(VERSION_NAME) + 3, len(LINK)))
def test_a_link_that_was_cut_anywhere_never_gives_another_run(length: int) -> None:
    opened = open_link(dict(parse_qsl(urlsplit(LINK[:length]).query, keep_blank_values=True)), books)
    assert opened.scenario is None
    assert opened.problem


def test_a_link_that_lost_its_end_is_said_to_be_cut() -> None:
    for length in (len(LINK) - 1, len(LINK) - 2, len(LINK) - 20, LINK.index("&s=") + 9, LINK.index("&s=")):
        problem = open_link(dict(parse_qsl(urlsplit(LINK[:length]).query)), books).problem
        assert "cut" in problem and "Copy the whole link" in problem


def packed(content: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).decode().rstrip("=")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({VERSION_NAME: "2"}, "has version 2; this program reads up to 1. Update JITAI Lab"),
        ({VERSION_NAME: "one"}, "must be scenario=1"),
        ({VERSION_NAME: "0"}, "must be scenario=1"),
        ({VERSION_NAME: "9" * 5000}, "must be scenario=1"),
        ({VERSION_NAME: "\u00b2"}, "must be scenario=1"),
        ({REST: ""}, "cut"),
        ({REST: "!" * 40}, "cut or damaged"),
        ({REST: "\u00e9\u00e9"}, "cut or damaged"),
        ({REST: "AAAA"}, "damaged"),
        ({REST: PARAMETERS[REST] + "AAAA"}, "something follows"),
        ({REST: "A" * (MAX_CHARACTERS + 1)}, "longer than 6,000"),
        ({REST: packed([])}, "holds no run"),
        ({REST: packed({})}, "not the run of which the link was made"),
        ({REST: packed({"kinds": ["x"]})}, "there is none called 'x'"),
        ({REST: packed({"kinds": ["injection"], "words": 3})}, "words"),
        ({REST: packed({"days": {"99": {}}})}, "the study has the days"),
        ({REST: packed({"model": 3})}, "model"),
        ({REST: packed({"model": {"study_length": -1}})}, "model"),
        ({REST: packed({"network": "ab"})}, "trained policy"),
        ({"seed": "43"}, "the settings in the link were changed"),
        ({"unsure_high": "0.95"}, "the settings in the link were changed"),
        ({"policy": "nobody"}, "settings in this address are not used"),
    ],
)
def test_what_cannot_be_read_is_said(changes: dict[str, str], said: str) -> None:
    opened = open_link(PARAMETERS | changes, books)
    assert opened.scenario is None
    assert said in opened.problem
    assert len(opened.problem) < 500


def test_a_link_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b" " * (4 * MAX_UNPACKED_BYTES) + b"]", 9)).decode()
    assert len(bomb) < MAX_CHARACTERS
    opened = open_link(PARAMETERS | {REST: bomb.rstrip("=")}, books)
    assert opened.scenario is None and f"more than {MAX_UNPACKED_BYTES:,} bytes" in opened.problem


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "x"]), st.text(max_size=80)))
def test_no_link_whatever_is_in_it_raises(changes: dict[str, str]) -> None:
    opened = open_link(PARAMETERS | changes, books)
    assert opened.scenario is not None or opened.problem


FIELDS = st.sampled_from(["kinds", "judge", "words", "days", "verdicts", "model", "network", "said", "1"])
CONTENT = st.recursive(
    st.none() | st.integers() | st.text(max_size=9), lambda item: st.dictionaries(FIELDS, item) | st.lists(item)
)


@given(CONTENT)
def test_nothing_that_is_packed_in_a_link_raises(content: object) -> None:
    opened = open_link(PARAMETERS | {REST: packed(content)}, books)
    assert opened.scenario is None and opened.problem


def test_words_that_are_too_long_for_a_link_are_said_to_be() -> None:
    unlike = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(4000))
    for text, size in ((unlike, "characters"), ("a" * 20_000, "bytes")):
        days = {day: ScriptedDay(text) for day in range(30)}
        with pytest.raises(ParameterError, match=f"too long for a link: .*{size}") as caught:
            link_parameters(compose(SPECS[0], books(EVERYDAY_KINDS), days), books)
        assert "Save the scenario as a file" in caught.value.in_full


def test_words_that_no_link_can_hold_are_said() -> None:
    with pytest.raises(ParameterError, match="half a character"):
        link_parameters(compose(SPECS[0], books(EVERYDAY_KINDS), {1: ScriptedDay("\ud83d")}), books)


def test_a_trained_policy_comes_back_by_its_name_if_it_is_the_same() -> None:
    network, other = random_network(), random_network(seed=2)
    spec = TrialSpec(policy=trained(network))
    scenario = compose(spec, books(EVERYDAY_KINDS))
    with pytest.raises(ParameterError, match="not kept under a name"):
        link_parameters(scenario, books)
    parameters = link_parameters(scenario, books, "mine")

    def policy(found: PolicyNetwork) -> Any:
        return open_link(parameters, books, lambda name: found)

    assert policy(network).scenario == scenario
    assert policy(other).scenario is None
    assert "another one here" in policy(other).problem
    assert "mine" in open_link(parameters, books).problem
