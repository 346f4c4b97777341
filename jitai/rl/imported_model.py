"""A model that somebody trained with stable-baselines3 on our registered environments, as a policy of plain numbers.

The zip file of stable-baselines3 holds pickles, which run whatever code stands in them. None is loaded: the weights are
read by torch's reader of weights alone, and of the JSON beside them only plain words and numbers are looked at.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jitai import __version__
from jitai.errors import FileFormatError, ParameterError
from jitai.files import read_json
from jitai.installation import TRAINING
from jitai.parameters import lasting_mapping
from jitai.paths import program
from jitai.policies.belief import BeliefSettings
from jitai.policies.network import (
    A2C,
    DQN,
    OBSERVATION_LABELS,
    PPO,
    RELU,
    STEP_COUNT,
    STEPS_SCALE,
    TANH,
    Layer,
    PolicyNetwork,
    TrainedOn,
    rounded,
)
from jitai.sanitise import for_sentence
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.simulator.spaces import DEFAULT_OBSERVATIONS, QUANTITIES

MAX_ZIP_BYTES = 20_000_000
MAX_PART_BYTES = 50_000_000
_SHARED = tuple(name for name in QUANTITIES if name in OBSERVATION_LABELS)
"""Observations of the environments that a policy here can be shown."""
_LAYER = re.compile(r"(mlp_extractor\.policy_net|q_net\.q_net)\.(\d{1,3})\.weight")


def policy_of_model(
    content: bytes, name: str, observations: Sequence[str] = (), participant: SimulatorConfig | None = None
) -> PolicyNetwork:
    """Return the policy in a model of PPO, A2C or DQN with an MlpPolicy.

    Args:
        content: of the zip file; it may be anything.
        name: of the file.
        observations: names that the environment was made with, in order; the environments' own default if none.
        participant: on whom it was trained; the usual preset if None.
    Raises: FileFormatError in one sentence for what cannot be used; PartMissing if torch is not installed.
    """
    name = for_sentence(name)
    weights, about = _parts(content, name)
    layers, is_dqn = _layers(weights, name)
    names = tuple(observations) or DEFAULT_OBSERVATIONS
    n_inputs = layers[0].weights.shape[0]
    if n_inputs != len(names):
        raise FileFormatError(
            f"{name} takes {n_inputs} numbers, but {', '.join(names)} are {len(names)}.",
            "Name the observations that its environment had, in their order: "
            f"`{program()} import-policy FILE.zip --observations P,H,D`.",
        )
    if unknown := [item for item in names if item not in _SHARED]:
        raise FileFormatError(
            f"{name} cannot be used with the observation {for_sentence(unknown[0])!r}: a policy here is shown "
            f"{', '.join(_SHARED)}.",
            "Train it on an environment with these observations.",
        )
    if STEP_COUNT in names:
        # The environments show steps as they are, a policy is shown them in units of STEPS_SCALE.
        first = layers[0].weights.copy()
        first[names.index(STEP_COUNT)] *= STEPS_SCALE
        layers = [Layer(first, layers[0].bias), *layers[1:]]
    config = participant or PRESETS[DEFAULT_PRESET]
    n_steps = about.get("num_timesteps")
    try:
        return PolicyNetwork(
            name=f"{name.removesuffix('.zip')[:60]} (stable-baselines3)",
            algorithm=DQN if is_dqn else PPO if "n_epochs" in about else A2C,
            observations=names,
            layers=tuple(Layer(rounded(layer.weights), rounded(layer.bias)) for layer in layers),
            activation=_activation(about, is_dqn, name),
            steps_per_value=1.0,
            trained_on=TrainedOn(
                participants=(config.as_mapping(),),
                belief=lasting_mapping(BeliefSettings()),
                filter="none",
                judge="none",
                learning={},
                n_steps=n_steps if isinstance(n_steps, int) and 0 <= n_steps < 2**53 else 0,
                minutes=0.0,
                version=__version__,
            ),
        )
    except ParameterError as error:
        raise FileFormatError(f"{name} cannot be used as a policy: {error}", error.hint) from error


def _parts(content: bytes, name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The weights by their names, and what the JSON says.

    Raises: FileFormatError, PartMissing.
    """
    none_of_theirs = FileFormatError(
        f"{name} is no model of stable-baselines3.", "Choose a policy's JSON file, or what `model.save` wrote."
    )
    if len(content) > MAX_ZIP_BYTES:
        raise FileFormatError(f"{name} is larger than {MAX_ZIP_BYTES:,} bytes.", "Train a smaller network.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
            if not {"data", "policy.pth"} <= sizes.keys():
                raise none_of_theirs
            if max(sizes["data"], sizes["policy.pth"]) > MAX_PART_BYTES:
                raise FileFormatError(f"{name} unpacks to more than {MAX_PART_BYTES:,} bytes.", "Train a smaller one.")
            data, kept = archive.read("data"), archive.read("policy.pth")
    except FileFormatError:
        raise
    except Exception as error:  # zipfile raises what its parts raise
        raise none_of_theirs from error
    TRAINING.require()
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the pickle, whose content is checked
            weights = torch.load(io.BytesIO(kept), map_location="cpu", weights_only=True)
        arrays = {key: np.asarray(value.detach().numpy(), dtype=np.float64) for key, value in weights.items()}
    except Exception as error:  # torch raises whatever comes of a damaged file; of a pickle with code, UnpicklingError
        raise FileFormatError(
            f"The weights in {name} are damaged, or more than numbers; what runs code is never read.",
            "Save the model again with stable-baselines3.",
        ) from error
    about = read_json(data, name, MAX_PART_BYTES, only_finite=False)
    return arrays, about if isinstance(about, dict) else {}


def _layers(weights: Mapping[str, Any], name: str) -> tuple[list[Layer], bool]:
    """The layers that lead to an action, in order, and whether they are those of DQN.

    Raises: FileFormatError for another kind of network.
    """
    found = sorted((match for key in weights if (match := _LAYER.fullmatch(str(key)))), key=lambda item: int(item[2]))
    is_dqn = any(match[1].startswith("q_net") for match in found)
    keys = [match[0].removesuffix(".weight") for match in found if match[1].startswith("q_net") == is_dqn]
    if not is_dqn and "action_net.weight" in weights:
        keys.append("action_net")
    elif not is_dqn:
        keys = []
    has_extractor = any(str(key).startswith("features_extractor.") for key in weights)
    if not keys or has_extractor or any(f"{key}.bias" not in weights for key in keys):
        raise FileFormatError(
            f"{name} holds another kind of network than can be used here.",
            "PPO, A2C or DQN with an MlpPolicy on a registered environment can.",
        )
    layers = [Layer(np.transpose(weights[f"{key}.weight"]), weights[f"{key}.bias"]) for key in keys]
    if any(layer.weights.ndim != 2 or layer.bias.ndim != 1 for layer in layers):
        raise FileFormatError(f"The weights in {name} do not make up a network.", "Save the model again.")
    return layers, is_dqn


def _activation(about: Mapping[str, Any], is_dqn: bool, name: str) -> str:
    """Raises: FileFormatError for one that a policy here cannot have."""
    settings = about.get("policy_kwargs")
    given = str(settings.get("activation_fn", "")) if isinstance(settings, dict) else ""
    if not given:
        return RELU if is_dqn else TANH  # what stable-baselines3 takes where nothing is said
    for word, activation in ((".Tanh'", TANH), (".ReLU'", RELU)):
        if word in given:
            return activation
    raise FileFormatError(f"{name} has an activation that cannot be used here.", "Tanh and ReLU can.")
