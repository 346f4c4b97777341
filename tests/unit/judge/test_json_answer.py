"""JSON in what a model wrote."""

import pytest

from jitai.judge.json_answer import is_complete, last_object, last_value, without_thoughts

YES = {"reason": "no", "decision": "yes"}
WRITTEN = '{"reason": "no", "decision": "yes"}'


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN,
        f"  {WRITTEN}\n \t\n ",
        f"```json\n{WRITTEN}\n```",
        f"```\n{WRITTEN}\n```\nI hope this helps!",
        f"Here is my answer: {WRITTEN}",
        f'First I thought {{"reason": "?", "decision": "no"}}, but then: {WRITTEN}',
        f'He said "hello, and {{ left. {WRITTEN}',
        f'{{"answer": {WRITTEN}}}',
        f'{WRITTEN} {{"note": "done"}}',
        f'[{{"decision": "no"}}, {WRITTEN}]',
        f"{WRITTEN}}}",
    ],
)
def test_the_last_object_with_the_property_counts(text: str) -> None:
    assert last_object(text, "decision") == YES


def test_braces_and_quotation_marks_in_a_reason_are_text() -> None:
    text = '```{"decision": "no", "reason": "} {\\"decision\\": \\"yes\\"} {"}```'
    assert last_object(text, "decision") == {"decision": "no", "reason": '} {"decision": "yes"} {'}


@pytest.mark.parametrize("text", ["", "yes", '{"reason": "x"}', '{"decision": ', "{}", "[" * 50_000, '{"' * 20_000])
def test_where_there_is_none(text: str) -> None:
    assert last_object(text, "decision") is None
    assert last_value(text, "decision") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"decision": "yes", "reason": "I am not su', "yes"),
        ('{\n\t"decision"\n\t:\n\t"yes","reason"\n\t:\n\t"no"\n\t ', "yes"),
        ('{"reason": "x", "decision": "no"', "no"),
        ('{"reason": "x", "decision": "n', None),
        ('{"reason": "x", "decision": no', None),
        ('{"reason": "\\"decision\\": \\"yes\\", and', None),
        ('The decision: "yes"', None),
    ],
)
def test_a_value_in_json_that_was_cut_off(text: str, value: str | None) -> None:
    assert last_value(text, "decision") == value


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>Hm.</think>yes", "yes"),
        ("<think>\nHm.\n</think>\n\nyes", "\n\nyes"),
        ("<THINKING>Hm.</THINKING>yes", "yes"),
        ("<think>a</think><think>b</think>yes", "yes"),
        ("The template began it</think>yes", "yes"),
        ("<think>without an end", ""),
        ("yes<think>and then", "yes"),
        ("yes", "yes"),
        ("I think so", "I think so"),
    ],
)
def test_thoughts(text: str, rest: str) -> None:
    assert without_thoughts(text) == rest


@pytest.mark.parametrize(
    ("text", "whole"), [(WRITTEN, True), (WRITTEN + "\n ", True), (WRITTEN[:-1], False), ("", False), ("}", False)]
)
def test_when_nothing_can_be_added(text: str, whole: bool) -> None:
    assert is_complete(text) is whole
