"""Thompson sampling: the closed form against direct least squares, the draws against their covariance, and learning."""

import numpy as np
import pytest

from jitai.errors import ParameterError
from jitai.policies.registry import POLICY_LABELS, make_policy
from jitai.policies.thompson import (
    CONTEXT_AND_STATE,
    Posterior,
    ThompsonSampling,
    ThompsonSettings,
    draw_weights,
    observe_reward,
    posterior_mean,
    prior,
)
from jitai.records import Action, Observation, tailored_to


def observation(context: int, day: int = 0) -> Observation:
    return Observation(day, 0.9 if context else 0.1, context, 0.2, 0.1, 0.0)


def test_posterior_equals_the_direct_ridge_solution() -> None:
    rng = np.random.default_rng(0)
    settings = ThompsonSettings(prior_variance=7.0, reward_noise=3.0)
    features, rewards = rng.normal(size=(60, 2)), rng.normal(size=60) * 40
    actions = rng.integers(0, 4, 60)
    posterior = prior(settings)
    for x, reward, action in zip(features, rewards, actions, strict=True):
        posterior = observe_reward(posterior, int(action), x, float(reward), settings)
    for action in range(4):
        x, y = features[actions == action], rewards[actions == action]
        precision = np.eye(2) / 7.0 + x.T @ x / 9.0
        np.testing.assert_allclose(posterior.precision[action], precision, rtol=1e-12)
        np.testing.assert_allclose(
            posterior_mean(posterior)[action], np.linalg.inv(precision) @ x.T @ y / 9.0, rtol=1e-10
        )


def test_draws_have_the_posterior_mean_and_covariance() -> None:
    rng = np.random.default_rng(1)
    precision = np.array([[[2.0, 0.6], [0.6, 0.5]]])
    posterior = Posterior(precision, np.array([[3.0, -1.0]]))
    draws = draw_weights(
        Posterior(
            np.broadcast_to(precision, (200_000, 1, 2, 2)), np.broadcast_to(posterior.weighted_sum, (200_000, 1, 2))
        ),
        rng.standard_normal((200_000, 1, 2)),
    )[:, 0]
    np.testing.assert_allclose(draws.mean(axis=0), posterior_mean(posterior)[0], atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), np.linalg.inv(precision[0]), rtol=0.02, atol=0.01)


def test_prior_is_independent_with_the_set_variance() -> None:
    posterior = prior(ThompsonSettings(prior_variance=100.0))
    np.testing.assert_allclose(np.linalg.inv(posterior.precision), np.broadcast_to(np.eye(2) * 100, (4, 2, 2)))


def test_learning_leaves_the_given_posterior_alone() -> None:
    before = prior(ThompsonSettings())
    kept = before.precision.copy()
    observe_reward(before, 1, np.array([1.0, 0.0]), 50.0, ThompsonSettings())
    np.testing.assert_array_equal(before.precision, kept)


def test_finds_the_best_action_of_each_context() -> None:
    """A contextual bandit in which the message tailored to the context earns most."""
    policy, rng = ThompsonSampling(), np.random.default_rng(2)
    contexts = np.random.default_rng(3).integers(0, 2, 600).tolist()
    chosen = []
    for day, context in enumerate(contexts):
        seen = observation(context, day)
        action = policy.propose(seen, rng).candidate_action
        reward = {Action.NO_MESSAGE: 0.0, Action.GENERIC: 40.0, tailored_to(context): 160.0}.get(action, 0.0)
        policy.learn(seen, action, reward)
        chosen.append(action == tailored_to(context))
    assert np.mean(chosen[300:]) > 0.95


def test_proposal_shows_what_was_compared() -> None:
    policy = ThompsonSampling(ThompsonSettings(features=CONTEXT_AND_STATE))
    proposal = policy.propose(observation(1), np.random.default_rng(4))
    assert len(proposal.expected_rewards) == len(proposal.sampled_rewards) == len(proposal.reward_spread) == 4
    assert proposal.candidate_action == np.argmax(proposal.sampled_rewards)
    # Under the prior the mean reward of x = (1, 1, 0.2, 0.1) has variance 100 x'x.
    assert proposal.reward_spread[0] == pytest.approx(10 * np.sqrt(1 + 1 + 0.04 + 0.01))


def test_a_bias_is_added_to_the_draws_before_they_are_compared() -> None:
    plain = ThompsonSampling().propose(observation(1), np.random.default_rng(4))
    assert plain.action_bias == ()
    assert plain.preference == plain.sampled_rewards
    bias = {"bias_no_message": 5.0, "bias_generic": 0.0, "bias_tailored_home": -3.0, "bias_tailored_work": 1.0}
    biased = ThompsonSampling(ThompsonSettings(**bias)).propose(observation(1), np.random.default_rng(4))
    assert biased.sampled_rewards == plain.sampled_rewards, "the draws are the same"
    assert biased.expected_rewards == plain.expected_rewards
    assert biased.preference == pytest.approx(np.add(plain.sampled_rewards, list(bias.values())))
    for number, name in enumerate(bias):
        proposal = ThompsonSampling(ThompsonSettings(**{name: 900.0})).propose(observation(1), np.random.default_rng(4))
        assert proposal.candidate_action == number


def test_only_differences_of_the_bias_matter() -> None:
    def actions(**bias: float) -> list[Action]:
        policy, rng = ThompsonSampling(ThompsonSettings(**bias)), np.random.default_rng(1)
        found = []
        for day in range(40):
            seen = observation(day % 2, day)
            found.append(policy.propose(seen, rng).candidate_action)
            policy.learn(seen, found[-1], 20.0 * found[-1])
        return found

    assert actions() == actions(bias_no_message=8.0, bias_generic=8.0, bias_tailored_home=8.0, bias_tailored_work=8.0)
    assert actions() != actions(bias_no_message=8.0)


def test_a_large_bias_for_no_message_keeps_the_policy_silent() -> None:
    policy, rng = ThompsonSampling(ThompsonSettings(bias_no_message=500)), np.random.default_rng(0)
    assert all(policy.propose(observation(1), rng).candidate_action == Action.NO_MESSAGE for _ in range(50))


@pytest.mark.parametrize("name", POLICY_LABELS)
def test_every_policy_repeats_under_its_seed(name: str) -> None:
    def run() -> list[Action]:
        policy, rng = make_policy(name), np.random.default_rng(9)
        actions = []
        for day in range(20):
            seen = observation(day % 2, day)
            actions.append(policy.propose(seen, rng).candidate_action)
            policy.learn(seen, actions[-1], float(10 * actions[-1]))
        return actions

    assert run() == run()


def test_baselines_do_what_they_are_called() -> None:
    rng = np.random.default_rng(0)
    assert make_policy("never").propose(observation(1), rng).candidate_action == Action.NO_MESSAGE
    assert make_policy("generic").propose(observation(1), rng).candidate_action == Action.GENERIC
    assert make_policy("tailored").propose(observation(1), rng).candidate_action == Action.TAILORED_WORK
    assert make_policy("tailored").propose(observation(0), rng).candidate_action == Action.TAILORED_HOME
    random = make_policy("random")
    counts = np.bincount([random.propose(observation(0), rng).candidate_action for _ in range(4000)])
    assert (np.abs(counts - 1000) < 120).all()


def test_unknown_policy_gets_a_suggestion() -> None:
    with pytest.raises(ParameterError, match="did you mean 'thompson'"):
        make_policy("thomson")
