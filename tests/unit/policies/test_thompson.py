"""Thompson sampling: the closed form against direct least squares, the draws against their covariance, and learning."""

import numpy as np
import pytest

from jitai.errors import ParameterError
from jitai.policies.base import Policy, PolicyInputs, Truth, View
from jitai.policies.belief import BeliefSettings
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.policies.thompson import (
    CONTEXT_AND_STATE,
    CONTEXT_PROBABILITY,
    INFERRED_CONTEXT,
    Posterior,
    ThompsonSettings,
    draw_weights,
    features_of,
    observe_rewards,
    posterior_mean,
    prior,
)
from jitai.records import Action, tailored_to
from jitai.simulator.config import SimulatorConfig
from tests.networks import random_network

ONE = np.ones(1, dtype=bool)


def seen(*contexts: int, day: int = 0) -> View:
    """A day of as many participants as there are contexts read; belief and truth are told."""
    context, n = np.array(contexts), len(contexts)
    truth = Truth(can_walk=np.ones(n, dtype=int), true_context=context)
    return View(
        np.full(n, day), np.where(context == 1, 0.9, 0.1), context, np.full(n, 0.2), np.full(n, 0.1), np.zeros(n),
        np.full(n, 0.8), truth,
    )  # fmt: skip


def opened(spec: PolicySpec, seed: int = 0, n: int = 1, n_days: int = 50) -> Policy:
    """A policy of n participants, each with a random stream of their own."""
    config = SimulatorConfig(study_length=n_days)
    streams = lambda: [np.random.default_rng((seed, who)) for who in range(n)]  # noqa: E731
    return spec.make(PolicyInputs(config, config, BeliefSettings(), n, streams))


def thompson(seed: int = 0, n: int = 1, n_days: int = 50, **settings: object) -> Policy:
    return opened(PolicySpec("thompson", ThompsonSettings(**settings)), seed, n, n_days)  # type: ignore[arg-type]


def of_each(posterior: Posterior, n: int) -> Posterior:
    """The same posterior for n participants."""
    return Posterior(*(np.repeat(part[None], n, axis=0) for part in posterior))


def test_posterior_equals_the_direct_ridge_solution() -> None:
    """Of two participants, each by their own days, of which some are not told."""
    rng = np.random.default_rng(0)
    settings = ThompsonSettings(prior_variance=7.0, reward_noise=3.0)
    features, rewards = rng.normal(size=(60, 2, 2)), rng.normal(size=(60, 2)) * 40
    actions, told = rng.integers(0, 4, (60, 2)), rng.random((60, 2)) < 0.8
    posterior = of_each(prior(settings), 2)
    for x, reward, action, is_told in zip(features, rewards, actions, told, strict=True):
        posterior = observe_rewards(posterior, action, x, reward, is_told, settings.reward_noise)
    for who in range(2):
        for action in range(4):
            chosen = (actions[:, who] == action) & told[:, who]
            x, y = features[chosen, who], rewards[chosen, who]
            precision = np.eye(2) / 7.0 + x.T @ x / 9.0
            np.testing.assert_allclose(posterior.precision[who, action], precision, rtol=1e-12)
            np.testing.assert_allclose(
                posterior_mean(posterior)[who, action], np.linalg.inv(precision) @ x.T @ y / 9.0, rtol=1e-10
            )


