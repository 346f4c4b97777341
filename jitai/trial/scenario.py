"""A run as a value: everything that decides one participant's run, to the digit, on any machine.

``compose`` makes a scenario from settings and the simulator's statements; ``play`` lives it. What a judge said is kept
in it by the words, so that a run can be had again without the judge. Nothing here reads a file or asks the person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from jitai.corpus import EVERYDAY_KINDS, KINDS, StatementBook
from jitai.errors import JitaiError, ParameterError, VerdictMissing
from jitai.parameters import shortened, suggestion
from jitai.records import (
    SILENCE,
    SIMULATOR,
    TYPED,
    Action,
    ActionChance,
    JudgeReference,
    JudgesText,
    StepRecord,
    Verdict,
)
from jitai.simulator.participants import Today
from jitai.simulator.world import draw_worlds, with_walk_state
from jitai.trial.loop import Trial, days_of_one
from jitai.trial.spec import TrainedPolicies, TrialSpec, trial_from_mapping
from jitai.trial.texts import Evidence, Script, ScriptedDay, Spoken, evidence_of, words_of
from jitai.trial.verdict_table import simulated_verdicts

if TYPE_CHECKING:
    from jitai.trial.scenario_models import JudgeEntry

VERSION = 2
"""Latest version of a scenario as a mapping. Version 2 may have a simulated judge, and branches; there is nothing to
change in one of version 1, which is written where neither is there."""
BRANCHED = 2
"""Version in which a file may hold branches."""
MAX_BRANCH_NAME = 200
"""Most characters of a branch's name in a file."""
MAX_BYTES = 10_000_000
"""Largest size of a scenario's file."""
MAX_WORDS = 20_000
"""Most characters of one day's words in a scenario."""
_STORED = ("decision", "p_send", "source", "reason", "model", "prompt_version", "latency_ms", "failure", "model_reason")
"""What is kept of a verdict; its prompt is made again from the prompt's file, and the words stand beside it."""
_RATES = ("finds_cannot_walk", "false_alarms")
"""Of a simulated judge."""


@dataclass(frozen=True)
class Scenario:
    """Everything that decides a run; checked when made.

    Attributes:
        spec: participant, policy, filter, belief and seed.
        words: what the simulated participant writes on each day, empty where silent; one entry a day of the study.
        days: what a person changed, by day from 0.
        judge: who reads; None where nobody does.
        verdicts: what the judge said, by the words; none of a simulated judge, whose verdicts follow from the seed.
        kinds: of statement that the simulated participant uses.
    Raises: ParameterError naming what is wrong.
    """

    spec: TrialSpec = field(default_factory=TrialSpec)
    words: tuple[str, ...] = ()
    days: Mapping[int, ScriptedDay] = field(default_factory=dict)
    judge: JudgeReference | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    kinds: tuple[str, ...] = EVERYDAY_KINDS

    def __post_init__(self) -> None:
        length = self.spec.config.study_length
        if len(self.words) != length:
            raise ParameterError(
                f"words: the scenario has {len(self.words)} days of words; the study has {length} days."
            )
        for day, scripted in self.days.items():
            if not 0 <= day < length:
                raise ParameterError(f"days: day {day + 1} is changed; the study has the days 1 to {length}.")
            if scripted.action is not None and scripted.action not in list(Action):
                raise ParameterError(f"days, day {day + 1}: the action is {scripted.action}; allowed is 0 to 3.")
        for text in (*self.words, *(scripted.text for scripted in self.days.values())):
            if len(text) > MAX_WORDS:
                raise ParameterError(f"words: {len(text):,} characters on one day; at most {MAX_WORDS:,} are allowed.")

    @property
    def said(self) -> tuple[str, ...]:
        """What is said on each day, by the simulator or by a person; empty where nothing is."""
        return tuple(
            self.days[day].text if day in self.days and self.days[day].text.strip() else words
            for day, words in enumerate(self.words)
        )

    @property
    def is_read(self) -> bool:
        """Whether somebody reads what is said, and it matters."""
        return self.judge is not None and self.spec.uses_text

    @property
    def is_simulated(self) -> bool:
        """Whether a judge's verdicts are drawn, so that no words are read."""
        return self.judge is not None and self.judge.error_rates is not None

    @property
    def unread(self) -> tuple[str, ...]:
        """Words on which no verdict is stored, in order, each once; none if nobody reads them."""
        if not self.is_read or self.is_simulated:
            return ()
        return tuple(dict.fromkeys(text for text in self.said if text and text not in self.verdicts))

    def with_verdicts(self, verdicts: Mapping[str, Verdict]) -> "Scenario":
        """Return the same scenario with more verdicts, in the order of its words; those on other words are dropped."""
        if self.is_simulated:
            return self
        all_verdicts = {**self.verdicts, **verdicts}
        said = dict.fromkeys(self.said)
        return replace(self, verdicts={text: all_verdicts[text] for text in said if text and text in all_verdicts})

    def with_known(self, known: Callable[[str], Verdict | None]) -> "Scenario":
        """Return the same scenario with what is known of the words on which it has no verdict; nobody is asked.

        Args:
            known: gives the verdict on some words, or None.
        """
        return self.with_verdicts({text: found for text in self.unread if (found := known(text)) is not None})

    def without_judge(self) -> "Scenario":
        """Return the counterfactual twin: the same days, nobody reads, nothing is filtered or chosen by hand."""
        days = {day: scripted._replace(action=None) for day, scripted in self.days.items()}
        return replace(self, spec=self.spec.without_filter(), days=days, judge=None, verdicts={})

    def under_the_optimum(self) -> "Scenario":
        """Return the same days under the best possible policy, without judge and filter."""
        return replace(self.without_judge(), spec=self.spec.under_the_optimum())

    def as_mapping(self) -> dict[str, Any]:
        """Return a mapping ready for JSON; ``scenario_from_mapping`` reads it back to the same run."""
        return {
            "scenario": 2 if self.is_simulated else 1,
            "seed": self.spec.seed,
            "trial": self.spec.as_mapping(),
            "kinds": list(self.kinds),
            "judge": None if self.judge is None else judge_as_mapping(self.judge),
            "words": {str(day + 1): words for day, words in enumerate(self.words) if words},
            "days": {
                str(day + 1): {name: value for name, value in scripted._asdict().items() if value not in (None, "")}
                for day, scripted in sorted(self.days.items())
            },
            "verdicts": [{"words": text, **stored(verdict)} for text, verdict in self.verdicts.items()],
        }


