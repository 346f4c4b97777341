"""What the Player page remembers: the run that is shown, its twin, its branches, and a scenario from a file."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from jitai.background import BackgroundJob
from jitai.corpus import StatementBook
from jitai.errors import JitaiError
from jitai.judge.judge import Judge
from jitai.player.contract import LETTERS, Line, PlayerRun
from jitai.records import Action, JudgesText, Label, Verdict
from jitai.report.run_player import branch_line, many_seeds_sentence
from jitai.trial.fork import fork
from jitai.trial.scenario import (
    Played,
    Scenario,
    compose,
    play,
)
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts
from jitai.ui.widgets.player import ForkRequest

RUN = "run"
"""Key of the run's own line; a branch has its letter, or another key."""
_WORDS_IN_A_NAME = 24


class Opened(NamedTuple):
    """A scenario from a file.

    Attributes:
        name: of the file, untrusted.
        scenario: what it holds.
        settings: of the widgets that show it; with others, a run of those settings is shown instead.
    """

    name: str
    scenario: Scenario
    settings: tuple[Any, ...]


class Branch(NamedTuple):
    """A run in which a day is lived in another way, and how it is drawn."""

    run: Played
    line: Line


class ManySeeds(BackgroundJob[str]):
    """What many seeds of a setting say, where every statement was read before; empty otherwise. Making one starts it.

    Args:
        spec: the setting; its seed is not used.
        book: what participants may write.
        judge: looked up only, never asked.
    """

    def __init__(self, spec: TrialSpec, book: StatementBook, judge: Judge) -> None:
        super().__init__("many-seeds", "The comparison over many seeds")
        self._spec, self._book, self._judge = spec, book, judge
        self._sentence = ""
        self.start()

    def _snapshot(self, finished: bool) -> str:
        return self._sentence

    def _run(self) -> None:
        verdicts = Verdicts(*(self._remembered(label) for label in (Label.CAN_WALK, Label.CANNOT_WALK)))
        if all(len(known) == len(self._book.by_label[label]) for label, known in zip(Label, verdicts, strict=True)):
            self._sentence = many_seeds_sentence(self._spec, verdicts)

    def _remembered(self, label: Label) -> tuple[Verdict, ...]:
        """Verdicts on the statements of a label, up to the first that is not known."""
        found: list[Verdict] = []
        for item in self._book.by_label[label]:
            verdict = None if self.stopping else self._judge.remembered(item.text)
            if verdict is None:
                break
            found.append(verdict)
        return tuple(found)


