"""What the Live page remembers: the run with its branches, the runs before it, and a scenario from a file."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from jitai.corpus import StatementBook
from jitai.errors import JitaiError, VerdictMissing
from jitai.judge.judge import Judge
from jitai.player.contract import LETTERS
from jitai.records import Action, JudgeReference
from jitai.trial.fork import fork
from jitai.trial.saved_run import SavedBranch
from jitai.trial.scenario import Played, Scenario, compose, play
from jitai.trial.spec import TrialSpec
from jitai.ui.session.linked import run_in_address
from jitai.ui.session.reading import ManySeeds, RunInBackground
from jitai.ui.widgets.player import ForkRequest, Viewer

RUN, TWIN = "run", "twin"
"""Keys of the run's own line and of its twin's; a branch has another key."""
MOST_KEPT = 4
"""Runs that one can go back to."""
_WORDS_IN_A_NAME = 48


class Opened(NamedTuple):
    """A scenario from a file or a link.

    Attributes:
        name: of the file, untrusted.
        scenario: what it holds.
        settings: of the widgets that show it; with others, a run of those settings is shown instead.
        is_link: whether it stood in the address.
        branches: that came with it.
    """

    name: str
    scenario: Scenario
    settings: tuple[Any, ...]
    is_link: bool = False
    branches: tuple[SavedBranch, ...] = ()


class Setup(NamedTuple):
    """The settings of a run as the widgets had them, to go back to.

    Attributes:
        spec, kinds: of the trial.
        judge, prompt: that were at work; the prompt empty where it was not picked.
        judge_settings: of the judge's backend, where they matter; None otherwise.
        opened: the scenario from a file, where that was shown.
    """

    spec: TrialSpec
    kinds: tuple[str, ...]
    judge: str
    prompt: str
    judge_settings: Any
    opened: Opened | None


class Branch(NamedTuple):
    """A run in which a day is lived in another way.

    Attributes:
        key, name, letter: of its line; the words in the name are untrusted.
        first_day: from which it may differ from the run.
        run: as it was played.
        remembered: whether its verdicts came with a scenario.
    """

    key: str
    name: str
    letter: str
    first_day: int
    run: Played
    remembered: bool


class _Asked(NamedTuple):
    """A branch whose words are being read."""

    request: ForkRequest
    first_day: int
    scenario: Scenario
    job: RunInBackground


class Files(NamedTuple):
    """A run to take away.

    Attributes:
        of: all that decides them.
        scenario, report, log, bundle: their contents.
    """

    of: tuple[Any, ...]
    scenario: bytes
    report: bytes
    log: bytes
    bundle: bytes


@dataclass
class LiveRun:
    """One run with its twin, its optimum and its branches.

    Attributes:
        identity: the player keeps the viewer's day as long as it stays.
        settings: of the run; with others, another one is shown.
        setup: to bring the widgets back to them.
        scenario: before it is played.
        twin, best: the same days without the judge, and under the best possible policy.
        run: as it was played; None while its words are still being read, or nobody is there to read them.
        reading: the work at it, where it has to be read.
        branches: up to four, in the order in which they were made.
        newest: key of a branch that was made just now; emptied by who takes it up.
        files: that were made last, to take away.
    """

    identity: str
    settings: tuple[Any, ...]
    setup: Setup
    scenario: Scenario
    twin: Played
    best: Played
    run: Played | None = None
    reading: RunInBackground | None = None
    branches: list[Branch] = field(default_factory=list)
    _n_branches: int = 0
    _asked: _Asked | None = None
    newest: str = ""
    files: Files | None = None
    _links: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def link(self, key: str, judge: Judge | None) -> tuple[dict[str, str], str]:
        """Return what ``run_in_address`` says of a line; neither parameters nor a reason while it is being read.

        Args:
            key: of the line.
            judge: of the run, where it is at hand.
        """
        line = self.line(key)
        if line is None or (key == RUN and self.run is None):
            return {}, ""
        if key not in self._links:
            self._links[key] = run_in_address(line[0].scenario, judge)
        return self._links[key]

    @property
    def so_far(self) -> Played:
        """The run, or the days of it that have been lived."""
        if self.run is not None:
            return self.run
        return Played(self.scenario, self.reading.snapshot().records if self.reading else ())

    @property
    def lacks_judge(self) -> bool:
        """Whether words of it have to be read and nobody is there to read them."""
        return self.run is None and self.reading is None

    @property
    def at_work(self) -> bool:
        """Whether something of it is still being read."""
        return self._asked is not None or (self.run is None and self.reading is not None)

    def go_on(self, judge: Judge | None) -> None:
        """Play the run if every verdict is known; else have it read, if somebody can."""
        if self.run is not None or (self.reading is not None and not self.reading.stopping):
            return
        try:
            self.run = play(self.scenario)
        except VerdictMissing:
            self.reading = None if judge is None else RunInBackground(self.scenario, judge)

    def take_in(self) -> tuple[int, str] | None:
        """Take in what was read in the meantime; return an answered request's number with a notice, if any."""
        if self.run is None and self.reading is not None and self.reading.finished:
            self.run = self.reading.snapshot().run
        if self._asked is None or not self._asked.job.finished:
            return None
        asked, self._asked = self._asked, None
        branch = asked.job.snapshot().run
        if branch is None:
            return asked.request.number, asked.job.failure
        return asked.request.number, self._add(asked.request, asked.first_day, asked.scenario, branch)

    def stop(self) -> None:
        """Read no more of it."""
        if self.run is None and self.reading is not None:
            self.reading.stop()
        if self._asked is not None:
            self._asked.job.stop()
            self._asked = None

    def line(self, key: str) -> tuple[Played, int] | None:
        """The run of a line, and the first day on which it may differ from the run; None if there is none."""
        length = self.scenario.spec.config.study_length
        of_run = {RUN: (self.so_far, length), TWIN: (self.twin, length)}
        return of_run.get(key) or next(((item.run, item.first_day) for item in self.branches if item.key == key), None)

    def begin_branch(self, request: ForkRequest, book: StatementBook, judge: Judge | None) -> bool:
        """Live a day in another way, at once if all words are known, else in the background.

        Args:
            request: the player's.
            book: what the participant says where a new truth changes it.
            judge: asked for words that were not read before; None where the scenario's judge is not at hand.
        Returns: whether the branch is there now.
        Raises: JitaiError with a sentence why there will be none.
        """
        found = None if request.line == TWIN else self.line(request.line)
        if found is None or request.identity != self.identity:
            raise JitaiError("That run is no longer shown. Fork the one that is.")
        if len(self.branches) >= len(LETTERS):
            raise JitaiError("Four branches are there already. Remove one first.")
        if self._asked is not None:
            raise JitaiError("The last change is still being lived. Wait for its branch.")
        parent, first_day = found
        is_whole = self.run is not None or request.line != RUN
        if is_whole and request.day > len(parent.records):
            raise JitaiError(f"The participant had left by day {request.day}. Fork an earlier day.")
        changed = fork(
            parent.scenario, book, request.day - 1,
            words=request.words, can_walk=request.can_walk, action=request.action,
        )  # fmt: skip
        first_day = min(first_day, request.day)
        if judge is not None:
            changed = with_known_verdicts(changed, judge)
        try:
            branch = play(changed)
        except VerdictMissing:
            if judge is None:
                raise
            self._asked = _Asked(request, first_day, changed, RunInBackground(changed, judge, waits=False))
            return False
        remembered = judge is None and changed.judge is not None and not changed.is_simulated
        self._add(request, first_day, changed, branch, remembered)
        return True

    def take_up(self, saved: SavedBranch, judge: Judge | None) -> None:
        """Add a branch that came with the scenario; one with words that nobody has read is left out.

        Args:
            saved: the branch.
            judge: of the run, where it is at hand.
        """
        if len(self.branches) >= len(LETTERS):
            return
        with suppress(VerdictMissing):
            branch = play(saved.scenario)
            remembered = judge is None and branch.scenario.judge is not None and not branch.scenario.is_simulated
            self._append(saved.name, saved.first_day, branch, remembered)

    def _append(self, name: str, first_day: int, branch: Played, remembered: bool) -> str:
        """Add a branch; return its key."""
        letter = next(item for item in LETTERS if item not in {branch.letter for branch in self.branches})
        self._n_branches += 1
        key = f"branch-{self._n_branches}"
        self.branches.append(Branch(key, name, letter, first_day, branch, remembered))
        return key

    def _add(
        self, request: ForkRequest, first_day: int, changed: Scenario, branch: Played, remembered: bool = False
    ) -> str:
        """Why there is no branch; empty if there is one now."""
        new = (verdict for text, verdict in branch.scenario.verdicts.items() if text not in changed.verdicts)
        failure = next((verdict.failure for verdict in new if verdict.is_fallback), "")
        if failure:
            return f"The judge could not answer, so the day was not lived again. {failure}"
        self.newest = self._append(_name(request), first_day, branch, remembered)
        return ""


