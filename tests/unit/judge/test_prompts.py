import json
import math
from pathlib import Path
from typing import Any

import pytest

from jitai.decision import UnsureBand
from jitai.errors import FileFormatError, ParameterError
from jitai.judge.calibration import UNCALIBRATED, Calibration
from jitai.judge.prompt_file import load_prompt
from jitai.judge.prompts import Prompt
from jitai.records import Decision


def write(folder: Path, content: Any) -> Path:
    path = folder / "p.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_rendering(prompt: Prompt) -> None:
    assert prompt.render("I am ill") == (
        "Patient: I sprained my foot.\nStatus: bad\n\nPatient: I feel energetic today!\nStatus: good\n\n"
        "Patient: I have the flu.\nStatus: bad\n\nPatient: My leg feels much better now.\nStatus: good\n\n"
        "Patient: I am ill\nStatus:"
    )
    assert prompt.render("I am ill").startswith(prompt.questions[0].head)


@pytest.mark.parametrize("statement", ["{answer}", "{statement}", "{0}{}", "{", "%s", "{{answer}}", "\\1"])
def test_braces_in_a_statement_mean_nothing(prompt: Prompt, statement: str) -> None:
    assert prompt.render(statement) == f"{prompt.questions[0].head}Patient: {statement}\nStatus:"


def test_braces_in_an_example_mean_nothing(tmp_path: Path, prompt_file: dict[str, Any]) -> None:
    prompt_file["examples"] = [{"statement": "{answer} {statement}", "decision": "send"}]
    [question] = load_prompt(write(tmp_path, prompt_file)).questions
    assert question.head == "Patient: {answer} {statement}\nStatus: good\n\n"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": None}, '"name" must be a text'),
        ({"reading": "tea_leaves"}, '"reading" must be one of answer_tokens, two_questions'),
        ({"reading": "json_"}, "typed_decision; did you mean 'json'."),
        ({"reading": "json"}, '"chat" must be true where the reading is json'),
        ({"chat": "yes"}, '"chat" must be true or false'),
        ({"chat": True}, '"examples" cannot be used in a chat'),
        ({"instructions": ""}, '"instructions" must be a text'),
        ({"reading": "two_questions"}, '"questions" is missing'),
        ({"reading": "two_questions", "questions": [{}]}, "must hold two questions"),
        ({"reading": "reasoning_then_answer"}, "{reasoning} exactly once"),
        ({"reading": "reasoning_then_answer", "chat": True}, '"chat" cannot be used'),
        ({"answers": {"send": " good"}}, '"hold_back" is missing'),
        ({"answers": {"send": " good", "hold_back": "good"}}, "different words"),
        ({"answers": {"send": " good", "hold_back": "Good."}}, "different words"),
        ({"question_template": "no field"}, "exactly once"),
        ({"question_template": "Patient: {statement}"}, "must go on after"),
        ({"example_template": "{statement}"}, "{answer} exactly once"),
        ({"examples": [{"statement": "x", "decision": "maybe"}]}, 'example 1 has the decision "maybe"'),
        ({"examples": "none"}, "a list of JSON objects"),
        ({"calibration": {"abc": {}}}, "digest of a model"),
        ({"calibration": {"sha256:0": {"scale": -1, "bias": 0}}}, "above 0"),
        ({"calibration": {"sha256:0": {"scale": 1, "bias": math.nan}}}, "not finite"),
    ],
)
def test_complaints_name_the_file_and_the_field(
    tmp_path: Path, prompt_file: dict[str, Any], change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(FileFormatError) as caught:
        load_prompt(write(tmp_path, prompt_file | change))
    assert str(caught.value).startswith("p.json cannot be used: ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, "null", '{"name": ' + "9" * 5000 + "}"])
def test_what_is_no_json_object(tmp_path: Path, content: str) -> None:
    with pytest.raises(FileFormatError):
        load_prompt(write(tmp_path, content))


def test_missing_file_and_other_encodings(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="cannot be read"):
        load_prompt(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'{"name": "\xe9"}')
    with pytest.raises(FileFormatError, match="UTF-8"):
        load_prompt(tmp_path / "latin.json")


def test_calibration_for_a_known_and_an_unknown_model(tmp_path: Path, prompt_file: dict[str, Any]) -> None:
    prompt_file["calibration"] = {"sha256:1": {"model": "m", "scale": 2, "bias": -1, "fitted_on": "x"}}
    prompt = load_prompt(write(tmp_path, prompt_file))
    fitted = prompt.calibration_for("sha256:1")
    assert fitted == Calibration(2.0, -1.0, "m", "x", is_fitted=True)
    assert fitted.p_send(0.5) == pytest.approx(0.5)
    assert prompt.calibration_for("sha256:2") is UNCALIBRATED
    assert not UNCALIBRATED.is_fitted


@pytest.mark.parametrize(
    ("p_send", "decision"),
    [(0.6, Decision.SEND), (0.59, Decision.UNSURE), (0.41, Decision.UNSURE), (0.4, Decision.HOLD_BACK)],
)
def test_the_unsure_band_excludes_its_edges(p_send: float, decision: Decision) -> None:
    assert UnsureBand().decide(p_send) is decision


def test_a_band_of_one_edge_is_a_threshold() -> None:
    assert UnsureBand(0.5, 0.5).decide(0.5) is Decision.SEND
    assert UnsureBand(0.5, 0.5).decide(0.499) is Decision.HOLD_BACK
    for low, high in ((0.6, 0.4), (-0.1, 0.5), (0.5, 1.1)):
        with pytest.raises(ParameterError, match="unsure band"):
            UnsureBand(low, high)


def test_extreme_log_odds_do_not_overflow() -> None:
    assert UNCALIBRATED.p_send(1e308) == 1.0
    assert UNCALIBRATED.p_send(-1e308) == pytest.approx(0.0, abs=1e-300)


def test_content_hash_follows_the_content(tmp_path: Path, prompt_file: dict[str, Any], prompt: Prompt) -> None:
    prompt_file["examples"].pop()
    assert load_prompt(write(tmp_path, prompt_file)).content_hash != prompt.content_hash


def test_the_shipped_prompt_loads() -> None:
    prompt = load_prompt()
    [question] = prompt.questions
    assert question.head
    assert prompt.render("I walked").endswith(question.after)
