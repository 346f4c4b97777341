"""Training the adapter: LoRA on the embedded model, read through the same answer tokens as the judge.

The loss is the cross-entropy of the answer token over the whole vocabulary: trained on the difference of two logits
alone, the answers would leave the likeliest tokens, and no server could read them. Beside it the model learns to say
in plain English what a statement means (as in Hsieh et al. 2023, arXiv:2305.02301), which tells it more about a
sentence in another language, or an indirect one, than a label does. Weights are averaged along the way.
"""

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitai.errors import FileFormatError
from jitai.finetuning.data import Example, one_pass
from jitai.finetuning.export import read_adapter
from jitai.installation import JUDGE_TRAINING
from jitai.judge.embedded import find_model_file
from jitai.judge.prompts import Question
from jitai.judge.text import clean_statement
from jitai.records import Decision, Statement
from jitai.seeding import Stream, generator

if TYPE_CHECKING:
    import torch

BATCHES_SORTED_TOGETHER = 16
"""Batches of like length waste little on padding; sorted in portions, they still differ from pass to pass."""


@dataclass(frozen=True)
class TrainingSettings:
    """How the adapter is trained; AdamW (Loshchilov & Hutter 2019) with warm-up and linear decay.

    Attributes:
        rank: of the update; 8 gives an adapter of 4.9 MB.
        alpha: the update's scale is alpha / rank.
        dropout: on the inputs of the update.
        learning_rate: at its highest.
        weight_decay: of AdamW.
        passes: over the training statements.
        batch_size: statements of one step.
        warm_up: share of the steps in which the learning rate rises.
        joined_share, meaning_share: see data.one_pass.
        meaning_weight: of the loss of the meanings.
        averaging: decay of the running average of the weights, which is what is kept.
        seed: of everything random.
        n_threads: of the arithmetic.
    """

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    learning_rate: float = 7e-4
    weight_decay: float = 0.01
    passes: float = 4.0
    batch_size: int = 48
    warm_up: float = 0.06
    joined_share: float = 0.25
    meaning_share: float = 0.3
    meaning_weight: float = 0.3
    averaging: float = 0.99
    seed: int = 1
    n_threads: int = 2


class TrainingProgress(NamedTuple):
    """How far the training is.

    Attributes:
        step, n_steps: steps done and to do.
        loss: mean of the answers' loss since the last report.
        meaning_loss: the same of the meanings, in nats a token.
        elapsed_s: seconds since the beginning.
    """

    step: int
    n_steps: int
    loss: float
    meaning_loss: float
    elapsed_s: float


class TrainedAdapter(NamedTuple):
    """The outcome.

    Attributes:
        weights: by layer, such as "layers.0.self_attn.q_proj": A of shape (r, n_in) and B of shape (n_out, r).
        n_heads, n_key_value_heads: of the model that they belong to.
        n_steps: steps made.
        seconds: that they took.
    """

    weights: dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
    n_heads: int
    n_key_value_heads: int
    n_steps: int
    seconds: float


def train_adapter(
    statements: Sequence[Statement],
    meanings: Mapping[str, str],
    question: Question,
    settings: TrainingSettings,
    report: Callable[[TrainingProgress], None],
    report_every: int = 50,
    start_from: Path | None = None,
) -> TrainedAdapter:
    """Train an adapter for the embedded model.

    Args:
        statements: to train on; those for calibration are not among them.
        meanings: plain English by statement identifier.
        question: how the judge will ask; it has no head.
        settings: see there.
        report: called every report_every steps and at the end.
        report_every: steps between reports.
        start_from: an adapter of the same rank and alpha from which training goes on; None begins anew.
    Raises: PartMissing if the libraries of training are not installed, ModelMissing if the base model is not;
        FileFormatError if start_from is no adapter of this shape.
    """
    JUDGE_TRAINING.require()
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = find_model_file()
    torch.set_num_threads(settings.n_threads)
    torch.manual_seed(settings.seed)
    chooser = generator(settings.seed, Stream.TRAINING)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    # The frozen weights in bfloat16, the adapter in float32: twice as fast as float32 on processors that know it.
    # Attention written out: torch's fused one is made for long texts and slow backwards on a CPU.
    base: Any = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager"
    )
    with warnings.catch_warnings():
        # This peft still asks the model for a property by its old name.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        model: Any = get_peft_model(
            base.to(torch.bfloat16),
            LoraConfig(
                r=settings.rank,
                lora_alpha=settings.alpha,
                lora_dropout=settings.dropout,
                target_modules="all-linear",
            ),
        )
    if start_from is not None:
        _take_over(model, start_from, base.config.num_attention_heads, base.config.num_key_value_heads)
    model.train()
    trainer = _Trainer(model, tokenizer, question, settings)
    n_steps = max(1, int(settings.passes * len(statements) / settings.batch_size))
    losses: list[float] = []
    meaning_losses: list[float] = []
    started, step = time.monotonic(), 0
    while step < n_steps:
        examples = one_pass(statements, meanings, chooser, settings.joined_share, settings.meaning_share)
        for batch in trainer.batches(examples, chooser):
            loss, meaning_loss = trainer.step(batch, _learning_rate(settings, step, n_steps))
            losses.append(loss)
            meaning_losses.extend(meaning_loss)
            step += 1
            if step % report_every == 0 or step == n_steps:
                report(
                    TrainingProgress(step, n_steps, _mean(losses), _mean(meaning_losses), time.monotonic() - started)
                )
                losses, meaning_losses = [], []
            if step == n_steps:
                break
    return TrainedAdapter(
        trainer.averaged_weights(),
        base.config.num_attention_heads,
        base.config.num_key_value_heads,
        n_steps,
        time.monotonic() - started,
    )