@dataclass
class PlayerState:
    """The run on the Player page.

    Attributes:
        settings: of the run that is shown; with others, another run is composed.
        scenario: of that run, before it is played.
        run, twin: as they were played; None while somebody must be asked first.
        shown: the run as the player draws it, without branches.
        branches: up to four, in the order in which they were made.
        n_branches: made so far, so that no two have the same key.
        answered: number of the last fork request that was answered.
        notice: why that request could not be done, as a sentence; sent once.
        opened: a scenario from a file; None before there is one.
        many_seeds: the comparison over many seeds, with the settings that it belongs to.
        problem: why the last file could not be opened, as a sentence.
    """

    settings: tuple[Any, ...] = ()
    scenario: Scenario | None = None
    run: Played | None = None
    twin: Played | None = None
    shown: PlayerRun | None = None
    branches: list[Branch] = field(default_factory=list)
    n_branches: int = 0
    answered: int = 0
    notice: str = ""
    opened: Opened | None = None
    many_seeds: ManySeeds | None = None
    many_seeds_of: tuple[Any, ...] = ()
    problem: str = ""

    def begin(self, settings: tuple[Any, ...], scenario: Scenario) -> None:
        """Show another run from now on."""
        self.settings, self.scenario = settings, scenario
        self.run = self.twin = self.shown = None
        self.branches = []

    def forget(self) -> None:
        """Have the run composed and played again."""
        self.settings = ()

    def live(self, judge: JudgesText | None) -> None:
        """Play the run and its twin.

        Raises: VerdictMissing, ParameterError as ``play``.
        """
        assert self.scenario is not None
        self.run = play(self.scenario, judge)
        self.twin = play(self.run.scenario.without_judge())

    def line(self, key: str) -> tuple[Played, int] | None:
        """The run of a line, and the first day on which it may differ from the run; None if there is none."""
        if key == RUN:
            return None if self.run is None else (self.run, self.run.scenario.spec.config.study_length)
        return next(((item.run, item.line.first_day) for item in self.branches if item.line.key == key), None)

    def answer(self, request: ForkRequest, book: StatementBook, judge: JudgesText | None) -> None:
        """Answer a request with a branch, or with a sentence why there is none.

        Args:
            request: the player's.
            book: what the participant says where a new truth changes it.
            judge: asked for words that were not read before; None where the scenario's judge is not at hand.
        """
        self.answered = request.number
        try:
            self.notice = self._add_branch(request, book, judge)
        except JitaiError as error:
            self.notice = error.in_full

    def remove(self, key: str) -> None:
        """Drop a branch."""
        self.branches = [branch for branch in self.branches if branch.line.key != key]

    def _add_branch(self, request: ForkRequest, book: StatementBook, judge: JudgesText | None) -> str:
        """Why there is none; empty if there is one now."""
        found = self.line(request.line)
        if self.run is None or self.shown is None or found is None or request.identity != self.shown.identity:
            return "That run is no longer shown. Fork the one that is."
        letter = next((item for item in LETTERS if item not in {branch.line.letter for branch in self.branches}), "")
        if not letter:
            return "Four branches are there already. Remove one first."
        parent, first_day = found
        if request.day > len(parent.records):
            return f"The participant had left by day {request.day}. Fork an earlier day."
        changed = fork(
            parent.scenario, book, request.day - 1,
            words=request.words, can_walk=request.can_walk, action=request.action,
        )  # fmt: skip
        branch = play(changed, judge)
        failure = next(
            (
                verdict.failure
                for text, verdict in branch.scenario.verdicts.items()
                if verdict.is_fallback and text not in changed.verdicts
            ),
            "",
        )
        if failure:
            return f"The judge could not answer, so the day was not lived again. {failure}"
        self.n_branches += 1
        line = branch_line(
            branch, self.run, key=f"branch-{self.n_branches}", name=_name(request), letter=letter,
            first_day=min(first_day, request.day), remembered=judge is None and changed.judge is not None,
        )  # fmt: skip
        self.branches.append(Branch(branch, line))
        return ""


def _name(request: ForkRequest) -> str:
    """A branch's name; the words in it are untrusted, and the player shows them as they are."""
    parts = []
    if request.words is not None:
        words = " ".join(request.words.split())
        cut = words if len(words) <= _WORDS_IN_A_NAME else words[: _WORDS_IN_A_NAME - 1] + "…"
        parts.append(f"“{cut}”" if words else "silent")
    if request.can_walk is not None:
        parts.append("can walk" if request.can_walk else "cannot walk")
    if request.action is not None:
        parts.append(Action(request.action).label)
    return f"day {request.day}, {', '.join(parts)}"


def composed(spec: TrialSpec, book: StatementBook, kinds: tuple[str, ...], judge: Judge | None, key: str) -> Scenario:
    """The scenario of some settings, with what the judge is known to say; nothing is asked.

    Args:
        spec, book, kinds: as for ``compose``.
        judge: None where nobody reads.
        key: of the judge.
    """
    if judge is None:
        return compose(spec, book, kinds=kinds)
    scenario = compose(spec, book, judge=judge.reference(key), kinds=kinds)
    known = {text: verdict for text in scenario.unread if (verdict := judge.remembered(text)) is not None}
    return scenario.with_verdicts(known)


def is_read_by(scenario: Scenario, judge: Judge | None) -> bool:
    """Whether this is the judge of a scenario, to all that decides its verdicts."""
    if judge is None or scenario.judge is None or not scenario.judge.digest:
        return False
    return judge.reference("").digest == scenario.judge.digest


def read_anew(scenario: Scenario, judge: Judge, key: str) -> Scenario:
    """The same days for another judge, who reads all words anew."""
    return replace(scenario, judge=judge.reference(key), verdicts={})
