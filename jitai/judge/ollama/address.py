"""The address of an Ollama server, as people write it."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from jitai.judge.ollama.errors import bad_address
from jitai.sanitise import for_sentence

DEFAULT_PORT = 11434


@dataclass(frozen=True)
class Address:
    """Where a server is.

    Attributes:
        url: for a client, without a name or a password in it.
        login: name and password, if the address has them; never shown.
    """

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """Host and port for people."""
        return for_sentence(urlsplit(self.url).netloc)


def read_address(written: str) -> Address:
    """Read an address as a person writes it: name, name:port, ::1, [::1]:port or URL; nothing for this machine.

    Raises: ParameterError if it cannot be understood.
    """
    written = written.strip()
    scheme, separator, rest = written.rpartition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme not in ("http", "https"):
        raise bad_address()
    if _is_bare_ipv6(rest):
        rest = f"[{rest}]"
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        name = parts.hostname or "127.0.0.1"
        # Where an address is given as a URL its own default ports hold, as in the official client.
        port = ({"http": 80, "https": 443}[scheme] if separator else DEFAULT_PORT) if parts.port is None else parts.port
    except ValueError:
        raise bad_address() from None
    if port == 0:
        raise bad_address("The port 0 stands for no port.")
    login = None
    if parts.username is not None:
        login = unquote(parts.username), unquote(parts.password or "")
    # "Listen everywhere", which servers are often told by the same setting, is no address to call.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104
    return Address(f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}", login)


def _is_bare_ipv6(text: str) -> bool:
    """Return whether a text is an IPv6 address without the brackets that a URL needs around it."""
    try:
        return ipaddress.ip_address(text.rstrip("/")).version == 6
    except ValueError:
        return False
