"""The methods that pages offer: each has the role that gives it its colour and its place."""

from dataclasses import replace

import pytest

from jitai.experiments.methods import LLM_TS, TS, offered_methods, place_of_role
from jitai.experiments.spec import Method
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.records import Role
from jitai.trial.filters import FILTERS, NONE, FilterSpec

ROLES = {
    "Model-based learner": Role.HYBRID,
    "Model-based learner, pilot": Role.HYBRID,
    "TS": Role.ALONE,
    "LLM+TS": Role.HYBRID,
    "LLM+TS, memory": Role.HYBRID,
    "LLM+TS, belief": Role.HYBRID,
    "LLM+tailored": Role.HYBRID,
    "LLM+random": Role.HYBRID,
    "PPO on belief": Role.ALONE,
    "DQN on belief": Role.ALONE,
    "LLM+PPO, no belief": Role.HYBRID,
    "Planner": Role.PLANNER,
    "Planner, no text": Role.PLANNER,
    "Optimum": Role.OPTIMUM,
    "Tailored": Role.PLAIN,
    "Generic": Role.PLAIN,
    "Random": Role.PLAIN,
    "Never": Role.PLAIN,
    "Coin+TS": Role.HYBRID,
    "Coin+tailored": Role.HYBRID,
    "LLM+TS, sampled veto": Role.HYBRID,
    "LLM+TS, next best": Role.HYBRID,
}


def test_every_policy_and_every_filter_is_offered() -> None:
    methods = [method for method, _ in offered_methods().values()]
    assert {method.policy.key for method in methods} == set(POLICIES)
    assert {method.filter.key for method in methods} == set(FILTERS)


def test_every_offered_method_has_its_role() -> None:
    methods = {name: method for name, (method, _) in offered_methods().items()}
    assert {name: method.role for name, method in methods.items()} == ROLES
    assert {methods[TS].name, methods[LLM_TS].name} <= ROLES.keys()


@pytest.mark.parametrize("strategy", sorted(FILTERS.keys() - {NONE}))
@pytest.mark.parametrize("policy", ["thompson", "tailored", "never"])
def test_what_a_judge_filters_is_a_hybrid_whatever_proposes(policy: str, strategy: str) -> None:
    alone = Method("x", PolicySpec(policy))
    assert replace(alone, filter=FilterSpec(strategy)).role is Role.HYBRID
    assert alone.role in (Role.ALONE, Role.PLAIN)


def test_methods_stand_in_the_order_of_their_roles() -> None:
    methods = [method for method, _ in offered_methods().values()]
    ordered = [method.role for method in sorted(methods, key=place_of_role)]
    assert ordered == sorted(ordered, key=list(Role).index)
    assert [place_of_role(method) for method in methods] == [list(Role).index(ROLES[method.name]) for method in methods]
