"""What came with the lab: it is read back whole, it is small, and a test says when it is stale."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jitai.cli.ship_answers import built_in_judges, golden_files
from jitai.corpus import CALIBRATION, TEST, StatementBook, load_part
from jitai.errors import FileFormatError, ParameterError
from jitai.experiments.answers import (
    CHECKPOINTS,
    COMPARE,
    FOLDER,
    MAIN_METHODS,
    MAX_BYTES,
    SWEEP,
    ShippedCell,
    answer_content,
    answer_specs,
    golden_digest,
    read_answer,
    shipped_answer,
)
from jitai.experiments.cell import CellWork, run_cell
from jitai.experiments.judgements import read_statements, simulated_responses
from jitai.validation.shipped import FILE, read_validation, shipped_validation, validation_content

HOW = "Run `jitai-lab ship-answers` (about three minutes) and look at what changed."


@pytest.mark.parametrize("page", [COMPARE, SWEEP])
def test_what_is_shipped_is_of_today_s_experiment_judge_and_golden_numbers(page: str) -> None:
    spec = answer_specs()[page]
    answer = read_answer(FOLDER / f"{page}.json.gz", spec)
    assert answer.experiment.identifier == spec.identifier, HOW
    assert answer.golden == golden_digest(golden_files()), f"The golden numbers are others now. {HOW}"
    for judge in spec.judges_needed():
        if judge.error_rates is not None:
            now = simulated_responses(*judge.error_rates)
        else:
            reader = next(iter(built_in_judges().values()))
            others = [item for item in load_part(CALIBRATION) if item.kind in spec.kinds]
            now = read_statements(reader, "it", StatementBook(load_part(TEST), spec.kinds), others)
        assert answer.judges[judge.name] == now.digest, f"The judge {judge.name} says something else now. {HOW}"


def test_a_shipped_cell_is_what_its_experiment_gives_today() -> None:
    """One cell of either, run again: the first 50 seeds, to a tenth of a step."""
    for page, name in ((COMPARE, "TS"), (SWEEP, "LLM+TS"), (SWEEP, "Coin+TS")):
        answer = shipped_answer(page)
        assert answer is not None
        item = next(cell for cell in answer.stored if cell.cell.method.name == name)
        judge = item.cell.judge
        readings = None if judge is None or judge.error_rates is None else simulated_responses(*judge.error_rates)
        n = answer.experiment.spec.n_seeds if name == "Coin+TS" else 50  # a coin is matched over all seeds of its cell
        work = CellWork(item.cell.method.trial(item.cell.condition.config, None), 0, n, readings)
        assert run_cell(work).result.total_steps == pytest.approx(item.totals[:n], abs=0.051), HOW


def test_all_of_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json.gz")) < MAX_BYTES


def test_what_is_kept_of_a_cell_is_consistent() -> None:
    answer = shipped_answer(COMPARE)
    assert answer is not None
    for item in answer.cells:
        assert item.stored.totals.mean() == pytest.approx(item.stored.figures.mean_steps, abs=0.05)
        assert (item.so_far is None) == (item.days is None) == (item.stored.cell.method.name not in MAIN_METHODS)
        if item.so_far is not None and item.days is not None:
            tenth = 0.1 + 1e-6
            assert (np.diff(item.so_far, axis=1) >= -tenth).all()
            assert (item.so_far[:, -1] <= item.stored.totals + tenth).all()
            at = [day - 1 for day in CHECKPOINTS]
            assert item.so_far.mean(axis=0) == pytest.approx(item.days.so_far.value[at], abs=0.1)


def test_an_answer_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    answer = shipped_answer(SWEEP)
    assert answer is not None
    content = answer_content(answer)
    (tmp_path / "a.json.gz").write_bytes(content)
    again = read_answer(tmp_path / "a.json.gz", answer.experiment.spec)
    assert answer_content(again) == content
    with pytest.raises(ParameterError, match="another experiment"):
        read_answer(tmp_path / "a.json.gz", answer_specs()[COMPARE])


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("cells"), lambda content: content["cells"][0].update(totals="AAAA"),
        lambda content: content["cells"][0].update(totals=7), lambda content: content.update(judges=[1]),
    ],
)  # fmt: skip
def test_a_damaged_file_is_a_sentence(tmp_path: Path, change: object) -> None:
    content = json.loads(gzip.decompress((FOLDER / f"{SWEEP}.json.gz").read_bytes()))
    change(content)  # type: ignore[operator]
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    with pytest.raises(FileFormatError, match="does not hold what it should"):
        read_answer(tmp_path / "a.json.gz", answer_specs()[SWEEP])


def test_steps_that_cannot_be_packed_are_said() -> None:
    answer = shipped_answer(SWEEP)
    assert answer is not None
    first = answer.cells[0].stored
    far = ShippedCell(replace(first, totals=first.totals + 7000))
    with pytest.raises(ParameterError, match="too many"):
        answer_content(replace(answer, cells=(far, *answer.cells[1:])))


def test_the_shipped_verdicts_are_those_of_today_s_judges() -> None:
    shipped = shipped_validation()
    assert shipped is not None
    assert {item.identifier for item in shipped.validation.statements} == {
        item.identifier for item in load_part(TEST)
    }, HOW
    for name, judge in built_in_judges().items():
        assert shipped.judges[name] == f"{judge.backend.identity().digest[:16]} {judge.prompt.content_hash}", HOW
        for row in shipped.validation.rows_of(name)[::40]:
            now = judge.judge(row.statement.text)
            assert (now.decision, now.source) == (row.verdict.decision, row.verdict.source), HOW
            assert now.p_send == pytest.approx(row.verdict.p_send, abs=1e-6), HOW


def test_shipped_verdicts_are_read_back_and_damage_is_a_sentence(tmp_path: Path) -> None:
    shipped = read_validation(FILE)
    content = validation_content(shipped.validation, shipped.made_on, shipped.judges)
    assert content == FILE.read_bytes()
    damaged = json.loads(gzip.decompress(content))
    damaged["statements"][0] = "gone"
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps(damaged).encode()))
    with pytest.raises(FileFormatError, match="does not hold what it should"):
        read_validation(tmp_path / "a.json.gz")
