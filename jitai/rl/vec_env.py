"""Episodes as a vector environment of stable-baselines3; the one module that is written against its interface."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices

from jitai.policies.network import STEP_COUNT
from jitai.records import Action
from jitai.rl.episodes import Episodes


class EpisodesVecEnv(VecEnv):
    """Several groups of participants as one vector environment, one group after the other.

    Rewards are steps divided by ``reward_unit``: networks learn badly from returns in the thousands. What
    stable-baselines3 shows as the return of an episode (``info["episode"]["r"]``) is in steps.

    A participant who leaves ends the episode for good. Whether the study's length does too is said by ``end_counts``:
    a policy that sees the day can foresee it; for one that does not and is in a hurry (discount below 1) the end comes
    out of the blue: ``TimeLimit.truncated`` is set, and the algorithm adds what the day after is worth.

    Args:
        groups: with the same observations.
        reward_unit: steps that are a reward of 1, > 0.
        end_counts: whether nothing counts after the study's length.
    """

    def __init__(self, groups: Sequence[Episodes], reward_unit: float, end_counts: bool) -> None:
        self._groups = list(groups)
        self._unit, self._end_counts = reward_unit, end_counts
        edges = np.cumsum([0, *(group.n_envs for group in groups)])
        self._slices = [slice(low, high) for low, high in pairwise(edges)]
        names = groups[0].observations
        high = np.array([np.finfo(np.float32).max if name == STEP_COUNT else 1.0 for name in names], dtype=np.float32)
        space = gym.spaces.Box(np.zeros_like(high), high, dtype=np.float32)
        self.render_mode = None
        super().__init__(int(edges[-1]), space, gym.spaces.Discrete(len(Action)))
        self._returns, self._days = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=np.int64)

    def reset(self) -> npt.NDArray[np.float32]:
        """Begin a new episode everywhere."""
        self._returns[:], self._days[:] = 0.0, 0
        return np.concatenate([group.begin() for group in self._groups])

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Take the actions; they are carried out in ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.bool_], list[Any]]:
        """Carry out the actions: one day everywhere."""
        steps = [group.step(self._actions[part]) for group, part in zip(self._groups, self._slices, strict=True)]
        shown, step_count, terminated, truncated, last_shown = (
            np.concatenate(parts) for parts in zip(*steps, strict=True)
        )
        self._returns += step_count
        self._days += 1
        ended = terminated | truncated
        nothing: dict[str, Any] = {}
        infos = [nothing] * self.num_envs
        for who in np.flatnonzero(ended):
            infos[who] = {
                "terminal_observation": last_shown[who],
                "TimeLimit.truncated": bool(truncated[who]) and not self._end_counts,
                "episode": {"r": float(self._returns[who]), "l": int(self._days[who])},
            }
        self._returns[ended], self._days[ended] = 0.0, 0
        return shown, (step_count / self._unit).astype(np.float32), ended, infos

    def close(self) -> None:
        """Do nothing: no resource is open."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return the attribute once for each participant; it is the same for all."""
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refuse: participants have no attributes of their own.

        Raises: AttributeError, always.
        """
        raise AttributeError(f"The participants of a study have no attribute {attr_name!r} that could be set.")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Refuse: participants have no methods of their own.

        Raises: AttributeError, always.
        """
        raise AttributeError(f"The participants of a study have no method {method_name!r}.")

    def env_is_wrapped(self, wrapper_class: Any, indices: VecEnvIndices = None) -> list[bool]:
        """Return False for each participant: nothing is wrapped."""
        return [False] * len(list(self._get_indices(indices)))
