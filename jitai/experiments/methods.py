"""The methods that pages offer, and the role that each plays in a comparison."""

from functools import cache

from jitai.experiments.cell import code_fingerprint
from jitai.experiments.spec import Method
from jitai.experiments.store import StoredExperiment
from jitai.paths import default_data_dir
from jitai.policies.registry import THOMPSON
from jitai.records import Role
from jitai.rl.policy_store import PolicyStore
from jitai.trial import spec as trials
from jitai.trial.filters import BELIEF, CARRY_FORWARD, NONE, VETO, FilterSettings

TS, LLM_TS = "TS", "LLM+TS"
_VETO = FilterSettings(VETO)


@cache
def offered_methods() -> dict[str, tuple[Method, str]]:
    """The methods that a page offers, in the order in which they always stand, each with what it is."""
    shelf = PolicyStore(default_data_dir())
    return {
        method.name: (method, what)
        for method, what in (
            (Method(TS, THOMPSON), "Thompson sampling: learns from numbers alone which message earns steps."),
            (
                Method(LLM_TS, THOMPSON, _VETO),
                "Thompson sampling; the judge reads the text and may hold a message.",
            ),
            (
                Method("LLM+TS, memory", THOMPSON, FilterSettings(CARRY_FORWARD)),
                "As LLM+TS; the last statement still counts on silent days.",
            ),
            (
                Method("LLM+TS, belief", THOMPSON, FilterSettings(BELIEF)),
                "As LLM+TS; held back while all statements, silences and steps so far speak against a walk.",
            ),
            (
                Method("LLM+tailored", "tailored", _VETO),
                "Always tailored to the context read; the judge may hold it.",
            ),
            (Method("LLM+random", "random", _VETO), "A message at random; the judge may hold it back."),
            (
                Method("PPO on belief", trials.LEARNED, network=shelf.get("ppo-belief")),
                "Trained on simulated participants of all published settings; sees the belief, knows no model.",
            ),
            (
                Method("DQN on belief", trials.LEARNED, network=shelf.get("dqn-belief")),
                "As PPO on belief, trained to estimate what each action is worth.",
            ),
            (
                Method("LLM+PPO, no belief", trials.LEARNED, _VETO, network=shelf.get("ppo-blind")),
                "Trained on numbers alone; the judge may hold a message back.",
            ),
            (Method("Planner", trials.PLANNER), "Plans on the belief in ability. It knows a model of the participant."),
            (
                Method("Planner, no text", trials.PLANNER, belief={"reads_text": False}),
                "The same planner without the text: what the judge is worth to it.",
            ),
            (
                Method("Optimum", trials.OPTIMUM),
                "Knows everything, also the true ability: on average nobody does better.",
            ),
            (Method("Tailored", "tailored"), "A message every day, tailored to the context read."),
            (Method("Generic", "generic"), "A generic message every day."),
            (Method("Random", "random"), "Any of the four actions, at random."),
            (Method("Never", "never"), "No message at all."),
        )
    }


def is_outdated(experiment: StoredExperiment) -> bool:
    """Whether another version of the code made it."""
    return experiment.versions.get("code") != code_fingerprint()


def may_have_changed(experiment: StoredExperiment) -> bool:
    """Whether a finished experiment may give other numbers now: by other code, or by a language model.

    Its description names a model, but not the adapter, the prompt's examples, the calibration and the statements of
    the day. Only the engine can tell whether they are as before: it has the judge read again, most of it from the
    cache, and runs no cell that is unchanged.
    """
    return is_outdated(experiment) or any(not judge.is_simulated for judge in experiment.spec.judges_needed())


def role_of(method: Method) -> Role:
    """The kind of a method, which gives it its colour and place."""
    if method.policy == trials.OPTIMUM:
        return Role.OPTIMUM
    if method.policy == trials.PLANNER:
        return Role.PLANNER
    if method.filter.strategy != NONE:
        return Role.HYBRID
    return Role.PLAIN if method.policy in ("tailored", "generic", "random", "never") else Role.ALONE


def place_of_role(method: Method) -> int:
    """For sorting."""
    return list(Role).index(role_of(method))
