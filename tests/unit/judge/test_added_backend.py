"""A judge backend is added by one module: command line and experiment files know it, its setting included."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from jitai.cli.experiment import open_experiment_judge
from jitai.cli.main import main
from jitai.errors import ParameterError
from jitai.experiments.spec import ExperimentSpec, JudgeChoice
from jitai.experiments.spec_file import spec_from_mapping
from jitai.experiments.store import Store, figures_table
from jitai.judge.prompt_file import available_prompts
from jitai.judge.registered_backend import RegisteredBackend
from jitai.judge.registry import BACKENDS, available_judges, backend_of
from tests.word_rule import sigmoid, word_rule

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
    with word_rule(tmp_path):
        yield


def judged(folder: Path, *options: str) -> list[dict[str, str]]:
    source, out = folder / "in.csv", folder / "out.csv"
    source.write_text("text\nmy knee hurts\nmy ankle hurts\nlovely day\n", encoding="utf-8")
    arguments = ["judge", str(source), "--text-column", "text", "--out", str(out), "--force", "--judge", "words"]
    assert main([*arguments, *options]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_judge_with_and_without_its_settings(tmp_path: Path, capsys: Captured) -> None:
    usual = judged(tmp_path)
    assert [row["verdict"] for row in usual] == ["do not send", "send", "send"]
    assert [float(row["p_send"]) for row in usual] == pytest.approx([sigmoid(-2), sigmoid(2), sigmoid(2)])
    assert "Judge: word rule" in capsys.readouterr().err
    # The cache keeps the answers of both settings apart.
    changed = judged(tmp_path, "--words-word", "ankle", "--words-sureness", "3")
    assert [float(row["p_send"]) for row in changed] == pytest.approx([sigmoid(3), sigmoid(-3), sigmoid(3)])
    assert {row["source"] for row in judged(tmp_path)} == {"cache"}


def test_the_commands_run_and_validate(tmp_path: Path, capsys: Captured) -> None:
    assert main(["run", "--judge", "words", "--study-length", "8", "--policy", "generic", "--quiet"]) == 0
    assert "Judge: word rule" in capsys.readouterr().err
    source = tmp_path / "own.csv"
    source.write_text("text,label\nmy knee hurts,0\nlovely day,1\nmy ankle hurts,0\nall good,1\n", encoding="utf-8")
    assert main(["validate", "--file", str(source), "--judge", "words", "--out", str(tmp_path / "v")]) == 0
    assert "[1] words, few_shot 1" in capsys.readouterr().out
    verdicts = pd.read_parquet(tmp_path / "v" / "verdicts.parquet")
    assert verdicts["is_right"].tolist() == [True, True, False, True]


@pytest.mark.parametrize("command", ["run", "judge", "validate"])
def test_help_and_errors_name_it(command: str, tmp_path: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    others = "embedded-tuned, embedded, ollama:NAME" + (", simulated" if command == "run" else "")
    assert f"{others} and words" in shown
    assert "--words-sureness" in shown and "How sure it is. Allowed: 0.5 to 4 log-odds." in shown
    source = tmp_path / "in.csv"
    source.write_text("text\nhi\n", encoding="utf-8")
    arguments = {
        "run": ["run"],
        "judge": ["judge", str(source), "--text-column", "text", "--out", str(tmp_path / "o.csv")],
        "validate": ["validate", "--file", str(source)],
    }[command]
    assert main([*arguments, "--judge", "words", "--words-sureness", "9"]) == 1
    assert "Sureness (sureness) is 9.0: allowed is 0.5 to 4 log-odds." in capsys.readouterr().err


def test_an_experiment_names_it(tmp_path: Path) -> None:
    description = tmp_path / "small.yaml"
    description.write_text(
        "name: small\nseeds: {count: 2}\nparticipant: {study_length: 6}\nstatements: {kinds: [negation]}\n"
        "policies: [generic]\nfilters: [veto]\njudges: [{key: words, sureness: [1, 3]}, words]\n",
        encoding="utf-8",
    )
    folder = tmp_path / "results"
    assert main(["experiment", str(description), "--out", str(folder), "--workers", "1"]) == 0
    store = Store(folder)
    [experiment] = store.experiments()
    table = figures_table(store.cells(experiment.identifier))
    assert sorted(table["judge"]) == ["words", "words, sureness 1", "words, sureness 3"]
    assert experiment.spec.as_mapping()["judges"] == [
        {"key": "words", "sureness": 1.0}, {"key": "words", "sureness": 3.0}, {"key": "words"},
    ]  # fmt: skip


def test_what_an_experiment_states_goes_before_the_command_line() -> None:
    usual = backend_of("words").Settings(word="ankle", sureness=1.0)
    stated = JudgeChoice("words", settings=(("sureness", 3.0),))
    with ExitStack() as opened:
        judge, name = open_experiment_judge(opened, {"words": usual}, stated)
        assert judge.judge("my ankle hurts").p_send == pytest.approx(sigmoid(-3))
        assert judge.judge("my knee hurts").p_send == pytest.approx(sigmoid(3))
    assert name.startswith("word rule")


def described(**judge: object) -> ExperimentSpec:
    return spec_from_mapping({"name": "x", "policies": ["generic"], "filters": ["veto"], "judges": [judge]})


def test_a_description_with_mistakes() -> None:
    for judge, complaint in (
        ({"key": "word"}, "judges, number 1: there is no judge 'word'; allowed are embedded-tuned, embedded, "
         "ollama:NAME, simulated"),
        ({"key": "words", "surenes": 1}, "there is no field 'surenes'; did you mean 'sureness'?"),
        ({"key": "words", "sureness": 9}, "judges, number 1: Sureness (sureness) is 9.0: allowed is 0.5 to 4"),
        ({"key": "words", "false_alarms": 0}, "false_alarms is a setting of the judge simulated, not of words."),
        ({"key": "embedded", "sureness": 1}, "sureness is a setting of the judge words, not of embedded."),
    ):  # fmt: skip
        with pytest.raises(ParameterError) as caught:
            described(**judge)
        assert complaint in str(caught.value)


def test_usual_settings_make_no_other_judge() -> None:
    """So that what was computed before somebody wrote them out is found again."""
    assert described(key="words", sureness=2).identifier == described(key="words").identifier
    assert described(key="words", sureness=3).identifier != described(key="words").identifier
    assert JudgeChoice("words", settings=(("sureness", 2),)) == JudgeChoice("words")


def test_it_is_offered_among_the_judges_that_nobody_measured() -> None:
    keys = [option.key for option in available_judges({}, available_prompts())]
    assert [key for key in keys if key in ("embedded-tuned", "words", "embedded")] == [
        "embedded-tuned", "words", "embedded",
    ]  # fmt: skip


def test_a_key_belongs_to_one_backend() -> None:
    class Other(RegisteredBackend):
        key = "words"
        label = "Another"

    with pytest.raises(ParameterError, match="There is a judge backend 'words' already"):
        BACKENDS.register(Other)
