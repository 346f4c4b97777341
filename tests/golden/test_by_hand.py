"""Steps, habituation and risk of each day, and intervals, worked out here from the published equations.

The equations are those of Karine & Marlin 2024 (arXiv:2411.00336) and 2025 (arXiv:2501.06980); nothing of the
laboratory's own arithmetic is used to check it.
"""

import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.by_hand import Person, expected, half_width, interval
from tests.golden import measure

CODES = {"no message": 0, "generic message": 1, "tailored, home": 2, "tailored, work": 3}


def test_the_first_days_of_the_default_participant_are_those_worked_out_on_paper(tmp_path: Path) -> None:
    able = ("--preset", "Always able (base environment)", "--filter", "none", "--context-noise", "0")
    on_paper = {
        "tailored": [(0.15, 0.09, 170.1), (0.2, 0.081, 160.1), (0.25, 0.0729, 150.1), (0.3, 0.06561, 140.1)],
        "generic": [(0.15, 0.09, 42.6), (0.2, 0.081, 40.1), (0.25, 0.0729, 37.6), (0.3, 0.06561, 35.1)],
        "never": [(0.09, 0.1, 0.1), (0.081, 0.1, 0.1), (0.0729, 0.1, 0.1), (0.06561, 0.1, 0.1)],
    }
    for policy, days in on_paper.items():
        log, _ = measure.run((*able, "--policy", policy), tmp_path)
        found = log[["habituation", "disengagement_risk", "step_count"]].to_numpy()
        np.testing.assert_allclose(found[: len(days)], days, rtol=1e-12, err_msg=policy)


def test_every_day_of_a_trial_follows_the_equations(tmp_path: Path) -> None:
    person, met = Person(), set()
    for seed in range(6):
        log, _ = measure.run(("--policy", "random", "--filter", "none", "--seed", str(seed), *person.options), tmp_path)
        lived = [
            (CODES[row.executed_action], int(row.true_context == "work"), row.can_walk == "True")
            for row in log.itertuples()
        ]
        met |= set(lived)
        found = log[["habituation", "disengagement_risk", "step_count"]].to_numpy()
        np.testing.assert_allclose(found, list(expected(person, lived)), rtol=1e-9, atol=1e-12, err_msg=f"seed {seed}")
    assert len(met) == 16, "every action, in either context, to somebody who can walk and to somebody who cannot"


def stored(description: dict[str, object], folder: Path) -> list[tuple[dict[str, float], pd.DataFrame, np.ndarray]]:
    """Figures, days and totals of each cell of an experiment."""
    path = folder / "experiment.json"
    path.write_text(json.dumps(description), encoding="utf-8")
    found = measure.experiment(path, folder / "store")
    with sqlite3.connect(found.folder / "index.sqlite") as index:
        rows = index.execute("select c.key, c.totals from places p join cells c using (key) order by p.position")
        cells = [
            (pd.read_parquet(found.folder / "steps" / f"{key}.parquet"), np.frombuffer(totals, "<f8"))
            for key, totals in rows
        ]
    return [(figures, days, totals) for figures, (days, totals) in zip(found.figures.values(), cells, strict=True)]


def test_every_day_of_an_experiment_follows_them_and_its_interval_too(tmp_path: Path) -> None:
    person = Person()
    [(figures, days, totals)] = stored(
        {"name": "by hand", "participant": person.settings, "policies": ["random"], "seeds": {"count": 8}}, tmp_path
    )
    for seed, log in days.groupby("seed"):
        lived = list(zip(log["executed_action"], log["true_context"], log["can_walk"] == 1, strict=True))
        found = log[["habituation", "disengagement_risk", "step_count"]].to_numpy()
        np.testing.assert_allclose(found, list(expected(person, lived)), rtol=1e-9, atol=1e-12, err_msg=f"seed {seed}")
    by_seed = days.groupby("seed")["step_count"].sum().to_numpy()
    np.testing.assert_allclose(totals, by_seed, rtol=1e-12)
    assert figures["mean_steps"] == pytest.approx(by_seed.mean())
    assert (figures["low"], figures["high"]) == pytest.approx(interval(by_seed))


def test_the_interval_of_the_optimum_is_that_of_a_mean(tmp_path: Path) -> None:
    told = measure.succeeded("optimum", "--seeds", "400", "--study-length", "10")
    printed = re.search(r"([\d,.]+) ± ([\d.]+) steps", told.out)
    assert printed is not None
    [(_, _, totals)] = stored(
        {
            "name": "optimum", "policies": ["optimum"], "seeds": {"count": 400},
            "participant": {"preset": "Ability comes and goes", "study_length": 10},
        },
        tmp_path,
    )  # fmt: skip
    assert float(printed[1].replace(",", "")) == pytest.approx(totals.mean(), abs=0.051)
    assert float(printed[2]) == pytest.approx(half_width(totals), rel=0.002, abs=0.051)


TRAINING = ("train", "--steps", "6000", "--envs", "200", "--width", "8", "--observations", "L,H,D")


@pytest.mark.slow
def test_the_interval_of_a_trained_policy_is_that_of_a_mean(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed: no training")
    path = tmp_path / "policy.json"
    with measure.quiet_place(tmp_path):
        told = measure.succeeded(*TRAINING, "--study-length", "10", "--out", str(path))
    printed = re.search(r"([\d,]+) ± (\d+) steps, ([\d.]+) ± ([\d.]+) % of the optimum", told.out)
    assert printed is not None
    [(figures, _, totals)] = stored(
        {
            "name": "trained", "seeds": {"count": 500},
            "participant": {"preset": "Ability comes and goes", "study_length": 10},
            "methods": [{"name": "it", "policy": "learned", "network": json.loads(path.read_text(encoding="utf-8"))}],
        },
        tmp_path,
    )  # fmt: skip
    assert float(printed[1].replace(",", "")) == pytest.approx(totals.mean(), abs=0.51)
    assert float(printed[2]) == pytest.approx(half_width(totals), abs=0.6)
    assert float(printed[4]) == pytest.approx(100 * half_width(totals) / figures["optimum_steps"], rel=0.005, abs=0.051)


@pytest.mark.slow
def test_the_interval_of_the_learning_curve_is_that_of_a_mean(tmp_path: Path) -> None:
    """The first of two days is at home and earns nothing; the second 1,000 steps at work, and at home nothing."""
    pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed: no training")
    nothing_matters = (
        "--generic-message-steps", "0", "--tailored-message-steps", "0", "--mismatched-message-steps", "0",
        "--steps-at-home", "0", "--steps-at-work", "1000", "--can-walk-persistence", "1",
        "--disengagement-increment", "0",
    )  # fmt: skip
    with measure.quiet_place(tmp_path):
        told = measure.succeeded(
            *TRAINING, "--study-length", "2", *nothing_matters, "--out", str(tmp_path / "policy.json")
        )
    printed = re.findall(r"([\d,]+) ± (\d+) steps a study \(n = ([\d,]+)\)", told.err)
    assert printed
    for mean, half, n in (tuple(float(number.replace(",", "")) for number in row) for row in printed):
        n_at_work = round(mean * n / 1000)
        assert mean == pytest.approx(1000 * n_at_work / n, abs=0.51)
        studies = np.array([1000.0] * n_at_work + [0.0] * (int(n) - n_at_work))
        assert half == pytest.approx(half_width(studies), rel=0.01, abs=1.0)
