"""Policies that propose an action from numbers alone: one protocol, one registry."""

from jitai.policies.base import BeliefPolicy, InformedPolicy, Policy
from jitai.policies.registry import POLICY_LABELS, make_policy

__all__ = ["POLICY_LABELS", "BeliefPolicy", "InformedPolicy", "Policy", "make_policy"]
