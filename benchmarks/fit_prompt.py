"""Fit the calibration of the few-shot prompt on the development statements, and print how well it judges.

    python -m benchmarks.fit_prompt            # development part: fit, figures by kind, reliability
    python -m benchmarks.fit_prompt --test     # the same, then the test part with the fitted calibration
    python -m benchmarks.fit_prompt --write    # store the new calibration in the prompt file

P(send) = sigmoid(scale * log_odds + bias), the log-odds being those of the embedded model's two answer tokens. Two
minutes for the development part, one for the test part.
"""

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jitai.corpus import DEVELOPMENT, TEST, load_part
from jitai.judge.base import Request
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.judge import read_log_odds
from jitai.judge.prompts import DEFAULT_PROMPT_FILE, Prompt, load_prompt
from jitai.judge.text import clean_statement
from jitai.records import Decision, Label, Statement

Floats = npt.NDArray[np.float64]
UNSURE = (0.4, 0.6)


def main() -> None:
    """Measure, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", action="store_true", help="measure the test part too (for final figures only)")
    parser.add_argument("--write", action="store_true", help="store the fitted scale and bias in the prompt file")
    arguments = parser.parse_args()
    prompt, backend = load_prompt(), EmbeddedBackend()
    statements = load_part(DEVELOPMENT)
    log_odds = measure(backend, prompt, statements)
    scale, bias = fit_logistic(log_odds, can_walk(statements))
    print(f"scale {scale:.4f}, bias {bias:.4f}, fitted on {len(statements)} development statements")
    report(DEVELOPMENT, statements, sigmoid(scale * log_odds + bias))
    measured = {}
    if arguments.test:
        held_out = load_part(TEST)
        p_send = sigmoid(scale * measure(backend, prompt, held_out) + bias)
        report(TEST, held_out, p_send)
        measured = {"measured": in_words(held_out, p_send)}
    if arguments.write:
        identity = backend.identity()
        content = json.loads(DEFAULT_PROMPT_FILE.read_text(encoding="utf-8"))
        content["calibration"][identity.digest] = {
            "model": identity.name,
            "scale": round(scale, 4),
            "bias": round(bias, 4),
            "unsure": list(UNSURE),
            "fitted_on": f"assets/statements/development.csv, {len(statements)} statements",
            **measured,
        }
        DEFAULT_PROMPT_FILE.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def can_walk(statements: Sequence[Statement]) -> npt.NDArray[np.bool_]:
    """True where the label says that the writer can walk."""
    return np.array([statement.label == Label.CAN_WALK for statement in statements])


def measure(backend: EmbeddedBackend, prompt: Prompt, statements: Sequence[Statement]) -> Floats:
    """Log-odds of "send" against "do not send" for every statement: shape (n_statements,)."""
    answers = (prompt.answers[Decision.SEND], prompt.answers[Decision.HOLD_BACK])
    log_odds = []
    for number, statement in enumerate(statements, start=1):
        rendered = prompt.render(clean_statement(statement.text).text)
        reply = backend.complete(Request(rendered, answers, head=prompt.constant_part))
        log_odds.append(read_log_odds(reply, *answers)[0])
        if number % 100 == 0:
            print(f"\r{number} of {len(statements)}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 20, end="\r", file=sys.stderr, flush=True)
    return np.array(log_odds)


def fit_logistic(log_odds: Floats, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and bias of largest likelihood for P(send) = sigmoid(scale * log_odds + bias), by Newton's method."""
    design = np.column_stack([log_odds, np.ones(len(log_odds))])
    weights = np.zeros(2)
    for _ in range(100):
        p_send = sigmoid(design @ weights)
        curvature = (design * (p_send * (1 - p_send))[:, None]).T @ design
        step = np.linalg.solve(curvature, design.T @ (truth - p_send))
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[0]), float(weights[1])


def sigmoid(value: Floats) -> Floats:
    """Logistic function, written so that nothing overflows."""
    return np.asarray(0.5 * (1 + np.tanh(value / 2)))


def area_under_curve(scores: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """Chance that a statement that can walk scores above one that cannot; ties count half."""
    difference = scores[truth][:, None] - scores[~truth][None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def report(name: str, statements: Sequence[Statement], p_send: Floats) -> None:
    """Print accuracy by kind, the unsure band and the reliability of P(send)."""
    truth, kinds = can_walk(statements), np.array([statement.kind for statement in statements])
    said = p_send > 0.5
    print(f"\n{name}\n{'kind':<22}{'n':>5}{'accuracy':>10}{'balanced':>10}{'AUC':>8}{'recall of cannot_walk':>23}")
    for kind in [*dict.fromkeys(kinds), "all"]:
        chosen = (kinds == kind) | (kind == "all")
        t, s = truth[chosen], said[chosen]
        recall = float((~s)[~t].mean())
        balanced = (recall + float(s[t].mean())) / 2
        area = area_under_curve(p_send[chosen], t)
        print(f"{kind:<22}{len(t):>5}{(s == t).mean():>10.3f}{balanced:>10.3f}{area:>8.3f}{recall:>23.3f}")
    inside = (p_send > UNSURE[0]) & (p_send < UNSURE[1])
    for where, chosen in (("inside", inside), ("outside", ~inside)):
        accuracy = f"{(said == truth)[chosen].mean():.3f}" if chosen.any() else "none"
        print(f"{where} the unsure band {UNSURE}: n {chosen.sum()}, accuracy {accuracy}")
    print("reliability: P(send), n, share that can walk")
    for low in np.arange(10) / 10:
        chosen = (p_send >= low) & (p_send < low + 0.1)
        if chosen.any():
            print(f"  {low:.1f}-{low + 0.1:.1f}{chosen.sum():>6}{truth[chosen].mean():>8.2f}")


def in_words(statements: Sequence[Statement], p_send: Floats) -> str:
    """How often the judge is right, for the page that shows which judge is at work."""
    right = (p_send > 0.5) == can_walk(statements)
    kinds = np.array([statement.kind for statement in statements])

    def share(kind: str) -> str:
        return f"{100 * right[kinds == kind].mean():.0f} %"

    share_right = f"{100 * right.mean():.0f} % of {len(statements)} held-out statements"
    return (
        f"Right on {share_right}: {share('plain')} of plain ones, "
        f"{share('non_english')} of those in Spanish, French, German or Portuguese. Other languages: not measured."
    )


if __name__ == "__main__":
    main()
