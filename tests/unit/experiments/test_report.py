"""Reports and comparisons: every number from the stored cells, every claim checked, and no text that acts as markup."""

import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jitai.cli.main import main
from jitai.errors import ParameterError
from jitai.experiments.cell_file import read_steps
from jitai.experiments.comparison import by_condition, compare, days_of
from jitai.experiments.engine import run_experiment
from jitai.experiments.report import _order_table, check, write_report
from jitai.experiments.spec import Claim, ExperimentSpec, JudgeChoice
from jitai.experiments.spec_file import spec_from_mapping
from jitai.experiments.store import Store, figures_table
from jitai.statistics import interval_of_mean


def nobody(choice: JudgeChoice) -> object:
    raise AssertionError


def unheard(n_done: int, name: str) -> None:
    """Progress that nobody is told."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one finished experiment of 40 seeds."""
    path = tmp_path_factory.mktemp("store")
    spec = spec_from_mapping(
        {
            "name": "report me",
            "description": "A <b>bold</b> | _word_.",
            "seeds": {"count": 40},
            "participant": {"study_length": 20},
            "scenarios": {"can_walk_persistence": [0.7, 0.95]},
            "judges": [{"key": "simulated", "finds_cannot_walk": [0.95, 0.5], "false_alarms": 0.05}],
            "methods": [
                {"name": "TS", "policy": "thompson"},
                {"name": "LLM+TS", "policy": "thompson", "filter": "veto"},
                {"name": "best", "policy": "optimum"},
            ],
            "claims": [
                {"text": "the best is better", "method": "best", "above": "TS"},
                {"text": "TS is best", "method": "TS", "share": 0.99},
                {"text": "nowhere", "method": "TS", "above": "best", "where": {"can_walk_persistence": 0.2}},
            ],
        }
    )
    with ThreadPoolExecutor(1) as executor:
        run_experiment(spec, Store(path), executor, nobody)  # type: ignore[arg-type]
    return path


def test_a_trial_of_few_has_the_right_order_as_often_as_drawing_it_says(folder: Path) -> None:
    store = Store(folder)
    (experiment,) = store.experiments()
    compared = {key: compare(items, "TS") for key, items in by_condition(store.cells(experiment.identifier)).items()}
    claims = (Claim("published", "LLM+TS", above="TS"),)
    assert _order_table(replace(experiment.spec, claims=claims), compared) == "", "40 seeds are too few to draw from"
    table = _order_table(replace(experiment.spec, claims=claims, n_seeds=1000), compared)
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    at_five = next(line for line in lines if line[0] == "5 (as published)")
    rng = np.random.default_rng(0)
    for shown, rows in zip(at_five[1:], compared.values(), strict=True):
        totals = {row.stored.cell.method.name: row.stored.totals for row in rows}
        one, other = (rng.choice(totals[name], (40_000, 5)).mean(axis=1) for name in ("LLM+TS", "TS"))
        sign = np.sign(totals["LLM+TS"].mean() - totals["TS"].mean())
        assert float(shown.removesuffix(" %")) == pytest.approx(100 * (sign * (one - other) > 0).mean(), abs=3.5)
    assert _order_table(replace(experiment.spec, claims=(), n_seeds=1000), compared) == ""


def test_a_stored_cell_becomes_a_log_that_can_be_analysed(folder: Path, tmp_path: Path) -> None:
    store = Store(folder)
    (experiment,) = store.experiments()
    cell = next(item for item in store.cells(experiment.identifier) if item.cell.method.name == "LLM+TS")
    file = folder / "steps" / f"{cell.key}.parquet"
    out = tmp_path / "log.csv"
    assert main(["log", str(file), "--out", str(out)]) == 0
    log, days = pd.read_csv(out), read_steps(file)
    for name in days:
        assert np.allclose(log[name], days[name], equal_nan=True), name
    assert ((log["action_probability"] > 0) & (log["action_probability"] <= 1)).all()
    assert (log.loc[~log["available"], "message_probability"] == 0).all() and (~log["available"]).any()
    assert log["policy_version"].str.startswith("thompson, veto, ").all()
    assert main(["log", str(file), "--out", str(out)]) != 0, "nothing is replaced unasked"


