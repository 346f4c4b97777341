"""The command line: what it prints and writes, and how it says what is wrong."""

import argparse
import csv
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from jitai.cli.main import _parser, main
from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.registry import BACKENDS
from jitai.parameters import ParameterInfo, describe
from jitai.policies.belief import BeliefSettings
from jitai.policies.optimum import optimum
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.registry import RESERVED
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.trial.filters import FILTERS, NONE, filter_spec
from jitai.trial.live import live_days
from jitai.trial.log import decision_log
from jitai.trial.optimum_check import check_optimum
from jitai.trial.spec import LEARNED, TrialSpec
from tests.replay import ReplayServer

ROOT = Path(__file__).parents[3]
NO_FILTER = ("--filter", NONE)
JUDGE_COLUMNS = ["p_send", "verdict", "source", "latency_ms", "failure"]
NUMBERS = [info for info in describe(SimulatorConfig) if info.low is not None]
SETTINGS = (*FILTERS.settings_classes(), *POLICIES.settings_classes(), BeliefSettings, SimulatorConfig)
ALL_OPTIONS = [info for settings in SETTINGS for info in describe(settings)]

Captured = pytest.CaptureFixture[str]


CHANCES = ("available", "action_probability", "message_probability", "probability_error")


def expected_log(**changes: object) -> pd.DataFrame:
    spec = TrialSpec(config=PRESETS[DEFAULT_PRESET], filter=filter_spec(NONE), **changes)  # type: ignore[arg-type]
    return decision_log(list(live_days(spec, StatementBook(load_part(TEST)), None)))


def option_of(info: ParameterInfo) -> str:
    return f"--{info.name.replace('_', '-')}"


