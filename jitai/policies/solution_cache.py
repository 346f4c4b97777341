"""A cache of solutions that is bounded by bytes, not by entries: a solution takes 2 MB to more than 100 MB."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

MOST_BYTES = 250_000_000
"""Limit for the solutions of one kind in one process; an experiment has a process on every core."""
Asked = ParamSpec("Asked")
Solution = TypeVar("Solution")


def kept(solve: Callable[Asked, Solution]) -> Callable[Asked, Solution]:
    """Cache what a function solves: the last solution always, others up to MOST_BYTES, least recently used first out.

    Args:
        solve: of hashable arguments; gives objects whose attributes are arrays.
    """
    solutions: OrderedDict[Hashable, Solution] = OrderedDict()
    lock = threading.Lock()

    @wraps(solve)
    def solution(*args: Asked.args, **named: Asked.kwargs) -> Solution:
        key = (args, tuple(sorted(named.items())))
        with lock:
            if key in solutions:
                solutions.move_to_end(key)
                return solutions[key]
        found = solve(*args, **named)  # without the lock: others need not wait for it
        with lock:
            solutions[key] = found
            n_bytes = sum(map(_n_bytes, solutions.values()))
            while n_bytes > MOST_BYTES and len(solutions) > 1:
                n_bytes -= _n_bytes(solutions.popitem(last=False)[1])
        return found

    return solution


def _n_bytes(solution: object) -> int:
    return sum(part.nbytes for part in vars(solution).values() if isinstance(part, np.ndarray))
