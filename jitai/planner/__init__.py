"""The planner: acts on the belief in ability and on how sure the context is, with a model of the participant."""

from jitai.planner.plan import Plan, PlannerSettings, best_action, cached_plan, make_plan
from jitai.planner.policy import BeliefPlanner

__all__ = ["BeliefPlanner", "Plan", "PlannerSettings", "best_action", "cached_plan", "make_plan"]
