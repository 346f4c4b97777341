"""Which model it is: its name in one spelling, and what it is made of.

A server's list gives the digest of a manifest, which changes with the server's version for the same files (recorded:
0.24.0 and 0.33.0). What does not change are the files themselves, the blobs that the model's description names.
"""

import hashlib
import re
from collections.abc import Iterable

from jitai.judge.embedded import MODEL_DIGEST

_BLOB = re.compile(r"^(FROM|ADAPTER)\s+\S*?sha256[-:]([0-9a-f]{64})\s*$", re.MULTILINE | re.IGNORECASE)
_NO_FILE = re.compile(r"^(TEMPLATE|SYSTEM|PARAMETER|LICENSE|MESSAGE|RENDERER|PARSER)\s", re.MULTILINE | re.IGNORECASE)
"""What follows the files in a description. Its texts are anybody's, and may look like the name of a file."""
_OFFICIAL = re.compile(r"^(https?://)?(registry\.ollama\.ai/)?(library/)?", re.IGNORECASE)
_REWRITTEN = {"sha256:941f309b54caaad6747569ba43712bcde44a2be3bae16c3282ff499c37c54af5": MODEL_DIGEST}
"""Files as Ollama 0.33.0 writes them anew, with what they were made from: the same tensors in another order. Recorded
log-probabilities differ by at most 0.0003 from those of the file itself on 0.24.0."""


def canonical_name(name: str) -> str:
    """Return the one spelling of all names that a server takes for the same model: " DUP" is "dup:latest"."""
    name = _OFFICIAL.sub("", name.strip()).casefold()
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def find_name(wanted: str, names: Iterable[str]) -> str | None:
    """Return the name in a server's list that a person means; None if it is not there."""
    same = [name for name in names if canonical_name(name) == canonical_name(wanted)]
    return next((name for name in same if name == wanted), next(iter(same), None))


def made_of(modelfile: str) -> str:
    """Return a digest of the files that a model is made of, however it is called and whichever server has it.

    Args:
        modelfile: as the server's description of the model gives it.
    Returns: "sha256:" and 64 hexadecimal digits. Of one file, those of the file itself; of several, those of their
        digests one after the other, weights before adapters, as the embedded model with our adapter is named. Empty if
        the description names no file.
    """
    found = [(kind.upper(), f"sha256:{digest.lower()}") for kind, digest in _BLOB.findall(_NO_FILE.split(modelfile)[0])]
    blobs = [
        _REWRITTEN.get(digest, digest) for wanted in ("FROM", "ADAPTER") for kind, digest in found if kind == wanted
    ]
    if len(blobs) < 2:
        return "".join(blobs)
    return f"sha256:{hashlib.sha256(''.join(blobs).encode()).hexdigest()}"
