"""A class: students' files may hold anything; what is right of them is summed up, and no name is kept."""

import json

import pytest

from jitai.errors import FileFormatError
from jitai.lessons.classes import (
    LEAST_FILES,
    MAX_FILES,
    N_INVENTED,
    as_file,
    class_payload,
    invented_class,
    questions_of,
    read_class,
    summarise_class,
)
from jitai.lessons.living import LivedLesson
from jitai.lessons.scoring import score_of_range


def student(lived: LivedLesson, **changes: object) -> bytes:
    good = {
        "lesson": lived.lesson.identifier, "digest": lived.lesson.digest, "version": 2,
        "code": "", "name": "<b>Ann</b>", "saved": "2026-01-01T10:00", "chosen": {"1": 2},
        "predicted": {"a": [500, 1600], "b": [0, 400]}, "said": {"a3": "hold", "a14": "send"}, "again": False,
    }  # fmt: skip
    return json.dumps({**good, **changes}).encode()


def test_files_are_read_and_others_left_out(holding_back: LivedLesson) -> None:
    files = [
        student(holding_back), student(holding_back, again=True, said={}), student(holding_back, lesson="other"),
        student(holding_back, digest="older"), b"{", b"[]", b"x" * 30_000, b"\xff", student(holding_back, predicted=3),
    ]  # fmt: skip
    found, left_out = read_class(holding_back, files)
    assert len(found) == 1 and left_out == (2, 1, 5, 0)
    assert "second go" in left_out.sentence
    assert found[0].said == {"a3": False, "a14": True}, "the first go counts"
    assert "Ann" not in repr(found)


@pytest.mark.parametrize(
    "wrong", [[1600, 500], [500, 500], [-9999, 0], ["a", 1], [True, 2], None, "x", [1], [1, 2, 3], {"a": 1}]
)
def test_a_range_that_is_none_does_not_count(holding_back: LivedLesson, wrong: object) -> None:
    [found], _ = read_class(holding_back, [student(holding_back, predicted={"a": wrong, "b": [0, 400]})])
    assert set(found.predicted) == {"b"}


def test_too_many_files_are_refused_before_any_is_read(holding_back: LivedLesson) -> None:
    with pytest.raises(FileFormatError, match="at most"):
        read_class(holding_back, [b"{}"] * (MAX_FILES + 1))


def test_the_class_is_summed_up_against_the_truth(holding_back: LivedLesson) -> None:
    truth = sum(day.step_count for day in holding_back.people["a"].run) - sum(
        day.step_count for day in holding_back.people["a"].against
    )
    files = [student(holding_back), student(holding_back, predicted={"a": [-500, 0]}, said={"a3": "send"})]
    students, _ = read_class(holding_back, files)
    found = summarise_class(holding_back, "a", students)
    assert found.truth == pytest.approx(truth, abs=1)
    assert found.headline == "1 of 2 ranges hold the truth" and found.expected == 1.0
    assert "bolder" not in found.remark and "tells nothing of a class" in found.remark, "two are no class"
    many = summarise_class(holding_back, "a", students * LEAST_FILES)
    assert "about 8" in many.remark and "knew how much" in many.remark
    gains = holding_back.people["a"].many.gains
    asked = holding_back.lesson.predictions["a"]
    assert found.scores == (score_of_range(gains, asked, -500, 0), score_of_range(gains, asked, 500, 1600))
    assert [(day.day, day.send, day.n_right, day.n) for day in found.decided] == [(3, False, 1, 2), (14, True, 1, 1)]


def test_invented_students_are_the_same_each_time_and_can_be_read(holding_back: LivedLesson) -> None:
    first, second = invented_class(holding_back), invented_class(holding_back)
    assert first == second and len(first) == N_INVENTED
    files = [json.dumps(as_file(answers, holding_back)).encode() for answers in first]
    assert read_class(holding_back, files) == (first, (0, 0, 0, 0))


def test_a_student_who_saves_twice_counts_once(holding_back: LivedLesson) -> None:
    early = student(holding_back, code="K7QDX", saved="2026-01-01T10:05", predicted={"a": [500, 1600]})
    late = student(holding_back, code="K7QDX", saved="2026-01-01T10:08")
    for files in ([early, late], [late, early]):
        found, left_out = read_class(holding_back, files)
        assert [set(answers.predicted) for answers in found] == [{"a", "b"}] and left_out == (0, 0, 0, 1)
    assert "saved again later" in left_out.sentence
    found, _ = read_class(holding_back, [early, student(holding_back, code="AAAAA")])
    assert len(found) == 2


@pytest.mark.parametrize("wrong", [{"1": 3}, {"1": 0}, {"1": True}, {"1": "2"}, {"2": 1}, [], None, "x"])
def test_a_choice_that_is_none_does_not_count(holding_back: LivedLesson, wrong: object) -> None:
    [found], _ = read_class(holding_back, [student(holding_back, chosen=wrong)])
    assert found.chosen == {} and questions_of(holding_back, [found]) == []


def test_the_first_question_is_counted_and_the_browser_gets_all_of_it(holding_back: LivedLesson) -> None:
    students, _ = read_class(holding_back, [student(holding_back), student(holding_back, chosen={"1": 1})])
    [asked] = questions_of(holding_back, students)
    assert asked.counts == (1, 1) and asked.right == 2 and asked.options[1].startswith("Day 32: “My sister")
    payload = class_payload(holding_back, "a", students, are_real=True)
    assert payload["asked"] == [asked._asdict()] and payload["students"] == 2 and payload["example"] == ""
    assert payload["lowest"] == min(summarise_class(holding_back, "a", students).scores)
    assert "24 invented" in class_payload(holding_back, "a", invented_class(holding_back), are_real=False)["example"]
    json.dumps(payload, allow_nan=False)
