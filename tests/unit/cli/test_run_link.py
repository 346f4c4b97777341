"""The command ``run --link``: the link gives the same scenario back, and with it the same log."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest

from jitai.cli.main import main
from jitai.corpus import TEST, StatementBook, load_part
from jitai.report.scenario_link import PAGE, OpenedLink, open_link
from jitai.rl.policy_store import default_policy_store

CALM = ["--policy", "thompson", "--filter", "none", "--quiet"]


def opened_from(printed: str) -> OpenedLink:
    """What the link on the last line of what was printed holds."""
    link = printed.splitlines()[-1]
    assert link.startswith(PAGE + "?scenario=1&")
    query = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    return open_link(query, lambda kinds: StatementBook(load_part(TEST), kinds), default_policy_store().get)


def same_log(opened: OpenedLink, log: Path, folder: Path, *options: str) -> bool:
    """Whether the run of a link, played, has the log of a file: byte for byte."""
    assert opened.scenario is not None and opened.problem == ""
    saved, again = folder / "from_link.json", folder / "again.csv"
    saved.write_text(json.dumps(opened.scenario.as_mapping()), encoding="utf-8")
    assert main(["run", "--scenario", str(saved), "--quiet", "--out", str(again), *options]) == 0
    return again.read_bytes() == log.read_bytes() and len(pd.read_csv(log)) > 1


def test_a_link_is_played_where_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, again = tmp_path / "log.csv", tmp_path / "again.csv"
    assert main(["run", *CALM, "--seed", "7", "--out", str(log), "--link"]) == 0
    link = capsys.readouterr().out.splitlines()[-1]
    newsletter = link.replace("?", "?utm_source=mail&", 1)
    assert main(["run", "--scenario", newsletter, "--quiet", "--out", str(again)]) == 0
    assert "ignored: utm_source" in capsys.readouterr().err
    assert again.read_bytes() == log.read_bytes()
    for wrong, words in ((link[:-9], "cut or damaged"), (PAGE + "?seed=3", "settings only"), (PAGE, "settings only")):
        assert main(["run", "--scenario", wrong]) == 1
        assert words in capsys.readouterr().err, wrong


@pytest.mark.parametrize(
    "options",
    [
        [*CALM, "--seed", "7"],
        ["--policy", "tailored", "--filter", "none", "--preset", "Ability mostly lasts", "--study-length", "20"],
        ["--policy-file", "ppo-blind", "--filter", "none", "--context-noise", "0.3"],
    ],
)
def test_the_link_gives_the_same_scenario_and_the_same_log(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, saved = tmp_path / "log.csv", tmp_path / "saved.json"
    assert main(["run", *options, "--quiet", "--out", str(log), "--save", str(saved), "--link"]) == 0
    opened = opened_from(capsys.readouterr().out)
    assert opened.scenario is not None
    assert opened.scenario.as_mapping() == json.loads(saved.read_text(encoding="utf-8"))
    assert same_log(opened, log, tmp_path)


def test_a_run_that_was_read_by_the_embedded_judge_has_a_short_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    assert main(["run", "--judge", "embedded-tuned", "--quiet", "--out", str(log), "--link"]) == 0
    printed = capsys.readouterr().out
    opened = opened_from(printed)
    assert opened.scenario is not None and opened.scenario.judge is not None
    assert len(printed.splitlines()[-1]) < 600
    assert not opened.scenario.verdicts and opened.scenario.unread
    assert set(pd.read_csv(log)["verdict_source"]) == {"remembered", "no statement"}
    assert same_log(opened, log, tmp_path)


def test_words_and_truths_that_a_person_set_are_in_the_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved, log = tmp_path / "saved.json", tmp_path / "log.csv"
    assert main(["run", "--judge", "embedded-tuned", "--quiet", "--save", str(saved)]) == 0
    scenario = json.loads(saved.read_text(encoding="utf-8"))
    words = "I typed <b>this</b>, my foot aches"
    scenario["days"] = {"2": {"text": words}, "4": {"action": 1}}
    verdict = {"words": words, "decision": "do not send", "p_send": 0.123456789012345, "source": "model",
               "reason": "It says no.", "model": "jitai-judge", "latency_ms": 46.25}  # fmt: skip
    scenario["verdicts"] = [item for item in scenario["verdicts"] if item["words"] != words] + [verdict]
    saved.write_text(json.dumps(scenario), encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "--scenario", str(saved), "--quiet", "--out", str(log), "--link"]) == 0
    opened = opened_from(capsys.readouterr().out)
    assert opened.scenario is not None
    assert list(opened.scenario.verdicts) == [words]
    assert opened.scenario.days[3].action == 1
    assert same_log(opened, log, tmp_path)


def test_a_run_that_is_too_long_for_a_link_is_told_after_everything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, log = tmp_path / "saved.json", tmp_path / "log.csv"
    assert main(["run", *CALM, "--save", str(saved)]) == 0
    scenario = json.loads(saved.read_text(encoding="utf-8"))
    unlike = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(4000))
    scenario["days"] = {"3": {"text": unlike}}
    saved.write_text(json.dumps(scenario), encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "--scenario", str(saved), "--quiet", "--out", str(log), "--link"]) == 1
    told = capsys.readouterr()
    assert "too long for a link" in told.err and "Save the scenario as a file" in told.err
    assert "steps" in told.out and PAGE not in told.out
    assert log.exists()
