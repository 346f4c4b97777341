"""JITAI Lab: simulated just-in-time adaptive interventions, filtered by a local language model."""

import importlib
import sys

__version__ = "0.1.0"


def register_environments() -> None:
    """Make ``gymnasium.make`` and ``make_vec`` know "StepCountJITAI-v0" and "StepCountJITAI-LLM-v0"."""
    # By name, as it decides no result: the fingerprint of the code follows imports from here on.
    importlib.import_module("jitai.environments")


# Gymnasium takes 0.2 s to import, so it is not imported for this.
if "gymnasium" in sys.modules:
    register_environments()
