"""The algorithms of stable-baselines3: making, watching, keeping them, and turning them into plain numbers.

Only training imports this module: it loads torch. A kept training is a file that runs code when it is read, as torch's
files do; only what this installation has signed is read. What is given to others is the plain network.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import VecEnv

from jitai.errors import FileFormatError
from jitai.files import is_signature_of, replacing, signature_of
from jitai.policies import network as learned
from jitai.policies.network import Layer, PolicyNetwork, TrainedOn, rounded
from jitai.rl.task import LearningTask, steps_per_value

_CLASSES: dict[str, type[BaseAlgorithm]] = {learned.PPO: PPO, learned.DQN: DQN, learned.A2C: A2C}
_MODEL, _MEMORY = "model", "memory"
_KEPT = re.compile(rf"(?:{_MODEL}|{_MEMORY})-[0-9a-f]{{8}}\.(?:zip|pkl)")
MOST_ROLLOUT_DAYS = 100
"""PPO looks at whole studies, but at no more days than this at once."""


def make_algorithm(task: LearningTask, environment: VecEnv) -> BaseAlgorithm:
    """Return an untrained learner.

    What is not a setting was chosen by what came closest to the planner: see assets/policies/README.md.
    """
    settings = task.settings
    torch.set_num_threads(1)  # these networks are too small for two
    common: dict[str, Any] = {
        "policy": "MlpPolicy",
        "env": environment,
        "learning_rate": LinearSchedule(settings.learning_rate, 0.0, 1.0),
        "gamma": settings.discount,
        "seed": settings.learning_seed,
        "device": "cpu",
    }
    network = {"net_arch": [settings.width, settings.width], "activation_fn": torch.nn.ReLU}
    n_envs = settings.n_lanes
    if settings.algorithm == learned.DQN:
        return DQN(
            **common,
            buffer_size=max(400_000, 10 * n_envs),
            learning_starts=min(20_000, settings.total_steps // 10),
            batch_size=1024,
            train_freq=1,
            gradient_steps=max(1, n_envs // 128),
            target_update_interval=max(10_000, n_envs),
            exploration_fraction=0.3,
            exploration_final_eps=0.03,
            policy_kwargs=network,
        )
    if settings.algorithm == learned.A2C:
        return A2C(
            **common,
            n_steps=10,
            gae_lambda=0.95,
            ent_coef=settings.entropy_bonus,
            normalize_advantage=True,
            use_rms_prop=False,
            policy_kwargs=network,
        )
    n_days = max(2, min(task.study_length, MOST_ROLLOUT_DAYS))
    return PPO(
        **common,
        n_steps=n_days,
        batch_size=_batch_size(n_days * n_envs),
        n_epochs=5,
        gae_lambda=0.95,
        ent_coef=settings.entropy_bonus,
        policy_kwargs=network,
    )


def _batch_size(n_decisions: int) -> int:
    """Return at most 1,600 and a quarter of the rollout, and a divisor of it, so that no small batch is left over."""
    fewest = max(4, -(-n_decisions // 1600))
    divisors = (parts for parts in range(fewest, n_decisions // 2 + 1) if n_decisions % parts == 0)
    return n_decisions // next(divisors, 1)


class Watcher(BaseCallback):
    """Reports what the learner has done, and stops it when asked to.

    Args:
        on_progress: called after every decision with the decisions made and the returns, in steps, of the episodes that
            ended; its answer says whether to go on.
    """

    def __init__(self, on_progress: Callable[[int, list[float]], bool]) -> None:
        super().__init__()
        self._on_progress = on_progress

    def _on_step(self) -> bool:
        ended = np.flatnonzero(self.locals["dones"])
        infos = self.locals["infos"]
        return self._on_progress(self.num_timesteps, [infos[number]["episode"]["r"] for number in ended])


def learn(algorithm: BaseAlgorithm, n_steps: int, on_progress: Callable[[int, list[float]], bool]) -> None:
    """Train until that many decisions have been made in all, or until ``look`` says to stop."""
    n_left = n_steps - algorithm.num_timesteps
    if n_left > 0:
        algorithm.learn(n_left, callback=Watcher(on_progress), log_interval=None, reset_num_timesteps=False)  # type: ignore[arg-type]


def keep(algorithm: BaseAlgorithm, folder: Path) -> dict[str, str]:
    """Write everything that is needed to resume, DQN's memory included, beside what was kept before.

    Returns: the signatures of the files by their names, which are new each time; ``resume`` needs them.
    Raises: FileFormatError if the folder cannot be written to.
    """
    number = os.urandom(4).hex()
    with replacing(folder / f"{_MODEL}-{number}.zip") as model:
        algorithm.save(model)
        signatures = {f"{_MODEL}-{number}.zip": signature_of(model)}
    if isinstance(algorithm, DQN):
        with replacing(folder / f"{_MEMORY}-{number}.pkl") as memory:
            algorithm.save_replay_buffer(memory)
            signatures[f"{_MEMORY}-{number}.pkl"] = signature_of(memory)
    return signatures


def resume(task: LearningTask, environment: VecEnv, folder: Path, signatures: Mapping[str, str]) -> BaseAlgorithm:
    """Return the learner that ``keep`` wrote.

    stable-baselines3 keeps pickles, which run whatever code stands in them. So only files that this installation
    signed are read.

    Raises: FileFormatError if they are damaged or were not written by this installation.
    """
    torch.set_num_threads(1)
    kind = _CLASSES[task.settings.algorithm]
    names = {name.partition("-")[0]: name for name in signatures if _KEPT.fullmatch(name)}
    wanted = {_MODEL, _MEMORY} if kind is DQN else {_MODEL}
    if set(names) != wanted or not all(is_signature_of(folder / name, signatures[name]) for name in names.values()):
        raise FileFormatError(
            "The training that was stopped cannot be resumed: its files are damaged, or were not written by this "
            "installation, and then they could run any program.",
            "Start it again.",
        )
    try:
        algorithm = kind.load(folder / names[_MODEL], env=environment, device="cpu")
        if isinstance(algorithm, DQN):
            algorithm.load_replay_buffer(folder / names[_MEMORY])
    # Whole and our own, so another version of torch or stable-baselines3 wrote it; they raise anything then.
    except Exception as error:
        raise FileFormatError(
            "The training that was stopped cannot be resumed: another version of the program wrote it.",
            "Start it again.",
        ) from error
    return algorithm


def as_network(algorithm: BaseAlgorithm, task: LearningTask, trained_on: TrainedOn) -> PolicyNetwork:
    """Return the part of the learner that chooses actions, as plain numbers."""
    policy: Any = algorithm.policy
    if isinstance(algorithm, DQN):
        modules = list(policy.q_net.q_net)
    else:
        modules = [*policy.mlp_extractor.policy_net, policy.action_net]
    linear = [module for module in modules if isinstance(module, torch.nn.Linear)]
    is_tanh = any(isinstance(module, torch.nn.Tanh) for module in modules)
    return PolicyNetwork(
        name=task.policy_name(),
        algorithm=task.settings.algorithm,
        observations=task.observations,
        layers=tuple(
            Layer(rounded(module.weight.detach().numpy().T), rounded(module.bias.detach().numpy())) for module in linear
        ),
        activation=learned.TANH if is_tanh else learned.RELU,
        steps_per_value=steps_per_value(task),
        trained_on=trained_on,
    )
