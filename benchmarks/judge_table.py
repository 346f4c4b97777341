"""Write the table of what each judge is worth into docs/JUDGE.md and README.md, from the verdicts that are shipped.

    python -m benchmarks.judge_table

`ship-answers` makes those verdicts. A test fails where a document says something else than they do.
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from jitai.corpus import INDEPENDENT
from jitai.errors import FileFormatError
from jitai.files import write_atomically
from jitai.paths import resource
from jitai.validation.metrics import Interval, JudgeMetrics
from jitai.validation.report import judge_report
from jitai.validation.runner import JudgedRow
from jitai.validation.shipped import shipped_validation

BEGIN, END = "<!-- judge_table begins: python -m benchmarks.judge_table -->", "<!-- judge_table ends -->"
NAMES = (
    ("`jitai-judge`", "jitai-judge: SmolLM2-135M with our adapter"),
    ("the same model, prompted with examples", "SmolLM2-135M, eight examples in the prompt"),
    ("keyword list", "keyword list with negation"),
    (
        "TF-IDF and logistic regression, no language model",
        "TF-IDF + logistic regression, trained on the same development part",
    ),
)
"""Of the judges in the order in which they are shipped: in README.md and in docs/JUDGE.md."""
SEED = 1


def main() -> None:
    """Write both tables."""
    for path, make in TABLES.items():
        file = resource(*path.split("/"))
        write_atomically(file, with_table(file.read_text(encoding="utf-8"), make(measured()), path))
        print(path, file=sys.stderr)


def measured() -> list[tuple[int, int, JudgeMetrics, JudgeMetrics]]:
    """Return, for each shipped judge, how many statements, how many independent ones, and the figures of either.

    Raises: FileFormatError if nothing was shipped.
    """
    shipped = shipped_validation()
    if shipped is None:
        raise FileFormatError("No validation was shipped.", "Make it with the command ship-answers.")
    found = []
    for name in shipped.validation.candidates:
        rows = shipped.validation.rows_of(name)
        new = [row for row in rows if row.statement.source == INDEPENDENT]
        found.append((len(rows), len(new), _figures(rows), _figures(new)))
    return found


def _figures(rows: Sequence[JudgedRow]) -> JudgeMetrics:
    figures = judge_report("", rows, SEED).figures
    assert figures is not None
    return figures


def _shown(interval: Interval, best: bool = False) -> str:
    words = f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    return f"**{words}**" if best else words


def readme_table(found: Sequence[tuple[int, int, JudgeMetrics, JudgeMetrics]]) -> list[str]:
    """Return the lines of README's table."""
    n_all, n_new = found[0][:2]
    rows = [
        f"| {NAMES[place][0]} | {_shown(whole.balanced_accuracy)} | {_shown(new.balanced_accuracy, place == 0)} |"
        for place, (_, _, whole, new) in enumerate(found)
    ]
    head = f"| judge | all {n_all:,} statements | the {n_new} by an author who had seen no other statement |"
    return [head, "|---|---|---|", *rows]


def judge_table(found: Sequence[tuple[int, int, JudgeMetrics, JudgeMetrics]]) -> list[str]:
    """Return the lines of the table in docs/JUDGE.md."""
    rows = [
        f"| {NAMES[place][1]} | {_shown(whole.balanced_accuracy)} | {whole.auc.value:.3f} | "
        f"{_shown(new.balanced_accuracy, place == 0)} | {new.auc.value:.3f} |"
        for place, (_, _, whole, new) in enumerate(found)
    ]
    head = "| judge | all, balanced accuracy | AUC | independent, balanced accuracy | AUC |"
    return [head, "|---|---|---|---|---|", *rows]


TABLES: Mapping[str, Callable[[Sequence[tuple[int, int, JudgeMetrics, JudgeMetrics]]], list[str]]] = {
    "docs/JUDGE.md": judge_table,
    "README.md": readme_table,
}
"""The documents, with what makes their table."""


def table_in(text: str, name: str) -> list[str]:
    """Return the lines of a document's table.

    Raises: FileFormatError if the marks around it are not there once.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise FileFormatError(f"{name} lacks the marks around its table of judges.", f"They are {BEGIN} and {END}.")
    return text.split(BEGIN)[1].split(END)[0].strip().splitlines()


def with_table(text: str, lines: Sequence[str], name: str) -> str:
    """Return a document with another table; raises as table_in."""
    table_in(text, name)
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}"


if __name__ == "__main__":
    main()
