"""Managing the models of an Ollama server: looking, pulling, loading, deleting, and putting our own judge there.

Long work is a generator of ``Progress``, so that it can be tested without threads; ``BackgroundWork`` runs one in a
thread of its own, where it can be watched and cancelled. What a server writes (names excepted) is never passed on.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitai.background import BackgroundJob, Progress
from jitai.errors import BackendError, FileFormatError, JitaiError, ParameterError, UnreadableReply
from jitai.judge.embedded import ADAPTER_FILE
from jitai.judge.ollama.server import OllamaServer

if TYPE_CHECKING:
    import ollama


JUDGE_NAME = "jitai-judge"
JUDGE_LICENCE = "Apache-2.0"
"""That of the base model, SmolLM2-135M-Instruct."""
JUDGE_PARAMETERS = {"temperature": 0, "num_predict": 1, "repeat_penalty": 1.0, "num_ctx": 1024}
"""Never the person's settings, which every question brings along: the same files must give the same digest."""
MAX_NAME_LENGTH = 200
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_NAME = re.compile(rf"({_PART}(:[0-9]{{1,5}})?/)?({_PART}/){{0,3}}{_PART}(:{_PART})?")
_TYPED_WITH_COMMAND = re.compile(r"^ollama\s+(pull|run)\s+")


@dataclass(frozen=True)
class Suggestion:
    """A small model to begin with.

    Attributes:
        name: in Ollama's registry.
        size_bytes: to download, about.
        licence: what may be done with it, in a few words.
    """

    name: str
    size_bytes: int
    licence: str


SUGGESTIONS = (
    Suggestion("qwen2.5:1.5b", 986_000_000, "Apache-2.0: free for any use"),
    Suggestion("smollm2:1.7b", 1_800_000_000, "Apache-2.0: free for any use"),
    Suggestion("gemma3:1b", 815_000_000, "Gemma Terms of Use: some uses are prohibited"),
    Suggestion("gemma3:4b", 3_300_000_000, "Gemma Terms of Use: some uses are prohibited"),
    Suggestion("llama3.2:3b", 2_000_000_000, "Llama 3.2 Community License: conditions apply"),
)


