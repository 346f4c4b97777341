"""A run as a value: everything that decides one participant's run, to the digit, on any machine.

``compose`` makes a scenario from settings and the simulator's statements; ``play`` lives it. What a judge said is kept
in it by the words, so that a run can be had again without the judge. Nothing here reads a file or asks the person.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from jitai.corpus import EVERYDAY_KINDS, KINDS, StatementBook
from jitai.errors import JitaiError, ParameterError, VerdictMissing
from jitai.parameters import shortened, suggestion
from jitai.records import (
    SILENCE,
    SIMULATOR,
    TYPED,
    Action,
    Decision,
    JudgeReference,
    JudgesText,
    StepRecord,
    Verdict,
    VerdictSource,
)
from jitai.seeding import MAX_SEED
from jitai.simulator.participants import Today
from jitai.simulator.world import draw_worlds, with_walk_state
from jitai.trial.loop import Trial, days_of_one
from jitai.trial.spec import TrainedPolicies, TrialSpec, trial_from_mapping
from jitai.trial.texts import Evidence, Script, ScriptedDay, Spoken, evidence_of, words_of

VERSION = 1
"""Version of a scenario as a mapping."""
MAX_BYTES = 10_000_000
"""Largest size of a scenario's file."""
MAX_WORDS = 20_000
"""Most characters of one day's words in a scenario."""
_STORED = ("decision", "p_send", "source", "reason", "model", "prompt_version", "latency_ms", "failure", "model_reason")
"""What is kept of a verdict; its prompt is made again from the prompt's file, and the words stand beside it."""


@dataclass(frozen=True)
class Scenario:
    """Everything that decides a run; checked when made.

    Attributes:
        spec: participant, policy, filter, belief and seed.
        words: what the simulated participant writes on each day, empty where silent; one entry a day of the study.
        days: what a person changed, by day from 0.
        judge: who reads; None where nobody does.
        verdicts: what the judge said, by the words.
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
    def unread(self) -> tuple[str, ...]:
        """Words on which no verdict is stored, in order, each once; none if nobody reads."""
        if not self.is_read:
            return ()
        return tuple(dict.fromkeys(text for text in self.said if text and text not in self.verdicts))

    def with_verdicts(self, verdicts: Mapping[str, Verdict]) -> "Scenario":
        """Return the same scenario with more verdicts; those on other words than its own are dropped."""
        said = {text for text in self.said if text}
        kept = {text: verdict for text, verdict in {**self.verdicts, **verdicts}.items() if text in said}
        return replace(self, verdicts=kept)

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
            "scenario": VERSION,
            "seed": self.spec.seed,
            "trial": self.spec.as_mapping(),
            **self.rest_as_mapping(),
        }

    def rest_as_mapping(self) -> dict[str, Any]:
        """Return everything except settings and seed, ready for JSON; ``scenario_of`` reads it back."""
        return {
            "kinds": list(self.kinds),
            "judge": None if self.judge is None else self.judge._asdict(),
            "words": {str(day + 1): words for day, words in enumerate(self.words) if words},
            "days": {
                str(day + 1): {name: value for name, value in scripted._asdict().items() if value not in (None, "")}
                for day, scripted in sorted(self.days.items())
            },
            "verdicts": [{"words": text, **_stored(verdict)} for text, verdict in self.verdicts.items()],
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


class _WrittenTexts:
    """A scenario's words and stored verdicts; a judge is asked for the verdicts that are missing."""

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
        verdict = self._verdict(text)
        self.spoken = (Spoken(text, author, verdict),)
        return evidence_of([verdict], self._scenario.spec.belief)

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


def scenario_from_mapping(content: object, named: TrainedPolicies | None = None) -> Scenario:
    """Return the scenario in a file's content, which may be anything.

    Args:
        content: parsed JSON.
        named: looks up a trained policy that is only named; None where names mean nothing.
    Raises: ParameterError naming the field that is wrong and what is allowed.
    """
    known = ("scenario", "seed", "trial", "kinds", "judge", "words", "days", "verdicts")
    given = _mapping("The scenario", content, known)
    version = given.get("scenario")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ParameterError(f'This is no scenario: the field "scenario" must be {VERSION}, its version.')
    if version > VERSION:
        raise ParameterError(
            f"The scenario has version {version}; this program reads up to {VERSION}.", "Update JITAI Lab to open it."
        )
    seed = given.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise ParameterError(f"seed is {shortened(seed)}: allowed is a whole number from 0 to {MAX_SEED:,}.")
    trial = _mapping("trial", given.get("trial"))
    try:
        spec = replace(trial_from_mapping(trial), seed=seed)
    except KeyError as error:
        raise ParameterError(f"trial: the field {shortened(error.args[0])} is missing.") from error
    except (TypeError, AttributeError) as error:
        raise ParameterError("trial: a field is of the wrong kind.") from error
    except JitaiError as error:
        raise ParameterError(f"trial: {error}", error.hint) from error
    return scenario_of(spec, given)


