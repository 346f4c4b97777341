"""The judge's speed and memory, in one run: new and repeated statements, idle and with both cores busy.

python -m benchmarks.judge_speed
"""

import contextlib
import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.table import row, seconds
from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.embedded import EMBEDDED, TUNED
from jitai.judge.judge import Judge
from jitai.judge.registry import open_judge
from jitai.records import Verdict
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.live import live_days
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import summarise

N_STATEMENTS = 120
JUDGES = {TUNED: "tuned", EMBEDDED: "few-shot"}


def main() -> None:
    """Print the judge's part of the table."""
    judge_rows()


def judge_rows() -> None:
    """Both embedded judges."""
    before = resident_bytes()
    part = load_part(TEST)
    texts = [item.text for item in part[:: len(part) // (3 * N_STATEMENTS)]]
    with tempfile.TemporaryDirectory() as folder:
        judges = {name: open_judge(key, cache_folder=Path(folder), anew=True) for key, name in JUDGES.items()}
        for name, judge in judges.items():
            row(f"{name} judge: load and read the prompt", f"{seconds(judge.warm_up):.2f} s")
            idle = latencies(judge, texts[:N_STATEMENTS], name)
            with busy_cores():
                busy = [verdict.latency_ms for verdict in asked(judge, texts[N_STATEMENTS : 2 * N_STATEMENTS])]
            ratio = statistics.median(busy) / idle
            row("  with all cores busy elsewhere", f"{statistics.median(busy):.0f} ms", f"{ratio:.1f} x idle (aim 4)")
        if before is not None:
            grown = ((resident_bytes() or 0) - before) / 1e6
            row("process grown by both judges", f"{grown:.0f} MB", "aim 250")
        judge = judges[JUDGES[TUNED]]
        book, spec = StatementBook(part), TrialSpec(config=PRESETS[DEFAULT_PRESET], seed=3)
        records: list = []
        took = seconds(lambda: records.extend(live_days(spec, book, judge)))
        n_judged = sum(bool(record.statement) for record in records)
        row("trial with the tuned judge", f"{took:.2f} s", f"{summarise(records).n_days} days, {n_judged} statements")


def latencies(judge: Judge, texts: list[str], name: str) -> float:
    """Print what new and repeated statements take on an idle machine; the median of new ones in milliseconds."""
    new = asked(judge, texts)
    repeated = [judge.judge(text).latency_ms for text in texts]
    latency, added = [v.latency_ms for v in new], [v.latency_ms - v.model_ms for v in new]
    pace = f"{1000 / statistics.mean(latency):.1f} a second"
    row(f"{name} judge, new statement", f"{statistics.median(latency):.0f} ms", pace)
    row("  added to the model's own time", f"{quantiles(added)} ms", "median / 95 % (aim 5)")
    row("  repeated statement", f"{quantiles(repeated)} ms", "median / 95 % (aim 1)")
    return statistics.median(latency)


def asked(judge: Judge, texts: list[str]) -> list[Verdict]:
    """The verdicts that a model was asked for."""
    return [verdict for verdict in map(judge.judge, texts) if verdict.model_ms]


def quantiles(values: list[float]) -> str:
    """Median and 95th percentile."""
    return f"{statistics.median(values):.2f} / {np.quantile(values, 0.95):.2f}"


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """One process a core that does nothing but reckon, as the workers of an experiment do."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=reckon, daemon=True) for _ in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def reckon() -> None:
    """Keep a core busy."""
    os.environ["OMP_NUM_THREADS"] = "1"
    matrix = np.random.default_rng(0).normal(size=(60, 60))
    while True:
        matrix = np.tanh(matrix @ matrix)


def resident_bytes() -> int | None:
    """Memory that this process holds; None where the system does not tell in this way."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else None


if __name__ == "__main__":
    main()
