"""Statements of *Gradient descent picks the nearest solution*: powers of a matrix, loops, brute force, the prover."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import z3

from hwlib.optim import learning_rate_limit, least_squares_iterate, least_squares_limit, max_margin

from .harness import Statement
from .prover import proved

# Samples in rows; the smallest first, with zero, equal, parallel and dependent ones, and fewer weights than samples.
MATRICES = [
    np.array(rows, float)
    for rows in [
        [[1]],
        [[0]],
        [[-2]],
        [[1], [1]],
        [[1, 2]],
        [[0, 0]],
        [[1, 0]],
        [[1, -1]],
        [[1, 2], [1, 2]],
        [[1, 2], [-2, -4]],
        [[1, 1], [0, 2]],
        [[1, 0], [0, 1]],
        [[1, 2, -1]],
        [[1, 0, 1], [0, 1, 1]],
        [[1], [0], [2]],
    ]
]
SHARES = (0.5, 0.0, 0.1, 0.95, 1.0, 1.05, 2.0, -0.25)  # of 1 / sigma^2, and of one for a matrix of zeros


def largest(X):
    """The square of the largest singular value, by the eigenvalues of X^T X."""
    return float(np.linalg.eigvalsh(X.T @ X)[-1])


def end(X, y, start, eta):
    """Where descent on |Xw - y|^2 is after 2^14 steps, by squaring its affine step; None unless it has come to rest.

    Descent by its definition, w - eta times the derivative of the squares, as one matrix on (w, 1).
    """
    d = X.shape[1]
    step = np.eye(d + 1)
    step[:d, :d] -= eta * 2 * X.T @ X
    step[:d, d] += eta * 2 * X.T @ y
    power = step.copy()
    with np.errstate(all="ignore"):
        for _ in range(14):
            power = power @ power
        here, there = (matrix @ np.append(start, 1.0) for matrix in (power, step @ power))
    rests = np.isfinite(here).all() and np.allclose(here, there, rtol=0, atol=1e-7)
    return here[:d] if rests else None


def kept_directions(X):
    """Whole vectors that X sends to zero."""
    grid = [np.array(v, float) for v in itertools.product(range(-2, 3), repeat=X.shape[1])]
    return [v for v in grid if v.any() and not (X @ v).any()]


def norm_cases():
    for share, X in itertools.product(SHARES, MATRICES):
        for y in itertools.product((1, 0, -2), repeat=len(X)):
            for start in itertools.islice(itertools.product((0, 1, -2), repeat=X.shape[1]), 0, None, 2):
                yield X.tolist(), y, start, share


def unpacked(case):
    X, y, start = (np.array(part, float) for part in case[:3])
    return X, y, start, case[3] / (largest(X) or 1.0)


def has_a_solution(case):
    X, y, _, _ = unpacked(case)
    return np.linalg.matrix_rank(X) == np.linalg.matrix_rank(np.column_stack([X, y]))


def below(case):
    return case[3] < 1 or not any(map(any, case[0]))


def ends_in_the_nearest(case):
    X, y, start, eta = unpacked(case)
    w = end(X, y, start, eta)
    if w is None or not np.allclose(w, start + np.linalg.pinv(X) @ (y - X @ start), atol=1e-6):
        return False
    if not np.allclose(X.T @ (X @ w - y), 0, atol=1e-5):  # a minimiser of a convex function: no slope
        return False
    others = [w + t * v for v in kept_directions(X) for t in (1, -1, 1 / 8, -1 / 8)]  # minimisers too
    return all(math.dist(w, start) < math.dist(other, start) - 1e-9 for other in others)


def is_the_shortest_solution(case):
    X, y, start, eta = unpacked(case)
    w = end(X, y, start, eta)
    if w is None or not np.allclose(X @ w, y, atol=1e-6):
        return False
    return all(np.linalg.norm(w) < np.linalg.norm(w + t * v) for v in kept_directions(X) for t in (1, -1, 0.1, -0.1))


SCOPE = "fifteen matrices to 2 by 3 and 3 by 1, targets 1, 0, -2, starts of 0, 1, -2, eight rates"
STEP = {"0 < eta": lambda case: case[3] > 0 or not any(map(any, case[0])), "eta < 1/sigma^2": below}

limit = Statement(
    "thm-norm", text="72b49d34", cases=norm_cases, hypotheses=STEP, conclusion=ends_in_the_nearest, scope=SCOPE
)
shortest = Statement(
    "thm-norm",
    text="72b49d34",
    cases=norm_cases,
    hypotheses=STEP | {"a solution": has_a_solution, "w(0) = 0": lambda case: not any(case[2])},
    conclusion=is_the_shortest_solution,
    scope=SCOPE,
)


@pytest.mark.problem("opt-min-norm")
def test_the_limit_and_the_rates_that_it_needs():
    assert limit.verify().without == {
        "0 < eta": ([[1.0]], (1,), (0,), 0.0),
        "eta < 1/sigma^2": ([[1.0]], (1,), (0,), 1.0),
    }


@pytest.mark.problem("opt-min-norm")
def test_the_constrained_problem_and_all_that_it_needs():
    without = shortest.verify().without
    assert without["a solution"] == ([[0.0]], (1,), (0,), 0.5)
    assert without["w(0) = 0"] == ([[0.0]], (0,), (-2,), 0.5)
    assert not is_the_shortest_solution(([[1.0], [1.0]], (0, 2), (0,), 0.5))  # the page's
    assert not is_the_shortest_solution(([[1.0, 2.0]], (5,), (3, 3.5), 0.5))


@pytest.mark.problem("opt-min-norm")
@pytest.mark.problem("opt-min-norm-meaning")
def test_the_library_s_limit_and_path_are_those_of_the_steps():
    for case in itertools.islice(norm_cases(), 0, None, 7):
        X, y, start, eta = unpacked(case)
        if 0 < case[3] < 1:
            assert np.allclose(least_squares_limit(X, y, start), end(X, y, start, eta), rtol=0, atol=1e-6)
            w = start
            for t in range(4):
                path = least_squares_iterate(X, y, start, learning_rate=eta, steps=t)
                assert np.allclose(path, w, rtol=0, atol=1e-12)
                w = w - eta * 2 * X.T @ (X @ w - y)


@pytest.mark.problem("opt-min-norm")
def test_for_all_real_numbers_the_shortest_solution_of_two_samples_is_a_combination_of_them():
    """Lagrange's condition is enough: w = a x + b x' that fits is no longer than any other solution."""
    x, u, other = (z3.RealVector(name, 3) for name in "xuv")
    a, b = z3.Reals("a b")
    w = [a * p + b * q for p, q in zip(x, u, strict=True)]
    dot = lambda p, q: z3.Sum([s * t for s, t in zip(p, q, strict=True)])  # noqa: E731
    gap = [q - p for p, q in zip(w, other, strict=True)]
    proved(
        dot(other, other) == dot(w, w) + dot(gap, gap) + 2 * (a * dot(x, gap) + b * dot(u, gap))
    )  # both fit, so x gap = u gap = 0, and the squares of the gap are what the other is longer by


@pytest.mark.problem("opt-min-norm")
def test_momentum_and_one_sample_at_a_time_end_in_the_nearest_solution_as_well():
    """Where they converge to a solution: their moves are combinations of rows, too."""
    ended = 0
    for X, y, start, _ in map(unpacked, filter(has_a_solution, itertools.islice(norm_cases(), 0, 400, 3))):
        rate, nearest = 0.3 / (largest(X) or 1), start + np.linalg.pinv(X) @ (y - X @ start)
        w, before, s = start, start, start
        for _ in range(400):
            w, before = w - rate * 2 * X.T @ (X @ w - y) + 0.5 * (w - before), w
            for x, target in zip(X, y, strict=True):
                s = s - rate * 2 * (x @ s - target) * x
        for end_ in (w, s):
            if np.allclose(X @ end_, y, rtol=0, atol=1e-9):
                ended += 1
                assert np.allclose(end_, nearest, rtol=0, atol=1e-6)
    assert ended > 50


@pytest.mark.problem("opt-min-norm-meaning")
def test_ridge_regression_goes_to_the_shortest_minimiser_as_its_penalty_goes_to_zero():
    for X in MATRICES:
        for y in itertools.product((1, 0, -2), repeat=len(X)):
            ridge = [np.linalg.solve(X.T @ X + p * np.eye(X.shape[1]), X.T @ np.array(y, float)) for p in (1e-3, 1e-6)]
            gaps = [np.linalg.norm(w - np.linalg.pinv(X) @ y) for w in ridge]
            assert gaps[1] < 1e-5
            assert gaps[1] <= gaps[0] / 100 + 1e-9


# --- prop-norm-step --------------------------------------------------------------------------------------------


def step_cases():
    for share, X in itertools.product(SHARES, MATRICES):
        for y in itertools.product((1, 0), repeat=len(X)):
            yield X.tolist(), y, share


def converges_just_then(case):
    """From every start: those that converge are a flat, so all corners of a box and zero stand for all."""
    X, y, share = np.array(case[0], float), np.array(case[1], float), case[2]
    eta = share / (largest(X) or 1.0)
    starts = [np.zeros(X.shape[1]), *map(np.array, itertools.product((1.0, -1.0), repeat=X.shape[1]))]
    ends = [end(X, y, start, eta) for start in starts]
    converges = all(w is not None and np.allclose(X.T @ (X @ w - y), 0, atol=1e-5) for w in ends)
    return converges == (eta > 0 and eta * largest(X) < 1)


steps = Statement(
    "prop-norm-step",
    text="d79f5548",
    cases=step_cases,
    hypotheses={"X is not zero": lambda case: any(map(any, case[0]))},
    conclusion=converges_just_then,
    scope="fifteen matrices, targets 0 and 1, eight rates",
)


@pytest.mark.problem("opt-min-norm")
def test_which_rates_converge_to_a_minimiser():
    assert steps.verify().without == {"X is not zero": ([[0.0]], (1,), 0.0)}


@pytest.mark.problem("opt-min-norm")
def test_the_library_s_limit_of_the_rate_is_the_stated_one():
    for X in MATRICES:
        assert learning_rate_limit(X) == pytest.approx(1 / largest(X) if X.any() else math.inf)


# --- prop-norm-lagrange ----------------------------------------------------------------------------------------


def multiplier_cases():
    """Small whole matrices with a solution of small whole entries: X, w and an alpha to try."""
    rows = [(1, 2), (0, 1), (2, 4), (0, 0), (-1, 1)]
    for count in (1, 2):
        for X in itertools.product(rows, repeat=count):
            for w in itertools.product((0, 1, 2, -1), repeat=2):
                yield X, w


def rows_are_independent(case):
    return np.linalg.matrix_rank(np.array(case[0])) == len(case[0])


def is_as_multipliers_say(case):
    """Shortest if and only if it is a combination of rows; and then of one only, that of the formula."""
    X, w = np.array(case[0], float), np.array(case[1], float)
    y = X @ w
    others = [np.array(v) / 2 for v in itertools.product(range(-8, 9), repeat=2)]
    others += [w + s * v for v in kernel_of(X) for s in (0.01, -0.01)]
    shortest = all(v @ v >= w @ w - 1e-12 for v in others if np.allclose(X @ v, y))
    alpha = np.linalg.lstsq(X.T, w, rcond=None)[0]
    of_rows = np.allclose(X.T @ alpha, w)
    if shortest != of_rows:
        return False
    if np.linalg.matrix_rank(X) < len(X):  # many multipliers, and no inverse
        return False
    return not of_rows or np.allclose(X.T @ np.linalg.inv(X @ X.T) @ y, w)


def kernel_of(X):
    _, s, vt = np.linalg.svd(X)
    return vt[int((s > 1e-9).sum()) :]


multipliers = Statement(
    "prop-norm-lagrange",
    text="6417ff94",
    cases=multiplier_cases,
    hypotheses={"independent rows": rows_are_independent},
    conclusion=is_as_multipliers_say,
    scope="one and two samples of two whole features, solutions of whole weights",
)


@pytest.mark.problem("opt-min-norm")
def test_the_shortest_solution_is_the_one_that_multipliers_give():
    report = multipliers.verify()
    assert report.covered > 200
    twice = np.array([[1, 2], [1, 2]])
    assert all((twice.T @ alpha == (1, 2)).all() for alpha in ([1, 0], [0, 1]))  # the page's
    assert round(np.linalg.det(twice @ twice.T)) == 0


@pytest.mark.problem("opt-min-norm")
def test_a_solution_is_the_shortest_just_if_it_is_a_combination_of_rows_also_where_rows_repeat():
    for X, w in multiplier_cases():
        X, w = np.array(X, float), np.array(w, float)
        shorter = any(
            np.linalg.norm(w + s * v) < np.linalg.norm(w) - 1e-12 for v in kernel_of(X) for s in (0.01, -0.01)
        )
        of_rows = np.allclose(X.T @ np.linalg.lstsq(X.T, w, rcond=None)[0], w)
        assert shorter != of_rows


@pytest.mark.problem("opt-min-norm")
def test_descent_from_zero_has_multipliers_at_all_times():
    X, y = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]), np.array([5.0, -1.0])
    w = np.zeros(3)
    for _ in range(30):
        w = w - 0.05 * 2 * X.T @ (X @ w - y)
        assert np.allclose(X.T @ np.linalg.lstsq(X.T, w, rcond=None)[0], w)


# --- thm-norm-mirror -------------------------------------------------------------------------------------------

Q = np.array([[2.0, 1.0], [1.0, 3.0]])


def power(p):
    """Half the square of the p-norm: its value, gradient, and the gradient of its conjugate."""

    def gradient(w, p):
        norm = (abs(w) ** p).sum() ** (1 / p)
        return np.sign(w) * abs(w) ** (p - 1) * norm ** (2 - p) if norm else 0 * w

    return (
        lambda w: (abs(w) ** p).sum() ** (2 / p) / 2,
        lambda w: gradient(w, p),
        lambda z: gradient(z, p / (p - 1)),
        lambda w: True,
    )


POTENTIALS = {
    "square": (lambda w: w @ w / 2, lambda w: w, lambda z: z, lambda w: True),
    "entropy": (lambda w: (w * np.log(w) - w).sum(), np.log, np.exp, lambda w: (w > 0).all()),
    "slanted": (lambda w: w @ Q @ w / 2, lambda w: Q @ w, lambda z: np.linalg.solve(Q, z), lambda w: True),
    "3/2-norm": power(1.5),
    "flat": (  # convex, and constant across (1, 2): a step may go anywhere there, and goes to the first axis
        lambda w: (w[0] + 2 * w[1]) ** 2 / 2,
        lambda w: (w[0] + 2 * w[1]) * np.array([1.0, 2.0]),
        lambda z: np.array([z[0], 0.0]),
        lambda w: True,
    ),
}


def mirror_cases():
    for eta, name, x, y in itertools.product((0.03, 0.2, 0.0), POTENTIALS, [(1, 2), (1, 1), (2, -1), (1, 0)], (5, 1)):
        for start in [(0.5, 0.5), (1.0, 0.25), (2.0, 3.0)]:
            if name != "flat" or x == (1, 2):  # else the gradients are none of a point's
                yield name, x, y, start, eta


def mirror_end(case):
    """The limit, or None; by steps as they are displayed."""
    name, x, y, start, eta = case
    _, there, back, _ = POTENTIALS[name]
    w, x = np.array(start), np.array(x, float)
    with np.errstate(all="ignore"):
        for _ in range(200):
            last, w = w, back(there(w) - eta * 2 * (x @ w - y) * x)
    return w if np.isfinite(w).all() and np.allclose(w, last, rtol=0, atol=1e-8) else None


def converges_to_a_solution(case):
    w = mirror_end(case)
    return w is not None and abs(np.dot(case[1], w) - case[2]) < 1e-6 and POTENTIALS[case[0]][3](w - 1e-9)


def has_the_least_divergence(case):
    name, x, y, start, _ = case
    psi, there, _, inside = POTENTIALS[name]
    w, w0 = mirror_end(case), np.array(start)
    if w is None or abs(np.dot(x, w) - y) > 1e-6:
        return False
    across = np.array([-x[1], x[0]], float)
    divergence = lambda v: psi(v) - psi(w0) - there(w0) @ (v - w0)  # noqa: E731
    others = [w + t * across for t in (1, -1, 0.3, -0.3, 0.01, -0.01)]
    return all(divergence(w) < divergence(other) for other in others if inside(other))


mirror = Statement(
    "thm-norm-mirror",
    text="5bf70b3a",
    cases=mirror_cases,
    hypotheses={
        "it converges to a solution in the domain": converges_to_a_solution,
        "strictly convex": lambda case: case[0] != "flat",
    },
    conclusion=has_the_least_divergence,
    scope="five potentials, one no sum over coordinates, one flat; four samples, two targets, three starts and rates",
)


@pytest.mark.problem("opt-min-norm-meaning")
def test_mirror_descent_ends_in_the_solution_of_least_divergence():
    report = mirror.verify()
    assert report.covered >= 60
    assert mirror_end(("square", (1, 2), 5, (0.5, 0.5), 0.2)) is None  # the page's
    assert report.without["strictly convex"][0] == "flat"
    psi = POTENTIALS["flat"][0]
    assert {psi(w) for w in [(5, 0), (1, 2), (3, 1)]} == {12.5}  # the page's


# --- thm-norm-margin -------------------------------------------------------------------------------------------


def widest_by_hand(signed):
    """The shortest w with all products at least one: of one or two samples on the margin, the best that serves all."""
    found = []
    for number in (1, 2):
        for chosen in itertools.combinations(signed, number):
            A = np.array(chosen)
            w = np.linalg.pinv(A) @ np.ones(number)
            if (signed @ w >= 1 - 1e-9).all():
                found.append(w)
    return min(found, key=np.linalg.norm, default=None)


def logistic_growth(signed, share, early=2000, late=20_000):
    """What descent from a start adds between two times; all sets of samples at once: signed is (sets, n, 2)."""
    n = signed.shape[1]
    eta = share * 8 * n / np.linalg.norm(signed, 2, axis=(1, 2)) ** 2
    w = np.tile([0.5, -0.25], (len(signed), 1))
    for t in range(1, late + 1):
        products = np.einsum("sid,sd->si", signed, w)
        w = w + (eta / n)[:, None] * np.einsum("si,sid->sd", 1 / (1 + np.exp(products)), signed)
        if t == early:
            first = w.copy()
    return w - first, math.log(late / early)


def margin_cases():
    """Three samples in the plane, drawn; the first set has one sample with both signs."""
    rng = np.random.default_rng(0)
    sets = rng.normal(size=(40, 3, 2)) + np.array([1.0, 0.5])
    sets[0] = [[1, 0], [-1, 0], [1, 0]]
    growths, log = logistic_growth(sets, 0.5)
    for signed, growth in zip(sets, growths, strict=True):
        yield signed.tolist(), growth.tolist(), log


def separable(case):
    """Some direction of a fine round has all products above zero."""
    angles = np.linspace(0, 2 * np.pi, 20_001)
    return bool((np.array(case[0]) @ np.array([np.cos(angles), np.sin(angles)]) > 0).all(axis=0).any())


def grows_with_the_logarithm(case):
    signed, growth, log = np.array(case[0]), np.array(case[1]), case[2]
    widest = widest_by_hand(signed)
    return widest is not None and np.linalg.norm(growth / log - widest) < 0.15 * np.linalg.norm(widest)


margin = Statement(
    "thm-norm-margin",
    text="792937e5",
    cases=margin_cases,
    hypotheses={"separable through the origin": separable},
    conclusion=grows_with_the_logarithm,
    scope="forty sets of three samples in the plane, half the largest rate",
    kind="sampled",
)


@pytest.mark.problem("opt-min-norm-meaning")
def test_descent_on_the_logistic_loss_grows_along_the_widest_margin():
    report = margin.verify()
    assert report.covered >= 15
    assert report.without["separable through the origin"][0] == [[1, 0], [-1, 0], [1, 0]]


def test_a_long_step_leaves_the_ray_to_the_solutions_but_not_its_line():
    """The page once said that from zero descent can only move along that ray, whatever the step."""
    w, passed = np.zeros(2), []
    for _ in range(3):
        w = w - 0.4 * 2 * (w[0] + 2 * w[1] - 5) * np.array([1, 2])
        passed.append(w[0])
        assert w[1] == pytest.approx(2 * w[0])
    assert min(passed) < 0 < max(passed)


def test_more_weights_than_samples_fit_in_infinitely_many_ways_or_in_none():
    """The page's first question once said that infinitely many fit."""
    for X, y in [(np.array([[1.0, 2.0]]), [5.0]), (np.zeros((1, 2)), [1.0]), (np.ones((2, 3)), [0.0, 1.0])]:
        solvable = np.linalg.matrix_rank(X) == np.linalg.matrix_rank(np.column_stack([X, y]))
        assert solvable == (y == [5.0])
        assert kept_directions(X)  # along these, minimisers stay minimisers: always infinitely many


def test_the_least_sum_of_weights_is_one_only_without_negative_weights():
    """The end in other coordinates is near (0, 5/2); of all solutions, the sum has no least value."""
    sums = {t: (5 - 2 * t) + t for t in (0.0, 1.0, 2.5, 10.0, 1000.0)}
    assert min(t for t in sums if 5 - 2 * t < 0) > 2.5
    assert sums[2.5] == min(value for t, value in sums.items() if 5 - 2 * t >= 0)
    assert sums[1000.0] < sums[10.0] < sums[2.5]


def test_the_library_s_widest_margin_is_that_of_all_pairs():
    rng = np.random.default_rng(1)
    for _ in range(30):
        signed = rng.normal(size=(4, 2)) + 1.5
        widest = widest_by_hand(signed)
        if widest is not None:
            assert np.allclose(max_margin(signed, np.ones(4)), widest, rtol=1e-5)
