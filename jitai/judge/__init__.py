"""The judge: reads what a participant wrote and says whether a message may be sent now."""

from jitai.judge.judge import REASON_EXPLANATION, Judge
from jitai.judge.registry import (
    EMBEDDED,
    OLLAMA_PREFIX,
    JudgeOption,
    OllamaProbe,
    available_judges,
    choose_judge,
    open_judge,
    probe,
)

__all__ = [
    "EMBEDDED",
    "OLLAMA_PREFIX",
    "REASON_EXPLANATION",
    "Judge",
    "JudgeOption",
    "OllamaProbe",
    "available_judges",
    "choose_judge",
    "open_judge",
    "probe",
]
