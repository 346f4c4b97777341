"""The methods that pages offer, and the role that each plays in a comparison."""

from functools import cache

from jitai.experiments.cell import code_fingerprint, modules_outside
from jitai.experiments.spec import Method
from jitai.experiments.store import StoredExperiment
from jitai.paths import default_data_dir
from jitai.policies.learner import PILOT, LearnerSettings, ModelBasedLearner
from jitai.policies.optimum import OptimalPolicy
from jitai.policies.planner import BeliefPlanner
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.records import Role
from jitai.rl.policy_store import PolicyStore
from jitai.trial.filters import FILTERS, NONE, VETO, BeliefVeto, CarryForwardVeto, Coin, FilterSpec

TS, LLM_TS, COIN_TS, RULE, PLANNER, NEVER = "TS", "LLM+TS", "Coin+TS", "LLM+tailored", "Planner", "Never"
_VETO, _COIN = FilterSpec(VETO), FilterSpec(Coin.key)


def offered_methods() -> dict[str, tuple[Method, str]]:
    """Return the methods that a page offers, by name, each with what it is; a registered class without one gets one."""
    offered = dict(_named_methods())
    methods = [method for method, _ in offered.values()]
    for filtering in FILTERS.values():
        if filtering.key not in {method.filter.key for method in methods}:
            method = Method(f"{LLM_TS}, {filtering.label.lower()}", PolicySpec(), FilterSpec(filtering.key))
            offered.setdefault(method.name, (method, f"Thompson sampling with the filter “{filtering.label}”."))
    for policy in POLICIES.values():
        if policy.key not in {method.policy.key for method in methods}:
            method = Method(policy.label, PolicySpec(policy.key), FilterSpec(NONE))
            offered.setdefault(method.name, (method, f"The policy “{policy.label}”, with its usual settings."))
    return offered


@cache
def _named_methods() -> dict[str, tuple[Method, str]]:
    """The methods that have a name of their own, in their fixed order."""
    shelf = PolicyStore(default_data_dir())
    return {
        method.name: (method, what)
        for method, what in (
            (Method(TS, PolicySpec()), "Thompson sampling: learns from numbers alone which message earns steps."),
            (
                Method(LLM_TS, PolicySpec(), _VETO),
                "Thompson sampling; the judge reads the text and may hold a message.",
            ),
            (
                Method(COIN_TS, PolicySpec(), _COIN),
                "Control: as LLM+TS, but messages are held back at random, at the judge's rate. Listening is "
                "what exceeds it.",
            ),
            (
                Method("LLM+TS, memory", PolicySpec(), FilterSpec(CarryForwardVeto.key)),
                "As LLM+TS; the last statement still counts on silent days.",
            ),
            (
                Method("LLM+TS, belief", PolicySpec(), FilterSpec(BeliefVeto.key)),
                "As LLM+TS; held back while all statements, silences and steps so far speak against a walk.",
            ),
            (
                Method(RULE, PolicySpec("tailored"), _VETO),
                "Always tailored to the context read; the judge may hold it.",
            ),
            (
                Method("Coin+tailored", PolicySpec("tailored"), _COIN),
                "Control: as LLM+tailored, but held back at random, at the judge's rate.",
            ),
            (Method("LLM+random", PolicySpec("random"), _VETO), "A message at random; the judge may hold it back."),
            (
                Method("PPO on belief", trained(shelf.get("ppo-belief"))),
                "Trained on simulated participants of all published settings; sees the belief, knows no model.",
            ),
            (
                Method("DQN on belief", trained(shelf.get("dqn-belief"))),
                "As PPO on belief, trained to estimate what each action is worth.",
            ),
            (
                Method("LLM+PPO, no belief", trained(shelf.get("ppo-blind")), _VETO),
                "Trained on numbers alone; the judge may hold a message back.",
            ),
            (
                Method(PLANNER, PolicySpec(BeliefPlanner.key)),
                "Plans on the belief in ability. It knows a model of the participant.",
            ),
            (
                Method("Planner, no text", PolicySpec(BeliefPlanner.key), belief={"reads_text": False}),
                "The same planner without the text: what the judge is worth to it.",
            ),
            (
                Method(ModelBasedLearner.label, PolicySpec(ModelBasedLearner.key)),
                "Learns within the study, from texts and steps, what the planner is told; it knows bounds alone.",
            ),
            (
                Method(f"{ModelBasedLearner.label}, pilot", PolicySpec(ModelBasedLearner.key, LearnerSettings(PILOT))),
                "The same, after a pilot of 20 other simulated people.",
            ),
            (
                Method("Optimum", PolicySpec(OptimalPolicy.key)),
                "Knows everything, also the true ability: on average nobody does better.",
            ),
            (Method("Tailored", PolicySpec("tailored")), "A message every day, tailored to the context read."),
            (Method("Generic", PolicySpec("generic")), "A generic message every day."),
            (Method("Random", PolicySpec("random")), "Any of the four actions, at random."),
            (Method(NEVER, PolicySpec("never")), "No message at all."),
        )
    }


def is_outdated(experiment: StoredExperiment) -> bool:
    """Return whether another version of the code made an experiment."""
    return experiment.versions.get("code") != code_fingerprint()


def may_have_changed(experiment: StoredExperiment) -> bool:
    """Return whether a finished experiment may give other numbers now, because of other code or a language model.

    Its description names a model, but not the adapter, the prompt's examples, the calibration and the statements of
    the day. Only the engine can tell whether they are as before: it has the judge read again, most of it from the
    cache, and runs no cell that is unchanged. The same holds for a policy or a filter that is defined outside the
    project.
    """
    spec = experiment.spec
    return (
        is_outdated(experiment)
        or any(not judge.is_simulated for judge in spec.judges_needed())
        or any(modules_outside(method.policy, method.filter) for method in spec.methods)
    )


def place_of_role(method: Method) -> int:
    """Return the place of a method's kind in every list; methods are sorted by it."""
    return list(Role).index(method.role)
