"""hwlib.optim: bias, variance and noise against draws and against the sum, the penalty against a grid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hwlib.optim import best_penalty, expected_risk, feature_pays, ridge_parts, ridge_risk, risk_parts


def fits(n, p, weights, noise, penalty, trials, seed):
    """Weights of many fits, by the normal equations, or by the pseudo-inverse without a penalty."""
    rng = np.random.default_rng(seed)
    X, e = rng.standard_normal((trials, n, len(weights))), noise**0.5 * rng.standard_normal((trials, n))
    y, seen = X @ weights + e, X[:, :, :p]
    if not penalty:
        return np.einsum("tpn,tn->tp", np.linalg.pinv(seen), y)
    gram = seen.transpose(0, 2, 1) @ seen + penalty * np.eye(p)
    return np.linalg.solve(gram, np.einsum("tnp,tn->tp", seen, y)[..., None])[..., 0]


WEIGHTS = 1 / np.arange(1, 31)


@pytest.mark.parametrize(("n", "p"), [(10, 1), (10, 4), (12, 20), (10, 30), (1, 5)])
def test_the_parts_are_those_of_draws(n, p):
    found = fits(n, p, WEIGHTS, 0.1, 0, 20_000, 0)
    mean, unseen = found.mean(axis=0), (WEIGHTS[p:] ** 2).sum()
    parts = risk_parts(n, p, signal=(WEIGHTS[:p] ** 2).sum(), unseen=unseen, noise=0.1)
    assert parts.bias == pytest.approx(unseen + ((mean - WEIGHTS[:p]) ** 2).sum(), abs=0.01)
    assert parts.variance == pytest.approx(found.var(axis=0).sum(), rel=0.05)
    assert parts.noise == 0.1


def test_the_parts_add_up_to_the_expected_risk_at_every_size():
    for n, p, (signal, unseen, noise) in itertools.product(
        range(1, 8), range(12), [(1.0, 0.5, 0.25), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 0.5)]
    ):
        if p or not signal:
            total = risk_parts(n, p, signal=signal, unseen=unseen, noise=noise).total
            assert total == pytest.approx(expected_risk(n, p, signal=signal, rest=unseen + noise))


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("n", "p"), [(10, 5), (10, 10), (20, 22), (20, 80)])
def test_the_formula_for_ridge_is_near_the_mean_of_draws(n, p, share):
    weights = 1 / np.arange(1, 101)
    weights /= np.linalg.norm(weights)
    signal = float((weights[:p] ** 2).sum())
    amounts = {"signal": signal, "unseen": 1 - signal, "noise": 0.25}
    penalty = share * best_penalty(p, signal=signal, rest=1.25 - signal)
    mean, error = ridge_risk(n, p, weights=weights, noise=0.5, trials=2000, penalty=penalty, rng=1)
    parts = ridge_parts(n, p, penalty=penalty, **amounts)
    assert parts.total == pytest.approx(mean, rel=0.05 if share == 1 else 0.15, abs=4 * error)
    found = fits(n, p, weights, 0.25, penalty, 4000, 2)
    bias = 1 - signal + ((found.mean(axis=0) - weights[:p]) ** 2).sum()
    assert parts.bias == pytest.approx(bias, abs=0.04)


def test_the_formula_for_ridge_goes_over_into_that_without_a_penalty():
    for n, p in [(1000, 300), (1000, 3000)]:
        amounts = {"signal": 1.0, "unseen": 0.5, "noise": 0.25}
        ridge, exact = ridge_parts(n, p, penalty=1e-9, **amounts), risk_parts(n, p, **amounts)
        assert (ridge.bias, ridge.variance) == pytest.approx((exact.bias, exact.variance), rel=5e-3)
    assert ridge_parts(5, 0, signal=0.0, unseen=1.0, noise=0.5, penalty=1.0).total == pytest.approx(1.5)


@pytest.mark.parametrize(("n", "p"), [(4, 3), (4, 8), (10, 10)])
def test_no_other_penalty_has_a_smaller_error_on_the_same_draws(n, p):
    weights, noise = np.array([2.0, *np.full(11, 0.3)]), 0.5
    signal, rest = float((weights[:p] ** 2).sum()), float((weights[p:] ** 2).sum() + noise)
    best = best_penalty(p, signal=signal, rest=rest)
    shares = [0.5, 0.8, 1.0, 1.25, 2.0]
    risks = [
        ridge_risk(n, p, weights=weights, noise=noise**0.5, trials=20_000, penalty=share * best, rng=3)[0]
        for share in shares
    ]
    assert np.argmin(risks) == 2


def test_a_feature_pays_if_the_error_falls():
    for n, p in itertools.product(range(1, 9), range(16)):
        for square, further, noise, signal in itertools.product((0.0, 0.05, 0.4), (0.1, 1.0), (0.0, 0.3), (0.2, 2.0)):
            amounts = {"n": n, "p": p, "signal": signal if p else 0.0, "rest": square + further + noise}
            if n - 3 < p < n + 2:
                with pytest.raises(ValueError, match="off the pole"):
                    feature_pays(**amounts, square=square)
                continue
            before = expected_risk(**amounts)
            after = expected_risk(n, p + 1, signal=amounts["signal"] + square, rest=further + noise)
            assert abs(after - before) < 1e-12 or feature_pays(**amounts, square=square) == (after < before)


def test_a_penalty_of_its_own_for_each_weight_is_that_of_the_normal_equations():
    weights, penalties = np.array([1.0, 0.5, 0.2, 0.1]), np.array([0.5, 2.0, 7.0])
    mean, _ = ridge_risk(5, 3, weights=weights, noise=0.3, trials=3, penalty=penalties, rng=4)
    again = np.random.default_rng(4)
    X = again.standard_normal((3, 5, 4))
    y = X @ weights + 0.3 * again.standard_normal((3, 5))
    errors = [
        np.linalg.solve(X[t, :, :3].T @ X[t, :, :3] + np.diag(penalties), X[t, :, :3].T @ y[t]) - weights[:3]
        for t in range(3)
    ]
    assert mean == pytest.approx(np.mean([(e**2).sum() for e in errors]) + 0.01 + 0.09)
    same = [ridge_risk(5, 3, weights=weights, noise=0.3, trials=3, penalty=c, rng=4)[0] for c in (2.0, [2.0] * 3)]
    assert same[0] == pytest.approx(same[1])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: risk_parts(0, 1, signal=1, unseen=0, noise=0), "n=0"),
        (lambda: risk_parts(1, -1, signal=1, unseen=0, noise=0), "p=-1"),
        (lambda: risk_parts(1, 1, signal=1, unseen=-1, noise=0), "unseen=-1"),
        (lambda: ridge_parts(1, 1, signal=1, unseen=0, noise=0, penalty=0), "penalty=0: accepted is a number above"),
        (lambda: best_penalty(0, signal=1, rest=1), "p=0"),
        (lambda: best_penalty(1, signal=0, rest=1), "signal=0"),
        (
            lambda: feature_pays(9, 1, signal=1, rest=1, square=2),
            "square=2: accepted are numbers from 0 to the rest, 1",
        ),
        (
            lambda: ridge_risk(2, 2, weights=[1, 1], noise=0, trials=2, penalty=[1, 0]),
            "or one above 0 for each feature",
        ),
        (lambda: ridge_risk(2, 2, weights=[1, 1], noise=0, trials=2, penalty=[1]), "or one above 0 for each feature"),
    ],
)
def test_bad_input_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call()
