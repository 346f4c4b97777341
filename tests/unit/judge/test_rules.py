import json
from pathlib import Path
from typing import Any

import pytest

from jitai.errors import FileFormatError
from jitai.judge.rules import Rules, load_rules
from jitai.records import Decision


@pytest.mark.parametrize(
    "statement", ["please don't disturb me", "Please DON\u2019T text me!", "do not message me", "No me molestes"]
)
def test_opting_out_is_taken_at_its_word(rules: Rules, statement: str) -> None:
    verdict = rules.apply(statement)
    assert verdict is not None
    assert (verdict.decision, verdict.p_send) == (Decision.HOLD_BACK, 0.0)


@pytest.mark.parametrize("statement", ["I feel fine", "\U0001f912 but better", "10", "\u6b69\u304f"])
def test_words_are_left_to_the_model(rules: Rules, statement: str) -> None:
    assert rules.apply(statement) is None


@pytest.mark.parametrize(
    ("statement", "decision"),
    [
        ("\U0001f44d", Decision.SEND),
        ("\U0001f44d\U0001f3fd!", Decision.SEND),
        ("\U0001f3c3\u200d\u2640\ufe0f", Decision.SEND),
        ("\U0001f912\U0001f912", Decision.HOLD_BACK),
        ("\U0001f44d\U0001f915", Decision.UNSURE),
        ("\U0001f995", Decision.UNSURE),
        ("...", Decision.UNSURE),
        ("\ufffd", Decision.UNSURE),
    ],
)
def test_statements_without_words(rules: Rules, statement: str, decision: Decision) -> None:
    verdict = rules.apply(statement)
    assert verdict is not None
    assert verdict.decision is decision
    if decision is Decision.UNSURE:
        assert verdict.p_send == 0.5


@pytest.mark.parametrize(
    "change",
    [
        {"opt_out": [{"language": "en", "pattern": "("}]},
        {"opt_out": [{"language": "en"}]},
        {"can_walk_emoji": "x"},
        {"version": None},
    ],
)
def test_a_rules_file_with_mistakes(tmp_path: Path, rules_file: dict[str, Any], change: dict[str, Any]) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(rules_file | change))
    with pytest.raises(FileFormatError, match=r"r\.json cannot be used"):
        load_rules(path)


def test_the_shipped_rules_load_and_know_the_plainest_wish() -> None:
    verdict = load_rules().apply("Please do not disturb me")
    assert verdict is not None
    assert verdict.decision is Decision.HOLD_BACK