@dataclass
class LiveState:
    """The runs of the Live page.

    Attributes:
        shown: the run on the page; None before the first.
        kept: runs before it, the latest last.
        answered: number of the last fork request that was answered.
        notice: why that request could not be done, as a sentence; sent once.
        viewer: what the player told last of the day at rest.
        opened: a scenario from a file; None before there is one.
        many_seeds: the comparison over many seeds, with the settings that it belongs to.
        problem: why the last file could not be opened, as a sentence.
        in_address: key of the line that the address holds.
        results_open: whether the player was asked to tell its day to what stands below it.
    """

    shown: LiveRun | None = None
    kept: list[LiveRun] = field(default_factory=list)
    answered: int = 0
    notice: str = ""
    viewer: Viewer | None = None
    opened: Opened | None = None
    many_seeds: ManySeeds | None = None
    many_seeds_of: tuple[Any, ...] = ()
    problem: str = ""
    in_address: str = RUN
    results_open: bool = False
    _n_runs: int = 0

    def begin(
        self,
        settings: tuple[Any, ...],
        setup: Setup,
        scenario: Scenario,
        judge: Judge | None,
        branches: tuple[SavedBranch, ...] = (),
    ) -> None:
        """Show another run from now on; one that was shown before comes back with its branches.

        Raises: JitaiError if the run cannot be lived.
        """
        before = self.shown
        again = next((run for run in self.kept if run.settings == settings), None)
        if again is None:
            self._n_runs += 1
            again = LiveRun(
                f"run-{self._n_runs}", settings, setup, scenario,
                play(scenario.without_judge()), play(scenario.under_the_optimum()),
            )  # fmt: skip
            for branch in branches:
                again.take_up(branch, judge)
        again.go_on(judge)
        self.shown = again
        self.kept = [run for run in self.kept if run is not again]
        if before is not None:
            before.stop()
            self.kept = [*self.kept, before][-MOST_KEPT:]

    def forget(self) -> None:
        """Have the run composed and played again."""
        if self.shown is not None:
            self.shown.stop()
            self.shown = None

    def answer(self, request: ForkRequest, book: StatementBook, judge: Judge | None) -> None:
        """Answer a request with a branch, at once or later, or with a sentence why there is none."""
        if self.shown is None or request.number <= self.answered:
            return
        try:
            if self.shown.begin_branch(request, book, judge):
                self.answered, self.notice = request.number, ""
        except JitaiError as error:
            self.answered, self.notice = request.number, error.in_full

    def take_in(self) -> None:
        """Take in what was read in the background."""
        done = None if self.shown is None else self.shown.take_in()
        if done is not None:
            self.answered, self.notice = done

    def remove(self, key: str) -> None:
        """Drop a branch."""
        if self.shown is not None:
            self.shown.branches = [branch for branch in self.shown.branches if branch.key != key]


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


