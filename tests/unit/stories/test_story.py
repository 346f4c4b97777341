"""Stories: every number of a caption is the run's, and a file that is wrong is told what is wrong."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.corpus import TEST, StatementBook, load_part
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.judge.registry import open_judge
from jitai.player.contract import as_payload
from jitai.stories.story import FOLDER, PLACEHOLDERS, Story, Told, read_story, story_from_text, story_names, tell
from jitai.trial.summary import summarise

GOOD = (FOLDER / "rainy_season.yaml").read_text(encoding="utf-8")


def told(story: Story) -> Told:
    judge = open_judge(story.judge)
    return tell(story, StatementBook(load_part(TEST), story.kinds), judge.reference(story.judge), judge.remembered)


def test_there_are_three_stories() -> None:
    assert set(story_names()) >= {"sprained_ankle", "rainy_season", "riddles"}


@pytest.mark.parametrize("name", story_names())
def test_a_shipped_story_can_be_told_without_a_model(name: str) -> None:
    story = read_story(FOLDER / f"{name}.yaml")
    run, twin, shown = told(story)
    scenes = as_payload(shown)["options"]["scenes"]
    assert [scene["day"] for scene in scenes] == [scene.day for scene in story.scenes]
    assert scenes[0]["day"] == 0 and scenes[-1]["day"] == 50 and scenes[-1]["why"] and scenes[-1]["revealed"]
    assert not any(re.search(r"[{}]", scene["caption"]) for scene in scenes), "all placeholders are filled"
    gain = round(run.total_steps) - round(twin.total_steps)
    verb = "gained" if gain >= 0 else "cost"
    assert f"{verb} {abs(gain):,} steps" in scenes[-1]["caption"]


def test_the_numbers_follow_the_seed() -> None:
    story = read_story(FOLDER / "rainy_season.yaml")
    other = replace(story, spec=replace(story.spec, seed=21))
    captions = [[scene.caption for scene in told(item).shown.options.scenes] for item in (story, other)]
    assert captions[0][-1] != captions[1][-1]
    one = told(other)
    assert f"lost this person on day {summarise(one.twin.records).n_days}." in captions[1][2]


def with_caption(caption: str, day: int = 20) -> Story:
    """A story with one more caption before its end."""
    story = read_story(FOLDER / "rainy_season.yaml")
    scenes = (*(scene for scene in story.scenes if scene.day < day), replace(story.scenes[1], day=day, say=caption))
    return replace(story, scenes=scenes)


def test_every_placeholder_says_what_the_run_says() -> None:
    names = set(PLACEHOLDERS) - {"left", "twin_risk", "words", "p_send"}
    caption = "|".join(f"{{{name}}}" for name in sorted(names))
    run, twin, shown = told(with_caption(caption))
    said = dict(zip(sorted(names), shown.options.scenes[-1].caption.split("|"), strict=True))
    first = summarise(run.records[:20])
    assert said["vetoes"] == str(first.n_vetoes) and said["right_vetoes"] == str(first.n_right_vetoes)
    assert int(said["wrong_vetoes"]) == first.n_known_vetoes - first.n_right_vetoes
    assert said["steps"] == f"{first.total_steps:,.0f}" and said["twin_left"] == str(len(twin.records))
    assert said["messages"].startswith(f"{first.n_messages} message") and said["day"] == "20" and said["days"] == "50"
    assert said["risk"] == f"{run.records[19].disengagement_risk:.2f}"
    day = next(number for number, record in enumerate(run.records[:20], 1) if record.statement)
    spoken = told(with_caption(f"{{words {day}}} {{p_send {day}}}")).shown.options.scenes[-1].caption
    assert run.records[day - 1].statement in spoken and re.search(r"\d\.\d\d$", spoken)


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("{gane}", "number 3: there is no placeholder {gane}; did you mean 'gained'?"),
        ("{left}", "{left} means nothing in this run: nobody has left by day 20"),
        ("{risk 51}", "{risk} means nothing in this run: there is no day 51"),
        ("{p_send 0}", "there is no day 0"),
    ],
)
def test_a_caption_that_does_not_fit_the_run_is_refused(caption: str, said: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(said)):
        told(with_caption(caption))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{difference}", "318 steps", "the number '3' is typed"),
        ("day: 20", "day: 8", "day 8 must come after the scene before it"),
        ("day: 50", "day: 51", "by day 50"),
        ("Ability comes and goes", "Ability comes", "did you mean 'Ability comes and goes'"),
        ("environment", "enviroment", "did you mean 'environment'"),
        ("filter: veto", "filter: vetto", "veto"),
        ("seed: 3", "seed: -1", '"seed" must be at least 0'),
        ("minutes:", "minuts:", "no field 'minuts'"),
        ("title: A rainy season", "title: ' '", '"title" must be a text that is not empty'),
        ("truth: true", "truth: 1", '"truth" must be true or false'),
        ("scenes:", "days: {x: {can_walk: false}}\nscenes:", "'x' is no day"),
        ("scenes:", "scenes: &a", "anchors"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(FileFormatError, match=re.escape(said)) as found:
        story_from_text(GOOD.replace(old, new, 1), "mine.yaml")
    assert "mine.yaml" in str(found.value)


def test_words_that_no_judge_has_read_are_refused() -> None:
    text = GOOD.replace("scenes:", 'days: {"4": {words: My dog ate it.}}\nscenes:', 1)
    with pytest.raises(ParameterError, match="nothing is known of what the judge says of 'My dog ate it"):
        told(story_from_text(text, "mine.yaml"))


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60), st.integers(0, len(GOOD)))
def test_only_our_errors_come_out_of_any_text(text: str, place: int) -> None:
    try:
        story_from_text(GOOD[:place] + text + GOOD[place:], "mine.yaml")
    except JitaiError:
        return
