"""A story: one run, and scenes that stop it with a caption. Every number in a caption comes from the run.

A caption holds placeholders, such as {difference} or {p_send 12}; ``PLACEHOLDERS`` lists them. A digit that is typed is
refused, because nobody would notice that it is no longer true.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jitai.corpus import EVERYDAY_KINDS, KINDS, StatementBook
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiments.description_text import plain_values
from jitai.files import read_text
from jitai.parameters import shortened, suggestion
from jitai.paths import resource
from jitai.player.contract import Options, PlayerRun, Scene
from jitai.policies.registry import PolicySpec
from jitai.records import Action, JudgeReference, StepRecord, Verdict
from jitai.report.run_player import comparison_of, player_run
from jitai.report.why import why_sentence
from jitai.simulator.config import PRESETS
from jitai.text_format import counted
from jitai.trial.filters import FilterSpec
from jitai.trial.scenario import Played, compose, play
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import ScriptedDay

if TYPE_CHECKING:
    from jitai.stories.story_models import StoryFile

FOLDER = resource("assets", "stories")
MAX_BYTES = 100_000
_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?: ([0-9]{1,3}))?\}")


@dataclass(frozen=True)
class SceneText:
    """A scene as its file has it: the day, the caption with placeholders, and what is shown."""

    day: int
    say: str
    why: bool
    truth: bool


@dataclass(frozen=True)
class Story:
    """A story as its file has it.

    Attributes:
        name: of the file, without its ending; it stands in links.
        title, summary, minutes: for who chooses one.
        spec: of the run.
        judge: key of the judge that reads.
        kinds: of statement that the participant uses.
        days: what is said and true on single days, by day from 0.
        scenes: in order of their days.
    """

    name: str
    title: str
    summary: str
    minutes: int
    spec: TrialSpec
    judge: str
    kinds: tuple[str, ...]
    days: dict[int, ScriptedDay]
    scenes: tuple[SceneText, ...]


class Told(NamedTuple):
    """A story that was lived: the run, its twin, and what the player is given."""

    run: Played
    twin: Played
    shown: PlayerRun


def story_names() -> tuple[str, ...]:
    """Return the names of the stories that come with the lab."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def read_story(path: Path) -> Story:
    """Read a story's file.

    Raises: FileFormatError naming the file and what is wrong.
    """
    return story_from_text(read_text(path, MAX_BYTES), path.name)


def story_from_text(text: str, name: str) -> Story:
    """Return the story in a file's text, which may be anything.

    Args:
        text: YAML or JSON.
        name: of the file.
    Raises: FileFormatError naming the file and what is wrong.
    """
    # On first use: pydantic takes a moment to import.
    from jitai.file_models import as_parameter_error, validated
    from jitai.stories.story_models import StoryFile

    content = plain_values(text, name)
    try:
        file = validated(StoryFile, content, as_parameter_error, known_names_only=True)
        return _checked(file, name.removesuffix(".yaml"))
    except ParameterError as error:
        raise FileFormatError(f"{name} is no story that can be told: {error}", error.hint) from error


def tell(story: Story, book: StatementBook, judge: JudgeReference, known: Callable[[str], Verdict | None]) -> Told:
    """Live a story's run and fill its captions in. No model is asked.

    Args:
        story: to be told.
        book: the participant's statements, of its kinds.
        judge: who reads.
        known: gives the judge's verdict on some words, or None.
    Raises: ParameterError if a caption does not fit the run, or if the judge has not read some words.
    """
    scenario = compose(story.spec, book, story.days, judge, kinds=story.kinds).with_known(known)
    if scenario.unread:
        raise ParameterError(
            f"{story.name}: nothing is known of what the judge says of {scenario.unread[0][:60]!r}.",
            "Use a statement of the corpus's test part.",
        )
    run = play(scenario)
    twin = play(run.scenario.without_judge())
    scenes = tuple(
        Scene(scene.day, _filled(scene, run, twin, place), scene.why, scene.truth)
        for place, scene in enumerate(story.scenes, 1)
    )
    shown = player_run(
        run, twin, title=story.title, detail=f"seed {story.spec.seed}", identity=f"story-{story.name}",
        options=Options(can_fork=False, plays=True, scenes=scenes),
    )  # fmt: skip
    return Told(run, twin, shown)


