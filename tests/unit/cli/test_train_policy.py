"""The commands: train, stop, resume, use; and how they say what is wrong."""

import os
import signal
import threading
from pathlib import Path

import pytest

from jitai.cli.main import main
from jitai.cli.options import option_name
from jitai.cli.train_policy import evaluation_lines
from jitai.parameters import describe
from jitai.rl.policy_store import PolicyStore, read_policy, write_policy
from jitai.rl.task import LearningSettings
from jitai.rl.train import TrainingRun
from tests.networks import random_network

Captured = pytest.CaptureFixture[str]
QUICK = ["--steps", "3000", "--envs", "32", "--width", "8", "--study-length", "10", "--observations", "L,H,D,T"]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.needs("training")
def test_train_then_run(tmp_path: Path, capsys: Captured, data_folder: Path) -> None:
    path = tmp_path / "policy.json"
    assert main(["train", *QUICK, "--algorithm", "a2c", "--out", str(path)]) == 0
    shown = capsys.readouterr()
    assert "A2C learns" in shown.err and "left" in shown.err
    assert "% of the optimum" in shown.out and "500 seeds" in shown.out
    network = read_policy(path)
    assert network.observations == ("L", "H", "D", "T") and network.trained_on.participants[0]["study_length"] == 10
    assert main(["run", "--policy-file", str(path), "--filter", "none", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert "steps;" in shown.out
    assert "Length of the study is 50; it was trained at 10." in shown.err
    assert main(["run", "--policy-file", str(path), "--filter", "none", "--quiet", "--study-length", "10"]) == 0
    assert "Unlike" not in capsys.readouterr().err


@pytest.mark.needs("training")
def test_a_stopped_training_is_taken_up(
    tmp_path: Path, capsys: Captured, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, wait, presses = tmp_path / "policy.json", TrainingRun.wait, []

    def pressed_once(run: TrainingRun, timeout_s: float | None = None) -> bool:
        if not presses:
            presses.append(threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)))
            presses[0].start()
            timeout_s = 60.0
        return wait(run, timeout_s)

    monkeypatch.setattr(TrainingRun, "wait", pressed_once)
    # Where several processes share the tests, each is started deaf to Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["train", *QUICK, "--out", str(path), "--steps", "10000000"]) == 0
    finally:
        signal.signal(signal.SIGINT, before)
    assert "--resume continues" in capsys.readouterr().err
    stopped = read_policy(path)
    n_steps = stopped.trained_on.n_steps
    assert n_steps < 10_000_000
    assert main(["train", *QUICK, "--out", str(path), "--steps", str(n_steps + 1000), "--resume"]) == 0
    assert read_policy(path).trained_on.n_steps >= n_steps + 1000
    assert main(["train", *QUICK, "--out", str(path), "--resume"]) == 1
    assert "no stopped training" in capsys.readouterr().err


@pytest.mark.needs("training")
@pytest.mark.parametrize("place", ["file/policy.json", "folder.json"])
def test_where_nothing_can_be_written_is_said_before_the_training(
    place: str, tmp_path: Path, capsys: Captured, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("where the folder should be")
    (tmp_path / "folder.json").mkdir()
    monkeypatch.setattr(TrainingRun, "start", lambda run: pytest.fail("hours of training began"))
    assert main(["train", *QUICK, "--out", str(tmp_path / place)]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.needs("training")
def test_the_eight_cells_at_once(tmp_path: Path, capsys: Captured, data_folder: Path) -> None:
    path = tmp_path / "policy.json"
    assert main(["train", *QUICK, "--steps", "1000", "--cells", "--filter", "veto", "--out", str(path)]) == 0
    assert "Mean of the 8" in capsys.readouterr().out
    assert len(read_policy(path).trained_on.participants) == 8


def test_a_policy_is_found_by_name(data_folder: Path, capsys: Captured) -> None:
    PolicyStore(data_folder).save(random_network(("P", "D")), "mine")
    assert main(["run", "--policy-file", "mine", "--filter", "none", "--quiet"]) == 0
    assert main(["run", "--policy-file", "mime", "--filter", "none", "--quiet"]) == 1
    assert "did you mean 'mine'" in capsys.readouterr().err


@pytest.mark.model
def test_a_policy_on_belief_has_the_text_read_without_a_filter(tmp_path: Path, capsys: Captured) -> None:
    write_policy(random_network(), tmp_path / "policy.json")
    options = ["--judge", "embedded", "--filter", "none", "--quiet", "--study-length", "5"]
    assert main(["run", "--policy-file", str(tmp_path / "policy.json"), *options]) == 0
    assert "Judge: SmolLM2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--algorithm", "pop"], "ppo, dqn, a2c"),
        (["--observations", "P,X"], "no observation 'X'"),
        (["--observations", ""], "at least one"),
        (["--observations", "C,B"], "privileged"),
        (["--preset", "Ability mostly last"], "Ability mostly lasts"),
        (["--filter", "vetoo"], "veto"),
        (["--steps", "10"], "1000 to 1e+08"),
        (["--learning-rate", "fast"], "number is needed"),
        (["--can-walk-persistence", "7"], "0 to 1"),
        (["--out", "policy.zip"], ".json"),
        (["--resume"], "no stopped training"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(
    arguments: list[str], words: str, capsys: Captured, data_folder: Path
) -> None:
    assert main(["train", "--out", "policy.json", *arguments]) == 1
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message


@pytest.mark.parametrize("policy", [["--policy", "learned"], ["--policy-file", "no/such.json"]])
def test_run_without_a_policy_is_refused_in_a_sentence(policy: list[str], capsys: Captured) -> None:
    assert main(["run", *policy, "--filter", "none"]) == 1
    message = capsys.readouterr().err
    assert "trained policy" in message or "cannot be read" in message


def test_help_tells_every_setting(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for info in describe(LearningSettings):
        assert f"{option_name(info)} VALUE" in shown
    assert evaluation_lines(()) == ["95 % intervals over 500 seeds that no training uses."]
