"""JITAI Lab: simulated just-in-time adaptive interventions, filtered by a local language model."""

__version__ = "0.1.0"
