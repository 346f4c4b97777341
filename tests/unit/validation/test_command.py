"""The command line's validate: what it prints and writes."""

from pathlib import Path

import pandas as pd
import pytest

from jitai.cli import main
from jitai.corpus import TEST, load_part
from jitai.records import Label

Captured = pytest.CaptureFixture[str]
OWN = """text,label,kind
My knee hurts,cannot_walk,=1+1
Lovely day,can_walk,plain
I am in pain,0,plain
All good,1,plain
"""


def test_a_baseline_on_a_file_of_ones_own(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "own.csv", tmp_path / "deep" / "out"
    source.write_text(OWN, encoding="utf-8")
    assert main(["validate", "--file", str(source), "--baseline", "keyword", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "4 statements, 2 of them" in shown
    assert "accuracy           1.000" in shown
    assert "Gemma 2 0.86, Llama 3 8B 0.87, Llama 3 70B 0.98" in shown
    verdicts = pd.read_parquet(out / "verdicts.parquet")
    assert verdicts["text"].tolist() == ["My knee hurts", "Lovely day", "I am in pain", "All good"]
    assert verdicts["is_right"].all()
    written = pd.read_csv(out / "verdicts.csv", keep_default_na=False)
    assert written["kind"].tolist()[0] == "'=1+1", "no spreadsheet takes it for a formula"
    figures = pd.read_csv(out / "figures.csv").set_index("figure")
    assert figures.loc["accuracy", "value"] == 1
    assert figures.loc["accuracy", "low"] < 1
    assert set(pd.read_csv(out / "kinds.csv")["n"]) == {1, 3}


@pytest.mark.model
def test_the_embedded_model_on_a_small_sample(tmp_path: Path, capsys: Captured) -> None:
    arguments = ["validate", "--judge", "embedded", "--prompt", "few_shot", "--source", "independent"]
    assert main([*arguments, "--sample", "12", "--seed", "5", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "12 statements, 6 of them" in shown
    assert "could not answer" not in shown
    verdicts = pd.read_parquet(tmp_path / "verdicts.parquet")
    assert len(verdicts) == 12
    assert set(verdicts["source"]) == {"independent"}
    assert set(verdicts["answered_by"]) <= {"model", "rule"}
    assert verdicts["p_send"].between(0, 1).all()
    by_id = {item.identifier: item for item in load_part(TEST)}
    for row in verdicts.to_dict("records"):
        assert by_id[row["id"]].text == row["text"]
        assert row["is_right"] == ((row["p_send"] <= 0.5) == (by_id[row["id"]].label == Label.CANNOT_WALK))
    figures = pd.read_csv(tmp_path / "figures.csv").set_index("figure")
    assert figures.loc["accuracy", "value"] == pytest.approx(verdicts["is_right"].mean())
    assert main([*arguments, "--sample", "12", "--seed", "5"]) == 0
    assert "all remembered" in capsys.readouterr().out


def test_a_judge_that_fails_is_said_to(capsys: Captured) -> None:
    assert main(["validate", "--judge", "ollama:gone", "--sample", "4"]) == 0
    shown = capsys.readouterr().out
    assert "could not be made ready" in shown or "could not answer" in shown
    assert "accuracy by kind" not in shown.lower()


def test_development_comes_with_its_warning(capsys: Captured) -> None:
    assert main(["validate", "--part", "development", "--baseline", "keyword", "--sample", "10"]) == 0
    assert "their figures on it flatter" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--file", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--source", "third", "--baseline", "keyword"], "independent"),
        (["--sample", "1", "--baseline", "keyword"], "at least 2"),
        (["--judge", "embedded", "--prompt", "no_such_prompt"], "no_such_prompt"),
        (["--baseline", "keyword", "--out", "/proc/no/folder"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(arguments: list[str], words: str, capsys: Captured) -> None:
    assert main(["validate", *arguments]) == 1
    message = capsys.readouterr().err
    assert words in message
    assert "Traceback" not in message
