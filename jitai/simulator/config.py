"""Every setting of the simulated study, with its meaning, bounds and source; and the named presets.

Sources of the defaults: Karine & Marlin 2024, arXiv:2411.00336 (base environment) and Karine & Marlin 2025,
arXiv:2501.06980 (walk state and text).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

from jitai.parameters import choice, lasting_mapping, parameter, validate

BASE = "Karine & Marlin 2024, arXiv:2411.00336"
LLM_VARIANT = "Karine & Marlin 2025, arXiv:2501.06980"
OURS = "our choice"

STUDY = "Study"
RESPONSE = "Steps after a message"
HABITUATION = "Habituation"
DISENGAGEMENT = "Disengagement"
ABILITY = "Ability to walk and what is said"
CONTEXT = "Context"
VARIATION = "Random variation"

DETERMINISTIC, UNIFORM, BETA = "deterministic", "uniform", "beta"
REDRAWN, HELD, STORY = "redrawn", "held", "story"


@dataclass(frozen=True)
class SimulatorConfig:
    """Settings of the simulated participant and study; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    study_length: int = parameter(
        50, label="Length of the study", low=1, high=365, unit="days", group=STUDY, step=1, source=BASE,
        help="Decision points of the study, one a day. The study ends earlier if the participant disengages.",
    )  # fmt: skip
    initial_habituation: float = parameter(
        0.1, label="Habituation at the start", symbol="h_0", low=0, high=1, unit="", group=STUDY, source=BASE,
        help="How used to messages the participant is on day 1: 0 not at all, 1 completely.",
    )  # fmt: skip
    initial_disengagement: float = parameter(
        0.1, label="Disengagement risk at the start", symbol="d_0", low=0, high=1, unit="", group=STUDY, source=BASE,
        help="How close to giving up the participant is on day 1: 0 far away, 1 gone.",
    )  # fmt: skip
    context_noise: float = parameter(
        0.4, label="Noise of the context reading", symbol="σ", low=0, high=5, unit="", group=CONTEXT, step=0.05,
        source=BASE,
        help="Spread of the sensor that tells home (0) from work (1). At 0.4 one reading in ten is wrong; at 0 none.",
    )  # fmt: skip
    context_persistence: float = parameter(
        0.5, label="Persistence of the context", low=0, high=1, unit="probability", group=CONTEXT, step=0.05,
        source=BASE + " draws the context anew each day: 0.5",
        help="Probability that tomorrow's context is today's. At 0.5 every day is a fresh coin toss.",
    )  # fmt: skip
    steps_at_home: float = parameter(
        0.1, label="Steps without a message, at home", symbol="μ_s[0]", low=0, high=1000, unit="steps", group=RESPONSE,
        step=1, source=BASE, help="Steps that follow a decision at home even if nothing is sent.",
    )  # fmt: skip
    steps_at_work: float = parameter(
        0.1, label="Steps without a message, at work", symbol="μ_s[1]", low=0, high=1000, unit="steps", group=RESPONSE,
        step=1, source=BASE, help="Steps that follow a decision at work even if nothing is sent.",
    )  # fmt: skip
    generic_message_steps: float = parameter(
        50.0, label="Extra steps after a generic message", symbol="ρ_1", low=0, high=1000, unit="steps",
        group=RESPONSE, step=5, source=BASE,
        help="Steps that a generic message adds for a participant who is not habituated at all.",
    )  # fmt: skip
    tailored_message_steps: float = parameter(
        200.0, label="Extra steps after a well-tailored message", symbol="ρ_2", low=0, high=1000, unit="steps",
        group=RESPONSE, step=5, source=BASE,
        help="Steps that a message tailored to the true context adds for a participant who is not habituated at all.",
    )  # fmt: skip
    mismatched_message_steps: float = parameter(
        0.0, label="Extra steps after a badly tailored message", symbol="ρ_3", low=0, high=1000, unit="steps",
        group=RESPONSE, step=5, source=BASE,
        help="Steps that a message tailored to the wrong context adds.",
    )  # fmt: skip
    habituation_decay: float = parameter(
        0.1, label="Recovery from habituation", symbol="δ_h", low=0, high=1, unit="per day without a message",
        group=HABITUATION, source=BASE, help="Share of habituation that fades on a day without a message.",
    )  # fmt: skip
    habituation_increment: float = parameter(
        0.05, label="Habituation added by a message", symbol="ε_h", low=0, high=1, unit="per message",
        group=HABITUATION, source=BASE, help="How much a message of any kind adds to habituation.",
    )  # fmt: skip
    disengagement_decay: float = parameter(
        0.1, label="Re-engagement by a useful message", symbol="δ_d", low=0, high=1, unit="per useful message",
        group=DISENGAGEMENT, source=BASE,
        help="Share of the disengagement risk that fades when a generic or well-tailored message arrives.",
    )  # fmt: skip
    disengagement_increment: float = parameter(
        0.4, label="Risk added by a badly tailored message", symbol="ε_d", low=0, high=1, unit="per message",
        group=DISENGAGEMENT, source=BASE + "; the LLM experiments use 0.05 and 0.4",
        help="How much a message tailored to the wrong context adds to the disengagement risk.",
    )  # fmt: skip
    cannot_walk_disengagement: float = parameter(
        0.4, label="Risk added by a message to somebody who cannot walk", symbol="η_d", low=0, high=1,
        unit="per message", group=DISENGAGEMENT, source=LLM_VARIANT,
        help="How much any message adds to the disengagement risk while the participant cannot walk.",
    )  # fmt: skip
    disengagement_threshold: float = parameter(
        0.99, label="Risk at which the participant leaves", symbol="D_threshold", low=0.01, high=1, unit="",
        group=DISENGAGEMENT, source=BASE, help="The study ends for the participant when the risk reaches this value.",
    )  # fmt: skip
    can_walk_persistence: float = parameter(
        0.95, label="Able stays able", symbol="p11", low=0, high=1, unit="probability per day", group=ABILITY,
        source=LLM_VARIANT + " studies 0.7 and 0.95",
        help="Probability that a participant who can walk today can walk tomorrow. At 1 ability never goes: the base "
        "environment.",
    )  # fmt: skip
    cannot_walk_persistence: float = parameter(
        0.5, label="Unable stays unable", symbol="p00", low=0, high=1, unit="probability per day", group=ABILITY,
        source=LLM_VARIANT + " studies 0.1 and 0.5",
        help="Probability that a participant who cannot walk today cannot walk tomorrow either.",
    )  # fmt: skip
    statement_probability: float = parameter(
        0.3, label="Writes while able", low=0, high=1, unit="probability per day", group=ABILITY, step=0.05,
        source=LLM_VARIANT,
        help="Probability that the participant writes an everyday remark on a day when nothing has changed and walking "
        "is possible. When ability goes or returns, the participant always writes.",
    )  # fmt: skip
    repeats_while_unable: bool = choice(
        True, label="Keeps writing while unable", group=ABILITY, source=LLM_VARIANT,
        help="Whether the participant writes on every day without the ability to walk, or only on the first.",
    )  # fmt: skip
    spell_statements: str = choice(
        REDRAWN, label="Statements of a spell", choices=(REDRAWN, HELD, STORY), group=ABILITY,
        source=OURS + "; the authors' code holds one statement", added_later=True,
        help="Redrawn: every day has another statement, so the judge's errors are independent. Held: the first "
        "statement is written again every day, so an error lasts through the spell. Story: one cause lasts through the "
        "spell, and the statements tell its course.",
    )  # fmt: skip
    writes_on_first_day: bool = choice(
        True, label="May write before the first decision", group=ABILITY,
        source=OURS + "; in the authors' code nothing is said then", added_later=True,
        help="Whether the participant may write on day 1, before anything was decided.",
    )  # fmt: skip
    variation: str = choice(
        DETERMINISTIC, label="Variation of the response", choices=(DETERMINISTIC, UNIFORM, BETA), group=VARIATION,
        source=BASE,
        help="Deterministic: habituation, risk and steps follow the equations exactly. Uniform or beta: they vary "
        "around them, and steps are gamma distributed.",
    )  # fmt: skip
    uniform_width: float = parameter(
        0.01, label="Width of the uniform variation", symbol="a", low=0, high=2, unit="", group=VARIATION, source=BASE,
        help="Habituation and risk are drawn from (1 - a/2) to (1 + a/2) times their mean.",
    )  # fmt: skip
    habituation_concentration: float = parameter(
        10.0, label="Concentration of habituation", symbol="κ_h", low=0.1, high=10000, unit="", group=VARIATION,
        step=1, source=BASE, help="Larger values keep the beta-distributed habituation closer to its mean.",
    )  # fmt: skip
    disengagement_concentration: float = parameter(
        10.0, label="Concentration of the risk", symbol="κ_d", low=0.1, high=10000, unit="", group=VARIATION, step=1,
        source=BASE, help="Larger values keep the beta-distributed disengagement risk closer to its mean.",
    )  # fmt: skip
    step_count_spread: float = parameter(
        10.0, label="Spread of the step count", symbol="σ_s", low=0.1, high=500, unit="steps", group=VARIATION, step=1,
        source=BASE, help="Standard deviation of the gamma-distributed step count.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)

    @cached_property
    def most_steps(self) -> float:
        """Mean steps of the best day there can be: the fixed upper end of step axes, in steps."""
        most_extra = max(self.generic_message_steps, self.tailored_message_steps, self.mismatched_message_steps)
        return max(self.steps_at_home, self.steps_at_work) + most_extra

    def as_mapping(self) -> dict[str, float | int | bool | str]:
        """Return names and values, ready for JSON; ``parameters.build`` reads them back."""
        return lasting_mapping(self)


def _published_cell(can_walk: float, cannot_walk: float, mistake: float) -> SimulatorConfig:
    """Return a cell of the published grid for p11, p00 and ε_d, under our convention (``conventions.py``)."""
    return SimulatorConfig(
        initial_habituation=0.0,
        initial_disengagement=0.0,
        can_walk_persistence=can_walk,
        cannot_walk_persistence=cannot_walk,
        disengagement_increment=mistake,
    )


PUBLISHED_CELLS = tuple(
    _published_cell(can_walk, cannot_walk, mistake)
    for mistake, can_walk, cannot_walk in product((0.05, 0.4), (0.7, 0.95), (0.1, 0.5))
)
"""The eight participants of the published grid (arXiv:2501.06980), ε_d, p11 and p00, under our convention."""

DEFAULT_PRESET = "Ability comes and goes"
PRESETS: dict[str, SimulatorConfig] = {
    DEFAULT_PRESET: _published_cell(0.7, 0.5, 0.05),
    "Ability comes and goes, short bad spells": _published_cell(0.7, 0.1, 0.05),
    "Ability mostly lasts": _published_cell(0.95, 0.5, 0.05),
    "Ability comes and goes, mistakes are costly": _published_cell(0.7, 0.5, 0.4),
    "Ability mostly lasts, mistakes are costly": _published_cell(0.95, 0.5, 0.4),
    "Always able (base environment)": SimulatorConfig(can_walk_persistence=1.0, statement_probability=0.0),
    "Always able, varying response": SimulatorConfig(
        can_walk_persistence=1.0,
        statement_probability=0.0,
        variation=BETA,
        habituation_concentration=50.0,
        disengagement_concentration=50.0,
    ),
}
"""Named starting points. Those with changing ability are cells of the published grid (arXiv:2501.06980)."""
