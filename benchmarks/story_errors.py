"""How long a judge's errors last in a spell with a story: the share recognised by stage, and the persistence ρ.

    python -m benchmarks.story_errors --judge embedded-tuned

ρ is fitted by maximum likelihood on the development part (``belief.repeated``); the held-out part is shown beside it.
"""

import argparse
from contextlib import closing
from itertools import pairwise

import numpy as np

from jitai.corpus import DEVELOPMENT, TEST, load_stories
from jitai.judge.embedded import TUNED
from jitai.judge.judge import Judge
from jitai.judge.registry import open_judge
from jitai.records import Statement
from jitai.statistics import interval_of_share

GRID = np.linspace(0, 1, 101)


def main() -> None:
    """Print the shares of both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", default=TUNED)
    with closing(open_judge(parser.parse_args().judge)) as judge:
        for part in (DEVELOPMENT, TEST):
            _print_part(part, judge)


def _print_part(part: str, judge: Judge) -> None:
    stories = load_stories(part)
    found = [[_says_cannot(judge, item) for item in story.unable] for story in stories]
    false_alarms = [_says_cannot(judge, story.able) for story in stories]
    print(f"{part}: {len(stories)} stories")
    for name, said in (
        ("recognised on the first day", [story[0] for story in found]),
        ("recognised later", [item for story in found for item in story[1:]]),
        ("false alarms on the day of return", false_alarms),
    ):
        low, high = interval_of_share(sum(said) / len(said), len(said))
        print(f"  {name}: {sum(said)} of {len(said)} ({sum(said) / len(said):.3f}, 95 % {low:.3f} to {high:.3f})")
    share = float(np.mean([item for story in found for item in story]))
    pairs = [pair for story in found for pair in pairwise(story)]
    after_miss = [now for before, now in pairs if not before]
    print(f"  after a miss, missed again: {len(after_miss) - sum(after_miss)} of {len(after_miss)}")
    fresh = np.array([share if now else 1 - share for _, now in pairs])
    same = np.array([before == now for before, now in pairs])
    likelihood = [np.log((1 - rho) * fresh + rho * same).sum() if rho < 1 or same.all() else -np.inf for rho in GRID]
    print(
        f"  persistence of the errors, most likely: {GRID[int(np.argmax(likelihood))]:.2f} ({len(pairs)} pairs of days)"
    )


def _says_cannot(judge: Judge, statement: Statement) -> bool:
    p_send = judge.judge(statement.text).p_send
    return p_send is not None and p_send < 0.5


if __name__ == "__main__":
    main()
