"""The command line's validate: what it prints and writes."""

from pathlib import Path

import pandas as pd
import pytest

from jitai.cli.main import main
from jitai.corpus import TEST, load_part
from jitai.records import Label
from tests.replay import ReplayServer

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
    assert pd.read_csv(out / "languages.csv")["language"].tolist() == ["not given"]
    counts = pd.read_csv(out / "confusion.csv").set_index("label")
    assert counts.loc["cannot_walk", ["send", "do not send"]].tolist() == [0, 2]
    assert pd.read_csv(out / "agreement.csv")["kappa"].tolist() == [1]
    assert pd.read_csv(out / "reliability.csv")["n"].sum() == 4
    assert pd.read_csv(out / "mistakes.csv").empty


def test_what_was_said_of_which_label_and_who_agrees(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "own.csv", tmp_path / "out"
    source.write_text(OWN.replace("label,kind", "label,language") + "All fine,0,de\n", encoding="utf-8")
    assert main(["validate", "--file", str(source), "--baseline", "keyword", "--out", str(out)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["can_walk", "2", "0", "0", "0"] in lines
    assert ["cannot_walk", "1", "0", "2", "0"] in lines
    # 4 of 5 agree; by chance (2 x 3 + 3 x 2) / 25.
    kappa = (4 / 5 - 12 / 25) / (1 - 12 / 25)
    label = next(line for line in lines if line[:2] == ["the", "label"])
    assert label[2] == f"{kappa:.2f}" and label[6] == "1.00"
    assert ["de", "1", "0.00"] in lines
    assert pd.read_csv(out / "mistakes.csv")["text"].tolist() == ["All fine"]


def test_the_surest_mistakes_come_with_their_reply(tmp_path: Path, capsys: Captured) -> None:
    source = tmp_path / "own.csv"
    source.write_text(OWN + '"All\x1b[31m\nfine",0,plain\nIn pain,1,plain\nJust fine,0,plain\n', encoding="utf-8")
    arguments = ["validate", "--file", str(source), "--baseline", "keyword"]
    assert main(arguments) == 0
    assert "Mistakes" not in capsys.readouterr().out
    assert main([*arguments, "--mistakes", "2"]) == 0
    shown = capsys.readouterr().out
    assert "Mistakes of [1] Keyword list: 3, the surest first" in shown
    assert shown.count("label: ") == 2
    assert "found none of its words" in shown
    assert "\x1b" not in shown, "nothing that a terminal obeys"


def test_what_the_model_was_asked_stands_beside_its_mistake(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server plays back one recorded answer, whatever it is asked."""
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "own.csv"
    source.write_text("text,label\nI walked the dog,can_walk\nI hurt my knee,cannot_walk\n", encoding="utf-8")
    arguments = ["validate", "--file", str(source), "--judge", "ollama:smollm2:135m", "--prompt", "few_shot"]
    with ReplayServer() as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        server.answer_always("GET", "/api/tags", "tags")
        server.answer_always("POST", "/api/generate", "generate_fewshot_knee")
        assert main([*arguments, "--mistakes", "1"]) == 0
        shown = capsys.readouterr().out
        n_asked = server.paths().count("/api/generate")
        assert main(arguments) == 0
        assert "all remembered" in (remembered := capsys.readouterr().out)
        assert "--no-cache" in remembered
        n_again = server.paths().count("/api/generate") - n_asked
        assert main([*arguments, "--no-cache"]) == 0
        assert "all remembered" not in (anew := capsys.readouterr().out)
        assert server.paths().count("/api/generate") - n_asked - n_again == n_asked, "asked anew"
    assert "time a verdict" in anew
    assert n_again < n_asked
    asked = shown.partition("asked (few_shot")[2]
    assert "I walked the dog" in asked, "the exact prompt"
    assert "reply:" in asked


def test_kinds_are_chosen_like_sources(tmp_path: Path, capsys: Captured) -> None:
    arguments = ["validate", "--baseline", "keyword", "--kind", "plain", "--kind", "time", "--sample", "12"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    assert set(pd.read_csv(tmp_path / "verdicts.csv")["kind"]) == {"plain", "time"}
    capsys.readouterr()
    assert main(["validate", "--baseline", "keyword", "--kind", "plane"]) == 1
    assert "non_english, plain" in capsys.readouterr().err


@pytest.mark.model
def test_the_embedded_model_on_a_small_sample(tmp_path: Path, capsys: Captured) -> None:
    arguments = ["validate", "--judge", "embedded", "--prompt", "few_shot", "--source", "independent"]
    assert main([*arguments, "--sample", "12", "--seed", "5", "--no-cache", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "12 statements, 6 of them" in shown
    assert "could not answer" not in shown
    verdicts = pd.read_parquet(tmp_path / "verdicts.parquet")
    assert len(verdicts) == 12
    assert set(verdicts["source"]) == {"independent"}
    assert set(verdicts["answered_by"]) <= {"model", "rule"}, "--no-cache asks the model itself"
    assert verdicts["p_send"].between(0, 1).all()
    by_id = {item.identifier: item for item in load_part(TEST)}
    for row in verdicts.to_dict("records"):
        assert by_id[row["id"]].text == row["text"]
        assert row["is_right"] == ((row["p_send"] <= 0.5) == (by_id[row["id"]].label == Label.CANNOT_WALK))
    figures = pd.read_csv(tmp_path / "figures.csv").set_index("figure")
    assert figures.loc["accuracy", "value"] == pytest.approx(verdicts["is_right"].mean())
    assert main([*arguments, "--sample", "12", "--seed", "5"]) == 0
    assert "all remembered" in capsys.readouterr().out


def test_where_no_judge_answers_the_command_fails(tmp_path: Path, capsys: Captured) -> None:
    assert main(["validate", "--judge", "ollama:gone", "--sample", "4", "--out", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "could not be made ready" in shown.out or "could not answer" in shown.out
    assert "accuracy by kind" not in shown.out.lower()
    assert "No judge has answered any statement" in shown.err
    assert "Nobody answers" in shown.err, "the reason, where only errors are looked at"
    assert (tmp_path / "verdicts.csv").exists()


def test_one_judge_that_fails_beside_one_that_answers_is_said_to(capsys: Captured) -> None:
    assert main(["validate", "--judge", "ollama:gone", "--baseline", "keyword", "--sample", "4"]) == 0
    shown = capsys.readouterr().out
    assert "ollama:gone could not be made ready" in shown
    assert "[1] Keyword list" in shown


def test_development_comes_with_its_warning(capsys: Captured) -> None:
    assert main(["validate", "--part", "development", "--baseline", "keyword", "--sample", "10"]) == 0
    assert "their figures on it are too good" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--file", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--source", "third", "--baseline", "keyword"], "independent"),
        (["--sample", "1", "--baseline", "keyword"], "at least 2"),
        (["--mistakes", "-1", "--baseline", "keyword"], "0 or more"),
        (["--judge", "embedded", "--prompt", "no_such_prompt"], "no_such_prompt"),
        (["--baseline", "keyword", "--out", "/proc/no/folder"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(arguments: list[str], words: str, capsys: Captured) -> None:
    assert main(["validate", *arguments]) == 1
    message = capsys.readouterr().err
    assert words in message
    assert "Traceback" not in message
