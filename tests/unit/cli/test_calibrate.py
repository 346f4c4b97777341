"""The command line's calibrate, against a scripted Ollama server over a real socket."""

import pytest

from jitai.cli.main import main
from jitai.judge.ollama.options import probe_ollama
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import available_judges
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_data_dir
from tests.scripted_ollama import ScriptedOllama

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _folders_of_its_own(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", f"{tmp_path}/data")
    monkeypatch.setenv("JITAI_CACHE_DIR", f"{tmp_path}/cache")


def test_a_model_is_made_fit_and_its_calibration_kept(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedOllama() as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        [before] = [option for option in judges(server) if option.key == "ollama:base:1b"]
        assert not before.is_calibrated and "Not calibrated" in before.note
        assert main(["calibrate", "--judge", "ollama:base:1b", "--sample", "60"]) == 0
        shown = capsys.readouterr()
        [after] = [option for option in judges(server) if option.key == "ollama:base:1b"]
    assert "right on" in shown.out and "instead of" in shown.out
    assert "few_shot" in shown.err
    assert after.is_calibrated
    assert after.note in shown.out, "the same sentence stands where the judge is chosen"
    [calibration] = [
        item for prompt in PersonalJudging(default_data_dir()).prompts() for item in prompt.calibrations.values()
        if item.is_own
    ]  # fmt: skip
    assert calibration.improvement is not None
    assert calibration.improvement.after > calibration.improvement.before + 0.2
    assert calibration.bias < 0, "the model leans towards sending"


def judges(server: ScriptedOllama) -> tuple[JudgeOption, ...]:
    return available_judges({"ollama": probe_ollama(server.host)}, PersonalJudging(default_data_dir()).prompts())


def test_a_cloud_model_is_refused_and_sent_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedOllama("big:120b-cloud") as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        for command in ("calibrate", "validate"):
            assert main([command, "--judge", "ollama:big:120b-cloud", "--sample", "30"]) == 1
            assert "--agree-to-send" in capsys.readouterr().err
        assert not server.asked()
        command = ["calibrate", "--judge", "ollama:big:120b-cloud", "--sample", "30", "--agree-to-send"]
        main([*command, "--prompt", "few_shot"])
        assert server.asked()


def test_numbers_out_of_range_are_a_sentence(capsys: Captured) -> None:
    assert main(["calibrate", "--judge", "embedded", "--sample", "7"]) == 1
    assert "allowed are 30 to 600" in capsys.readouterr().err
    assert main(["calibrate", "--judge", "embedded", "--prompt", "few_shoot"]) == 1
    assert "few_shot" in capsys.readouterr().err
