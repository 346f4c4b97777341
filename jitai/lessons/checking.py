"""Whether a lesson can be taught: what stands in it agrees with itself, and with the runs of its people."""

from collections.abc import Callable, Iterator

from jitai.errors import JitaiError, ParameterError
from jitai.lessons.facts import fact, filled, holds, outcomes_in, typed_digits
from jitai.lessons.living import UNSURE, LivedLesson, LivedPerson, knob_values, with_knob
from jitai.lessons.records import BEST, CAN_WALK, CHOICE, CURVE, NUMBER, RANGE, Lesson, Option, Prediction, Step
from jitai.lessons.rules import RULES
from jitai.lessons.scoring import MOST_VALUES
from jitai.parameters import suggestion
from jitai.policies.optimum import optimum
from jitai.records import StepRecord

LEAST_MINUTES, MOST_MINUTES = 5, 10
MOST_SETTINGS = 41
"""Most settings of a knob: each is a whole run of every person."""
MOST_DAYS = 100
JUDGES = ("embedded-tuned", "embedded")
"""Keys of the judges that a lesson may name: what they say of every statement comes with the lab."""
_CLEAR = 5.0
"""Steps by which the best action at a stop must beat the other, so that nobody is told off for a tie."""


def check_form(lesson: Lesson) -> list[str]:
    """Return what is wrong with a lesson before anybody in it has lived a day: one sentence each, naming the field."""
    found = list(_minutes(lesson))
    for number, step in enumerate(lesson.steps, 1):
        found += [f"{_place(number, step)}: {problem}" for problem in _form_of_step(lesson, step)]
    for key, person in lesson.people.items():
        for side in (person.run, person.against):
            if side.judge and side.judge not in JUDGES:
                found.append(f"person {key}: the judge must be {' or '.join(JUDGES)}, not {side.judge[:40]!r}.")
            if side.spec.uses_text and not side.judge:
                found.append(f'person {key}: "judge" is missing, and the filter needs somebody who reads.')
            if side.spec.config.study_length > MOST_DAYS:
                found.append(f"person {key}: a study in a lesson has at most {MOST_DAYS} days.")
    for sentence in (lesson.title, lesson.summary, *(person.name for person in lesson.people.values())):
        if typed_digits(sentence):
            found.append(_typed("the lesson's title, summary or a person's name", typed_digits(sentence)))
    return found


def check_truth(lived: LivedLesson) -> list[str]:
    """Return where a lesson does not agree with the runs of its people: one sentence each, naming the field."""
    found = []
    for number, step in enumerate(lived.lesson.steps, 1):
        found += [f"{_place(number, step)}: {problem}" for problem in _truth_of_step(lived, step)]
    for number, claim in enumerate(lived.lesson.claims, 1):
        try:
            if not holds(lived, claim):
                found.append(f'"claims", number {number}: “{claim}” is not true of these runs.')
        except ParameterError as error:
            found.append(f'"claims", number {number}: {error}')
    return found


def _place(number: int, step: Step) -> str:
    return f'"steps", number {number} ({step.kind})'


def _typed(where: str, digits: str) -> str:
    return (
        f"{where}: the digits {digits} are typed. Write the number as a placeholder, such as {{gain a}}, or in words."
    )


def _minutes(lesson: Lesson) -> Iterator[str]:
    total = sum(step.minutes for step in lesson.steps)
    if abs(total - lesson.minutes) > 1e-6:
        yield f'"minutes": the lesson says {lesson.minutes:g}, but its steps add up to {total:g}.'
    if not LEAST_MINUTES <= lesson.minutes <= MOST_MINUTES:
        yield f'"minutes": a lesson takes {LEAST_MINUTES} to {MOST_MINUTES} minutes, not {lesson.minutes:g}.'
    kinds = [step.kind for step in lesson.steps]
    yield from (f'"steps": there is no step of the kind {kind}.' for kind in ("predict", "reveal", "take")
                if kind not in kinds)  # fmt: skip
    predicted = [step.person for step in lesson.steps if step.predict is not None]
    if len(set(predicted)) < len(predicted):
        yield '"steps": two predictions are about the same person; each person has one.'


