"""The command ``run`` and files of scenarios: what is refused, and what a report says of how to have the run again."""

import html
import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest

from jitai.cli.main import main

CALM = ["run", "--policy", "generic", "--filter", "none", "--quiet"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.json"
    assert main([*CALM, "--seed", "7", "--save", str(path)]) == 0
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--policy", "never"], "leave out --policy"),
        (["--seed", "7"], "leave out --seed"),
        (["--filter", "none"], "leave out --filter"),
        (["--preset", "zz"], "leave out --preset"),
        (["--prompt", "few_shot"], "leave out --prompt"),
        (["--study-length", "20"], "leave out --study-length"),
    ],
)
def test_settings_beside_a_scenario_are_refused(
    saved: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--scenario", str(saved), *options]) == 1
    assert said in capsys.readouterr().err


def test_a_file_that_is_read_is_not_overwritten(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = saved.read_bytes()
    assert main(["run", "--scenario", str(saved), "--save", str(saved)]) == 1
    assert "would be overwritten" in capsys.readouterr().err
    statements = saved.with_name("said.csv")
    statements.write_text("text\nMy knee hurts.\n", encoding="utf-8")
    assert main(["judge", str(statements), "--text-column", "text", "--out", str(statements)]) == 1
    assert "would be overwritten" in capsys.readouterr().err
    assert saved.read_bytes() == before and statements.read_text(encoding="utf-8") == "text\nMy knee hurts.\n"


def test_the_command_in_a_report_gives_the_same_run(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in (["run", "--scenario", str(saved), "--quiet"], [*CALM, "--seed", "9"]):
        report, again = tmp_path / "one.html", tmp_path / "again.html"
        for path in (report, again):
            path.unlink(missing_ok=True)
        assert main([*options, "--report", str(report)]) == 0
        printed = capsys.readouterr().out
        found = re.search(r"<code>(.+?)</code>", report.read_text(encoding="utf-8"))
        assert found is not None
        typed = shlex.split(html.unescape(found.group(1)))
        arguments = typed[typed.index("run") :]
        arguments[arguments.index("--report") + 1] = str(again)
        assert main(arguments) == 0
        assert capsys.readouterr().out == printed
        assert _headline(again) == _headline(report)


def test_a_bundle_holds_what_the_other_options_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed, log, saved = (tmp_path / name for name in ("all.zip", "log.csv", "saved.json"))
    options = ["--bundle", str(packed), "--out", str(log), "--save", str(saved)]
    assert main([*CALM, "--seed", "7", *options]) == 0
    assert "Bundle:" in capsys.readouterr().err
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "there")
    there = tmp_path / "there"
    assert (there / "run.csv").read_bytes() == log.read_bytes()
    assert (there / "run.json").read_bytes() == saved.read_bytes()
    found = re.search(r"<code>(.+?)</code>", (there / "run.html").read_text(encoding="utf-8"))
    assert found is not None and found.group(1).endswith("run --scenario run.json")
    assert main(["run", "--scenario", str(there / "run.json"), "--quiet", "--out", str(tmp_path / "again.csv")]) == 0
    assert (tmp_path / "again.csv").read_bytes() == log.read_bytes()
    assert main([*CALM, "--bundle", str(tmp_path / "all.rar")]) == 1
    assert "ends in .zip" in capsys.readouterr().err


def test_a_scenario_without_a_judge_says_that_nobody_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved, unread, report = (tmp_path / name for name in ("saved.json", "unread.json", "report.html"))
    assert main(["run", "--policy", "generic", "--filter", "none", "--quiet", "--save", str(saved)]) == 0
    scenario = json.loads(saved.read_text(encoding="utf-8"))
    scenario["trial"]["filter"] = {"key": "veto", "settings": {}}
    unread.write_text(json.dumps(scenario), encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "--scenario", str(unread), "--quiet", "--report", str(report)]) == 0
    printed = capsys.readouterr()
    assert "nobody reads the text" in printed.err and "held back" not in printed.out
    assert "listening" not in _headline(report)


def _headline(report: Path) -> str:
    found = re.search(r"<h1>(.*?)</h1>", report.read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


def test_why_is_printed_in_parts_that_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["run", "--preset", "Ability mostly lasts", "--seed", "50", "--judge", "embedded", "--quiet", "--why"])
        == 0
    )
    printed = capsys.readouterr().out
    assert "resting, not from listening: 7 of 8 messages were held back wrongly" in printed
    rows = dict(re.findall(r"^  (\S.*?)  +([+-]?[\d,]+)", printed, re.M))
    together = int(rows.pop("Together").replace(",", ""))
    assert together == 335 and abs(sum(int(steps.replace(",", "")) for steps in rows.values()) - together) <= 2
    assert main([*CALM, "--why"]) == 0
    assert "Nobody reads the text in this run" in capsys.readouterr().out


def test_the_simulated_judge_needs_no_model_and_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved, log, again, report = (tmp_path / name for name in ("a.json", "a.csv", "b.csv", "a.html"))
    rates = ["--judge", "simulated", "--simulated-finds-cannot-walk", "0.6", "--simulated-false-alarms", "0.4"]
    options = ["--save", str(saved), "--out", str(log), "--report", str(report), "--link"]
    assert main(["run", "--quiet", "--seed", "5", *rates, *options]) == 0
    told = capsys.readouterr()
    assert "simulated, finds 0.6, false alarms 0.4" in told.err
    assert "recognises 60 %" in report.read_text(encoding="utf-8")
    link = told.out.strip().splitlines()[-1]
    for source in (str(saved), link):
        assert main(["run", "--quiet", "--scenario", source, "--force", "--out", str(again)]) == 0
        assert again.read_bytes() == log.read_bytes()
    assert main(["run", "--quiet", "--scenario", str(saved), *rates[:2], "--force", "--out", str(again)]) == 0
    assert again.read_bytes() != log.read_bytes(), "the same judge with its usual rates"
    for beside in ([], ["--scenario", str(saved)]):
        assert main(["run", *beside, "--simulated-false-alarms", "0.4"]) == 1
        assert "belongs to --judge simulated" in capsys.readouterr().err
    assert main(["run", "--judge", "simulated", "--simulated-false-alarms", "1.4"]) != 0
