"""Lessons: reading, checking, scores, and that what the shipped ones say is true of their runs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import yaml

from jitai.errors import FileFormatError, ParameterError
from jitai.lessons.checking import check_form, check_truth, sentences_of
from jitai.lessons.facts import fact, fact_of, filled, gain_of, holds, right_order, typed_digits
from jitai.lessons.living import LivedLesson, live
from jitai.lessons.payload import knob_verdict, lesson_payload, split_rows
from jitai.lessons.reading import MAX_BYTES, read_lesson
from jitai.lessons.records import Prediction
from jitai.lessons.scoring import (
    best_range,
    curve_penalties,
    number_scores,
    range_cost,
    range_scores,
    score_of_range,
    slider,
)
from tests.unit.lessons.conftest import FILES, book, judges

TEXT = next(path for path in FILES if path.stem.endswith("holding-back")).read_text(encoding="utf-8")


def edited(change: Callable[[dict], None]) -> bytes:
    """The shipped lesson with something changed in it."""
    content = yaml.safe_load(TEXT)
    change(content)
    return yaml.safe_dump(content).encode()


def problems_of(change: Callable[[dict], None]) -> list[str]:
    return check_form(read_lesson(edited(change), "mine.yaml"))


def step(kind: str, /, **fields: object) -> Callable[[dict], None]:
    """Change the first step of a kind."""

    def change(content: dict) -> None:
        next(item for item in content["steps"] if item["kind"] == kind).update(fields)

    return change


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_lesson_can_be_taught_and_is_true(path, shipped: Callable[[str], LivedLesson]) -> None:
    lived = shipped(path.stem)
    assert check_form(lived.lesson) == []
    assert check_truth(lived) == []
    assert len(lived.lesson.claims) >= 4, "a lesson's sentences rely on something"
    assert path.stem.split("_", 1)[1] == lived.lesson.identifier
    payload = lesson_payload(lived)
    assert "{" not in "".join(entry["text"] + entry["title"] for entry in payload["steps"])
    assert len(payload["steps"]) == 9


def test_there_are_eight_lessons() -> None:
    assert len(FILES) >= 8


def test_another_seed_gives_a_named_error(holding_back: LivedLesson) -> None:
    """A copied lesson with another person must be true, or say what is not."""
    content = edited(lambda content: content["people"]["a"]["link"].update(seed=42))
    lesson = replace(read_lesson(content, "mine.yaml"), n_people=10)
    steps = tuple(replace(step, low=0, high=1, step=1) if step.kind == "try" else step for step in lesson.steps)
    found = check_truth(live(replace(lesson, steps=steps), book(), judges))
    assert any('"steps", number 1 (choice): "days"' in problem or '"right"' in problem for problem in found)


def test_a_stop_needs_words_and_a_proposed_message(holding_back: LivedLesson) -> None:
    run = holding_back.people["a"].run
    silent = next(day for day, record in enumerate(run, 1) if not record.statement)
    quiet = next(day for day, record in enumerate(run, 1) if record.statement and not record.candidate_action)
    lesson = holding_back.lesson
    steps = tuple(replace(step, stops=(silent, quiet)) if step.kind == "watch" else step for step in lesson.steps)
    found = check_truth(replace(holding_back, lesson=replace(lesson, steps=steps)))
    assert any(f"on day {silent} nothing is written" in problem for problem in found)
    assert any(f"on day {quiet} the policy proposes no message" in problem for problem in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(minutes=9), "steps add up to 8"),
        (lambda c: c.update(minutes=20), "5 to 10 minutes"),
        (step("take", sentences=["It gains 12 steps."]), "the digits 12 are typed"),
        (step("choice", right=11), "must be one of the days 10, 32"),
        (step("watch", stops=[14, 3]), "days in order"),
        (step("watch", stops=[99]), "the study has the days 1 to 50"),
        (step("see", rules=["habitation"]), "habituation"),
        (step("try", knob="nothing"), "no setting"),
        (step("try", step=0.001), "at most 41"),
        (step("try", high=2), "allowed is 0 to 1"),
        (step("reveal", person="z"), "nobody called 'z'"),
        (step("see", day=14), "on day 14 the student decides later"),
        (step("predict", notes=["It gains {gain a} steps."]), "{gain a} tells what is predicted"),
        (step("second", notes=["Others gain {mean b}."]), "{mean b} tells what is predicted"),
        (lambda c: c["people"]["a"]["link"].update(judge="ollama:x"), "embedded-tuned or embedded"),
        (lambda c: c["steps"][2]["predict"].update(step=7), "whole steps"),
        (lambda c: c["steps"][2]["predict"].update(axis=[100, 2000]), "must hold 0"),
    ],
)
def test_what_is_wrong_is_a_sentence_that_names_the_field(change: Callable[[dict], None], said: str) -> None:
    assert any(said in problem for problem in problems_of(change)), problems_of(change)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"a: &x 1\nb: *x", "anchors"),
        (b"- 1", "JSON object"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
        (edited(lambda c: c.update(minuts=8)), "minutes"),
        (edited(lambda c: c["people"]["a"]["link"].update(seed=-1)), '"link" of person a'),
        (edited(lambda c: c["people"]["a"]["link"].update(participant="Nobody")), '"link" of person a'),
        (edited(lambda c: c["people"]["a"]["link"].update(sed=1)), "sed"),
        (edited(lambda c: c["people"]["a"]["link"].update(policy="learned:../x")), '"link" of person a'),
        (edited(lambda c: c.update(id="../up")), '"id"'),
        (edited(step("watch", stops=["a"])), '"stops"'),
        (edited(step("watch", kind="dance")), '"kind"'),
    ],
)
def test_a_file_that_is_no_lesson_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(FileFormatError, match=r"mine\.yaml") as found:
        read_lesson(content, "mine.yaml")
    assert said in found.value.in_full


def test_numbers_in_sentences_come_from_the_run(holding_back: LivedLesson) -> None:
    gain = fact(holding_back, "gain a")
    assert gain == gain_of(holding_back.people["a"]) > 1000
    assert filled(holding_back, "It gained {gain a} steps.") == f"It gained {gain:,.0f} steps."
    assert typed_digits("{lost b 6} steps") == ""
    with pytest.raises(ParameterError, match="gain"):
        filled(holding_back, "{gian a}")
    with pytest.raises(ParameterError, match="person 'q'"):
        fact(holding_back, "gain q")
    with pytest.raises(ParameterError, match="day"):
        fact(holding_back, "lost b 0")


def test_claims_are_compared_with_the_runs(holding_back: LivedLesson) -> None:
    assert holds(holding_back, "gain a > gain b")
    assert not holds(holding_back, "gain a < 0")
    assert holds(holding_back, "right b = 0")
    with pytest.raises(ParameterError):
        holds(holding_back, "gain a is large")
    changed = replace(holding_back, lesson=replace(holding_back.lesson, claims=("gain a < 0",)))
    assert check_truth(changed) == ['"claims", number 1: “gain a < 0” is not true of these runs.']


def test_no_sentence_of_a_shipped_lesson_holds_a_typed_digit(shipped: Callable[[str], LivedLesson]) -> None:
    for path in FILES:
        for lesson_step in read_lesson(path.read_bytes(), path.name).steps:
            assert [typed_digits(sentence) for _, sentence in sentences_of(lesson_step) if typed_digits(sentence)] == []


def test_the_shown_parts_add_up_to_the_shown_gain(shipped: Callable[[str], LivedLesson]) -> None:
    for path in FILES:
        for person in shipped(path.stem).people.values():
            first, *parts, last = (row["size"] for row in split_rows(person))
            assert first + sum(parts) == last and sum(parts) == gain_of(person)
            named = {row["title"]: row["size"] for row in split_rows(person)}
            assert named["Fresher after quiet days"] == fact_of(person, "fresher"), (
                "sentences say what the picture says"
            )


RANGE = Prediction("range", "?", (-500.0, 2000.0), 50.0, 0.5)


def test_the_range_score_is_proper_and_cannot_be_gamed() -> None:
    """The best range is that between the quarters; hedging to the whole axis earns nothing; too narrow is punished."""
    gains = np.random.default_rng(1).normal(700, 300, 400)
    low, high = best_range(gains, RANGE)
    quarters = np.quantile(gains, [0.25, 0.75])
    assert abs(low - quarters[0]) <= 50 and abs(high - quarters[1]) <= 50
    assert score_of_range(gains, RANGE, low, high) == 100
    assert score_of_range(gains, RANGE, *RANGE.axis) == 0
    assert score_of_range(gains, RANGE, -500, -450) < 0
    assert range_cost(np.array([0.0]), 10.0, 20.0, 0.5) == 10 + 4 * 10


def test_the_table_of_scores_agrees_with_the_score_of_a_range() -> None:
    gains = np.random.default_rng(2).normal(300, 500, 200)
    table, values = range_scores(gains, RANGE), slider(RANGE)
    for first, second in ((0, 50), (10, 11), (3, 40)):
        expected = score_of_range(gains, RANGE, values[first], values[second])
        assert table[first][second - first - 1] == expected
    assert max(max(row) for row in table) == 100


def test_numbers_and_curves_are_scored_against_many() -> None:
    asked = Prediction("number", "?", (0.0, 100.0), 10.0, fact="x")
    assert number_scores(70.0, asked)[7] == 100 and number_scores(70.0, asked)[0] == 0
    curve = Prediction("curve", "?", (-100.0, 500.0), 100.0)
    curves = np.tile(np.linspace(0, 400, 50), (20, 1))
    penalties, values = curve_penalties(curves, curve), slider(curve)
    flat = values.index(0.0)
    assert sum(row[flat] for row in penalties) == pytest.approx(100, abs=0.1)
    assert sum(min(row) for row in penalties) < 10


def test_small_studies_get_the_order_right_more_often_where_the_effect_is_large() -> None:
    source = np.random.default_rng(3)
    assert right_order(source.normal(50, 300, 400)) < right_order(source.normal(500, 300, 400)) == 1.0


def test_what_the_knob_says_is_true_of_its_settings(shipped: Callable[[str], LivedLesson]) -> None:
    for path in FILES:
        lived = shipped(path.stem)
        knob = next(step for step in lived.lesson.steps if step.kind == "try")
        said = knob_verdict(lived, knob)
        for key in knob.people:
            tries = lived.people[key].tries
            best = max(tried.gain for tried in tries)
            first = next(tried.value for tried in tries if tried.gain == best)
            assert f"most at {first:g}" in said
        if len(knob.people) > 1:
            gains = zip(*([tried.gain for tried in lived.people[key].tries] for key in knob.people), strict=True)
            most = [max(tried.gain for tried in lived.people[key].tries) for key in knob.people]
            assert ("One setting is best for all." in said) == any(list(gain) == most for gain in gains)


def test_a_payload_says_language_and_truth_where_they_are_needed(holding_back: LivedLesson) -> None:
    payload = lesson_payload(holding_back)
    run = payload["people"]["a"]["run"]
    assert run["language"][4] == "Portuguese" and run["language"][6] == "Spanish" and run["language"][0] == ""
    question = payload["steps"][0]
    assert [day["can_walk"] for day in question["days"]] == [False, True] and question["right"] == 2
