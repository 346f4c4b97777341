"""Trained policies for tests: with random weights, or trained for a moment."""

from itertools import pairwise

import numpy as np

from jitai.policies.network import DQN, Layer, PolicyNetwork, TrainedOn, rounded
from jitai.records import Action
from jitai.rl.task import LearningTask
from jitai.simulator.config import SimulatorConfig


def random_network(
    observations: tuple[str, ...] = ("P", "L", "H", "D", "B", "day"),
    algorithm: str = "ppo",
    seed: int = 0,
    participants: tuple[SimulatorConfig, ...] = (SimulatorConfig(),),
    **changes: object,
) -> PolicyNetwork:
    """A network that nobody trained, with opinions of every kind."""
    rng = np.random.default_rng(seed)
    sizes = [len(observations), 16, 16, len(Action)]
    layers = [
        Layer(rounded(rng.normal(size=(n_in, n_out))), rounded(rng.normal(size=n_out)))
        for n_in, n_out in pairwise(sizes)
    ]
    task = LearningTask(participants=participants)
    origin: TrainedOn = task.trained_on(1000, 6.0, "simulated")
    values = {
        "name": "random", "algorithm": algorithm, "observations": observations, "layers": tuple(layers),
        "activation": "relu" if algorithm == DQN else "tanh", "steps_per_value": 2000.0, "trained_on": origin,
    }  # fmt: skip
    return PolicyNetwork(**values | changes)  # type: ignore[arg-type]
