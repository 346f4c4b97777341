"""Spells with a story: the corpus of stories, who tells them on which day, and that a table says what a judge says."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from jitai.corpus import CALIBRATION, DEVELOPMENT, TEST, Story, book_of, load_part, load_stories
from jitai.experiments.judgements import JudgeResponse, JudgeResponses, read_statements, responses_from_mapping
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import PolicySpec
from jitai.records import Label
from jitai.seeding import Stream, generator
from jitai.simulator.config import HELD, STORY, SimulatorConfig
from jitai.simulator.participant import Participant
from jitai.trial.filters import FilterSettings, filter_spec
from jitai.trial.live import live_days
from jitai.trial.loop import run_trial
from jitai.trial.scenario import compose
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import PreparedJudge, read_all

LONG_SPELLS = SimulatorConfig(
    can_walk_persistence=0.7, cannot_walk_persistence=0.8, spell_statements=STORY, disengagement_increment=0.05,
    cannot_walk_disengagement=0.05,
)  # fmt: skip
BOOK = book_of(TEST)


def statements_of(stories: tuple[Story, ...]) -> list:
    return [item for story in stories for item in story.statements]


def odd_judge() -> PreparedJudge:
    """A judge with another number for every statement, of stories too."""
    items = [*BOOK.by_label[Label.CAN_WALK], *BOOK.by_label[Label.CANNOT_WALK], *statements_of(BOOK.stories)]
    return PreparedJudge({item.text: ((37 * number) % 101) / 101 for number, item in enumerate(items)}, 0.6, 0.4)


def test_a_story_lies_in_one_part_and_goes_from_inability_to_ability() -> None:
    development, held_out = load_stories(DEVELOPMENT), load_stories(TEST)
    assert load_stories(CALIBRATION) == ()
    assert len(development) + len(held_out) >= 40
    for story in (*development, *held_out):
        assert 4 <= len(story.unable) + 1 <= 8
        assert {item.label for item in story.unable} == {Label.CANNOT_WALK}
        assert story.able.label == Label.CAN_WALK
        assert {item.pair for item in story.unable} == {story.able.pair}
    ours, theirs = statements_of(development), statements_of(held_out)
    assert not {item.pair for item in ours} & {item.pair for item in theirs}
    texts = [item.text.casefold() for item in (*ours, *theirs)]
    assert len(set(texts)) == len(texts)
    others = {item.text.casefold() for part in (DEVELOPMENT, CALIBRATION, TEST) for item in load_part(part)}
    assert not others & set(texts)


def test_one_story_is_told_through_a_spell_and_ends_with_it() -> None:
    config = replace(LONG_SPELLS, study_length=365)
    told: dict[str, tuple[Story, int]] = {}
    for story in BOOK.stories:
        told |= {item.text: (story, day) for day, item in enumerate(story.statements)}
    words = compose(TrialSpec(config, seed=5), BOOK).words
    world = Participant(config, generator(5, Stream.WORLD)).world
    spell: list[str] = []
    lengths: dict[int, int] = defaultdict(int)
    for text, can_walk in zip(words, world.can_walk, strict=False):
        if not can_walk:
            spell.append(text)
        elif spell:
            story, _ = told[spell[0]]
            last = len(story.unable) - 1
            assert spell == [story.unable[min(day, last)].text for day in range(len(spell))]
            assert text == story.able.text
            lengths[len(spell)] += 1
            spell = []
        else:
            assert text not in told, "what is said while able is no story"
    assert max(lengths) > 7 and len(lengths) > 4
    assert compose(TrialSpec(replace(config, spell_statements=HELD), seed=5), BOOK).words != words


@pytest.mark.parametrize("strategy", ["veto", "carry-forward", "belief"])
@pytest.mark.parametrize("spell", [STORY, HELD])
@pytest.mark.parametrize("persistence", [0.0, 0.7])
def test_a_table_says_what_the_judge_says(strategy: str, spell: str, persistence: float) -> None:
    config = replace(LONG_SPELLS, spell_statements=spell)
    belief = BeliefSettings(error_persistence=persistence)
    spec = TrialSpec(config, PolicySpec("tailored"), filter_spec(strategy), belief=belief)
    judge, seeds = odd_judge(), (0, 3, 4, 11)
    result = run_trial(spec, seeds, read_all(BOOK, judge, with_stories=True))
    for number, seed in enumerate(seeds):
        records = list(live_days(replace(spec, seed=seed), BOOK, judge))
        assert result.executed_action[number, : len(records)].tolist() == [item.executed_action for item in records]
        assert result.step_count[number, : len(records)].tolist() == [item.step_count for item in records]


def test_a_script_may_end_a_spell_and_its_story() -> None:
    participant = Participant(replace(LONG_SPELLS, cannot_walk_persistence=1.0), generator(2, Stream.WORLD))
    first = int(np.flatnonzero(participant.world.can_walk == 0)[0])
    for _ in range(first + 3):
        participant.act(0)
    assert participant.spell_day == 3
    participant.set_can_walk(True)
    assert (participant.spell_day, participant.can_walk) == (3, True)
    assert participant.statement_uniform == participant.world.drawn_uniform[first]


def test_responses_hold_the_stories_and_are_read_back() -> None:
    responses = read_statements(odd_judge(), "odd", BOOK, [])
    assert [len(story) for story in responses.stories] == [len(story.unable) + 1 for story in BOOK.stories]
    assert responses_from_mapping(responses.as_mapping()) == responses
    assert responses.verdicts(FilterSettings(unsure_low=0.4, unsure_high=0.6)).stories
    plain = JudgeResponses("plain", 0.9, 0.1, (JudgeResponse(0.9),), (JudgeResponse(0.1),))
    assert "stories" not in plain.as_mapping(), "what was stored before there were stories keeps its digest"
