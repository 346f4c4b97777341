"""Trained policies as files: those that come with the project, and the person's own."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jitai.errors import FileFormatError, ParameterError
from jitai.files import alone_with, make_folder, read_bytes, read_json, remove, set_aside, write_atomically
from jitai.parameters import suggestion
from jitai.paths import default_data_dir, resource
from jitai.policies.network import PolicyNetwork
from jitai.rl.imported_model import MAX_ZIP_BYTES, policy_of_model
from jitai.trial.spec import network_from

SHIPPED_FOLDER = resource("assets", "policies")
MAX_BYTES = 2_000_000
_HINT = "It is no trained policy: choose a file that was downloaded on the Train page, or written by train-policy."
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class PolicyFile:
    """One trained policy, or why it cannot be used.

    Attributes:
        name: of the file, without its ending; unique.
        network: the policy; None if the file is bad.
        is_own: whether it is the person's, not the project's.
        problem: what is wrong with the file, as a sentence; empty if nothing is.
    """

    name: str
    network: PolicyNetwork | None
    is_own: bool
    problem: str = ""

    @property
    def label(self) -> str:
        """The name shown to people."""
        return self.name if self.network is None else f"{self.network.name} ({self.name})"


def read_policy(path: Path) -> PolicyNetwork:
    """Read a policy's file, which may hold anything.

    Raises: FileFormatError naming the file and what is wrong, in one sentence.
    """
    try:
        found = path.stat()
        state = found.st_mtime_ns, found.st_size
    except (OSError, ValueError):
        state = 0, 0  # reading it says what is wrong
    return _policy_of(path, *state)


@lru_cache(maxsize=256)
def _policy_of(path: Path, changed_ns: int, n_bytes: int) -> PolicyNetwork:
    """Return a file's policy, read again only if the file has changed: pages ask for all of them at each click."""
    content = read_bytes(path, MAX_ZIP_BYTES, _HINT)
    return policy_from_bytes(content, path.name)


def policy_from_bytes(content: bytes, name: str) -> PolicyNetwork:
    """Return the policy in a file's content, which may be anything: ours, or a model of stable-baselines3.

    Args:
        content: of the file.
        name: of the file.
    Raises: FileFormatError as ``read_policy``; PartMissing for a model where what reads it is not installed.
    """
    if content.startswith(b"PK"):
        return policy_of_model(content, name)
    return network_from(read_json(content, name, MAX_BYTES, _HINT), name)


def policy_text(network: PolicyNetwork) -> str:
    """Return a policy as the text of its file, one entry a line."""
    content = network.as_mapping()
    layers = ",\n  ".join(json.dumps(layer, separators=(",", ":")) for layer in content.pop("layers"))
    entries = [f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in content.items()]
    return "{\n" + ",\n".join([*entries, f'"layers": [\n  {layers}\n]']) + "\n}\n"


def write_policy(network: PolicyNetwork, path: Path) -> None:
    """Write a policy's file, whole or not at all; its folder is made if it is missing.

    Raises: FileFormatError if the folder cannot be written to.
    """
    make_folder(path.parent)
    write_atomically(path, policy_text(network))


def default_policy_store() -> "PolicyStore":
    """Return the store of the project's policies and of those in the person's data folder."""
    return PolicyStore(default_data_dir())


class PolicyStore:
    """The trained policies on this machine.

    Args:
        folder: the person's data folder; policies lie in "policies" in it, made when the first is kept.
        shipped: folder of those that come with the project.
    """

    def __init__(self, folder: Path, shipped: Path = SHIPPED_FOLDER) -> None:
        self.folder, self.shipped = folder / "policies", shipped
        self.checkpoints = folder / "training"

    def policies(self) -> tuple[PolicyFile, ...]:
        """Return all policies, the project's first, each group by name; bad files too, with what is wrong."""
        own = [item for item in self._read(self.folder, True) if not (self.shipped / f"{item.name}.json").is_file()]
        return (*self._read(self.shipped, False), *own)

    def get(self, name: str) -> PolicyNetwork:
        """Return the policy of that name.

        Raises: ParameterError if there is none, FileFormatError if its file is bad.
        """
        found = {item.name: item for item in self.policies()}
        if name not in found:
            raise ParameterError(f"There is no trained policy {name!r}{suggestion(name, found)}")
        chosen = found[name]
        if chosen.network is None:
            raise FileFormatError(chosen.problem)
        return chosen.network

    def name_of(self, network: PolicyNetwork | None) -> str:
        """Return the name under which a policy is kept; empty for None and for one that is not, or no longer, kept."""
        if network is None:
            return ""
        return next((item.name for item in self.policies() if item.network == network), "")

    def free_name(self, wish: str) -> str:
        """Return an allowed, free name that is near a wish, which may be anything."""
        taken = {item.name for item in self.policies()}
        stem = re.sub(r"[^a-z0-9]+", "-", wish.removesuffix(".json").lower()).strip("-")[:32] or "policy"
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return name

    def save(self, network: PolicyNetwork, name: str) -> PolicyFile:
        """Keep a person's policy; an earlier one of that name is replaced, but a damaged file is set aside.

        Args:
            network: the policy.
            name: becomes the file's.
        Raises: ParameterError for a name that cannot be used, FileFormatError if the folder cannot be written to.
        """
        self._check(name)
        if (self.shipped / f"{name}.json").is_file():
            raise ParameterError(f"The name {name} belongs to a policy of the project.", "Choose another.")
        path = self.folder / f"{name}.json"
        with alone_with(path):
            if path.is_file():
                try:
                    read_policy(path)
                except FileFormatError:
                    set_aside(path)
            write_policy(network, path)
        return PolicyFile(name, network, True)

    def delete(self, name: str) -> None:
        """Remove a person's policy.

        Raises: ParameterError if there is none of that name.
        """
        self._check(name)
        if not (self.folder / f"{name}.json").is_file():
            raise ParameterError("There is no trained policy of your own with that name.")
        remove(self.folder / f"{name}.json")

    def _check(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ParameterError(
                'The name must begin with a small letter or a digit and hold only these, "-" and "_", at most 40.'
            )

    def _read(self, folder: Path, is_own: bool) -> list[PolicyFile]:
        found = []
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
            if not _NAME.fullmatch(path.stem):
                continue
            try:
                found.append(PolicyFile(path.stem, read_policy(path), is_own))
            except FileFormatError as error:
                found.append(PolicyFile(path.stem, None, is_own, error.in_full))
        return found
