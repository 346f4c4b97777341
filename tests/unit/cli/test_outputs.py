"""What commands write and where: nothing wrong is found out only after the work is done."""

from pathlib import Path

import pytest

from jitai.cli import train_judge
from jitai.cli.main import main
from jitai.errors import FileFormatError
from jitai.simulator.config import PRESETS

RUN = ["run", "--preset", "Ability mostly lasts", "--filter", "none", "--quiet"]


@pytest.mark.parametrize(
    ("arguments", "ending", "other"),
    [
        ([*RUN, "--out"], ".csv", "log.txt"),
        ([*RUN, "--save"], ".json", "scenario.csv"),
        ([*RUN, "--report"], ".html", "report.json"),
        (["optimum", "--seeds", "2", "--out"], ".csv", "policy.html"),
        (["judge", "in.csv", "--text-column", "text", "--out"], ".csv", "verdicts.html"),
        (["train", "--steps", "1000", "--out"], ".json", "policy.csv"),
        (["report", "results", "--out"], ".md", "report.html"),
    ],
)
def test_a_folder_another_ending_and_a_missing_folder_are_refused(
    arguments: list[str], ending: str, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, small_results: None,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("text\nmy knee hurts\n", encoding="utf-8")
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    for path, words in (
        (folder, "cannot be written: it is a folder. Use a name that ends in " + ending),
        (tmp_path / other, f"{other} has no known ending. Use a name that ends in {ending}"),
        (tmp_path / "missing" / f"x{ending}", "cannot be written: there is no folder"),
    ):
        assert main([*arguments, str(path)]) == 1
        said = " ".join(capsys.readouterr().err.split())
        assert words in said, said
    assert not (tmp_path / "missing").exists() and not list(folder.iterdir())
    assert not (tmp_path / other).exists()


@pytest.fixture
def small_results(tmp_path: Path) -> None:
    """A finished experiment in the folder "results"."""
    path = tmp_path / "small.yaml"
    path.write_text("name: small\nseeds: {count: 2}\nparticipant: {study_length: 5}\npolicies: [never]\n", "utf-8")
    assert main(["experiment", str(path), "--out", str(tmp_path / "results"), "--workers", "1"]) == 0


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([*RUN, "--out"], "log.csv"),
        ([*RUN, "--save"], "run.json"),
        (["optimum", "--seeds", "2", "--study-length", "2", "--out"], "map.csv"),
        (["judge", "in.csv", "--judge", "ollama:gone", "--out"], "verdicts.csv"),
        (["report", "results", "--out"], "report.md"),
        (["report", "results", "--html"], "report.html"),
    ],
)
def test_no_file_is_overwritten_unasked(
    arguments: list[str], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, small_results: None,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("text\n\U0001f44d\n", encoding="utf-8")
    Path(name).write_text("mine", encoding="utf-8")
    assert main([*arguments, name]) == 1
    assert f"{name} is there already. Use another name, or --force" in " ".join(capsys.readouterr().err.split())
    assert Path(name).read_text(encoding="utf-8") == "mine"
    assert main([*arguments, name, "--force"]) == 0
    assert Path(name).read_text(encoding="utf-8") != "mine"


def test_validate_overwrites_no_folder_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "own.csv"
    source.write_text("text,label\nMy knee hurts,N\nAll fine,Y\n", encoding="utf-8")
    command = ["validate", "--file", str(source), "--baseline", "keyword", "--out", str(tmp_path / "found")]
    assert main(command) == 0
    assert main(command) == 1
    assert "is there already" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    (tmp_path / "found" / "unfinished.txt").write_text("")
    assert main(command) == 0, "what covers only a part may be replaced"
    assert not (tmp_path / "found" / "unfinished.txt").exists()


def test_names_with_commas_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--preset", "zzz"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert ", ".join(repr(name) for name in PRESETS) in said, said


def test_an_installed_package_stays_as_it_was_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITAI_DATA_DIR", str(tmp_path))
    assert train_judge.default_out() == train_judge.ADAPTER_FILE
    monkeypatch.setattr(train_judge, "is_installed", lambda: True)
    assert train_judge.default_out() == tmp_path / "trained_judge" / train_judge.ADAPTER_FILE.name


def test_a_training_refuses_another_ending_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_judge.JUDGE_TRAINING.__class__, "require", lambda part: None)
    with pytest.raises(FileFormatError, match="has no known ending"):
        train_judge.train_judge(train_judge.TrainingSettings(), tmp_path / "adapter.bin", limit=2)