class Cancellation:
    """Lets one thread ask another to stop: a flag, and the connection on which the other may be waiting."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    @property
    def cancelled(self) -> bool:
        """Whether cancel was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop: whoever waits on the watched connection wakes up at once."""
        with self._lock:
            self._cancelled.set()
            self._break_off()

    def watch(self, response: Any) -> None:
        """Watch the connection of an httpx.Response that has begun."""
        stream = response.extensions.get("network_stream")
        with self._lock:
            self._connection = stream.get_extra_info("socket") if stream is not None else None
            if self.cancelled:
                self._break_off()

    def _break_off(self) -> None:
        if self._connection is not None:
            # Closing alone would not wake a thread that is reading.
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


def checked_name(typed: str) -> str:
    """Return a model's name as a person typed it, in the form that a server knows.

    Raises: ParameterError if no model can have that name.
    """
    name = _TYPED_WITH_COMMAND.sub("", typed.strip())
    if not name:
        raise ParameterError("Type a model's name, such as gemma3:1b.")
    if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        raise ParameterError(
            "A model's name consists of letters, digits and . _ - / with one colon before the tag, as in gemma3:1b or "
            "hf.co/user/model:Q4_K_M."
        )
    return name


def load(server: OllamaServer, name: str) -> Iterator[Progress]:
    """Load a model into memory, as the server's settings say, so that the first statement need not wait for it.

    Raises: BackendError, one of its kinds.
    """
    yield Progress("Loading into memory")
    settings = server.settings
    server.ask(
        lambda client: client.generate(
            model=name, keep_alive=settings.keep_alive, options={"num_ctx": settings.context_tokens}
        ),
        name,
    )
    yield Progress("In memory", 1, 1)


def unload(server: OllamaServer, name: str) -> Iterator[Progress]:
    """Take a model out of memory; it stays on the disk.

    Raises: as load.
    """
    yield Progress("Taking it out of memory")
    server.ask(lambda client: client.generate(model=name, keep_alive=0), name)
    yield Progress("Out of memory", 1, 1)


def delete(server: OllamaServer, name: str) -> Iterator[Progress]:
    """Delete a model from the server's disk.

    Raises: as load.
    """
    yield Progress("Deleting from the disk")
    server.ask(lambda client: client.delete(name), name)
    yield Progress("Deleted", 1, 1)


def pull(server: OllamaServer, name: str, cancellation: Cancellation | None = None) -> Iterator[Progress]:
    """Download a model; continue an earlier download that was cancelled.

    Args:
        server: downloads it, from the registry that the name says.
        name: from checked_name.
        cancellation: ends the download from another thread. Closing the generator ends it too.
    Raises: BackendError, one of its kinds.
    """
    cancellation = cancellation if cancellation is not None else Cancellation()
    yield Progress("Asking the registry")
    layers: dict[str, tuple[int, int]] = {}
    for event in _stream(server, cancellation, name, lambda client: client.pull(name, stream=True)):
        if event.digest and event.total:
            layers[event.digest] = (event.completed or 0, event.total)
        completed, total = (sum(numbers) for numbers in zip(*layers.values(), strict=True)) if layers else (0, 0)
        yield Progress(_in_our_words(event.status or ""), completed, total, "bytes")


def put_judge(
    server: OllamaServer,
    base_path: Path,
    adapter_path: Path = ADAPTER_FILE,
    name: str = JUDGE_NAME,
    cancellation: Cancellation | None = None,
) -> Iterator[Progress]:
    """Make our judge a model of a server: upload its two GGUF files, and create the model from them.

    Args:
        server: where to.
        base_path: the base model's weights.
        adapter_path: the LoRA adapter over them.
        name: of the new model; one of that name is replaced.
        cancellation: ends the work from another thread, at the latest when the present file is uploaded.
    Raises: FileFormatError if a file is not there; BackendError, one of its kinds.
    """
    cancellation = cancellation if cancellation is not None else Cancellation()
    for path in (base_path, adapter_path):
        if not path.is_file():
            raise FileFormatError(f"The file {path.name} is not there.", hint="Install the project again.")
    n_steps = 3
    yield Progress(f"Uploading the base model, {in_bytes(base_path.stat().st_size)}", 0, n_steps)
    files = {base_path.name: server.upload(base_path)}
    yield Progress(f"Uploading the adapter, {in_bytes(adapter_path.stat().st_size)}", 1, n_steps)
    adapters = {adapter_path.name: server.upload(adapter_path)}
    yield Progress("Making a model of both", 2, n_steps)
    for _ in _stream(
        server,
        cancellation,
        name,
        lambda client: client.create(
            name, files=files, adapters=adapters, template="{{ .Prompt }}", parameters=JUDGE_PARAMETERS,
            license=JUDGE_LICENCE, stream=True,
        ),
    ):  # fmt: skip
        yield Progress("Making a model of both", 2, n_steps)
    yield Progress("Done", n_steps, n_steps)


def _stream(
    server: OllamaServer,
    cancellation: Cancellation,
    name: str,
    begin: "Callable[[ollama.Client], Iterator[ollama.ProgressResponse]]",
) -> "Iterator[ollama.ProgressResponse]":
    """Yield the events of long work on a server, and raise unless it ends with success.

    Raises: BackendError, one of its kinds; an error within the stream becomes a sentence of ours.
    """
    import ollama

    client = server.client_without_limit(cancellation.watch)
    events: Any = begin(client)

    def next_event() -> "ollama.ProgressResponse | None":
        try:
            event: ollama.ProgressResponse | None = next(events, None)
        except ollama.ResponseError as error:
            if error.status_code != _WITHIN_A_STREAM:
                raise
            raise _sentence(str(error.error)) from None
        return event

    status = ""
    try:
        while (event := server.translated(next_event, name)) is not None:
            if cancellation.cancelled:
                # What had arrived before the connection was broken off may still be there to be read.
                raise BackendError("The work was cancelled.")
            status = event.status or ""
            yield event
    finally:
        events.close()
        client.close()  # type: ignore[no-untyped-call]
    if status != "success":
        raise UnreadableReply("The server stopped before the work was done.", hint="Try again: it goes on from there.")


_WITHIN_A_STREAM = -1
"""The status that the client gives an error in the middle of an answer."""
_OFFLINE = ("no such host", "dial tcp", "network is unreachable", "i/o timeout", "tls handshake", "lookup ")
_SENTENCES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("file does not exist", "not found"), "The registry has no model of that name.", "Check the name and its tag."),
    (_OFFLINE, "The Ollama server cannot reach the model registry.", "Check that machine's internet connection."),
    (("no such file",), "The server lacks a file that the model is made of.", "Try again: it is uploaded anew."),
    (("no space",), "The disk of the Ollama server is full.", "Delete models that are not needed."),
    (("digest mismatch", "invalid digest"), "A file arrived damaged.", "Try again."),
    (("newer version", "requires a newer"), "This model needs a newer Ollama.", "Update Ollama."),
    (("unauthorized", "access denied", "denied"), "The registry does not give this model to everybody.", ""),
    (("unsupported", "invalid file magic", "architecture"), "The server cannot use these files as a model.", ""),
)
"""What servers write in the middle of a stream, and what it means."""


def _sentence(message: str) -> BackendError:
    """Return the error for a server's message in the middle of a stream."""
    known = message.lower()
    for marks, sentence, hint in _SENTENCES:
        if any(mark in known for mark in marks):
            return BackendError(sentence, hint=hint)
    return BackendError("The Ollama server broke the work off.", hint="Its own log says why; try again.")


