"""A model trained with stable-baselines3 on our environments becomes a policy; nothing in its file is executed."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from jitai.installation import TRAINING
from tests.conftest import reason_to_skip

pytest.importorskip("stable_baselines3", reason=reason_to_skip(TRAINING))

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from stable_baselines3 import A2C, DQN, PPO, SAC

import jitai.environments  # noqa: F401 - registers them
from jitai.cli.main import main
from jitai.errors import FileFormatError
from jitai.policies.network import PolicyNetwork
from jitai.rl.imported_model import policy_of_model
from jitai.rl.policy_store import read_policy

SMALL = {"policy": "MlpPolicy", "device": "cpu", "seed": 1}


def saved(model: Any) -> bytes:
    file = io.BytesIO()
    model.save(file)
    return file.getvalue()


@pytest.fixture(scope="module")
def ppo() -> Any:
    env = gymnasium.make("StepCountJITAI-LLM-v0", observations=["H", "D", "S", "L"], statements="")
    model = PPO(env=env, n_steps=64, batch_size=32, n_epochs=1, **SMALL)
    return model.learn(64)


@pytest.mark.parametrize("kind", ["PPO", "A2C", "DQN"])
def test_it_chooses_what_the_model_chooses(kind: str, ppo: Any) -> None:
    env = gymnasium.make("StepCountJITAI-v0")
    model = {
        "PPO": lambda: ppo,
        "A2C": lambda: A2C(env=env, policy_kwargs={"activation_fn": torch.nn.ReLU, "net_arch": [8]}, **SMALL),
        "DQN": lambda: DQN(env=env, buffer_size=10, **SMALL),
    }[kind]()
    names = ("H", "D", "S", "L") if kind == "PPO" else ("P", "H", "D")
    network = policy_of_model(saved(model), "mine.zip", names)
    assert (network.algorithm.upper(), network.observations) == (kind, names)
    seen = np.random.default_rng(1).random((200, len(names))).astype(np.float32)
    if "S" in names:
        seen[:, names.index("S")] *= 300
    shown = seen.copy()
    if "S" in names:
        shown[:, names.index("S")] /= 200
    theirs, _ = model.predict(seen, deterministic=True)
    assert (network.outputs(shown).argmax(axis=1) == theirs).mean() > 0.99
    assert PolicyNetwork.from_mapping(network.as_mapping()) == network, "it can be kept"


def test_it_can_be_run(ppo: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "mine.zip", tmp_path / "mine.json"
    path.write_bytes(saved(ppo))
    assert main(["import-policy", str(path), "--observations", "H,D,S,L", "--out", str(out)]) == 0
    assert read_policy(out).observations == ("H", "D", "S", "L")
    run = ["run", "--policy-file", str(out), "--filter", "none", "--study-length", "10", "--quiet"]
    assert main(run) == 0
    capsys.readouterr()
    run[2] = str(path)
    assert main(run) == 1
    assert "takes 4 numbers, but P, H, D are 3" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("observations", "words"),
    [(("P", "H", "D"), "takes 4 numbers"), (("P", "H", "D", "X"), "cannot be used with the observation 'X'")],
)
def test_observations_are_checked(ppo: Any, observations: tuple[str, ...], words: str) -> None:
    with pytest.raises(FileFormatError, match=words) as error:
        policy_of_model(saved(ppo), "mine.zip", observations)
    assert error.value.hint


def test_no_code_in_it_is_run(ppo: Any, tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "executed",)

    with zipfile.ZipFile(io.BytesIO(saved(ppo))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    evil = io.BytesIO()
    torch.save({"action_net.weight": Attack()}, evil)
    for name, content in (("policy.pth", evil.getvalue()), ("policy.pth", pickle.dumps(Attack()))):
        with pytest.raises(FileFormatError, match="what runs code is never read"):
            policy_of_model(zip_of({**parts, name: content}), "evil.zip", ("H", "D", "S", "L"))
    assert not (tmp_path / "executed").exists()


def zip_of(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_other_models_and_bombs_are_refused_in_a_sentence() -> None:
    env = gymnasium.make("Pendulum-v1")
    with pytest.raises(FileFormatError, match="another kind of network"):
        policy_of_model(saved(SAC(env=env, buffer_size=10, **SMALL)), "sac.zip")
    with pytest.raises(FileFormatError, match="unpacks to more than"):
        policy_of_model(zip_of({"data": bytes(60_000_000), "policy.pth": b""}), "bomb.zip")
    with pytest.raises(FileFormatError, match="no model of stable-baselines3"):
        policy_of_model(zip_of({"a": b""}), "a.zip")


@given(st.one_of(st.binary(max_size=99), st.builds(
    lambda data, kept: zip_of({"data": data, "policy.pth": kept}),
    st.one_of(st.binary(max_size=30), st.just(json.dumps({"policy_kwargs": 1, "num_timesteps": -1}).encode())),
    st.one_of(st.binary(max_size=60), st.just(pickle.dumps({"a": 1}))),
)))  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_any_bytes_come_out_as_a_sentence(content: bytes) -> None:
    with pytest.raises(FileFormatError):
        policy_of_model(content, "x.zip")