def _checked(file: "StoryFile", name: str) -> Story:
    """Return the story, once its names and days mean something.

    Raises: ParameterError naming what is wrong.
    """
    who = file.run
    if who.participant not in PRESETS:
        raise ParameterError(
            f"run, participant: there is none called {shortened(who.participant)}{suggestion(who.participant, PRESETS)}"
        )
    for kind in who.kinds:
        if kind not in KINDS:
            raise ParameterError(f"run, kinds: there is none called {shortened(kind)}{suggestion(kind, KINDS)}")
    spec = TrialSpec(PRESETS[who.participant], PolicySpec(who.policy), FilterSpec(who.filter), seed=who.seed)
    length = spec.config.study_length
    index_of = {str(day + 1): day for day in range(length)}
    for number in file.days:
        if number not in index_of:
            raise ParameterError(f"days: {shortened(number)} is no day; the study has the days 1 to {length}.")
    last = -1
    for scene in file.scenes:
        if not last < scene.day <= length:
            raise ParameterError(f"scenes: day {scene.day} must come after the scene before it, and by day {length}.")
        last = scene.day
        if found := re.search(r"\d", _PLACEHOLDER.sub("", scene.say)):
            listed = ", ".join(f"{{{item}}}" for item in PLACEHOLDERS)
            raise ParameterError(
                f"scenes, day {scene.day}: the number {found.group()!r} is typed.", f"Take it from the run: {listed}."
            )
    return Story(
        name, file.title, file.summary, file.minutes, spec, who.judge, tuple(who.kinds) or EVERYDAY_KINDS,
        {index_of[number]: ScriptedDay(entry.words, entry.can_walk) for number, entry in file.days.items()},
        tuple(SceneText(scene.day, scene.say, scene.why, scene.truth) for scene in file.scenes),
    )  # fmt: skip


def _filled(scene: SceneText, run: Played, twin: Played, place: int) -> str:
    """Return a caption with its placeholders filled in.

    Raises: ParameterError naming the placeholder that cannot be filled.
    """

    def value(found: re.Match[str]) -> str:
        name, day = found.group(1), found.group(2)
        if name not in PLACEHOLDERS:
            raise ParameterError(
                f"scenes, number {place}: there is no placeholder {{{name}}}{suggestion(name, tuple(PLACEHOLDERS))}"
            )
        try:
            return PLACEHOLDERS[name](run, twin, scene.day if day is None else int(day))
        except (IndexError, ValueError) as error:
            raise ParameterError(f"scenes, number {place}: {{{name}}} means nothing in this run: {error}.") from error
        except JitaiError as error:
            raise ParameterError(f"scenes, number {place}: {error}") from error

    return _PLACEHOLDER.sub(value, scene.say)


def _steps(played: Played, day: int) -> float:
    return sum(record.step_count for record in played.records[:day])


def _difference(run: Played, twin: Played, day: int) -> int:
    return round(_steps(run, day)) - round(_steps(twin, day))


def _day(played: Played, day: int) -> StepRecord:
    if not 1 <= day <= len(played.records):
        raise ValueError(f"there is no day {day}")
    return played.records[day - 1]


def _p_send(run: Played, twin: Played, day: int) -> str:
    verdict = _day(run, day).verdict
    if verdict is None or verdict.p_send is None:
        raise ValueError(f"the judge says nothing on day {day}")
    if 0.005 <= verdict.p_send < 0.995:
        return f"{verdict.p_send:.2f}"
    return "under 0.01" if verdict.p_send < 0.5 else "over 0.99"


def _left(played: Played, day: int) -> str:
    if len(played.records) > day or not played.records[-1].terminated:
        raise ValueError(f"nobody has left by day {day}")
    return str(len(played.records))


def _words(run: Played, twin: Played, day: int) -> str:
    if not (words := _day(run, day).statement):
        raise ValueError(f"nothing is said on day {day}")
    return f"“{words}”"


def _vetoes(run: Played, day: int, right: bool | None) -> str:
    vetoes = [record for record in run.records[:day] if record.vetoed and record.truth_is_known]
    return str(sum(right is None or record.can_walk != right for record in vetoes))


def _sent(played: Played, day: int) -> str:
    return counted(sum(record.executed_action != Action.NO_MESSAGE for record in played.records[:day]), "message")


def _why(run: Played, twin: Played, day: int) -> str:
    return why_sentence(comparison_of(run.scenario.spec.config, run.records, twin).up_to(day), revealed=True)


PLACEHOLDERS: dict[str, Callable[[Played, Played, int], str]] = {
    "day": lambda run, twin, day: str(day),
    "days": lambda run, twin, day: str(run.scenario.spec.config.study_length),
    "steps": lambda run, twin, day: f"{_steps(run, day):,.0f}",
    "twin_steps": lambda run, twin, day: f"{_steps(twin, day):,.0f}",
    "gained": lambda run, twin, day: "gained" if _difference(run, twin, day) >= 0 else "cost",
    "difference": lambda run, twin, day: counted(abs(_difference(run, twin, day)), "step"),
    "messages": lambda run, twin, day: _sent(run, day),
    "twin_messages": lambda run, twin, day: _sent(twin, day),
    "vetoes": lambda run, twin, day: _vetoes(run, day, None),
    "right_vetoes": lambda run, twin, day: _vetoes(run, day, True),
    "wrong_vetoes": lambda run, twin, day: _vetoes(run, day, False),
    "risk": lambda run, twin, day: f"{_day(run, day).disengagement_risk:.2f}",
    "twin_risk": lambda run, twin, day: f"{_day(twin, day).disengagement_risk:.2f}",
    "left": lambda run, twin, day: _left(run, day),
    "twin_left": lambda run, twin, day: _left(twin, day),
    "p_send": _p_send,
    "words": _words,
    "why": _why,
}
"""What may stand in a caption, each as of the scene's day, or of the day that is named: {p_send 12}."""