def write_rows(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    """With the standard library's reader, line breaks inside cells untouched."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_run_prints_a_row_a_day_and_the_total(capsys: Captured) -> None:
    assert main(["run", "--seed", "3", "--policy", "generic", *NO_FILTER]) == 0
    log = expected_log(seed=3, policy=PolicySpec("generic"))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1 : len(log) + 1]] == [str(day) for day in log["day"]]
    assert f"{len(log)} days, {log['step_count'].sum():,.0f} steps" in "\n".join(lines)
    assert main(["run", "--seed", "3", "--policy", "generic", *NO_FILTER, "--quiet"]) == 0
    quiet = capsys.readouterr().out
    assert f"{len(log)} days" in quiet
    assert len(quiet.strip().splitlines()) < 4


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_run_writes_the_decision_log(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"log.{ending}"
    assert main(["run", "--seed", "5", "--policy", "random", *NO_FILTER, "--quiet", "--out", str(path)]) == 0
    log = expected_log(seed=5, policy=PolicySpec("random"))
    numbers_or_nothing = ("p_send", "latency_ms", "belief")
    if ending == "parquet":
        written = pd.read_parquet(path)
    else:
        types = dict.fromkeys(log.select_dtypes(["object", "str"]).columns, str)
        written = pd.read_csv(path, dtype={**types, "scenario": str}, keep_default_na=False)
    chances = {name: {float(value) for value in written.pop(name)} for name in CHANCES}
    assert chances == dict(zip(CHANCES, ({1.0}, {0.25}, {0.75}, {0.0}), strict=True))
    assert re.fullmatch("random, none, [0-9a-f]{12}", "".join(set(written.pop("policy_version"))))
    names = set(written.pop("scenario"))
    assert len(names) == 1 and re.fullmatch("[0-9a-f]{12}", names.pop())
    for name in numbers_or_nothing:
        log[name], written[name] = pd.to_numeric(log[name]), pd.to_numeric(written[name])
    pd.testing.assert_frame_equal(written, log, check_dtype=False)


def test_run_with_the_embedded_judge(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "log.csv"
    assert main(["run", "--policy", "generic", "--study-length", "12", "--out", str(path), "--judge", "embedded"]) == 0
    shown = capsys.readouterr()
    assert "SmolLM2" in shown.err
    rows = read_rows(path)
    n_vetoes = sum(row["held_back"] == "True" for row in rows)
    assert n_vetoes
    assert f"{n_vetoes} messages held back" in shown.out
    assert "remembered" in {row["verdict_source"] for row in rows} <= {"remembered", "rule", "no statement"}


def test_run_says_on_how_many_days_the_judge_failed(capsys: Captured) -> None:
    assert main(["run", "--judge", "ollama:gone", "--study-length", "10", "--policy", "generic", "--quiet"]) == 1
    shown = capsys.readouterr()
    assert "The judge has answered on no day" in shown.err
    assert "no model" in shown.err
    assert "could not answer" in shown.out


def test_run_reads_every_parameter(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    arguments = ["--steps-at-home", "7", "--steps-at-work", "7", "--policy", "never", *NO_FILTER, "--quiet"]
    arguments += ["--generic-message-steps", "0", "--tailored-message-steps", "0", "--mismatched-message-steps", "0"]
    arguments += ["--cannot-walk-persistence", "0", "--can-walk-persistence", "1", "--disengagement-increment", "0"]
    assert main(["run", "--study-length", "4", *arguments, "--out", str(path)]) == 0
    assert pd.read_parquet(path)["step_count"].tolist() == [7.0] * 4
    given = [text for info in NUMBERS for text in (option_of(info), str(info.default))]
    assert main(["run", *NO_FILTER, "--quiet", *given]) == 0


@pytest.mark.parametrize("info", NUMBERS, ids=lambda info: info.name)
def test_a_value_out_of_range_is_refused_with_name_and_range(info: ParameterInfo, capsys: Captured) -> None:
    assert info.high is not None
    for wrong in (str(type(info.default)(info.high + 1)), "many", "nan"):
        assert main(["run", f"{option_of(info)}={wrong}"]) == 1
        message = capsys.readouterr().err
        assert info.name in message
        assert "allowed is" in message or "number is needed" in message
        if wrong[0].isdigit():
            assert f"{info.low:g} to {info.high:g}" in message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "Ability comes and gose"], "Ability comes and goes"),
        (["--policy", "thomson"], "thompson"),
        (["--policy", "optimun"], "did you mean 'optimum'"),
        (["--false-alarms", "2"], "false_alarms"),
        (["--policy", "planner", "--plans-on-belief", "hardly"], "plans_on_belief"),
        (["--plans-on-belief", "false"], "--plans-on-belief belongs to the policy planner, not to thompson"),
        (
            ["--policy", "generic", "--bias-generic", "5"],
            "--bias-generic belongs to the policy thompson, not to generic",
        ),
        (["--belief-threshold", "0.3"], "--belief-threshold belongs to the filter belief, not to veto"),
        (["--policy", "learned"], "--policy-file"),
        (["--bias-generic", "-5000"], "bias_generic"),
        (["--filter", "vetoo"], "veto"),
        (["--variation", "gaussian"], "beta"),
        (["--repeats-while-unable", "perhaps"], "true"),
        (["--on-unsure", "unsure"], "do not send"),
        (["--seed", "-1"], "0 to 4,294,967,295"),
        (["--judge", "openai:x"], "ollama:NAME"),
        (["--out", "log.xlsx"], ".parquet"),
        (["--out", "/no/such/folder/log.csv", *NO_FILTER], "/no/such/folder"),
        (["--out", "/no/such/folder/log.parquet", *NO_FILTER], "/no/such/folder"),
    ],
)
def test_other_wrong_options_are_refused_in_a_sentence(arguments: list[str], words: str, capsys: Captured) -> None:
    assert main(["run", "--study-length", "3", *arguments]) == 1
    message = capsys.readouterr().err
    assert words in message
    assert "Traceback" not in message


@pytest.mark.parametrize("policy", [key for key in POLICIES if key != LEARNED])
def test_every_policy_runs(policy: str, capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    arguments = ["--policy", policy, *NO_FILTER, "--reads-text", "false", "--seed", "8", "--out", str(path)]
    assert main(["run", *arguments]) == 0
    shown = capsys.readouterr()
    assert "Judge" not in shown.err, "nobody reads"
    log = pd.read_parquet(path)
    expected = expected_log(policy=PolicySpec(policy), seed=8, belief=BeliefSettings(reads_text=False))
    assert log["step_count"].tolist() == expected["step_count"].tolist()
    keeps_belief = policy in ("planner", "learner")
    assert log["belief"].notna().all() == keeps_belief
    assert ("belief" in shown.out.splitlines()[0].split()) == keeps_belief, "the column is shown where there is one"


def test_the_planner_has_the_text_read_without_a_filter(capsys: Captured) -> None:
    arguments = ["--policy", "planner", *NO_FILTER, "--study-length", "12", "--quiet", "--judge", "embedded"]
    assert main(["run", *arguments]) == 0
    shown = capsys.readouterr()
    assert "SmolLM2" in shown.err
    assert "with the text unread" in shown.out


def test_options_of_bias_belief_and_planner_reach_the_trial(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    assert main(["run", *NO_FILTER, "--bias-no-message", "900", "--quiet", "--out", str(path)]) == 0
    assert set(pd.read_parquet(path)["candidate_action"]) == {"no message"}
    found = []
    for extra in ([], ["--weighs-context", "false"], ["--sees-steps", "false"]):
        arguments = ["--policy", "planner", *NO_FILTER, "--reads-text", "false", *extra]
        assert main(["run", *arguments, "--quiet", "--force", "--out", str(path)]) == 0
        log = pd.read_parquet(path)
        found.append((log["candidate_action"].tolist(), log["belief"].tolist()))
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[2][1]


def test_optimum_prints_value_check_and_map(capsys: Captured) -> None:
    assert main(["optimum", "--seeds", "100"]) == 0
    shown = capsys.readouterr().out
    config = PRESETS[DEFAULT_PRESET]
    check = check_optimum(config, 100)
    assert f"{optimum(config).value():,.1f} steps" in shown
    assert f"{check.mean:,.1f} ± {check.half_width:.1f} steps" in shown
    assert check.sentence in shown
    able, unable = shown.split("can walk\n")[1].split("cannot walk")[0], shown.split("cannot walk\n")[1]
    rows = {int(line.split()[1]): line.split()[2] for line in able.splitlines() if line.strip().startswith("day")}
    assert list(rows) == [1, 10, 20, 30, 40, 45, 50]
    for day, letters in rows.items():
        actions = [optimum(config).action(day - 1, number / 20, 0.0, 1, 0) for number in range(21)]
        assert letters == "".join("-GHW"[action] for action in actions)
    assert {line.split()[2] for line in unable.splitlines() if line} == {"-" * 21}


def test_optimum_takes_parameters_and_writes_the_policy(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "policy.csv"
    arguments = ["--study-length", "3", "--can-walk-persistence", "1", "--seeds", "5", "--out", str(path)]
    assert main(["optimum", "--preset", "Ability mostly lasts", *arguments]) == 0
    assert "day 3" in capsys.readouterr().out
    rows = read_rows(path)
    assert len(rows) == 3 * 2 * 2 * 21 * 11
    last = {(row["ability"], row["context"]): row["action"] for row in rows if row["habituation"] == "0.000"}
    assert last["can walk", "home"] == "tailored, home"
    assert last["can walk", "work"] == "tailored, work"
    assert last["cannot walk", "work"] == "no message"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "Ability comes and gose"], "Ability comes and goes"),
        (["--seeds", "1"], "2 to 100,000"),
        (["--seeds", "-3"], "2 to 100,000"),
        (["--study-length", "0"], "study_length"),
        (["--out", "map.xlsx"], ".csv"),
        (["--out", "/no/such/folder/map.csv", "--seeds", "2", "--study-length", "2"], "/no/such/folder"),
    ],
)
def test_optimum_refuses_in_a_sentence(arguments: list[str], words: str, capsys: Captured) -> None:
    assert main(["optimum", *arguments]) == 1
    message = capsys.readouterr().err
    assert words in message
    assert "Traceback" not in message


def test_help_lists_every_parameter(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "--help"])
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for info in ALL_OPTIONS:
        assert f"{option_of(info)} VALUE" in shown
    for info in NUMBERS:
        assert f"Allowed: {info.low:g} to {info.high:g}" in shown


def test_no_setting_can_take_the_name_of_an_option() -> None:
    """What run takes beside described settings is reserved, by its name as by its option."""
    [commands] = [action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)]
    described_names = {info.name for info in ALL_OPTIONS}
    for action in commands.choices["run"]._actions:
        if action.dest not in described_names:
            # Those of judge backends are kept under the backend's key, and most are called after it.
            assert action.dest in RESERVED or action.dest.startswith("backend_")
            options = {option.lstrip("-") for option in action.option_strings} - {"h"}
            after_key = {option for option in options if option.startswith(tuple(f"{key}-" for key in BACKENDS))}
            assert {option.replace("-", "_") for option in options - after_key} <= RESERVED
            assert not {option.replace("-", "_") for option in after_key} & described_names


def test_the_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jitai", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "run" in done.stdout
    assert "judge" in done.stdout
    assert done.stderr == ""


IDENTIFIERS = ["007", "NA", "", "1e5", "None", "=1+1", "0", "nan", "x\ty"]
TEXTS = [
    "I twisted my ankle",
    'she said "no", then left',
    "two\nlines",
    "two\r\nlines",
    "",
    "我的脚断了 – schöne Grüße",
    "NA",
    "\U0001f4a5",
    "<script>, ;|",
]


def judge_arguments(source: Path, out: Path, column: str = "text") -> list[str]:
    return ["judge", str(source), "--text-column", column, "--out", str(out), "--judge", "embedded"]


@pytest.mark.model
def test_judge_gives_back_every_row_as_it_was(tmp_path: Path, capsys: Captured) -> None:
    rows = [
        ["id", "text", "größe"],
        *([identifier, text, "ä"] for identifier, text in zip(IDENTIFIERS, TEXTS, strict=True)),
    ]
    source, out = write_rows(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    assert main(judge_arguments(source, out)) == 0
    judged = read_rows(out)
    expected = [["'=1+1" if cell == "=1+1" else cell for cell in row] for row in rows[1:]]
    assert [[row["id"], row["text"], row["größe"]] for row in judged] == expected, "no formula, else as it was"
    assert list(judged[0]) == ["id", "text", "größe", *JUDGE_COLUMNS]
    nothing = [row for row in judged if row["text"] in ("", "NA", ",;|")]
    assert {row["verdict"] for row in nothing} == {"no statement"}
    for row in judged:
        if row in nothing:
            continue
        assert row["verdict"] in ("send", "do not send", "unsure")
        assert row["source"] in ("model", "rule", "cache", "no statement")
        assert float(row["latency_ms"]) >= 0
        assert row["failure"] == ""
        assert row["p_send"] == "" if row["source"] == "no statement" else 0 <= float(row["p_send"]) <= 1
    assert judged[0]["verdict"] == "do not send"
    assert "7 statements judged" in capsys.readouterr().err


@pytest.mark.model
def test_judge_keeps_a_lone_carriage_return(tmp_path: Path) -> None:
    rows = [["id", "text"], ["1", "old\rMac"], ["2", "fine"]]
    source, out = write_rows(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    assert main(judge_arguments(source, out)) == 0
    assert [[row["id"], row["text"]] for row in read_rows(out)] == rows[1:]


@pytest.mark.model
@pytest.mark.parametrize("identifiers", [["007", "08", "1.0"], ["NA", "", "nan"], ["True", "false", "no"]])
def test_judge_leaves_a_column_that_looks_like_numbers_as_it_is(tmp_path: Path, identifiers: list[str]) -> None:
    rows = [["id", "text"], *([identifier, "\U0001f44d"] for identifier in identifiers)]
    source, out = write_rows(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    assert main(judge_arguments(source, out)) == 0
    assert [row["id"] for row in read_rows(out)] == identifiers


@pytest.mark.model
def test_judge_reads_a_byte_order_mark_and_keeps_empty_cells_of_one_column(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(b'\xef\xbb\xbftext\r\n"fine"\r\n""\r\n"ill"\r\n')
    assert main(judge_arguments(source, out)) == 0
    assert [row["text"] for row in read_rows(out)] == ["fine", "", "ill"]


@pytest.mark.model
def test_judge_of_a_file_without_rows(tmp_path: Path, capsys: Captured) -> None:
    source, out = write_rows(tmp_path / "in.csv", [["text"]]), tmp_path / "out.csv"
    assert main(judge_arguments(source, out)) == 1
    assert "no statement" in capsys.readouterr().err
    assert not out.exists()


def test_judge_that_fails_says_so(tmp_path: Path, capsys: Captured) -> None:
    source, out = write_rows(tmp_path / "in.csv", [["text"], ["fine"], ["ill"]]), tmp_path / "out.csv"
    assert main([*judge_arguments(source, out)[:-1], "ollama:gone"]) == 1
    assert [row["source"] for row in read_rows(out)] == ["fallback", "fallback"]
    assert [row["p_send"] for row in read_rows(out)] == ["", ""]
    assert [row["verdict"] for row in read_rows(out)] == ["no answer", "no answer"], "an error is no veto"
    assert all("Nobody answers" in row["failure"] for row in read_rows(out))
    said = capsys.readouterr().err
    assert "2 could not be judged" in said
    assert "when the model fails" not in said, "no rule for failures is at work here"


def test_only_what_failed_has_no_answer(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server plays back recorded answers; the second one is an error."""
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))
    texts = ["I hurt my knee at work", "I lost my keys today", "\U0001f44d"]
    source, out = write_rows(tmp_path / "in.csv", [["text"], *([text] for text in texts)]), tmp_path / "out.csv"
    with ReplayServer() as server:
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        server.answer_always("GET", "/api/tags", "tags")
        server.answer_next("generate_fewshot_knee", "error_context_overflow_no_truncate")
        assert main([*judge_arguments(source, out)[:-1], "ollama:smollm2:135m"]) == 0
    rows = read_rows(out)
    assert [row["source"] for row in rows] == ["model", "fallback", "rule"]
    assert [row["verdict"] for row in rows] == ["do not send", "no answer", "send"]
    assert [bool(row["failure"]) for row in rows] == [False, True, False]
    assert "too long" in rows[1]["failure"]
    assert "1 could not be judged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"id,txt\n1,fine\n", ("'text'", "'txt'")),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", ("in.csv", "CSV")),
        (b"", ("in.csv",)),
    ],
    ids=["wrong column", "binary", "empty"],
)
def test_judge_refuses_a_file_in_a_sentence(
    tmp_path: Path, content: bytes, words: tuple[str, ...], capsys: Captured
) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    assert main(judge_arguments(source, out)) == 1
    message = capsys.readouterr().err
    assert all(word in message for word in words)
    assert not out.exists()
    assert source.read_bytes() == content


