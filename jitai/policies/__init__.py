"""Policies: what proposes an action, from numbers, from a belief, or from a plan."""
