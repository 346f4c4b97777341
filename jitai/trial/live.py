"""One participant, day by day, as the caller asks for the days."""

from collections.abc import Callable, Iterator

from jitai.corpus import StatementBook
from jitai.records import JudgesText, StepRecord
from jitai.trial.loop import Trial, days_of_one
from jitai.trial.spec import TrialSpec
from jitai.trial.texts import JudgedTexts, ScriptedDay


def no_script(day: int) -> ScriptedDay | None:
    """Return None: the simulator speaks on every day."""
    return None


def live_days(
    spec: TrialSpec,
    book: StatementBook,
    judge: JudgesText | None,
    said: Callable[[int], ScriptedDay | None] = no_script,
) -> Iterator[StepRecord]:
    """Run a trial of one participant, one record for each decision, as the caller asks for them.

    Args:
        spec: settings and seed.
        book: the simulator's statements.
        judge: reads the statements; None where nobody does.
        said: asked on each day, before its decision, whether a person speaks for the participant.
    Yields: one StepRecord a day until the study or the participant's engagement ends.
    """
    trial = Trial(spec, [spec.seed], JudgedTexts(book, judge, spec.belief), keeps_notes=True)
    yield from days_of_one(trial, said)
