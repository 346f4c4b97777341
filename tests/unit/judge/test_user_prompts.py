"""A person's own prompts and calibrations: kept whole, refused in plain words, never in the way."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jitai.errors import FileFormatError, ParameterError
from jitai.judge.calibration import Calibration, Measured
from jitai.judge.prompt_file import PROMPTS_FOLDER, available_prompts
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_data_dir


@pytest.fixture
def mine(tmp_path: Path) -> PersonalJudging:
    return PersonalJudging(tmp_path / "data")


def test_a_prompt_of_ones_own_stands_beside_the_others(mine: PersonalJudging, prompt_file: dict[str, Any]) -> None:
    saved = mine.save_prompt(json.dumps(prompt_file))
    assert saved.is_own
    names = [prompt.name for prompt in mine.prompts()]
    assert names == [*(prompt.name for prompt in available_prompts()), "test_prompt"]
    assert json.loads(mine.prompt_text(saved, PROMPTS_FOLDER)) == prompt_file
    mine.save_prompt(json.dumps(prompt_file | {"version": "2"}), "test_prompt")
    assert mine.prompts()[-1].label == "test_prompt 2"
    mine.delete_prompt("test_prompt")
    assert len(mine.prompts()) == len(available_prompts())
    with pytest.raises(ParameterError, match="no prompt of your own"):
        mine.delete_prompt("test_prompt")


@pytest.mark.parametrize("name", ["few_shot", "../evil", "a/b", "", "Über", "x" * 41, "con.json", "UPPER"])
def test_names_that_cannot_be_used(mine: PersonalJudging, prompt_file: dict[str, Any], name: str) -> None:
    with pytest.raises((ParameterError, FileFormatError)):
        mine.save_prompt(json.dumps(prompt_file | {"name": name}))
    assert not mine.folder.exists()


def test_a_name_that_no_field_has_is_refused_when_saved_and_passed_over_when_read(
    mine: PersonalJudging, prompt_file: dict[str, Any]
) -> None:
    with pytest.raises(FileFormatError, match="no field 'exampels'; did you mean 'examples'"):
        mine.save_prompt(json.dumps({**prompt_file, "exampels": []}))
    with pytest.raises(FileFormatError, match=r"no field 'sen' \(in \"answers\"\); did you mean 'send'"):
        mine.save_prompt(json.dumps({**prompt_file, "answers": {**prompt_file["answers"], "sen": "x"}}))
    # A file of before, with what earlier versions did not read either.
    mine.prompts_folder.mkdir(parents=True)
    older = {**prompt_file, "remark": "mine", "meanings": 3, "reasoning_tokens": "many", "questions": []}
    (mine.prompts_folder / "test_prompt.json").write_text(json.dumps(older), encoding="utf-8")
    assert mine.prompts()[-1].name == "test_prompt"
    mine.save_prompt(json.dumps({name: value for name, value in older.items() if name != "remark"}), "test_prompt")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "a"}', "x" * 20_001])
def test_what_is_no_prompt_is_not_kept(mine: PersonalJudging, text: str) -> None:
    with pytest.raises((ParameterError, FileFormatError)) as caught:
        mine.save_prompt(text)
    assert str(caught.value).endswith(".")
    assert not mine.folder.exists()


def test_a_damaged_file_is_passed_over(mine: PersonalJudging, prompt_file: dict[str, Any]) -> None:
    mine.save_prompt(json.dumps(prompt_file))
    (mine.prompts_folder / "broken.json").write_text("{")
    (mine.folder / "calibrations.json").write_text('{"x": {"sha256:1": {"scale": -1}}}')
    assert mine.prompts()[-1].name == "test_prompt"
    [error, of_calibrations] = mine.damaged_prompts()
    assert str(of_calibrations).startswith("calibrations.json cannot be used")
    assert str(error) == "broken.json cannot be used: it is not valid JSON at line 1."
    assert str(mine.prompts_folder / "broken.json") in error.hint


def test_no_prompt_is_replaced_but_the_one_that_is_edited(mine: PersonalJudging, prompt_file: dict[str, Any]) -> None:
    mine.save_prompt(json.dumps(prompt_file))
    other = prompt_file | {"purpose": "Another."}
    for edited in ("", "something_else"):
        with pytest.raises(ParameterError, match="already") as caught:
            mine.save_prompt(json.dumps(other), edited)
        assert "test_prompt_2" in caught.value.hint
    assert mine.prompts()[-1].purpose == "For tests."
    mine.save_prompt(json.dumps(other), "test_prompt")
    assert mine.prompts()[-1].purpose == "Another."
    # A damaged file is somebody's work too.
    (mine.prompts_folder / "broken.json").write_text("{")
    with pytest.raises(ParameterError, match="already"):
        mine.save_prompt(json.dumps(prompt_file | {"name": "broken"}))


def test_a_free_name_is_no_prompts(mine: PersonalJudging, prompt_file: dict[str, Any]) -> None:
    assert mine.free_name("my_few_shot") == "my_few_shot"
    assert mine.free_name("few_shot") == "few_shot_2"
    for name in ("my_few_shot", "my_few_shot_2", "x" * 40):
        mine.save_prompt(json.dumps(prompt_file | {"name": name}))
    assert mine.free_name("my_few_shot") == "my_few_shot_3"
    assert mine.free_name("x" * 45) == "x" * 38 + "_2"


@pytest.mark.parametrize(
    ("before", "after"), [("1", "2"), (1, "2"), ("0.9", "0.10"), ("2 beta", "3 beta"), ("draft", "draft.2")]
)
def test_the_version_is_raised_when_it_asks_otherwise(
    mine: PersonalJudging, prompt_file: dict[str, Any], before: Any, after: str
) -> None:
    prompt_file["version"] = before
    mine.save_prompt(json.dumps(prompt_file))
    assert mine.save_prompt(json.dumps(prompt_file | {"purpose": "x"}), "test_prompt").version == str(before)
    prompt_file["examples"].pop()
    assert mine.save_prompt(json.dumps(prompt_file), "test_prompt").version == after
    assert mine.prompts()[-1].version == after
    assert json.loads(mine.prompt_text(mine.prompts()[-1], PROMPTS_FOLDER))["version"] == after
    # A version that the person has raised is left to them.
    prompt_file["examples"].pop()
    assert mine.save_prompt(json.dumps(prompt_file | {"version": "7"}), "test_prompt").version == "7"


def test_the_shipped_calibration_comes_back(mine: PersonalJudging) -> None:
    [shipped] = [prompt for prompt in available_prompts() if prompt.name == "few_shot"]
    [(digest, fitted)] = shipped.calibrations.items()

    def now() -> Calibration:
        [prompt] = [prompt for prompt in mine.prompts() if prompt.name == "few_shot"]
        return prompt.calibration_for(digest)

    mine.save_calibration(shipped, digest, Calibration(2.0, 0.1, "a model", "30 statements", is_fitted=True))
    assert (now().scale, now().is_own) == (2.0, True)
    assert fitted.measured is not None
    assert now().measured == replace(fitted.measured, is_of_replaced=True)
    assert now().measured.sentence.endswith(f"which yours replaces: {fitted.measured.sentence}")
    mine.forget_calibration(shipped, digest)
    assert (now(), now().is_own) == (fitted, False)
    with pytest.raises(ParameterError, match="no calibration of your own"):
        mine.forget_calibration(shipped, digest)


def test_a_calibration_belongs_to_a_prompt_as_it_stands(mine: PersonalJudging, prompt_file: dict[str, Any]) -> None:
    prompt = mine.save_prompt(json.dumps(prompt_file))
    fitted = Calibration(1.5, -0.2, "a model", "30 statements", Measured(0.8, 10), is_fitted=True)
    mine.save_calibration(prompt, "sha256:1", fitted)
    shipped = available_prompts()[0]
    mine.save_calibration(shipped, "sha256:2", fitted)
    assert mine.prompts()[-1].calibration_for("sha256:1") == fitted
    assert mine.prompts()[0].calibration_for("sha256:2") == fitted
    # Asked differently, the old figures no longer hold.
    prompt_file["examples"].pop()
    mine.save_prompt(json.dumps(prompt_file), "test_prompt")
    assert not mine.prompts()[-1].calibration_for("sha256:1").is_fitted


def test_an_unwritable_folder_is_said(prompt_file: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", "/proc/none")
    with pytest.raises(FileFormatError, match="cannot be written") as caught:
        PersonalJudging(Path("/proc/none")).save_prompt(json.dumps(prompt_file))
    assert "JITAI_DATA_DIR" in caught.value.hint


def test_the_folder_is_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("JITAI_DATA_DIR")
    assert default_data_dir().name == "jitai-lab"


@pytest.mark.parametrize("damage", ["1e999", "-1", '"x"', "123456789e400", "9" * 5000])
def test_one_damaged_number_loses_no_other_calibration(mine: PersonalJudging, damage: str) -> None:
    shipped = mine.prompts()[0]
    mine.save_calibration(shipped, "sha256:1", Calibration(2.0, 0.1, "a", "30 statements", is_fitted=True))
    mine.save_calibration(shipped, "sha256:2", Calibration(3.0, 0.1, "b", "30 statements", is_fitted=True))
    path = mine.folder / "calibrations.json"
    damaged = path.read_text().replace('"scale": 3.0', f'"scale": {damage}')
    path.write_text(damaged)
    readable = damage != "9" * 5000
    if readable:
        assert mine.prompts()[0].calibration_for("sha256:1").scale == 2.0
    assert [error for error in mine.damaged_prompts() if "calibrations.json" in str(error)]
    mine.save_calibration(shipped, "sha256:3", Calibration(4.0, 0.1, "c", "30 statements", is_fitted=True))
    assert (mine.folder / "calibrations.json.damaged-1").read_text() == damaged, "set aside as it was"
    assert mine.prompts()[0].calibration_for("sha256:3").scale == 4.0
    assert mine.prompts()[0].calibration_for("sha256:1").is_fitted == readable
    assert not mine.damaged_prompts()


def test_two_who_save_at_once_lose_nothing(mine: PersonalJudging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", str(mine.folder))
    shipped = mine.prompts()[0]

    def save(number: int) -> None:
        one = PersonalJudging(mine.folder)
        one.save_calibration(shipped, f"sha256:{number}", Calibration(2.0, 0.1, "a", "30", is_fitted=True))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(40)))
    kept = mine.prompts()[0]
    assert all(kept.calibration_for(f"sha256:{number}").scale == 2.0 for number in range(40))
    assert not list(mine.folder.glob("*.partial"))
    assert {path.stat().st_mode & 0o077 for path in mine.folder.rglob("*")} == {0}, "for the person alone"