def _form_of_step(lesson: Lesson, step: Step) -> Iterator[str]:
    for name, sentence in sentences_of(step):
        if typed_digits(sentence):
            yield _typed(f'"{name}"', typed_digits(sentence))
    for key in (step.person, *step.people):
        if key not in lesson.people:
            yield f'"person": there is nobody called {key!r}; there are {", ".join(lesson.people)}.'
            return
    yield from _KINDS[step.kind](lesson, step)
    length = lesson.people[step.person].run.spec.config.study_length
    for day in (*step.days, *step.stops, *([step.day] if step.day else [])):
        if day > length:
            yield f"day {day} is named; the study has the days 1 to {length}."


def sentences_of(step: Step) -> Iterator[tuple[str, str]]:
    """Every sentence of a step that is shown, with the name of its field."""
    for name in ("name", "say", "misconception", "title", "text", "answer"):
        yield name, getattr(step, name)
    yield from (("notes", note) for note in step.notes)
    yield from (("sentences", sentence) for sentence in step.sentences)
    yield from (("options", option.text) for option in step.options)
    if step.predict is not None:
        yield "ask", step.predict.ask
        yield from (("options", option.text) for option in step.predict.options)


def _choice(lesson: Lesson, step: Step) -> Iterator[str]:
    if bool(step.days) == bool(step.options):
        yield 'a choice needs either "days", whose words are shown, or "options".'
    if not step.title or not step.answer:
        yield 'a choice needs a "title", the question, and an "answer".'
    if step.days and step.right not in step.days:
        yield f'"right" must be one of the days {", ".join(map(str, step.days))}, not {step.right}.'
    if step.options and not 1 <= step.right <= len(step.options):
        yield f'"right" must be the number of an option, 1 to {len(step.options)}, not {step.right}.'


def _see(lesson: Lesson, step: Step) -> Iterator[str]:
    if not step.day:
        yield '"day" is missing: the day that is shown as an example.'
    if step.day in lesson.stops.get(step.person, ()):
        yield f'"day": on day {step.day} the student decides later, and this shows what was done; choose another.'
    for rule in step.rules:
        if rule not in RULES:
            yield f'"rules": there is none called {rule[:30]!r}{suggestion(rule, RULES)}'


def _predict(lesson: Lesson, step: Step) -> Iterator[str]:
    if step.predict is None:
        yield '"predict" is missing: what is asked.'
        return
    yield from _prediction(step.predict)
    before = [("ask", step.predict.ask), *(("notes", note) for note in step.notes)]
    if step.kind == "predict":
        before += [("title", step.title), ("text", step.text)]
    for name, sentence in before:
        if told := outcomes_in(sentence, step.person):
            yield f'"{name}": {{{told}}} tells what is predicted, and it is read before.'


def _prediction(asked: Prediction) -> Iterator[str]:
    if asked.kind == CHOICE:
        if not 1 <= asked.right <= len(asked.options):
            yield f'"right" must be the number of an option, 1 to {len(asked.options)}, not {asked.right}.'
        return
    low, high = asked.axis
    n_values = (high - low) / asked.step + 1
    if not low < high or abs(n_values - round(n_values)) > 1e-9:
        yield f'"axis" must run from low to high in whole steps of {asked.step:g}.'
    elif not 3 <= n_values <= MOST_VALUES:
        yield f'"axis" has {n_values:,.0f} values; 3 to {MOST_VALUES} are allowed: choose another "step".'
    if asked.kind in (RANGE, CURVE) and not low < 0 < high:
        yield '"axis" must hold 0, so that a gain and a loss can both be predicted.'
    if asked.kind == NUMBER and not asked.fact:
        yield '"fact" is missing: what is predicted, such as “hurt a”.'


def _watch(lesson: Lesson, step: Step) -> Iterator[str]:
    if sorted(set(step.stops)) != list(step.stops):
        yield '"stops" must be days in order, each once.'


def _second(lesson: Lesson, step: Step) -> Iterator[str]:
    yield from _predict(lesson, step)
    yield from _watch(lesson, step)


def _take(lesson: Lesson, step: Step) -> Iterator[str]:
    if not step.sentences:
        yield '"sentences" is missing: what is taken home.'


def _try(lesson: Lesson, step: Step) -> Iterator[str]:
    if not step.people or not step.step or not step.low < step.high:
        yield 'a knob needs "people", and "low", "high" and "step" with low below high.'
        return
    values = knob_values(step)
    if len(values) > MOST_SETTINGS:
        yield f'the knob has {len(values)} settings; at most {MOST_SETTINGS} are allowed: choose another "step".'
        return
    spec = lesson.people[step.people[0]].run.spec
    if any(side.spec.policy.uses_belief for key in step.people if key in lesson.people
           for side in (lesson.people[key].run, lesson.people[key].against)):  # fmt: skip
        yield "a person whose policy plans on a belief takes too long to live at every setting of a knob."
    if step.knob == UNSURE and not spec.uses_text:
        yield '"knob": “unsure” needs a person whose words are read.'
    try:
        for value in (values[0], values[-1]):
            with_knob(spec, step.knob, value)
        if with_knob(spec, step.knob, values[0]) == with_knob(spec, step.knob, values[-1]):
            yield f'"knob": there is no setting {step.knob[:40]!r} that this person has.'
    except JitaiError as error:
        yield f'"knob": {error}'


