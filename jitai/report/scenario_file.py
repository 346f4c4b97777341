"""A scenario and its branches from a file, which may hold anything."""

from pathlib import Path

from jitai.errors import FileFormatError, ParameterError
from jitai.files import read_json
from jitai.sanitise import for_sentence
from jitai.trial.saved_run import SavedRun, saved_run_from_mapping
from jitai.trial.scenario import MAX_BYTES
from jitai.trial.spec import TrainedPolicies


def read_scenario(source: Path | bytes, name: str, named: TrainedPolicies | None = None) -> SavedRun:
    """Read a scenario with its branches.

    Args:
        source: the file, or its content; untrusted.
        name: of the file, untrusted.
        named: looks up a trained policy that is only named; None where names mean nothing.
    Raises: FileFormatError that names the file and says in a sentence what is wrong; JitaiError as ``named``.
    """
    name = for_sentence(name)
    content = read_json(source, name, MAX_BYTES)
    try:
        return saved_run_from_mapping(content, named)
    except ParameterError as error:
        raise FileFormatError(f"{name} cannot be used as a scenario. {error}", error.hint) from error