def _in_our_words(status: str) -> str:
    """Return what a pull is doing, as words for people."""
    for beginning, words in (
        ("pulling manifest", "Asking the registry"),
        ("pulling ", "Downloading"),
        ("verifying", "Checking what arrived"),
        ("writing", "Adding it to the models"),
        ("removing", "Removing what is no longer needed"),
        ("success", "Done"),
    ):
        if status.startswith(beginning):
            return words
    return "Working"


def in_bytes(number: int) -> str:
    """Return a size in words: "98 MB", "1.3 GB"."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} GB"
    return f"{number / 1e6:.0f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"


RUNNING, DONE, CANCELLED, FAILED = "running", "done", "cancelled", "failed"


class BackgroundWork(BackgroundJob[Progress]):
    """A piece of work on a model. Making one starts it; its snapshot says how far it has come.

    Args:
        key: tells it from other work: two pieces with the same key are the same work.
        title: what it is, for people; may hold a model's name.
        steps: makes the generator that does the work.
        on_end: called in the work's thread once it is over, whatever came of it.
        can_be_cancelled: whether stopping has an effect before the end.
    """

    def __init__(
        self,
        key: str,
        title: str,
        steps: Callable[[Cancellation], Iterator[Progress]],
        on_end: Callable[[], None] = lambda: None,
        can_be_cancelled: bool = True,
    ) -> None:
        super().__init__("ollama-work", "The work")
        self.key, self.title, self.steps, self.can_be_cancelled = key, title, steps, can_be_cancelled
        self._on_end, self._cancellation = on_end, Cancellation()
        self._progress, self._is_cancelled = Progress("Beginning"), False
        self.start()

    @property
    def state(self) -> str:
        """State of the work: RUNNING, DONE, CANCELLED or FAILED."""
        if not self.finished:
            return RUNNING
        if self.failure:
            return FAILED
        return CANCELLED if self._is_cancelled else DONE

    def stop(self) -> None:
        """Ask the work to end; return at once."""
        super().stop()
        self._cancellation.cancel()

    def _snapshot(self, finished: bool) -> Progress:
        return self._progress

    def _run(self) -> None:
        try:
            with closing(_as_generator(self.steps(self._cancellation))) as steps:
                for progress in steps:
                    with self._lock:
                        self._progress = progress
                    if self.stopping:
                        break
        except JitaiError:
            # A connection that breaks because it was cancelled is no failure.
            if not self.stopping:
                raise
        self._is_cancelled = self.stopping

    def _after(self) -> None:
        self._on_end()


def _as_generator(steps: Iterator[Progress]) -> Any:
    """Return an iterator as a generator, because only generators have close()."""
    return steps if hasattr(steps, "close") else (step for step in steps)
