"""Methods and settings in plain words: names for people who have not read the papers, groups, and short settings."""

from collections.abc import Callable
from typing import NamedTuple

from jitai.experiments.methods import COIN_TS, LLM_TS, PLANNER, RULE, TS
from jitai.experiments.spec import Cell, Condition, JudgeChoice, Method
from jitai.policies.registry import PolicySpec
from jitai.records import Role
from jitai.simulator.config import SimulatorConfig

TOLD, RULES, LEARNS = "Told how people respond", "Rules that learn nothing", "Learns within the study"
GROUPS = (TOLD, RULES, LEARNS)
"""What a method was told before the study, in the order in which groups are listed."""
_NAMES = {
    PLANNER: "Planner", "Planner, no text": "Planner without text", "PPO on belief": "Trained, on belief",
    "DQN on belief": "Trained otherwise, on belief", "LLM+PPO, no belief": "Trained, with judge",
    "Optimum": "Best possible",
    RULE: "One-line rule with judge", "Coin+tailored": "One-line rule with coin", "LLM+random": "Random, with judge",
    "Tailored": "One-line rule alone", "Random": "Random", "Generic": "Generic every day", "Never": "Never a message",
    LLM_TS: "Learner with judge", COIN_TS: "Learner with coin", "LLM+TS, memory": "… judge with memory",
    "LLM+TS, belief": "… judge on belief", "LLM+TS, next best": "… next best proposal",
    "LLM+TS, sampled veto": "… judge by chance", TS: "Learner alone",
    "Model-based learner": "Model-based learner", "Model-based learner, pilot": "Model-based learner after a pilot",
}  # fmt: skip
"""The offered methods, in the order in which they stand in their group."""


class Plain(NamedTuple):
    """A method in plain words.

    Attributes:
        name: short; the method's own where it has no plain one.
        group: one of GROUPS.
        place: in lists; methods without a plain name come last in their group.
    """

    name: str
    group: str
    place: int

    @property
    def alone(self) -> str:
        """The name where no other stands above it that it goes on from."""
        return self.name.replace("… ", "Learner, ")

    @property
    def in_sentence(self) -> str:
        """The name as it stands within a sentence."""
        if self.name.startswith("… "):
            return f"the learner, {self.name[2:]}"
        if self.name in ("Random", "Random, with judge"):
            return self.name.replace("Random,", "random messages").replace("Random", "random messages")
        if self.name == "Generic every day":
            return "a generic message every day"
        if self.name.startswith("Trained"):
            return f"the policy {self.name[0].lower()}{self.name[1:]}"
        if self.name == "Never a message":
            return "never a message"
        return f"the {self.name[0].lower()}{self.name[1:]}" if self.name in _NAMES.values() else self.name


_OWN_NAMES = {Plain(name, TOLD, 0).alone: own for own, name in _NAMES.items()}


def plain(method: Method, shown: str = "") -> Plain:
    """Return a method in plain words.

    Args:
        method: of any experiment.
        shown: the name under which a page lists it, where that says more than the method's own.
    """
    name = shown or method.name
    order = list(_NAMES)
    own = name if name in _NAMES else _OWN_NAMES.get(name, "")
    return Plain(_NAMES.get(own, name), group_of(method.policy), order.index(own) if own else len(order))


def name_of(method: Method) -> str:
    """Return what pages and reports call a method; files and the terminal keep its own name."""
    return plain(method).alone


def plain_label(cell: Cell, several_judges: bool) -> str:
    """Return what pages and reports call a cell's line."""
    name = name_of(cell.method)
    return name if cell.judge is None or not several_judges else f"{name} ({cell.judge.name})"


def with_own_name(name: str) -> str:
    """Return a method's plain name, with its own where that is another one: where methods are chosen."""
    known = _NAMES.get(name)
    return name if known is None or known == name else f"{Plain(known, TOLD, 0).alone} ({name})"


def group_of(policy: PolicySpec) -> str:
    """Return what a policy was told: how people respond, nothing because it learns nothing, or nothing yet."""
    role = policy.policy.role
    if policy.network is not None or role in (Role.PLANNER, Role.OPTIMUM):
        return TOLD
    return RULES if role == Role.PLAIN else LEARNS


def setting_in_words(config: SimulatorConfig) -> str:
    """Return a participant in short: how long they are able and unable at a time, and what a bad tailoring costs."""
    able, unable = (_days(share) for share in (config.can_walk_persistence, config.cannot_walk_persistence))
    cost = f"{100 * config.disengagement_increment:g} %"
    return f"able {able} at a time, unable {unable}, a badly tailored message adds {cost} risk"


def setting_in_short(config: SimulatorConfig) -> str:
    """Return ``setting_in_words`` with fewer words, for lists of settings."""
    return setting_in_words(config).replace(", a badly tailored message adds", ";").replace(" at a time", "")


def condition_in_words(condition: Condition, say: Callable[[SimulatorConfig], str] = setting_in_words) -> str:
    """Return a participant of an experiment in short, with its name where the short form does not tell all."""
    words = say(condition.config)
    usual = {"can_walk_persistence", "cannot_walk_persistence", "disengagement_increment"}
    return words if {name for name, _ in condition.values} <= usual else f"{condition.name}: {words}"


def judge_in_words(judge: JudgeChoice) -> str:
    """Return who reads, in short: the built-in judge, a simulated one with its errors, or the judge's own name."""
    if judge.key == "embedded-tuned" and not judge.prompt:
        return "built-in judge"
    rates = judge.error_rates
    if rates is None:
        return f"judge {judge.name}"
    missed, alarms = (f"{100 * share:g}" for share in (1 - rates[0], rates[1]))
    if missed == alarms:
        return f"a simulated judge that misreads {missed} of 100"
    return f"a simulated judge that misses {missed} of 100 who cannot walk and stops {alarms} of 100 who can"


def _days(persistence: float) -> str:
    """Return the mean length of a spell, in days."""
    if persistence >= 1:
        return "always"
    days = round(1 / (1 - persistence))
    return f"{days} day{'' if days == 1 else 's'}"