def compose(
    spec: TrialSpec,
    book: StatementBook,
    days: Mapping[int, ScriptedDay] | None = None,
    judge: JudgeReference | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
    kinds: tuple[str, ...] = EVERYDAY_KINDS,
) -> Scenario:
    """Compose a scenario from settings, the simulator's statements and what a person changes.

    Args:
        spec: settings and seed.
        book: the simulator's statements.
        days: what a person changes, by day from 0; a truth that is set runs on, so it changes later words too.
        judge, verdicts: who reads, and what is known of what they say; verdicts on other words are left out.
        kinds: of the book's statements.
    """
    given = dict(days or {})
    world = draw_worlds(spec.config, [spec.seed]).each(lambda part: part[0])
    for day in sorted(given):
        truth = given[day].can_walk
        if truth is not None and 0 <= day < spec.config.study_length and bool(world.can_walk[day]) != truth:
            world = with_walk_state(world, spec.config, day, truth)
    words = words_of(world, book, spec.config.study_length)
    return Scenario(spec, words, given, judge, {}, kinds).with_verdicts(verdicts or {})


def judge_as_mapping(judge: JudgeReference) -> dict[str, Any]:
    """Return which judge it is, ready for JSON; the error rates stand there only for a simulated one."""
    values = judge._asdict()
    rates = values.pop("error_rates")
    return values if rates is None else {**values, "error_rates": dict(zip(_RATES, rates, strict=True))}


def _judge_of(entry: "JudgeEntry") -> JudgeReference:
    """Return the judge that ``judge_as_mapping`` wrote."""
    values = dict(entry)
    if entry.error_rates is not None:
        values["error_rates"] = (entry.error_rates.finds_cannot_walk, entry.error_rates.false_alarms)
    return JudgeReference(**values)


class _WrittenTexts:
    """A scenario's words and stored verdicts; a judge is asked for the verdicts that are missing.

    A simulated judge's verdict is looked up by the day's truth and the number that chose the words, as in an
    experiment: so a run is a cell's, to the digit.
    """

    def __init__(self, scenario: Scenario, judge: JudgesText | None) -> None:
        self._scenario, self._judge = scenario, judge
        self._day = 0
        self.asked: dict[str, Verdict] = {}
        self.spoken: tuple[Spoken, ...] = ()
        self.is_read = scenario.judge is not None

    def read(self, today: Today, script: Script, asks: bool) -> Evidence | None:
        """Return today's evidence on the one participant; arguments as for ``texts.Texts``."""
        day, scripted = self._day, script.get(0)
        self._day += 1
        typed = scripted is not None and scripted.text.strip()
        text = scripted.text if scripted is not None and typed else self._scenario.words[day]
        author = TYPED if typed else SIMULATOR if text else ""
        if not self.is_read or not asks:
            self.spoken = (Spoken(text, author, None),)
            return None
        verdict = self._drawn(text, today) if self._scenario.is_simulated else self._verdict(text)
        self.spoken = (Spoken(text, author, verdict),)
        return evidence_of([verdict], self._scenario.spec.belief)

    def _drawn(self, text: str, today: Today) -> Verdict:
        if not text:
            return SILENCE
        judge = self._scenario.judge
        assert judge is not None and judge.error_rates is not None
        drawn = simulated_verdicts(*judge.error_rates)
        found = drawn.chosen(bool(today.can_walk[0]), float(today.statement_uniform[0]))
        return replace(found, statement=text)

    def _verdict(self, text: str) -> Verdict:
        if not text:
            return SILENCE
        if text in self._scenario.verdicts:
            return replace(self._scenario.verdicts[text], statement=text)
        if text not in self.asked:
            if self._judge is None:
                raise VerdictMissing(
                    "The scenario holds no verdict on some of its words, and its judge is not there.",
                    "Choose a judge that can be asked.",
                )
            self.asked[text] = self._judge.judge(text)
        return self.asked[text]


