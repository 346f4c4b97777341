"""What was measured is kept in numbers, of which the sentence is made; older files hold the sentence alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from jitai.errors import FileFormatError
from jitai.judge.calibration import Calibration, Measured, measured_from_format_1
from jitai.judge.prompt_file import JsonReader, available_prompts, load_prompt, read_calibrations
from jitai.judge.prompts import find_prompt
from jitai.judge.user_prompts import PersonalJudging

SENTENCE = (
    "Right on 90 % of 4,568 held-out statements: 93 % of those by an author who had seen no other statement (written "
    "with a language model's help), 95 % of plain ones, "
    "85 % of those in Spanish, French, German or Portuguese."
)
REPLACED = "Measured with the calibration that came with the project, which yours replaces: "
PARTS = {"independent": 0.93, "plain": 0.95, "other_languages": 0.85}
WHOLE = Measured(0.9, 4568, PARTS, 0.901, 0.893, 0.91, "assets/statements/test.csv", "2026-11-23")


def test_the_sentence_is_made_of_the_numbers() -> None:
    assert WHOLE.sentence == SENTENCE
    assert Measured(0.896, 12).sentence == "Right on 90 % of 12 held-out statements."
    assert Measured(0.5, 12, {"plain": 1.0}, is_of_replaced=True).sentence == (
        f"{REPLACED}Right on 50 % of 12 held-out statements: 100 % of plain ones."
    )


def test_the_projects_own_figures_are_those_of_the_documents() -> None:
    [tuned] = find_prompt(available_prompts(), "fine_tuned").calibrations.values()
    assert tuned.measured == WHOLE
    [plain] = find_prompt(available_prompts(), "few_shot").calibrations.values()
    assert plain.measured is not None
    assert (plain.measured.share_right, plain.measured.balanced_accuracy) == (0.6642, 0.6642)


@pytest.mark.parametrize(
    "measured", [None, Measured(0.0, 1), WHOLE, Measured(0.5, 3, {"plain": 0.0}, low=0.0, is_of_replaced=True)]
)
def test_a_calibration_comes_back_as_it_was(measured: Measured | None) -> None:
    fitted = Calibration(1.5, -0.2, "a model", "30 statements", measured, is_fitted=True)
    content = json.loads(json.dumps({"sha256:1": fitted.as_mapping()}))
    assert content["sha256:1"]["format"] == 2
    assert read_calibrations(JsonReader(Path("x")), content) == {"sha256:1": fitted}


def test_calibrations_of_format_1_keep_what_was_measured(tmp_path: Path) -> None:
    mine = PersonalJudging(tmp_path)
    prompt = find_prompt(available_prompts(), "fine_tuned")
    rows = {
        f"sha256:{number}": {"scale": 1.0, "bias": 0.0, "model": "m", "fitted_on": "x", "measured": measured}
        for number, measured in enumerate((SENTENCE, REPLACED + SENTENCE, "Right on most, I think.", ""))
    }
    (tmp_path / "calibrations.json").write_text(json.dumps({prompt.content_hash: rows}), encoding="utf-8")
    read = find_prompt(mine.prompts(), "fine_tuned")
    whole = read.calibration_for("sha256:0").measured
    assert whole == Measured(0.9, 4568, PARTS)
    replaced = read.calibration_for("sha256:1").measured
    assert replaced is not None and replaced.sentence == REPLACED + SENTENCE
    assert [read.calibration_for(f"sha256:{number}").measured for number in (2, 3)] == [None, None]
    assert read.calibration_for("sha256:2").is_fitted
    # Written anew, they are of the present format.
    mine.save_calibration(prompt, "sha256:4", Calibration(2.0, 0.1, is_fitted=True))
    kept = json.loads((tmp_path / "calibrations.json").read_text(encoding="utf-8"))[prompt.content_hash]
    assert kept["sha256:0"]["measured"] == {"share_right": 0.9, "n": 4568, "parts": PARTS}
    assert {row["format"] for row in kept.values()} == {2}


@pytest.mark.parametrize(
    "sentence", ["", "Right on", "Right on 90 % of 0 held-out statements.", "right on 90 % of 3 held-out statements."]
)
def test_a_sentence_that_is_not_the_projects_says_nothing(sentence: str) -> None:
    assert measured_from_format_1(sentence) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": 3}, '"format" must be at most 2'),
        ({"measured": {"n": 3}}, '"share_right" is missing (in "calibration", "sha256:1", "measured")'),
        ({"measured": {"share_right": 1.2, "n": 3}}, '"share_right" must be at most 1'),
        ({"measured": {"share_right": 0.2, "n": 0}}, '"n" must be at least 1'),
        ({"measured": {"share_right": 0.2, "n": 3, "parts": {"plan": 1}}}, "did you mean 'plain'"),
        ({"measured": 3}, '"measured" must hold names and values (a JSON object), not 3'),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_calibrations(JsonReader(Path("x")), {"sha256:1": {"scale": 1, "bias": 0, **change}})
    assert complaint in str(caught.value)


def test_what_was_measured_changes_no_identity(tmp_path: Path, prompt_file: dict[str, Any]) -> None:
    """Cached replies and a person's calibrations are found by it."""
    hashes = set()
    for measured in (None, WHOLE):
        calibration = Calibration(1.0, 0.0, measured=measured, is_fitted=True)
        prompt_file["calibration"] = {"sha256:1": calibration.as_mapping()}
        (tmp_path / "p.json").write_text(json.dumps(prompt_file), encoding="utf-8")
        hashes.add(load_prompt(tmp_path / "p.json").content_hash)
    assert len(hashes) == 1
    known = {prompt.label: prompt.content_hash[:8] for prompt in available_prompts()}
    assert known["few_shot 1"] == "29ce47a8" and known["fine_tuned 1"] == "38807e5a", "as before the numbers were kept"
