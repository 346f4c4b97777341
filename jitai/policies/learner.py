"""A learner that is fair: within one study, from the one participant it treats, told no parameter of theirs.

It is model-based reinforcement learning (Sutton & Barto 2018, chapter 8) with a Bayesian model: it takes the form of
the published mean equations for known and estimates what stands in them (``posterior``), plans for the rest of the
study at the posterior mean (``estimated_plan``: certainty equivalence), and plans again as it learns. The actions of
today are weighed over the whole posterior of habituation, effects and risk. A plan that is certain of its means never
tries what it wrongly thinks useless, so the study begins with a run-in: tailored messages, whenever the participant is
thought able, until a few have earned steps (explore, then commit: Lattimore & Szepesvári 2020, chapter 6).

What it is told: the study's length, each day's reading of the context with the sensor's noise, the judge's error rates,
that a study begins at home, able to walk and hardly used to messages (h_0 at most 0.2), that a change of ability is
always written of, that a message for another context earns at most as much as one that fits, and the bounds of all
parameters. It is not told habituation, risk, p11, p00, effects or costs. With a pilot it has learned of twenty others
before (``pilot``).
"""

from dataclasses import dataclass, replace

import numpy as np

from jitai.arrays import Flags, Floats, Integers
from jitai.parameters import choice, parameter, validate
from jitai.policies.base import Policy, PolicyInputs, Proposals, View
from jitai.policies.belief import BY_DECISION
from jitai.policies.estimated_plan import HABITUATION, RISK, Estimates, expected_reader, make_plans
from jitai.policies.optimum import first_best
from jitai.policies.pilot import fits_context, pilot
from jitai.policies.planner import ExpectedExcess, expected_verdicts
from jitai.policies.posterior import (
    ABLE_STAYS,
    BASE,
    FITS,
    GENERIC,
    GRID,
    MISFITS,
    MOST_STEPS,
    RISK_DECAY,
    RISK_INCREMENT,
    UNABLE_COST,
    UNABLE_STAYS,
    WRITES_WHILE_ABLE,
    WRITES_WHILE_UNABLE,
    from_bounds,
    repeated,
)
from jitai.records import Action, Role

BOUNDS, PILOT = "bounds", "pilot"
NOTICED_STEPS = 20.0
"""A message of the run-in counts if more steps than this follow it."""
PLANS_ANEW = frozenset((0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 36, 42))
"""Days on which a plan is made, and every tenth from day 50 on: often while much is learned."""
_GROUP = "Model-based learner"


