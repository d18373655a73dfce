"""hwlib.mixture: EM and gradient ascent, against autograd, SciPy's optimizers and brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from hwlib.mixture import (
    Mixture,
    draw_labels,
    em_step,
    fit_em,
    fit_gradient,
    line_slack,
    log_likelihood_gradient,
    mixture_through,
    random_mixture,
    weighted_logistic,
)
from tests.examples import examples

RNG = np.random.default_rng(0)
X = np.column_stack([np.ones(60), RNG.standard_normal((60, 2))])
TRUE = Mixture([0.4, 0.6], [[0.0, 3.0, 0.0], [1.0, -1.0, 2.0]])
Y = draw_labels(TRUE, X, rng=1)


@pytest.mark.problem("mixture-as-network")
@pytest.mark.parametrize("K", [1, 2, 3])
def test_the_gradient_is_autograd_s(K):
    mixture = Mixture.from_logits(RNG.standard_normal(K), RNG.standard_normal((K, 3)))
    logits = torch.tensor(mixture.logits, requires_grad=True)
    weights = torch.tensor(mixture.weights, requires_grad=True)
    p = torch.sigmoid(torch.tensor(X) @ weights.T) @ torch.softmax(logits, 0)
    y = torch.tensor(Y)
    torch.where(y == 1, p, 1 - p).log().sum().backward()
    for mine, theirs in zip(log_likelihood_gradient(mixture, X, Y), (logits.grad, weights.grad), strict=True):
        assert np.allclose(mine, theirs.numpy(), atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_weighted_logistic_regression_is_scipy_s_minimum(ridge):
    counts = RNG.random(60)

    def loss(w):
        return float(counts @ np.logaddexp(0, -(2 * Y - 1) * (X @ w)) + ridge / 2 * w @ w)

    found = weighted_logistic(X, Y, counts, [5.0, -5.0, 5.0], ridge=ridge)  # Newton's bare step diverges from there
    best = optimize.minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    assert np.allclose(found, best.x, atol=1e-5)
    for w in ([0.0] * 3, [40.0, -40.0, 40.0], [1e4, 0.0, 0.0]):
        for steps in range(4):
            after = weighted_logistic(X, Y, counts, w, ridge=ridge, steps=steps)
            assert loss(after) <= loss(np.array(w)) + 1e-9 * abs(loss(np.array(w)))


def test_weighted_logistic_regression_of_nothing_stays():
    assert weighted_logistic([[1.0]], [1], [0.0], [3.0]).tolist() == [3.0]  # no sample counts
    assert weighted_logistic([[0.0]], [1], [1.0], [3.0]).tolist() == [3.0]  # no sample reads the weight
    whole = weighted_logistic([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [1, 0, 1], [1, 1, 1], [0.0, 7.0])
    assert np.allclose(whole, [np.log(2), 7.0])


@pytest.mark.problem("mixture-as-network")
@examples(60)
@given(
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(0, 10**6),
    st.sampled_from(["normal", "zeros", "equal", "separable", "huge"]),
    st.sampled_from([0.0, 0.1]),
)
def test_em_never_loses_on_random_and_on_degenerate_data(K, n, seed, kind, ridge):
    rng = np.random.default_rng(seed)
    points, labels = rng.standard_normal((n, 2)), rng.integers(0, 2, n)
    if kind == "zeros":
        points[:] = 0
    if kind == "separable":
        points[:, 0] = 2 * labels - 1
    shares = rng.multinomial(4, np.full(K, 1 / K)) / 4  # some are zero
    weights = rng.standard_normal((K, 2)) * (1e3 if kind == "huge" else 1)
    if kind == "equal":
        weights[:] = weights[0]
    path = fit_em(points, labels, Mixture(shares, weights), steps=15, ridge=ridge).path
    assert (np.diff(path) >= -1e-9 * (1 + abs(path[:-1]))).all()
    assert np.isfinite(path).all()


def test_a_step_without_a_penalty_may_be_as_long_as_floats_are():
    fit = fit_gradient([[1.0]], [1], Mixture([1.0], [[1.0]]), learning_rate=1e300, steps=3)
    assert np.isfinite(fit.path).all()
    assert fit.path[-1] == 0


@pytest.mark.problem("mixture-as-network")
def test_em_and_gradient_ascent_climb_to_the_maximum_that_scipy_finds():
    def loss(flat):
        mixture = Mixture.from_logits(flat[:2], flat[2:].reshape(2, 3))
        return 0.5 * float((mixture.weights**2).sum()) - mixture.log_likelihood(X, Y)

    best = optimize.minimize(loss, np.concatenate([TRUE.logits, TRUE.weights.ravel()]), method="BFGS")
    em = fit_em(X, Y, TRUE, ridge=1.0, steps=2000, tolerance=1e-12)
    up = fit_gradient(X, Y, TRUE, learning_rate=4.0, steps=2000, ridge=1.0)
    assert em.status == "converged"
    assert abs(em.path[-1] + best.fun) < 1e-5
    assert 0 < em.path[-1] - up.path[-1] < 0.1  # still on its way, on a ridge that is nearly flat
    assert (np.diff(up.path) >= 0).all()


def test_gradient_ascent_takes_the_steps_of_the_gradient():
    mixture = Mixture([0.25, 0.75], [[1.0, 0.0, -1.0], [0.0, 2.0, 0.5]])
    fit = fit_gradient(X, Y, mixture, learning_rate=0.5, steps=3, ridge=0.2)
    for height in fit.path:
        assert np.isclose(height, mixture.log_likelihood(X, Y) - 0.1 * (mixture.weights**2).sum())
        last, (by_logits, by_weights) = mixture, log_likelihood_gradient(mixture, X, Y)
        moved = mixture.weights + 0.5 / 60 * (by_weights - 0.2 * mixture.weights)
        mixture = Mixture.from_logits(mixture.logits + 0.5 / 60 * by_logits, moved)
    assert np.allclose(fit.mixture.weights, last.weights)
    assert np.allclose(fit.mixture.shares, last.shares)


def test_an_em_step_is_the_best_of_its_bound():
    """The M-step maximises the expected log-likelihood: no random change of what it found is better."""
    start = random_mixture(2, 3, rng=3)
    r, after = start.responsibilities(X, Y), em_step(start, X, Y)

    def bound(shares, weights):
        inside = -np.logaddexp(0, -(2 * Y - 1)[:, None] * (X @ weights.T))
        return float((r * (np.log(shares) + inside)).sum())

    best = bound(after.shares, after.weights)
    for _ in range(200):
        other = after.shares * np.exp(RNG.normal(0, 0.1, 2))
        assert bound(other / other.sum(), after.weights + RNG.normal(0, 0.1, (2, 3))) < best


@pytest.mark.problem("mixture-as-network")
@examples(100)
@given(st.lists(st.integers(1, 15), min_size=1, max_size=6), st.integers(0, 10**6))
def test_a_line_s_values_are_met_exactly_if_the_slack_is_positive(sixteenths, seed):
    values = np.array(sixteenths) / 16
    places = np.cumsum(np.random.default_rng(seed).random(len(values)) + 0.01)
    found = mixture_through(places, values)
    assert (found is None) == (line_slack(values) <= 0)
    if found is not None:
        assert found.components <= len(values) + 1
        inputs = np.column_stack([np.ones(len(values)), places])
        assert abs(found.probability(inputs) - values).max() < 1e-9


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: weighted_logistic([[1.0]], [1], [-1.0], [0.0]), "counts"),
        (lambda: weighted_logistic([[1.0]], [1], [1.0], [0.0, 1.0]), "start"),
        (lambda: weighted_logistic([[1.0]], [1], [1.0], [0.0], ridge=-1), "ridge=-1"),
        (lambda: fit_em([[1.0]], [1], Mixture([1.0], [[1.0]]), steps=-1), "steps=-1"),
        (lambda: em_step("start", [[1.0]], [1]), "mixture='start'"),
        (lambda: fit_em([[1.0]], [1], "start"), "start='start': accepted is a Mixture"),
        (lambda: log_likelihood_gradient("start", [[1.0]], [1]), "mixture='start': accepted is a Mixture"),
        (lambda: weighted_logistic([[1e200]] * 2, [1, 0], [1, 1], [0.0]), "squares beyond the largest float"),
        (lambda: fit_gradient([[1.0]], [1], Mixture([1.0], [[1.0]]), learning_rate=0, steps=1), "learning_rate=0"),
        (
            lambda: fit_gradient([[1.0]], [1], Mixture([1.0, 0.0], [[1.0], [1.0]]), learning_rate=1, steps=1),
            "share of zero",
        ),
        (
            lambda: fit_gradient([[1.0]], [1], Mixture([1.0], [[1.0]]), learning_rate=1, steps=2000, ridge=10),
            "learning_rate=1: accepted is one that does not diverge",
        ),
        (lambda: fit_em([[1e300]] * 2, [1, 0], Mixture([0.5, 0.5], [[1e300], [-1.0]])), "beyond the largest float"),
        (lambda: line_slack([]), "values has shape"),
        (lambda: mixture_through([0, 0], [0.5, 0.5]), "places="),
    ],
)
def test_wrong_input_is_refused_by_its_name(make, told):
    with pytest.raises(ValueError, match=told):
        make()