def composed(
    spec: TrialSpec,
    book: StatementBook,
    kinds: tuple[str, ...],
    judge: Judge | None,
    key: str,
    simulated: JudgeReference | None = None,
) -> Scenario:
    """The scenario of some settings, with what the judge is known to say; nothing is asked.

    Args:
        spec, book, kinds: as for ``compose``.
        judge: None where nobody reads.
        key: of the judge.
        simulated: the judge whose verdicts are drawn, where nobody reads.
    """
    if judge is None:
        return compose(spec, book, judge=simulated, kinds=kinds)
    return with_known_verdicts(compose(spec, book, judge=judge.reference(key), kinds=kinds), judge)


def with_known_verdicts(scenario: Scenario, judge: Judge) -> Scenario:
    """The same scenario with what the judge is known to say of its words; no model is asked.

    A model that cannot say which one it is, as its server is gone, is not looked up for every word.
    """
    if scenario.judge is None or not scenario.judge.digest:
        return scenario
    return scenario.with_known(judge.remembered)


def is_read_by(scenario: Scenario, judge: Judge | None) -> bool:
    """Whether this is the judge of a scenario, to all that decides its verdicts."""
    if judge is None or scenario.judge is None or not scenario.judge.digest:
        return False
    return judge.reference("").digest == scenario.judge.digest


def read_anew(scenario: Scenario, judge: Judge, key: str) -> Scenario:
    """The same days for another judge, with what that one is known to say; the rest is to be read."""
    return with_known_verdicts(replace(scenario, judge=judge.reference(key), verdicts={}), judge)
