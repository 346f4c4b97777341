"""Policies that propose an action from numbers alone: one protocol, one registry."""

from jitai.policies.base import Policy
from jitai.policies.registry import POLICY_LABELS, make_policy

__all__ = ["POLICY_LABELS", "Policy", "make_policy"]
