"""What an Ollama server says of its models: read out of its answers, whatever stands in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from jitai.judge.ollama.identity import made_of
from jitai.judge.ollama.whereabouts import Whereabouts, is_this_machine, whereabouts

MAX_MODELS = 500
"""Models of a server that are listed: those that it names first."""
_MAX_NAME_CHARACTERS = 200
_FIRST_YEAR = 2000
"""What is said to end before has no end that a server knows."""


@dataclass(frozen=True)
class OllamaModel:
    """A model on the server.

    Attributes:
        name: such as "gemma3:4b".
        digest: "sha256:" and 64 hexadecimal digits: of the files that it is made of where they are known
            (``OllamaServer.recognised``), else of the server's manifest.
        size_bytes: on disk; 0 if the server does not say.
        family: architecture, such as "llama"; empty if the server does not say.
        parameter_size: such as "134.52M"; empty if the server does not say.
        quantisation: such as "Q4_1"; empty if the server does not say.
        manifest: digest of the server's manifest, which may change with the server's version; empty if nobody asked.
        where: where it runs; None if nobody asked.
    """

    name: str
    digest: str
    size_bytes: int
    family: str = ""
    parameter_size: str = ""
    quantisation: str = ""
    manifest: str = ""
    where: Whereabouts | None = None


@dataclass(frozen=True)
class Description:
    """What a server says of one model.

    Attributes:
        made_of: digest of its files; empty if none is named.
        context_tokens: the most that it can read; 0 if the server does not say.
        capabilities: such as "completion"; empty if the server does not say.
        remote_host, remote_model: what a cloud model stands for; empty for others.
    """

    made_of: str = ""
    context_tokens: int = 0
    capabilities: tuple[str, ...] = ()
    remote_host: str = ""
    remote_model: str = ""


@dataclass(frozen=True)
class Loaded:
    """A model's place in memory.

    Attributes:
        size_bytes: memory that it takes.
        on_gpu_bytes: the part of it that is on a graphics card.
        context_tokens: what it was loaded with; 0 if the server does not say.
        until: when the server will drop it; None if it does not say.
    """

    size_bytes: int
    on_gpu_bytes: int = 0
    context_tokens: int = 0
    until: datetime | None = None


def models_in(content: Mapping[str, Any], url: str) -> list[OllamaModel]:
    """Return the models of a server's list, at most MAX_MODELS, each name once.

    Args:
        content: the answer to GET /api/tags.
        url: of the server.
    Raises: KeyError, TypeError if it is no list of models.
    """
    models: dict[str, OllamaModel] = {}
    for row in content["models"] or []:
        name = _text(row, "model") or _text(row, "name")
        if not name or len(name) > _MAX_NAME_CHARACTERS or name in models:
            continue
        manifest = f"sha256:{_text(row, 'digest').removeprefix('sha256:')}"
        size, details = row.get("size"), row.get("details") or {}
        models[name] = OllamaModel(
            name, manifest, _whole(size), _text(details, "family"), _text(details, "parameter_size"),
            _text(details, "quantization_level"), manifest,
            whereabouts(
                url, name, size_bytes=None if size is None else _whole(size),
                remote_host=_text(row, "remote_host"), remote_model=_text(row, "remote_model"),
            ),
        )  # fmt: skip
        if len(models) == MAX_MODELS:
            break
    return list(models.values())


def description_in(content: Mapping[str, Any]) -> Description:
    """Return a server's description of a model.

    Args:
        content: the answer to POST /api/show.
    Raises: TypeError, AttributeError if it is none.
    """
    facts = content.get("model_info") or {}
    lengths = [_whole(value) for key, value in facts.items() if key.endswith(".context_length")]
    return Description(
        made_of(_text(content, "modelfile")),
        next(iter(lengths), 0),
        tuple(item for item in content.get("capabilities") or () if isinstance(item, str)),
        _text(content, "remote_host"),
        _text(content, "remote_model"),
    )


def loaded_in(content: Mapping[str, Any], now: datetime) -> dict[str, Loaded]:
    """Return the models in memory by name; not those whose time is over, which 0.24.0 still lists for a moment.

    Args:
        content: the answer to GET /api/ps.
        now: by the server's clock.
    Raises: KeyError, TypeError if it is no list of models.
    """
    loaded = {}
    for row in content["models"] or []:
        until = _moment(_text(row, "expires_at"))
        if until is None or until > now:
            loaded[_text(row, "model") or _text(row, "name")] = Loaded(
                _whole(row.get("size")), _whole(row.get("size_vram")), _whole(row.get("context_length")), until
            )
    return loaded


def clock_of(url: str, date: str) -> datetime:
    """Return what time it is for a server.

    Args:
        url: of the server; one on this machine has this machine's clock.
        date: as the header of its answer says, to the second; may be empty.
    """
    if not is_this_machine(url):
        try:
            return parsedate_to_datetime(date).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            pass
    return datetime.now(UTC)


def _moment(text: str) -> datetime | None:
    """Return a point in time; None for a text that names none, and for the beginning of all time, which is no end."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.year >= _FIRST_YEAR else None
    except (ValueError, OverflowError):
        return None


def _text(row: Any, key: str) -> str:
    """Return a text of a row; empty where there is none."""
    value = row.get(key) if isinstance(row, dict) else None
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    """Return a number of things; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
