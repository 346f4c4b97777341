"""Work in the background for the Live page: a run whose words a judge still has to read, and a look at many seeds."""

import threading
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
        waits_for: why the judge could not answer, while the run waits for the person's word; else empty.
    """

    records: tuple[StepRecord, ...] = ()
    run: Played | None = None
    waits_for: str = ""


class _NobodyWaits(JitaiError):
    """The run is no longer wanted."""


class RunInBackground(BackgroundJob[Lived]):
    """Lives a scenario whose words have to be read, day by day. Making one starts it; stopping takes one statement.

    Where the judge cannot answer, the run waits: ``try_again`` asks it once more, ``go_on_by_rule`` takes the rule for
    that case, now and for the rest of the run, and ``stop`` gives the run up.

    Args:
        scenario: to be lived.
        judge: reads what no verdict is stored of.
        waits: False takes the rule at once.
    """

    def __init__(self, scenario: Scenario, judge: JudgesText, waits: bool = True) -> None:
        super().__init__("run", "The run")
        self._scenario, self._asked = scenario, judge
        self._records: list[StepRecord] = []
        self._played: Played | None = None
        self._waits, self._waits_for, self._told = waits, "", threading.Event()
        self.start()

    def try_again(self) -> None:
        """Ask the judge once more."""
        self._told.set()

    def go_on_by_rule(self) -> None:
        """Take the rule for a judge that cannot answer, from now on."""
        self._waits = False
        self._told.set()

    def stop(self) -> None:
        """Ask it to end, also where it waits."""
        super().stop()
        self._told.set()

    def judge(self, text: str) -> Verdict:
        """Return the judge's verdict, or that of the rule where the person has said so; the run calls it.

        Raises: JitaiError if the run was given up meanwhile.
        """
        while (verdict := self._asked.judge(text)).is_fallback and self._waits and not self.stopping:
            self._told.clear()
            self._set_waits_for(verdict.failure)
            self._told.wait()
            self._set_waits_for("")
        if self.stopping:
            raise _NobodyWaits("The run was given up for another one.")
        return verdict

    def _set_waits_for(self, why: str) -> None:
        with self._lock:
            self._waits_for = why

    def _snapshot(self, finished: bool) -> Lived:
        return Lived(tuple(self._records), self._played, self._waits_for)

    def _run(self) -> None:
        played = play(self._scenario, self, self._note)
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
