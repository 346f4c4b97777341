"""Where a model of an Ollama server runs: on this machine, on another one, or in the cloud.

Nobody has to send anything to find out: the server's address and its list of models tell. Where they leave a doubt, the
answer is the one for which a person is asked before a participant's words are sent.
"""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from jitai.sanitise import for_sentence

CLOUD_HOST = "ollama.com"
"""Where an Ollama server passes requests on to, unless its list of models names another host."""
SMALLEST_MODEL_BYTES = 1_000_000
"""What takes less disk than this has no weights: it is a note that names a model elsewhere (some 400 bytes)."""


class Place(StrEnum):
    """Where a model runs."""

    THIS_MACHINE = "this machine"
    ANOTHER_MACHINE = "another machine"
    CLOUD = "cloud"


@dataclass(frozen=True)
class Whereabouts:
    """Where the words go that a model is asked about.

    Attributes:
        place: where the model runs.
        server: the Ollama server's address, such as "127.0.0.1:11434".
        model: its name.
        host: the company's host where the model is in the cloud, such as "ollama.com"; else empty.
    """

    place: Place
    server: str
    model: str
    host: str = ""

    @property
    def leaves_this_machine(self) -> bool:
        """Whether what a participant wrote would leave this machine."""
        return self.place is not Place.THIS_MACHINE

    @property
    def mark(self) -> str:
        """What stands beside the model's name, such as "cloud: ollama.com"; empty for a model on this machine."""
        if self.place is Place.CLOUD:
            return f"cloud: {self.host}"
        return f"on another machine: {self.server}" if self.leaves_this_machine else ""

    @property
    def sentence(self) -> str:
        """Where the model runs and where the words go, as a sentence for the person who chooses it."""
        if self.place is Place.CLOUD:
            return (
                f"The model {self.model} runs in the cloud: the Ollama server at {self.server} sends what participants "
                f"write to {self.host}."
            )
        if self.place is Place.ANOTHER_MACHINE:
            return (
                f"The model {self.model} runs on another machine: what participants write is sent to the Ollama server "
                f"at {self.server}."
            )
        return f"The model {self.model} runs on this machine; what participants write stays here."


def is_this_machine(url: str) -> bool:
    """Return whether a URL's host is this machine for certain: a loopback address, or localhost."""
    try:
        name = urlsplit(url).hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_cloud_name(model: str) -> bool:
    """Return whether a server passes a model of this name on to the cloud, even if it is not in its list.

    Such are names and tags that end in "-cloud" (found on Ollama 0.24.0 and 0.33.0), and the tag "cloud".
    """
    name, _, tag = model.strip().lower().rpartition("/")[2].partition(":")
    return name.endswith("-cloud") or tag == "cloud" or tag.endswith("-cloud")


def whereabouts(
    url: str, model: str, *, size_bytes: int | None = None, remote_host: str = "", remote_model: str = ""
) -> Whereabouts:
    """Return where a model of a server runs.

    Args:
        url: of the server, such as "http://127.0.0.1:11434".
        model: its name, in the server's list or not.
        size_bytes: on the server's disk, as its list says; None if it does not say, or is not known yet.
        remote_host, remote_model: as the server's list or its description of the model says; empty if it says nothing.
    """
    server, name = for_sentence(urlsplit(url).netloc.rpartition("@")[2]), for_sentence(model)
    has_no_weights = size_bytes is not None and size_bytes < SMALLEST_MODEL_BYTES
    if remote_host or remote_model or has_no_weights or is_cloud_name(model):
        return Whereabouts(Place.CLOUD, server, name, for_sentence(_host_of(remote_host)))
    place = Place.THIS_MACHINE if is_this_machine(url) else Place.ANOTHER_MACHINE
    return Whereabouts(place, server, name)


def _host_of(remote_host: str) -> str:
    """Return the host's name out of what a server calls it, such as "https://ollama.com:443"."""
    try:
        return urlsplit(remote_host if "://" in remote_host else f"//{remote_host}").hostname or CLOUD_HOST
    except ValueError:
        return CLOUD_HOST