def _take_over(model: Any, path: Path, n_heads: int, n_key_value_heads: int) -> None:
    """Give a fresh adapter the weights of a file.

    Raises: FileFormatError if the file's adapter has another shape.
    """
    import torch

    weights = read_adapter(path, n_heads, n_key_value_heads)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            layer, half = name.split(".lora_")
            kept = weights.get(layer[layer.index("layers.") :])
            values = None if kept is None else torch.from_numpy(kept[0 if half[0] == "A" else 1])
            if values is None or values.shape != parameter.shape:
                raise FileFormatError(
                    f"{path.name} has other layers or another rank than this training.", "Give the rank that it has."
                )
            parameter.copy_(values)


class _Encoded(NamedTuple):
    """An example as tokens: the question with its answer, and the explained meaning in two parts, or empty."""

    question: list[int]
    answer: int
    meaning_prompt: list[int]
    meaning: list[int]


class _Trainer:
    """The model in training, its optimiser, and the running average of its weights."""

    def __init__(self, model: Any, tokenizer: Any, question: Question, settings: TrainingSettings) -> None:
        import torch

        self._settings = settings
        self._model = model
        self._tokenizer = tokenizer
        self._question = question
        self._body = model.base_model.model.model
        self._head = model.base_model.model.lm_head
        self._answers = {decision: tokenizer.encode(answer)[-1] for decision, answer in question.answers.items()}
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._average = [parameter.detach().clone() for parameter in self._parameters]
        self._n_averaged = 0
        self._optimiser = torch.optim.AdamW(
            self._parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    def batches(self, examples: Sequence[Example], chooser: np.random.Generator) -> Iterator[list[_Encoded]]:
        """The examples in random batches of like length."""
        encoded = [self._encode(example) for example in examples]
        encoded = [encoded[index] for index in chooser.permutation(len(encoded))]
        size = self._settings.batch_size
        batches = []
        for start in range(0, len(encoded), size * BATCHES_SORTED_TOGETHER):
            portion = encoded[start : start + size * BATCHES_SORTED_TOGETHER]
            portion.sort(key=lambda item: len(item.question))
            batches += [portion[first : first + size] for first in range(0, len(portion), size)]
        return (batches[index] for index in chooser.permutation(len(batches)))

    def step(self, batch: Sequence[_Encoded], learning_rate: float) -> tuple[float, list[float]]:
        """One step; the loss of the answers, and that of the meanings if there were any."""
        import torch

        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        places = [(row, len(item.question) - 1) for row, item in enumerate(batch)]
        logits = self._logits([item.question for item in batch], places)
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([item.answer for item in batch]))
        total, meaning_losses = loss, []
        explained = [item for item in batch if item.meaning]
        if explained and self._settings.meaning_weight:
            places = [
                (row, len(item.meaning_prompt) + k - 1)
                for row, item in enumerate(explained)
                for k in range(len(item.meaning))
            ]
            logits = self._logits([item.meaning_prompt + item.meaning for item in explained], places)
            targets = torch.tensor([token for item in explained for token in item.meaning])
            meaning_loss = torch.nn.functional.cross_entropy(logits, targets)
            total = loss + self._settings.meaning_weight * meaning_loss
            meaning_losses.append(float(meaning_loss.detach()))
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self._n_averaged += 1
        # At first the average follows the weights closely, or it would remember the untrained ones.
        decay = min(self._settings.averaging, self._n_averaged / (self._n_averaged + 19))
        for average, parameter in zip(self._average, self._parameters, strict=True):
            average.mul_(decay).add_(parameter.detach(), alpha=1.0 - decay)
        return float(loss.detach()), meaning_losses

    def averaged_weights(self) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        """The averaged adapter by layer."""
        names = [name for name, parameter in self._model.named_parameters() if parameter.requires_grad]
        halves: dict[str, dict[str, npt.NDArray[np.float32]]] = {}
        for name, average in zip(names, self._average, strict=True):
            layer, half = name.split(".lora_")
            halves.setdefault(layer[layer.index("layers.") :], {})[half[0]] = average.float().numpy()
        return {layer: (half["A"], half["B"]) for layer, half in halves.items()}

    def _encode(self, example: Example) -> _Encoded:
        answer = self._answers[Decision.SEND if example.can_walk else Decision.HOLD_BACK]
        question = self._tokenizer.encode(self._question.render(clean_statement(example.text).text))
        if not example.meaning:
            return _Encoded(question, answer, [], [])
        prompt = f"{self._question.before}{clean_statement(example.original).text}\nMeaning:"
        return _Encoded(
            question,
            answer,
            self._tokenizer.encode(prompt),
            self._tokenizer.encode(f" {clean_statement(example.meaning).text}\n"),
        )

    def _logits(self, rows: Sequence[list[int]], places: Sequence[tuple[int, int]]) -> "torch.Tensor":
        """What the model says at some places of some texts: shape (len(places), size of the vocabulary)."""
        import torch

        # Padding stands behind the text, where a causal model does not see it: no mask is needed.
        tokens = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for number, row in enumerate(rows):
            tokens[number, : len(row)] = torch.tensor(row)
        first, second = zip(*places, strict=True)
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self._body(input_ids=tokens, use_cache=False).last_hidden_state[list(first), list(second)]
            logits: torch.Tensor = self._head(hidden)
        return logits.float()


def _learning_rate(settings: TrainingSettings, step: int, n_steps: int) -> float:
    """Rising at first, then falling to nothing."""
    rising = max(1, int(settings.warm_up * n_steps))
    share = step / rising if step < rising else (n_steps - step) / max(1, n_steps - rising)
    return settings.learning_rate * share


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