def scenario_of(spec: TrialSpec, rest: Mapping[str, Any]) -> Scenario:
    """Return the scenario of these settings and of what ``Scenario.rest_as_mapping`` wrote, which may be anything.

    Raises: ParameterError naming the field that is wrong and what is allowed.
    """
    length = spec.config.study_length
    if "words" not in rest:
        raise ParameterError("words: the field is missing; without words, it is an empty object.")
    written = _by_day("words", rest["words"], length, _text)
    kinds = rest.get("kinds", list(EVERYDAY_KINDS))
    if not isinstance(kinds, list) or not kinds:
        raise ParameterError(f"kinds: a list with at least one of {', '.join(KINDS)} is needed.")
    for kind in kinds:
        if kind not in KINDS:
            raise ParameterError(f"kinds: there is none called {shortened(kind)}{suggestion(str(kind), KINDS)}")
    days = _by_day("days", rest.get("days", {}), length, _scripted)
    verdicts = rest.get("verdicts", [])
    if not isinstance(verdicts, list):
        raise ParameterError("verdicts: a list is needed.")
    known = dict(_verdict(f"verdicts, number {number}", item) for number, item in enumerate(verdicts, start=1))
    if len(known) < len(verdicts):
        raise ParameterError("verdicts: there are two on the same words.")
    return Scenario(
        spec,
        tuple(written.get(day, "") for day in range(length)),
        days,
        _judge(rest.get("judge")),
        known,
        tuple(kinds),
    )


def _stored(verdict: Verdict) -> dict[str, Any]:
    """Return the fields of a verdict that are kept; empty values are left out."""
    values = {name: getattr(verdict, name) for name in _STORED}
    return {name: value for name, value in values.items() if value not in ("", None)}


def _verdict(where: str, item: object) -> tuple[str, Verdict]:
    given = _mapping(where, item, ("words", *_STORED))
    p_send = given.get("p_send")
    if p_send is not None and (isinstance(p_send, bool) or not isinstance(p_send, int | float) or not 0 <= p_send <= 1):
        raise ParameterError(f"{where}: p_send is {shortened(p_send)}; allowed is a number from 0 to 1.")
    latency = given.get("latency_ms", 0.0)
    if isinstance(latency, bool) or not isinstance(latency, int | float) or not 0 <= latency < 1e12:
        raise ParameterError(f"{where}: latency_ms is {shortened(latency)}; a number of milliseconds is needed.")
    words = _text(where, given.get("words"))
    texts = {name: _text(where, given.get(name, "")) for name in _STORED if name not in ("p_send", "latency_ms")}
    try:
        decision, source = Decision(texts.pop("decision")), VerdictSource(texts.pop("source"))
    except ValueError as error:
        raise ParameterError(
            f"{where}: decision must be one of {', '.join(Decision)}, and source one of {', '.join(VerdictSource)}."
        ) from error
    verdict = Verdict(decision, None if p_send is None else float(p_send), source, texts.pop("reason"))
    return words, replace(verdict, latency_ms=float(latency), **texts)  # type: ignore[arg-type]


def _judge(item: object) -> JudgeReference | None:
    if item is None:
        return None
    given = _mapping("judge", item, JudgeReference._fields)
    values = {name: _text(f"judge, {name}", given.get(name, "")) for name in JudgeReference._fields}
    if not values["key"]:
        raise ParameterError("judge: its key is missing, such as embedded-tuned.")
    return JudgeReference(**values)


def _scripted(where: str, item: object) -> ScriptedDay:
    given = _mapping(where, item, ScriptedDay._fields)
    can_walk, action = given.get("can_walk"), given.get("action")
    if can_walk is not None and not isinstance(can_walk, bool):
        raise ParameterError(f"{where}: can_walk is {shortened(can_walk)}; allowed are true and false.")
    if action is not None and (isinstance(action, bool) or action not in list(Action)):
        raise ParameterError(f"{where}: action is {shortened(action)}; allowed is 0, 1, 2 or 3.")
    return ScriptedDay(_text(where, given.get("text", "")), can_walk, None if action is None else int(action))


Item = TypeVar("Item")


def _by_day(where: str, given: object, length: int, read: Callable[[str, object], Item]) -> dict[int, Item]:
    """Return what stands under the days' numbers, by index from 0."""
    found: dict[int, Item] = {}
    for number, item in _mapping(where, given).items():
        day = _day(where, number, length)
        if day in found:
            raise ParameterError(f"{where}: day {day + 1} is there twice.")
        found[day] = read(f"{where}, day {day + 1}", item)
    return found


def _day(where: str, day: object, length: int) -> int:
    """Return the index, from 0, of a day's number in a file, from 1."""
    if not (isinstance(day, str) and day.isascii() and day.isdecimal() and len(day) < 6 and 1 <= int(day) <= length):
        raise ParameterError(f"{where}: {shortened(day)} is no day; the study has the days 1 to {length}.")
    return int(day) - 1


def _text(where: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_WORDS:
        raise ParameterError(f"{where}: a text of at most {MAX_WORDS:,} characters is needed, not {shortened(value)}.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ParameterError(f"{where}: the text holds half a character, which no file can.")
    return value


def _mapping(where: str, value: object, known: Sequence[str] = ()) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(f"{where}: names and values are needed, not {shortened(value)}.")
    for name in value:
        if known and name not in known:
            raise ParameterError(f"{where}: there is no field {shortened(name)}{suggestion(str(name), tuple(known))}")
    return value