def test_judge_never_shifts_the_columns_and_names_what_it_cannot_use(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text,verdict\n1,\U0001f44d,,\n2,\U0001f44d,a,b\n3,NA\n", encoding="utf-8")
    assert main(judge_arguments(source, out)) == 0
    rows = read_rows(out)
    assert [(row["id"], row["text"], row["verdict"]) for row in rows] == [
        ("1", "\U0001f44d", ""), ("2", "\U0001f44d", "a b"), ("3", "NA", ""),
    ]  # fmt: skip
    assert [row["verdict_2"] for row in rows] == ["send", "unusable", "no statement"]
    assert rows[1]["failure_2"] == "line 3 has 4 cells; there are 3 columns"
    assert "1 row cannot be used, with more cells than columns: line 3." in capsys.readouterr().err


def test_judge_refuses_what_is_not_there(tmp_path: Path, capsys: Captured) -> None:
    assert main(judge_arguments(tmp_path / "nothing.csv", tmp_path / "out.csv")) == 1
    assert "nothing.csv" in capsys.readouterr().err
    assert main(judge_arguments(tmp_path, tmp_path / "out.csv")) == 1
    source = write_rows(tmp_path / "in.csv", [["text"], ["\U0001f44d"]])
    assert main(judge_arguments(source, tmp_path / "no" / "out.csv")) == 1
    assert "out.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--seed", "1.5"], "--seed is '1.5': a whole number is needed. See `"),
        (["run", "--seed", "9" * 5000], "a whole number is needed"),
        (["runn"], "invalid choice: 'runn'"),
    ],
)
def test_a_wrong_command_is_one_sentence(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    said = capsys.readouterr().err
    assert stop.value.code == 2 and words in said and said.count("\n") == 1 and len(said) < 600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_output_that_is_full_is_a_sentence() -> None:
    command = [sys.executable, "-m", "jitai", "run", "--quiet", "--policy", "random", "--filter", "none"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "The output cannot be written: No space left on device.\n"
