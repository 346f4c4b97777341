"""A scripted Ollama server over a real socket: no model, but answers with likelihoods that a test decides.

Its model completes prompts and cannot chat, as a base model; it finds every label of the corpus, except where it is
told to err, and leans towards " good" so far that only a calibration makes use of what it knows.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from jitai.corpus import CALIBRATION, TEST, load_part
from jitai.judge.text import clean_statement
from jitai.records import Label
from tests.replay import Question, ReplayServer, answer

LEAN = 6.0
"""Log-odds by which every answer is shifted towards " good"."""


class ScriptedOllama(ReplayServer):
    """A server with one model.

    Args:
        model: its name.
        errs_on: one statement of so many gets the other label's answer.
        fails_after: questions after which it answers with status 500; None for never.
        size_bytes: of the model, as the list says.
    """

    def __init__(
        self, model: str = "base:1b", errs_on: int = 10, fails_after: int | None = None, size_bytes: int = 10**9
    ) -> None:
        super().__init__()
        self.model, self._errs_on, self.fails_after = model, errs_on, fails_after
        statements = [item for part in (CALIBRATION, TEST) for item in load_part(part)]
        self._labels: Mapping[str, Label] = {clean_statement(item.text).text: item.label for item in statements}
        row = {"name": model, "model": model, "size": size_bytes, "digest": "7" * 64, "details": {"family": "llama"}}
        self.exchanges["one model"] = answer(json.dumps({"models": [row]}))
        self.answer_always("GET", "/api/tags", "one model")
        shown = {"modelfile": f"FROM /models/blobs/sha256-{'7' * 64}", "capabilities": ["completion"]}
        self.exchanges["its files"] = answer(json.dumps(shown))
        self.answer_always("POST", "/api/show", "its files")

    def choose(self, question: Question) -> dict[str, Any] | None:
        """Return what the model answers; everything but its answers comes from the recordings."""
        found = super().choose(question)
        if question.path == "/api/chat":
            return answer(json.dumps({"error": "this model does not support chat"}), status=400)
        if question.path != "/api/generate" or not question.body.get("prompt"):
            return found
        if self.fails_after is not None and len(self.asked()) > self.fails_after:
            return answer(json.dumps({"error": "an internal error"}), status=500)
        return answer(json.dumps(self._said(question.body["prompt"])))

    def asked(self) -> list[str]:
        """The prompts that arrived."""
        return [
            str(question.body["prompt"])
            for question in self.questions
            if question.path == "/api/generate" and question.body.get("prompt")
        ]

    def _said(self, prompt: str) -> dict[str, Any]:
        text = next((text for text in self._labels if text and prompt.endswith(f" {text}\nStatus:")), "")
        sends = self._labels.get(text) is Label.CAN_WALK
        if text and sum(map(ord, text)) % self._errs_on == 0:
            sends = not sends
        log_odds = LEAN + (2.0 if sends else -2.0)
        good, bad = (-math.log1p(math.exp(-sign * log_odds)) for sign in (1, -1))
        listed = [{"token": " good", "logprob": good}, {"token": " bad", "logprob": bad}]
        return {
            "model": self.model, "created_at": "2026-11-30T10:00:00Z", "response": " good", "done": True,
            "done_reason": "length", "total_duration": 1_000_000, "logprobs": [{**listed[0], "top_logprobs": listed}],
        }  # fmt: skip