class Played(NamedTuple):
    """A run that was lived, with its scenario.

    Attributes:
        scenario: with the verdicts on all words that were said in it.
        records: one a day, until the study or the participant's engagement ends.
    """

    scenario: Scenario
    records: tuple[StepRecord, ...]

    @property
    def total_steps(self) -> float:
        """Steps of the whole study."""
        return sum(record.step_count for record in self.records)


def play(
    scenario: Scenario,
    judge: JudgesText | None = None,
    report: Callable[[StepRecord], None] = lambda record: None,
) -> Played:
    """Live a scenario through the one loop.

    Args:
        scenario: the same one gives the same run, to the digit.
        judge: asked for words that no verdict is stored of; None where all are.
        report: told of each day once it is lived; what it raises ends the run.
    Raises: VerdictMissing if there is no verdict and nobody can be asked; ParameterError if the policy lacks something.
    """
    texts = _WrittenTexts(scenario, judge)
    spec = scenario.spec
    trial = Trial(spec, [spec.seed], texts, keeps_notes=True)
    records = []
    for record in days_of_one(trial, scenario.days.get):
        records.append(record)
        report(record)
    return Played(scenario.with_verdicts(texts.asked), tuple(records))


def chances_of(run: Played) -> tuple[ActionChance, ...]:
    """Return how likely what was done on each day was, by living the run again: it is the same one, to the digit."""
    spec = run.scenario.spec
    trial = Trial(spec, [spec.seed], _WrittenTexts(run.scenario, None), keeps_notes=True, keeps_chances=True)
    again = islice(days_of_one(trial, run.scenario.days.get), len(run.records))
    return tuple(record.chance for record in again if record.chance is not None)


def scenario_from_mapping(content: object, named: TrainedPolicies | None = None) -> Scenario:
    """Return the scenario in a file's content, which may be anything.

    Args:
        content: parsed JSON.
        named: looks up a trained policy that is only named; None where names mean nothing.
    Raises: ParameterError naming the field that is wrong and what is allowed.
    """
    # On first use: pydantic takes a moment to import.
    from jitai.file_models import as_parameter_error, validated
    from jitai.trial.scenario_models import ScenarioFile

    version = content.get("scenario") if isinstance(content, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ParameterError(f'This is no scenario: the field "scenario" must be its version, 1 to {VERSION}.')
    if version > VERSION:
        raise ParameterError(
            f"The scenario has version {shortened(version)}; this program reads up to {VERSION}.",
            "Update JITAI Lab to open it.",
        )
    file = validated(ScenarioFile, content, as_parameter_error)
    try:
        spec = replace(trial_from_mapping(file.trial), seed=file.seed)
    except KeyError as error:
        raise ParameterError(f"trial: the field {shortened(error.args[0])} is missing.") from error
    except (TypeError, AttributeError) as error:
        raise ParameterError("trial: a field is of the wrong kind.") from error
    except JitaiError as error:
        raise ParameterError(f"trial: {error}", error.hint) from error
    for kind in file.kinds:
        if kind not in KINDS:
            raise ParameterError(f"kinds: there is none called {shortened(kind)}{suggestion(kind, KINDS)}")
    length = spec.config.study_length
    words = _by_day("words", file.words, length)
    days = {day: ScriptedDay(**dict(item)) for day, item in _by_day("days", file.days, length).items()}
    verdicts = {item.words: Verdict(**item.model_dump(exclude={"words"})) for item in file.verdicts}
    if len(verdicts) < len(file.verdicts):
        raise ParameterError("verdicts: there are two on the same words.")
    judge = None if file.judge is None else _judge_of(file.judge)
    if verdicts and judge is not None and judge.error_rates is not None:
        raise ParameterError("verdicts: a simulated judge has none, as they are drawn by its error rates.")
    return Scenario(spec, tuple(words.get(day, "") for day in range(length)), days, judge, verdicts, tuple(file.kinds))


Item = TypeVar("Item")


def _by_day(where: str, given: Mapping[str, Item], length: int) -> dict[int, Item]:
    """Return what stands under the days' numbers, which begin at 1, by index from 0."""
    index_of = {str(day + 1): day for day in range(length)}
    for number in given:
        if number not in index_of:
            raise ParameterError(f"{where}: {shortened(number)} is no day; the study has the days 1 to {length}.")
    return {index_of[number]: item for number, item in given.items()}


def stored(verdict: Verdict) -> dict[str, Any]:
    """Return the fields of a verdict that are kept; empty values are left out."""
    values = {name: getattr(verdict, name) for name in _STORED}
    return {name: value for name, value in values.items() if value not in ("", None)}
