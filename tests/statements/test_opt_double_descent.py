"""Statements of *The worst size is the one that just fits*: the risk by drawing, by integrals, and by all signs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from hwlib.optim import expected_risk

from .harness import Statement


def stated(n, p, beta, rho):
    """The displayed formula, and what is said between its lines."""
    if p <= n - 2:
        return rho * (n - 1) / (n - p - 1)
    if p >= n + 2:
        return beta * (p - n) / p + rho * (p - 1) / (p - n - 1)
    return np.inf if rho > 0 else None


def excess(X, w, rho):
    """Squared error of the shortest solution beyond rho, in the mean over the noise, for each of many X."""
    inverse = np.linalg.pinv(X)
    missed = np.einsum("tij,j->ti", inverse @ X - np.eye(X.shape[-1]), w)
    return (missed**2).sum(-1) + rho * (inverse**2).sum((-1, -2))


def by_chi_square(size):
    """The mean of 1 / |x|^2 for a normal vector of a size, by an integral; infinite below three."""
    if size < 3:
        return np.inf
    return integrate.quad(lambda v: stats.chi2.pdf(v, size) / v, 0, np.inf)[0]


def tail(draws):
    """How the chance of a large value falls with its size, as a power: a mean exists exactly if it is above one."""
    large = np.quantile(draws, 0.9)
    return -np.log10((draws > 10 * large).sum() / (draws > large).sum())


def cases():
    for n, p in itertools.product(range(1, 6), range(1, 6)):
        for beta, rho in ((1.0, 0.5), (0.0, 1.0)):
            yield "normal", n, p, beta, rho
            if n * p <= 8:
                yield "signs", n, p, beta, rho
    yield from (("normal", n, p, 1.0, 0.25) for n, p in ((12, 4), (20, 5), (4, 12), (6, 20), (30, 90)))


def holds(case):
    kind, n, p, beta, rho = case
    w = np.full(p, np.sqrt(beta / p))
    wanted = stated(n, p, beta, rho)
    if kind == "signs":  # all matrices of plus and minus one: an exact mean
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=n * p))).reshape(-1, n, p)
        return np.isclose(rho + excess(signs, w, rho).mean(), wanted)
    if p == 1 or n == 1:  # one column or one row: 1 / |x|^2 is all that is needed
        noise = by_chi_square(n if p == 1 else p)
        found = rho + rho * noise + (beta * (p - 1) / p if n == 1 else 0)
        return np.isclose(found, wanted, rtol=1e-6) if np.isfinite(wanted) else np.isinf(found)
    near = abs(p - n) < 4
    draws = excess(np.random.default_rng(0).normal(size=(40_000 if near else 4000, n, p)), w, rho)
    if not np.isfinite(wanted):
        return tail(draws) < 1.25
    if abs(p - n) == 2 and rho and tail(draws) <= 1.25:
        return False
    if near:  # a mean without a variance: only that it is of the right size
        return 0.5 < (rho + np.mean(draws)) / wanted < 2
    return abs(rho + draws.mean() - wanted) < 5 * draws.std() / np.sqrt(len(draws))


risk = Statement(
    "thm-descent2",
    text="619401f5",
    cases=cases,
    hypotheses={"normal features": lambda case: case[0] == "normal"},
    conclusion=holds,
    scope="all sizes up to five and five larger ones; one row or column by an integral, the rest by 4,000 draws",
    kind="sampled",
)


@pytest.mark.problem("opt-double-descent")
@pytest.mark.slow
def test_the_risk_of_least_squares_on_normal_features():
    report = risk.verify()
    assert report.covered == 55
    assert holds(("normal", 3, 1, 1.0, 1.0))
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=3))).reshape(-1, 3, 1)
    assert np.isclose(1 + excess(signs, np.ones(1), 1.0).mean(), 4 / 3)  # the page's example, where normal ones give 2
    assert stated(3, 1, 1.0, 1.0) == 2


@pytest.mark.problem("opt-double-descent")
def test_the_library_says_what_is_stated_and_what_is_true_at_the_edges():
    for _, n, p, beta, rho in cases():
        assert expected_risk(n, p, signal=beta, rest=rho) == pytest.approx(stated(n, p, beta, rho))
    assert expected_risk(1, 0, signal=0, rest=0.7) == 0.7  # nothing is learned
    for n, p in itertools.product(range(1, 7), range(1, 7)):  # without noise: only what the samples do not span
        draws = excess(np.random.default_rng(1).normal(size=(4000, n, p)), np.full(p, p**-0.5), 0.0)
        assert expected_risk(n, p, signal=1, rest=0) == pytest.approx(draws.mean(), abs=0.03)
