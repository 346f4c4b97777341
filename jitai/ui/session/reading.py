"""Work in the background for the Live page: a run whose words a judge still has to read, and a look at many seeds."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple

from jitai.background import BackgroundJob, FairLock
from jitai.corpus import StatementBook
from jitai.errors import JitaiError
from jitai.judge.judge import Judge
from jitai.records import JudgesText, Label, Statement, StepRecord, Verdict
from jitai.report.run_player import many_seeds_sentence
from jitai.simulator.config import STORY
from jitai.trial.scenario import Played, Scenario, play
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts, simulated_verdicts


class Lived(NamedTuple):
    """How far a run has come.

    Attributes:
        records: of the days lived so far.
        run: the whole run; None before its end.
    """

    records: tuple[StepRecord, ...] = ()
    run: Played | None = None


class _NobodyWaits(JitaiError):
    """The run is no longer wanted."""


class RunInBackground(BackgroundJob[Lived]):
    """Lives a scenario whose words have to be read, day by day. Making one starts it; stopping takes one statement.

    Args:
        scenario: to be lived.
        judge: reads what no verdict is stored of.
    """

    def __init__(self, scenario: Scenario, judge: JudgesText) -> None:
        super().__init__("run", "The run")
        self._scenario, self._judge = scenario, judge
        self._records: list[StepRecord] = []
        self._played: Played | None = None
        self.start()

    def _snapshot(self, finished: bool) -> Lived:
        return Lived(tuple(self._records), self._played)

    def _run(self) -> None:
        played = play(self._scenario, self._judge, self._note)
        with self._lock:
            self._played = played

    def _note(self, record: StepRecord) -> None:
        if self.stopping:
            raise _NobodyWaits("The run was given up for another one.")
        with self._lock:
            self._records.append(record)


class SharedSentences:
    """What many seeds said, once for all visitors of a server: a class that opens the page has one setting."""

    MAX_KEPT = 200

    def __init__(self) -> None:
        self._lock = FairLock()
        self._kept: dict[Hashable, str] = {}

    def get(self, key: Hashable, compute: Callable[[], str]) -> str:
        """Return the sentence of a key; it is computed by the first who asks, and not kept if it is empty."""
        with self._lock:
            sentence = self._kept.get(key) or compute()
            if sentence:
                self._kept[key] = sentence
                if len(self._kept) > self.MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
        return sentence


_SENTENCES = SharedSentences()


class ManySeeds(BackgroundJob[str]):
    """What many seeds of a setting say, where every statement was read before; empty otherwise. Making one starts it.

    Args:
        spec: the setting; its seed is not used.
        book: what participants may write.
        judge: looked up only, never asked; or the error rates of a simulated one.
    """

    def __init__(self, spec: TrialSpec, book: StatementBook, judge: Judge | tuple[float, float]) -> None:
        super().__init__("many-seeds", "The comparison over many seeds")
        self._spec, self._book, self._judge = spec, book, judge
        self._sentence = ""
        self.start()

    def _snapshot(self, finished: bool) -> str:
        return self._sentence

    def _run(self) -> None:
        judge = self._judge
        decides = judge if isinstance(judge, tuple) else (self._book, judge.digest())
        self._sentence = _SENTENCES.get((replace(self._spec, seed=0), decides), lambda: self._computed(judge))

    def _computed(self, judge: Judge | tuple[float, float]) -> str:
        if isinstance(judge, tuple):
            return many_seeds_sentence(self._spec, simulated_verdicts(*judge))
        told = self._book.stories if self._spec.config.spell_statements == STORY else ()
        wanted = [self._book.by_label[label] for label in (Label.CAN_WALK, Label.CANNOT_WALK)]
        wanted += [story.statements for story in told]
        able, unable, *stories = (self._remembered(items, judge) for items in wanted)
        if [len(items) for items in wanted] == [len(items) for items in (able, unable, *stories)]:
            return many_seeds_sentence(self._spec, Verdicts(able, unable, tuple(stories)))
        return ""

    def _remembered(self, items: Sequence[Statement], judge: Judge) -> tuple[Verdict, ...]:
        """Verdicts on statements, up to the first that is not known."""
        found: list[Verdict] = []
        for item in items:
            verdict = None if self.stopping else judge.remembered(item.text)
            if verdict is None:
                break
            found.append(verdict)
        return tuple(found)