def _nothing(lesson: Lesson, step: Step) -> Iterator[str]:
    yield from ()


_KINDS: dict[str, Callable[[Lesson, Step], Iterator[str]]] = {
    "choice": _choice, "see": _see, "predict": _predict, "watch": _watch, "reveal": _nothing, "second": _second,
    "why": _nothing, "take": _take, "try": _try,
}  # fmt: skip


def _truth_of_step(lived: LivedLesson, step: Step) -> Iterator[str]:
    for name, sentence in sentences_of(step):
        try:
            filled(lived, sentence)
        except ParameterError as error:
            yield f'"{name}": {error}'
    person = lived.people[step.person]
    if step.days:
        yield from _days_agree(person, step)
    if step.options:
        yield from _best_option(lived, step.options, step.right)
    if step.day and step.day > len(person.run):
        yield f'"day": the person has left before day {step.day}.'
    for day in step.stops:
        yield from _stop(person, step, day)
    if step.predict is not None and step.predict.kind == CHOICE:
        yield from _best_option(lived, step.predict.options, step.predict.right)
    if step.predict is not None and step.predict.kind == NUMBER:
        try:
            value = fact(lived, step.predict.fact)
            if not step.predict.axis[0] <= value <= step.predict.axis[1]:
                yield f'"axis" must hold the answer, and “{step.predict.fact}” is {value:,.0f}.'
        except ParameterError as error:
            yield f'"fact": {error}'


def _days_agree(person: LivedPerson, step: Step) -> Iterator[str]:
    for day in step.days:
        if day > len(person.run) or not person.run[day - 1].statement:
            yield f'"days": nothing is written on day {day}.'
        elif person.run[day - 1].can_walk != (day == step.right):
            can = "could" if person.run[day - 1].can_walk else "could not"
            yield f'"right" says that only on day {step.right} they could walk, but on day {day} they {can}.'


def _best_option(lived: LivedLesson, options: tuple[Option, ...], right: int) -> Iterator[str]:
    try:
        worth = [fact(lived, option.worth) for option in options]
    except ParameterError as error:
        yield f'"worth": {error}'
        return
    best = max(range(len(worth)), key=worth.__getitem__) + 1
    if best != right or sum(abs(value - worth[best - 1]) < 0.5 for value in worth) > 1:
        shown = ", ".join(f"{value:,.0f}" for value in worth)
        yield f'"right" says option {right}, but the worths are {shown}: one option must be the greatest, and be right.'


def _stop(person: LivedPerson, step: Step, day: int) -> Iterator[str]:
    if day > len(person.run):
        yield f'"stops": the person has left before day {day}.'
        return
    record = person.run[day - 1]
    if step.truth == CAN_WALK and not record.candidate_action:
        yield f'"stops": on day {day} the policy proposes no message, so there is nothing to decide.'
    if step.truth == CAN_WALK and not record.statement:
        yield f'"stops": on day {day} nothing is written, so there is nothing to judge by.'
    if step.truth == BEST and abs(advantage_of_sending(person, record)) < _CLEAR:
        yield f'"stops": on day {day} sending and resting are worth the same to within {_CLEAR:g} steps.'


def advantage_of_sending(person: LivedPerson, record: StepRecord) -> float:
    """Return how many more steps the best message brings than none, from that day to the end of the study.

    By the value function of the best possible policy, from the state that the person is in.
    """
    seen = record.observation
    values = optimum(person.person.run.spec.config).action_values(
        seen.decision_index, seen.habituation, seen.disengagement_risk, int(record.can_walk), record.true_context
    )
    return float(values[1:].max() - values[0])


def should_send(person: LivedPerson, step_truth: str, day: int) -> bool:
    """Say whether sending is right on a day, from 1, by what the lesson calls the truth."""
    record = person.run[day - 1]
    return record.can_walk if step_truth == CAN_WALK else advantage_of_sending(person, record) > 0