@dataclass(frozen=True)
class LearnerSettings:
    """What the learner begins with; validated when made.

    Raises: ParameterError naming the field and what is allowed.
    """

    prior_knowledge: str = choice(
        BOUNDS, label="What it knows beforehand", group=_GROUP, choices=(BOUNDS, PILOT), source="our choice",
        help="Bounds: of each parameter nothing but its bounds. Pilot: what a pilot study of 20 other simulated people "
        "with the same settings taught.",
    )  # fmt: skip
    pilot_number: int = parameter(
        0, label="Which pilot", low=0, high=1_000_000, unit="", group=_GROUP, step=1, source="our choice",
        help="Each number stands for a pilot with 20 people of its own. Without a pilot it has no effect.",
    )  # fmt: skip
    run_in_messages: int = parameter(
        4, label="Messages of the run-in", low=0, high=50, unit="messages", group=_GROUP, step=1,
        source="our choice, on seeds of its own",
        help="Without a pilot the study begins with tailored messages until so many have earned steps; then it plans.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


class ModelBasedLearner(Policy):
    """Learns the participant's parameters and plans on what it has learned.

    Attributes:
        posterior: what is known of each participant.
    """

    key, label, role = "learner", "Model-based learner", Role.HYBRID
    remark = (
        "Ours, not published. It learns from this participant's texts and steps within the study, and is told neither "
        "habituation nor risk nor any probability, effect or cost. It knows the form of the simulator's equations."
    )
    is_deterministic = True
    Settings = LearnerSettings

    def __init__(self, settings: LearnerSettings, inputs: PolicyInputs) -> None:
        config, belief, generators = inputs.config, inputs.belief, inputs.generators()
        has_pilot = settings.prior_knowledge == PILOT
        self.posterior = (
            repeated(pilot(config, belief, settings.pilot_number), generators)
            if has_pilot
            else from_bounds(inputs.n, generators)
        )
        self._length, self._reads_text = config.study_length, belief.reads_text
        self._excess = ExpectedExcess(config.context_noise)
        self._verdicts = expected_verdicts(replace(belief, reading=BY_DECISION)) if belief.reads_text else None
        self._to_hear: Integers = np.full(inputs.n, 0 if has_pilot else settings.run_in_messages)
        self._everybody: Flags = np.ones(inputs.n, dtype=bool)

    @classmethod
    def uses_belief(cls, settings: LearnerSettings) -> bool:
        """Return True: the text must be judged before it proposes. It forms a belief of its own."""
        return True

    def propose(self, view: View) -> Proposals:
        """Return the best action by what is known; during the run-in a tailored message to whoever is thought able."""
        day = int(view.day[0])  # that of all, as ever outside trainings
        ability, risk = self.posterior.ability, self.posterior.risk
        if day:
            risk.stay(self._everybody)
            ability.read(view.text if self._reads_text else None)
        self.own_belief = ability.able
        if day in PLANS_ANEW or (day >= 50 and day % 10 == 0):
            self._evening = make_plans(self._estimates(), day, self._length, self._excess, self._verdicts)
        values = self._action_values(day, _context_probability(view))
        tailored = np.where(ability.able >= 0.5, int(Action.TAILORED_HOME) + view.inferred_context, 0)
        best = np.where(self._to_hear > 0, tailored, first_best(values))
        return Proposals(best, values.T, {"steps_to_come": values.T})

    def learn(self, view: View, action: Integers, step_count: Floats, told: Flags) -> None:
        """Take in what was done and which steps followed."""
        self.posterior.see(action, fits_context(action, _context_probability(view)), step_count, told)
        heard = told & (action >= Action.TAILORED_HOME) & (step_count > NOTICED_STEPS)
        self._to_hear = self._to_hear - heard

    def _estimates(self) -> Estimates:
        """Return the posterior means."""
        response, weight = self.posterior.response, self.posterior.response.weight
        steps = np.clip(np.einsum("ni,nik->nk", weight, response.mean), 0.0, MOST_STEPS)
        probabilities, risk = self.posterior.ability.mean, self.posterior.risk.mean()
        return Estimates(
            (weight * GRID.increment).sum(axis=1), (weight * GRID.decay).sum(axis=1),
            risk[RISK_INCREMENT], risk[UNABLE_COST], risk[RISK_DECAY],
            probabilities[:, ABLE_STAYS], probabilities[:, UNABLE_STAYS],
            probabilities[:, WRITES_WHILE_ABLE], probabilities[:, WRITES_WHILE_UNABLE],
            steps[:, BASE], steps[:, GENERIC], steps[:, FITS], np.minimum(steps[:, MISFITS], steps[:, FITS]),
        )  # fmt: skip

    def _action_values(self, day: int, probability: Floats) -> Floats:
        """Return the expected steps from today on for each action, over the whole posterior: shape (n_actions, n)."""
        response, risk = self.posterior.response, self.posterior.risk
        weight, able = response.weight, self.posterior.ability.able
        rest, sent = response.after()
        effects = np.clip(response.mean, 0.0, MOST_STEPS)
        gains = np.einsum("ni,nik->nk", weight * (1.0 - sent), effects)
        base, misfit_gain = (weight * effects[..., BASE]).sum(axis=1), np.minimum(gains[:, MISFITS], gains[:, FITS])
        after_rest, after_message = (expected_reader(HABITUATION, after, weight) for after in (rest, sent))
        _, increment, cost, decay = risk.parameters
        same, useful, to_unable, misfit, both = (
            expected_reader(RISK, after, risk.weight * (after < 1.0))
            for after in (
                risk.risk, risk.risk * (1.0 - decay), risk.risk + cost, risk.risk + increment,
                risk.risk + increment + cost,
            )
        )  # fmt: skip
        tomorrow = self._evening[day + 1]

        def future(habituation: Floats, if_unable: Floats, if_able: Floats) -> Floats:
            unable_value, able_value = (
                np.einsum("nh,nhr,nr->n", habituation, tomorrow[:, state], after)
                for state, after in enumerate((if_unable, if_able))
            )
            value: Floats = (1.0 - able) * unable_value + able * able_value
            return value

        none = able * base + future(after_rest, same, same)
        message = able * base + future(after_message, to_unable, useful)
        fits = message + able * gains[:, FITS]
        misfits = able * (base + misfit_gain) + future(after_message, both, misfit)
        return np.stack(
            [
                none,
                message + able * gains[:, GENERIC],
                (1.0 - probability) * fits + probability * misfits,
                probability * fits + (1.0 - probability) * misfits,
            ]
        )


def _context_probability(view: View) -> Floats:
    """Return P(work): of the day's reading, but on day 1 certainly home."""
    return np.where(view.day == 0, 0.0, view.context_probability)
