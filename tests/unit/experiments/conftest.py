"""A small grid that needs no language model."""

import pytest

from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.spec_file import spec_from_text

SMALL = """
name: small
seeds: {first: 3, count: 6}
participant: {initial_habituation: 0, study_length: 12}
scenarios:
  can_walk_persistence: [0.7, 0.95]
judges:
  - {key: simulated, finds_cannot_walk: 0.9, false_alarms: 0.1}
methods:
  - {name: TS, policy: thompson}
  - {name: LLM+TS, policy: thompson, filter: veto}
  - {name: planner, policy: planner}
"""


@pytest.fixture
def small_spec() -> ExperimentSpec:
    """Two scenarios, three methods, one simulated judge, six seeds."""
    return spec_from_text(SMALL)