def test_what_it_looks_at() -> None:
    view = seen(1, 0)
    assert features_of(view, ThompsonSettings(INFERRED_CONTEXT)).tolist() == [[1, 1], [1, 0]]
    assert features_of(view, ThompsonSettings(CONTEXT_PROBABILITY)).tolist() == [[1, 0.9], [1, 0.1]]
    assert features_of(view, ThompsonSettings(CONTEXT_AND_STATE)).tolist() == [[1, 1, 0.2, 0.1], [1, 0, 0.2, 0.1]]


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
    before = of_each(prior(ThompsonSettings()), 1)
    kept = Posterior(*(part.copy() for part in before))
    after = observe_rewards(before, np.array([1]), np.array([[1.0, 0.0]]), np.array([50.0]), ONE, 25.0)
    assert (after.precision != kept.precision).any()
    for part, copy in zip(before, kept, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_finds_the_best_action_of_each_context() -> None:
    """A contextual bandit in which the message tailored to the context earns most."""
    n_days = 300
    policy = thompson(seed=2, n=2, n_days=n_days)
    contexts = np.random.default_rng(3).integers(0, 2, (n_days, 2))
    chosen = []
    for day, context in enumerate(contexts):
        view = seen(*context, day=day)
        action = policy.propose(view).candidate_action
        best = np.array([tailored_to(int(item)) for item in context])
        reward = np.where(action == best, 160.0, np.where(action == Action.GENERIC, 40.0, 0.0))
        policy.learn(view, action, reward, np.ones(2, dtype=bool))
        chosen.append(action == best)
    assert np.mean(chosen[150:], axis=0) == pytest.approx([1, 1], abs=0.05)


def test_proposal_shows_what_was_compared() -> None:
    policy, view = thompson(seed=4, n=2, features=CONTEXT_AND_STATE), seen(1, 0)
    proposals = policy.propose(view)
    shown = {**proposals.details, **policy.explain(view)}
    assert {name: values.shape for name, values in shown.items()} == dict.fromkeys(
        ("sampled_rewards", "expected_rewards", "reward_spread"), (2, 4)
    )
    assert proposals.candidate_action.tolist() == np.argmax(shown["sampled_rewards"], axis=1).tolist()
    # Under the prior the mean reward of x = (1, 1, 0.2, 0.1) has variance 100 x'x; the other reads the context as 0.
    assert shown["reward_spread"][0] == pytest.approx([10 * np.sqrt(1 + 1 + 0.04 + 0.01)] * 4)
    assert shown["reward_spread"][1] == pytest.approx([10 * np.sqrt(1 + 0.04 + 0.01)] * 4)
    assert (shown["expected_rewards"] == 0).all()
    policy.learn(view, np.array([1, 1]), np.array([90.0, 90.0]), np.array([True, False]))
    after = policy.explain(view)
    assert after["expected_rewards"][0, 1] == pytest.approx(90 * 205 / (205 + 25**2))
    assert (after["expected_rewards"][1] == 0).all(), "the other was not told"
    assert after["reward_spread"][0, 1] < shown["reward_spread"][0, 1]


def test_a_bias_is_added_to_the_draws_before_they_are_compared() -> None:
    without, view = thompson(seed=4), seen(1)
    plain = without.propose(view)
    assert "action_bias" not in plain.details
    np.testing.assert_array_equal(plain.preference, plain.details["sampled_rewards"])
    bias = {"bias_no_message": 5.0, "bias_generic": 0.0, "bias_tailored_home": -3.0, "bias_tailored_work": 1.0}
    policy = thompson(seed=4, **bias)
    biased = policy.propose(view)
    np.testing.assert_array_equal(biased.details["sampled_rewards"], plain.preference, "the draws are the same")
    np.testing.assert_array_equal(policy.explain(view)["expected_rewards"], without.explain(view)["expected_rewards"])
    assert biased.details["action_bias"].tolist() == [list(bias.values())]
    np.testing.assert_allclose(biased.preference, plain.preference + list(bias.values()))
    for number, name in enumerate(bias):
        assert thompson(seed=4, **{name: 900.0}).propose(view).candidate_action == [number]


def test_only_differences_of_the_bias_matter() -> None:
    def actions(**bias: float) -> list[int]:
        policy, found = thompson(seed=1, **bias), []
        for day in range(40):
            view = seen(day % 2, day=day)
            action = policy.propose(view).candidate_action
            policy.learn(view, action, 20.0 * action, ONE)
            found.append(int(action[0]))
        return found

    assert actions() == actions(bias_no_message=8.0, bias_generic=8.0, bias_tailored_home=8.0, bias_tailored_work=8.0)
    assert actions() != actions(bias_no_message=8.0)


def test_a_large_bias_for_no_message_keeps_the_policy_silent() -> None:
    policy = thompson(bias_no_message=500)
    assert all(policy.propose(seen(1, day=day)).candidate_action == [Action.NO_MESSAGE] for day in range(50))


@pytest.mark.parametrize("key", POLICIES)
def test_every_policy_repeats_under_its_seed(key: str) -> None:
    spec = trained(random_network()) if key == "learned" else PolicySpec(key)

    def run(seed: int = 9) -> list[list[int]]:
        policy, actions = opened(spec, seed, n=2), []
        for day in range(20):
            view = seen(day % 2, 0, day=day)
            action = policy.propose(view).candidate_action
            policy.learn(view, action, 10.0 * action, np.ones(2, dtype=bool))
            actions.append(action.tolist())
        return actions

    assert run() == run()
    assert (run() != run(10)) == (key in ("thompson", "random")), "the others draw nothing"


def test_baselines_do_what_they_are_called() -> None:
    def proposed(key: str) -> list[int]:
        found: list[int] = opened(PolicySpec(key), n=2).propose(seen(1, 0)).candidate_action.tolist()
        return found

    assert proposed("never") == [Action.NO_MESSAGE] * 2
    assert proposed("generic") == [Action.GENERIC] * 2
    assert proposed("tailored") == [Action.TAILORED_WORK, Action.TAILORED_HOME]
    random = opened(PolicySpec("random"), n=80)
    counts = np.bincount(np.ravel([random.propose(seen(*[0] * 80, day=day)).candidate_action for day in range(50)]))
    assert (np.abs(counts - 1000) < 120).all()


def test_unknown_policy_gets_a_suggestion() -> None:
    with pytest.raises(ParameterError, match="did you mean 'thompson'"):
        PolicySpec("thomson")
    with pytest.raises(ParameterError, match="'random' cannot have ThompsonSettings"):
        PolicySpec("random", ThompsonSettings())
