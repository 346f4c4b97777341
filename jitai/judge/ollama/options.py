"""Which judges an Ollama server offers: its models that write text, each with the strategy that suits it."""

from collections.abc import Sequence
from dataclasses import dataclass

from jitai.errors import JitaiError
from jitai.judge.calibration import Calibration
from jitai.judge.ollama.identity import canonical_name, find_name
from jitai.judge.ollama.listing import OllamaModel
from jitai.judge.ollama.management import JUDGE_NAME
from jitai.judge.ollama.server import OllamaServer
from jitai.judge.ollama.whereabouts import Whereabouts, whereabouts
from jitai.judge.prompts import DEFAULT_PROMPT, TUNED_PROMPT, Prompt, find_prompt
from jitai.judge.registered_backend import JudgeOption

OLLAMA_PREFIX = "ollama:"
"""What the keys of judges on an Ollama server begin with; the model's name follows."""

PROBE_TIMEOUT_S = 6.0
"""For all questions together."""

# These turn texts into vectors and cannot answer. The server's list of models says nothing of capabilities, and newer
# embedding models are of families that also write; their names say what they are.
_EMBEDDING_FAMILIES = {"bert", "nomic-bert", "nomic-bert-moe", "xlm-roberta"}
_EMBEDDING_NAME = "embed"
_LOST = "Not calibrated: what you fitted for a model of this name may be for another state of it. Calibrate it again."


@dataclass(frozen=True)
class OllamaProbe:
    """What an Ollama server was found to offer.

    Attributes:
        version: of the server; empty if none answered.
        models: on it, those left out that cannot write text.
        failure: why there is nothing to choose, as a sentence with what to do; empty if there is.
        url: of the server, whether it answered or not; empty if what OLLAMA_HOST says is none.
    """

    version: str = ""
    models: tuple[OllamaModel, ...] = ()
    failure: str = ""
    url: str = ""

    def where(self, name: str) -> Whereabouts | None:
        """Return where a model runs, by the server's list or by its name alone; None if there is no server."""
        if not self.url:
            return None
        listed = {model.name: model.where for model in self.models}
        found = find_name(name, listed)
        return (listed[found] if found else None) or whereabouts(self.url, name)


def probe_ollama(host: str | None = None) -> OllamaProbe:
    """Look for an Ollama server and its models; takes a few seconds at the very most, and never raises JitaiError.

    Args:
        host: address; by default the setting OLLAMA_HOST, or 127.0.0.1:11434.
    """
    try:
        server = OllamaServer(host)
    except JitaiError as error:
        return OllamaProbe(failure=error.in_full)
    try:
        with server.limits.within(PROBE_TIMEOUT_S):
            version = server.version()
            listed = [model for model in server.list_models() if _writes_text(model)]
            models = tuple(model for model, _ in server.all_recognised(listed))
    except JitaiError as error:
        return OllamaProbe(failure=error.in_full, url=server.url)
    finally:
        server.close()
    failure = "" if models else "The Ollama server has no model yet. Run `ollama pull gemma3:1b`, for example."
    return OllamaProbe(version, models, failure, server.url)


def ollama_option(model: OllamaModel, prompts: Sequence[Prompt]) -> JudgeOption:
    """Return a model on the server as a judge to choose, marked if it runs elsewhere."""
    name = _suited_to(model, prompts)
    calibration = _calibration(model, find_prompt(prompts, name))
    measured = calibration.measured
    note = _LOST if not calibration.is_fitted and _was_calibrated(model, prompts) else calibration.note
    mark = model.where.mark if model.where is not None else ""
    size = f"{model.size_bytes / 1e9:.1f} GB" if model.size_bytes else ""
    return JudgeOption(
        OLLAMA_PREFIX + model.name,
        f"Ollama: {model.name}" + (f" ({mark or size})" if mark or size else ""),
        f"{model.name} ({mark})" if mark else model.name,
        name,
        note,
        share_right=None if measured is None else measured.share_right,
        is_ours=_is_our_judge(model, prompts),
        is_calibrated=calibration.is_fitted,
        where=model.where,
    )


def _calibration(model: OllamaModel, prompt: Prompt) -> Calibration:
    return prompt.calibration_for(model.digest, model.manifest)


def _was_calibrated(model: OllamaModel, prompts: Sequence[Prompt]) -> bool:
    """Return whether a person has calibrated a model of this name, of which nobody knows whether it is this one."""
    named = canonical_name(model.name)
    return any(
        item.is_own and canonical_name(item.model) == named
        for prompt in prompts
        for item in prompt.calibrations.values()
    )


def _writes_text(model: OllamaModel) -> bool:
    """Return whether a model can answer at all, as far as the server's list shows."""
    return model.family not in _EMBEDDING_FAMILIES and _EMBEDDING_NAME not in _bare_name(model.name).lower()


def _bare_name(name: str) -> str:
    """Return a model's name without registry, namespace and tag."""
    return name.rpartition("/")[2].partition(":")[0]


def is_judge_name(name: str) -> bool:
    """Return whether a name is the one under which our tuned model is put into servers, from any machine."""
    return _bare_name(canonical_name(name)) == JUDGE_NAME


def _is_our_judge(model: OllamaModel, prompts: Sequence[Prompt]) -> bool:
    """Return whether a model on a server is our tuned one: by its files, or by the name under which we put it there."""
    return is_judge_name(model.name) or any(
        prompt.name == TUNED_PROMPT and _calibration(model, prompt).is_fitted for prompt in prompts
    )


def _suited_to(model: OllamaModel, prompts: Sequence[Prompt]) -> str:
    """Return the name of the strategy for a model: of those calibrated for it, the one that was measured best.

    Our own judge understands one prompt only, whether or not a calibration on this machine says so.
    """
    if _is_our_judge(model, prompts):
        return TUNED_PROMPT
    fitted = [prompt for prompt in prompts if _calibration(model, prompt).is_fitted]

    def merit(prompt: Prompt) -> tuple[float, bool]:
        return _calibration(model, prompt).merit, prompt.name == DEFAULT_PROMPT

    return max(fitted, key=merit).name if fitted else DEFAULT_PROMPT