@pytest.mark.needs("figures")
def test_the_command_writes_tables_claims_and_figures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "RESULTS.md"
    assert main(["report", str(folder), "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    store = Store(folder)
    (experiment,) = store.experiments()
    cells = store.cells(experiment.identifier)
    for item in cells:
        total = interval_of_mean(item.totals)
        share = 100 * total.value / item.figures.optimum_steps
        assert f"{total.value:,.0f} ± {total.half_width:,.0f} ({share:.1f} %)" in text
    first = compare([item for item in cells if item.cell.condition == cells[0].cell.condition], "TS")
    for row in first[1:]:
        assert row.against is not None
        assert f"{row.against.difference.value:+,.0f} ± {row.against.difference.half_width:,.0f}" in text
    assert "| the best is better | **holds in 2 of 2** |" in text
    assert "| TS is best | **holds in 0 of 2**, **contradicted in 2** (p11 0.7: " in text
    assert "| nowhere | no finished cell is about it |" in text
    assert "40 seeds a cell (0 to 39)" in text and experiment.versions["code"] in text
    assert "write held-out statements" not in text, "a simulated judge reads none"
    # What a person wrote is text, not markup.
    assert r"A &lt;b&gt;bold&lt;/b&gt; \| \_word\_." in text
    (figure,) = (tmp_path / "results_figures").glob("*.svg")
    assert f"results_figures/{figure.name}" in text
    words = "".join(ElementTree.parse(figure).getroot().itertext())
    assert "share of the full-information optimum" in words and "LLM+TS" in words
    again = figure.read_bytes()
    main(["report", str(folder), "--out", str(out)])
    assert figure.read_bytes() == again


def test_a_claim_is_weighed_with_its_intervals(folder: Path) -> None:
    store = Store(folder)
    cells = store.cells(store.experiments()[0].identifier)
    compared = {condition: compare(items, "TS") for condition, items in by_condition(cells).items()}
    assert "holds in 2 of 2" in check(Claim("", "best", above="TS", times=2), compared)
    assert "contradicted in 2" in check(Claim("", "best", above="TS", times=1000), compared)
    assert "holds in 1 of 1" in check(Claim("", "best", share=0.9, where={"can_walk_persistence": 0.7}), compared)
    # A method that is exactly as good as itself is above it nowhere.
    assert "holds in 0 of 2" in check(Claim("", "TS", above="TS"), compared)
    # With two judges each of them is checked.
    assert " of 4" in check(Claim("", "LLM+TS", above="TS"), compared)


def test_a_claim_is_weighed_by_paired_differences(folder: Path) -> None:
    store = Store(folder)
    cells = store.cells(store.experiments()[0].identifier)
    condition, items = next(iter(by_condition(cells).items()))
    ts = next(item for item in items if item.cell.method.name == "TS")
    other = replace(ts.cell, method=replace(ts.cell.method, name="other"))

    def found(totals: np.ndarray) -> str:
        return check(
            Claim("", "other", above="TS"),
            {condition: compare([ts, replace(ts, totals=totals, cell=other)], "TS")},
        )

    # One step more under every seed is beyond doubt, though the two intervals overlap nearly wholly.
    assert found(ts.totals + 1.0) == "**holds in 1 of 1**"
    noise = np.random.default_rng(0).normal(0.0, 50.0, size=len(ts.totals))
    assert found(ts.totals + noise - noise.mean()).startswith("**holds in 0 of 1**, cannot be told in 1 (p11 0.7: ")
    assert "contradicted in 1" in found(ts.totals - 1.0)


@pytest.mark.needs("figures")
def test_where_nobody_can_earn_anything_there_is_no_share(tmp_path: Path) -> None:
    nothing = dict.fromkeys(
        (
            "steps_at_home",
            "steps_at_work",
            "generic_message_steps",
            "tailored_message_steps",
            "mismatched_message_steps",
        ),
        0.0,
    )
    spec = spec_from_mapping(
        {
            "name": "n",
            "seeds": {"count": 3},
            "participant": {**nothing, "study_length": 5},
            "policies": ["never", "random"],
        }
    )
    store = Store(tmp_path)
    with ThreadPoolExecutor(1) as executor:
        identifier = run_experiment(spec, store, executor, nobody)  # type: ignore[arg-type]
    assert figures_table(store.cells(identifier))["share_of_optimum"].isna().all()
    write_report(store, store.experiments(), tmp_path / "r.md", unheard)
    assert "| 0 (nan %)" in (tmp_path / "r.md").read_text(encoding="utf-8")


@pytest.mark.needs("figures")
def test_a_line_chart_where_judges_err_more_and_more(tmp_path: Path) -> None:
    spec = spec_from_mapping(
        {
            "name": "errors",
            "seeds": {"count": 10},
            "participant": {"study_length": 10},
            "judges": [
                {"key": "simulated", "finds_cannot_walk": 1 - error, "false_alarms": error} for error in (0, 0.2, 0.4)
            ],
            "policies": ["tailored"],
            "filters": ["none", "veto"],
        }
    )
    store = Store(tmp_path)
    with ThreadPoolExecutor(1) as executor:
        run_experiment(spec, store, executor, nobody)  # type: ignore[arg-type]
    write_report(store, store.experiments(), tmp_path / "r.md", unheard)
    figure = next((tmp_path / "r_figures").glob("*.svg"))
    assert "error rate" in "".join(ElementTree.parse(figure).getroot().itertext())


def test_every_method_is_compared_under_its_own_judge(folder: Path) -> None:
    store = Store(folder)
    cells = store.cells(store.experiments()[0].identifier)
    rows = compare(next(iter(by_condition(cells).values())), "LLM+TS")
    labels = [row.label for row in rows]
    assert labels[0] == "TS" and labels[1].startswith("LLM+TS (simulated, finds 0.95") and len(labels) == 4
    assert [row.against is None for row in rows] == [False, True, True, False]


def test_days_as_arrays_are_the_stored_days(folder: Path) -> None:
    store = Store(folder)
    experiment = store.experiments()[0]
    item = store.cells(experiment.identifier)[0]
    days = days_of(store.steps(item.key), experiment.spec.seeds, 20)
    assert days.steps.sum(axis=1).tolist() == pytest.approx(item.totals.tolist())
    assert days.lengths.mean() == pytest.approx(item.figures.mean_days)
    assert days.agreement.mean() == pytest.approx(item.figures.agreement)
    counts = np.array(list(days.action_counts.values()))
    assert counts / counts.sum() == pytest.approx(item.figures.action_shares)
    assert days.share_left_by_day[0] == 1.0 and (np.diff(days.share_left_by_day) <= 0).all()
    last = days.cumulative_by_day[-1]
    assert last is not None and last.value == pytest.approx(item.figures.mean_steps)
    with pytest.raises(ParameterError, match="do not belong to"):
        days_of(store.steps(item.key), range(5), 20)


def test_the_table_of_figures_has_a_row_for_each_cell(folder: Path) -> None:
    store = Store(folder)
    cells = store.cells(store.experiments()[0].identifier)
    table = figures_table(cells)
    assert len(table) == len(cells) == 2 * (2 + 2)
    assert table["share_of_optimum"].between(0, 1.1).all()
    assert {"can_walk_persistence", "method", "judge", "low", "high", "share_action_0"} <= set(table.columns)


def test_export_holds_everything(folder: Path, tmp_path: Path) -> None:
    import io
    import zipfile

    store = Store(folder)
    identifier = store.experiments()[0].identifier
    target = io.BytesIO()
    store.export(identifier, target)
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
        assert {"experiment.json", "figures.csv"} <= set(names)
        assert sum(name.startswith("steps/") for name in names) == 8
        archive.extractall(tmp_path)
    assert main(["rerun", str(next((tmp_path / "steps").glob("*.parquet")))]) == 0


def test_nothing_to_report_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 1
    assert "There is no experiment in" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_rerun_that_differs_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    original = pq.read_table(next((folder / "steps").glob("*.parquet")))
    steps = original.column_names.index("step_count")
    changed = original.set_column(steps, "step_count", pc.add(original["step_count"], 1.0))
    pq.write_table(changed, tmp_path / "changed.parquet")
    assert main(["rerun", str(tmp_path / "changed.parquet")]) == 1
    assert "differ from the stored ones" in capsys.readouterr().err


def test_the_command_runs_a_file_and_says_how_far_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nseeds: {count: 4}\npolicies: [never, random]\n", encoding="utf-8")
    assert main(["experiment", str(path), "--out", str(tmp_path / "s"), "--workers", "1", "--seeds", "5"]) == 0
    printed = capsys.readouterr()
    assert "Never a message" in printed.out
    assert "2 of 2 cells of 5 seeds in " in printed.err and "finished" in printed.err
    path.write_text("name: mine\npolicies: [nevr]\n", encoding="utf-8")
    assert main(["experiment", str(path), "--out", str(tmp_path / "s")]) == 1
    assert "mine.yaml: policies: There is no policy 'nevr'; did you mean 'never'?" in capsys.readouterr().err


@pytest.mark.needs("figures")
def test_small_spec_is_not_finished_before_it_is_run(tmp_path: Path, small_spec: ExperimentSpec) -> None:
    store = Store(tmp_path)
    store.begin(small_spec)
    with pytest.raises(ParameterError, match="No cell of these experiments is finished"):
        write_report(store, store.experiments(), tmp_path / "r.md", unheard)
