"""hwlib.optim: the path, its closed form and its limit, against Fractions, pseudo-inverses and general optimizers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, sparse

from hwlib.optim import (
    Mirror,
    entropy,
    follow,
    gradient_descent,
    learning_rate_limit,
    least_squares_gradient,
    least_squares_iterate,
    least_squares_limit,
    logistic_gradient,
    max_margin,
    mirror_descent,
    p_norm,
)

from ..examples import examples

SCALES = np.array([1.0, 4.0, 0.5, 2.0])
SCALED = Mirror("scaled coordinates", lambda w: 0.5 * SCALES @ w**2, lambda w: SCALES * w, lambda z: z / SCALES)
MIRRORS = [SCALED, p_norm(1.5), p_norm(3), entropy()]


@st.composite
def problems(draw):
    """X of any shape and rank, y in or out of its range, and a start."""
    n, d, rank = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d))
    y = X @ rng.normal(size=d) if draw(st.booleans()) else rng.normal(size=n)
    return X, y, rng.normal(size=d)


@pytest.mark.problem("opt-min-norm")
def test_by_hand_every_point_is_exact_in_fractions():
    X, y = np.array([[1, 2]]), np.array([5])
    start = np.array([Fraction(0), Fraction(0)])
    path = gradient_descent(least_squares_gradient(X, y), start, learning_rate=Fraction(1, 20), steps=3)
    assert path.tolist() == [
        [0, 0],
        [Fraction(1, 2), 1],
        [Fraction(3, 4), Fraction(3, 2)],
        [Fraction(7, 8), Fraction(7, 4)],
    ]
    once = gradient_descent(least_squares_gradient(X, y), start, learning_rate=Fraction(1, 10), steps=1)
    assert once[-1].tolist() == [1, 2]


@pytest.mark.problem("opt-min-norm")
@examples(200)
@given(problems(), st.floats(0.05, 0.95), st.integers(0, 60))
def test_the_closed_form_is_the_path(problem, share, t):
    X, y, start = problem
    step = share * learning_rate_limit(X)
    path = gradient_descent(least_squares_gradient(X, y), start, learning_rate=step, steps=t)
    scale = 1 + abs(path).max()
    assert np.allclose(
        least_squares_iterate(X, y, start, learning_rate=step, steps=t), path[-1], rtol=0, atol=1e-9 * scale
    )


@pytest.mark.problem("opt-min-norm")
@examples(200)
@given(problems())
def test_the_limit_solves_the_constrained_problem_and_is_nearest_to_the_start(problem):
    X, y, start = problem
    limit = least_squares_limit(X, y, start)
    scale = 1 + abs(limit).max() + np.linalg.norm(np.linalg.pinv(X, rcond=1e-12), 2) * (1 + abs(y).max())
    # By the pseudo-inverse, and by the normal equations with the move in the span of the rows (its optimality).
    assert np.allclose(limit, start + np.linalg.pinv(X, rcond=1e-12) @ (y - X @ start), rtol=0, atol=1e-8 * scale)
    assert np.allclose(X.T @ (X @ limit), X.T @ y, rtol=0, atol=1e-8 * scale)
    null = np.eye(len(start)) - np.linalg.pinv(X, rcond=1e-12) @ X
    assert np.allclose(null @ (limit - start), 0, rtol=0, atol=1e-8 * scale)


@pytest.mark.problem("opt-min-norm")
def test_from_zero_a_general_solver_for_constraints_finds_the_same_point():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(3, 6)), rng.normal(size=3)
    constrained = optimize.minimize(
        lambda w: w @ w,
        rng.normal(size=6),
        jac=lambda w: 2 * w,
        constraints={"type": "eq", "fun": lambda w: X @ w - y, "jac": lambda w: X},
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    path = gradient_descent(
        least_squares_gradient(X, y), np.zeros(6), learning_rate=0.9 * learning_rate_limit(X), steps=3000
    )
    assert np.allclose(path[-1], constrained.x, rtol=0, atol=1e-6)
    assert np.allclose(path[-1], np.linalg.lstsq(X, y, rcond=None)[0], rtol=0, atol=1e-9)


@pytest.mark.problem("opt-min-norm")
@pytest.mark.parametrize(("share", "converges"), [(0.99, True), (1.01, False)])
def test_the_learning_rate_limit_is_sharp(share, converges):
    X, y = np.diag([3.0, 1.0])[:, ::-1], np.array([1.0, 2.0])
    path = gradient_descent(
        least_squares_gradient(X, y), np.zeros(2), learning_rate=share * learning_rate_limit(X), steps=2000
    )
    error = abs(path[-1] - least_squares_limit(X, y, np.zeros(2))).max()
    assert (error < 1e-9) if converges else (error > 1e9)


def test_at_the_limit_itself_the_path_jumps_for_ever_between_two_points():
    path = gradient_descent(
        least_squares_gradient([[2.0, 0.0]], [2.0]), np.zeros(2), learning_rate=learning_rate_limit([[2.0, 0]]), steps=9
    )
    assert path[:, 0].tolist() == [0, 2] * 5


@pytest.mark.problem("opt-min-norm")
@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_momentum_stays_in_the_span_of_the_rows_so_it_picks_the_same_point(momentum):
    rng = np.random.default_rng(2)
    X, y, start = rng.normal(size=(3, 5)), rng.normal(size=3), rng.normal(size=5)
    gradient = least_squares_gradient(X, y)
    path = gradient_descent(gradient, start, learning_rate=0.5 * learning_rate_limit(X), steps=4000, momentum=momentum)
    assert np.allclose(path[-1], least_squares_limit(X, y, start), rtol=0, atol=1e-10)
    torchs = follow(
        lambda p: torch.optim.SGD(p, lr=0.5 * learning_rate_limit(X), momentum=momentum), gradient, start, steps=50
    )
    assert np.allclose(torchs, path[:51], rtol=0, atol=1e-10)


@pytest.mark.problem("opt-min-norm-meaning")
@pytest.mark.parametrize("mirror", MIRRORS, ids=lambda mirror: mirror.name)
def test_mirror_descent_ends_in_the_solution_of_least_divergence(mirror):
    rng = np.random.default_rng(3)
    X = abs(rng.normal(size=(2, 4)))
    start, y = abs(rng.normal(size=4)), X @ abs(rng.normal(size=4))
    path = mirror_descent(least_squares_gradient(X, y), start, learning_rate=0.02, steps=60_000, mirror=mirror)
    found = path[-1]
    assert np.allclose(X @ found, y, rtol=0, atol=1e-9)
    # Optimality by the tangent: the duals differ by a vector in the span of the rows, so no feasible move helps.
    difference = mirror.to_dual(found) - mirror.to_dual(start)
    assert np.allclose(difference - np.linalg.pinv(X) @ X @ difference, 0, rtol=0, atol=1e-7)
    null = np.linalg.svd(X)[2][2:]
    for direction in rng.normal(size=(50, 2)) @ null:
        assert mirror.divergence(found + 1e-3 * direction, start) > mirror.divergence(found, start)


@pytest.mark.problem("opt-min-norm-meaning")
@pytest.mark.parametrize("mirror", MIRRORS, ids=lambda mirror: mirror.name)
def test_duals_are_gradients_of_the_potential_and_have_an_inverse(mirror):
    w = np.array([0.3, 2.0, 1.1, 0.7])
    numeric = optimize.approx_fprime(w, mirror.potential, 1e-7)
    assert np.allclose(mirror.to_dual(w), numeric, rtol=0, atol=1e-5)
    assert np.allclose(mirror.from_dual(mirror.to_dual(w)), w, rtol=0, atol=1e-12)
    assert mirror.divergence(w, w) == 0


def test_with_a_quadratic_potential_mirror_descent_is_descent():
    X, y, start = np.array([[1.0, 2.0]]), [5.0], [3.0, -1.0]
    gradient = least_squares_gradient(X, y)
    mirrored = mirror_descent(gradient, start, learning_rate=0.1, steps=7, mirror=p_norm(2))
    assert np.allclose(mirrored, gradient_descent(gradient, start, learning_rate=0.1, steps=7), rtol=0, atol=1e-12)


@pytest.mark.problem("opt-min-norm-meaning")
def test_adam_leaves_the_span_of_the_rows_and_ends_in_another_solution():
    X, y = np.array([[1.0, 2.0]]), [5.0]
    path = follow(lambda p: torch.optim.Adam(p, lr=0.01), least_squares_gradient(X, y), np.zeros(2), steps=3000)
    assert np.allclose(X @ path[-1], y, rtol=0, atol=1e-6)
    assert abs(path[-1] - [1, 2]).max() > 0.1


@examples(100)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(2, 5))
def test_the_widest_margin_is_certified_by_its_multipliers(seed, n, d):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    signs = np.where(X @ rng.normal(size=d) > 0, 1, -1)
    w = max_margin(X, signs)
    margins = signs * (X @ w)
    assert margins.min() >= 1 - 1e-6
    # Optimal if and only if w is a combination of the tight samples with weights that are not negative.
    tight = (X * signs[:, None])[margins < 1 + 1e-5]
    _, residual = optimize.nnls(tight.T, w)
    assert residual <= 1e-4 * np.linalg.norm(w)


@pytest.mark.problem("opt-min-norm-meaning")
def test_logistic_regression_turns_to_the_widest_margin_and_grows_for_ever():
    X, signs = np.array([[2.0, 1.0], [3.0, 3.0], [-1.0, -1.5], [-0.5, 2.0]]), np.array([1, 1, -1, -1])
    path = gradient_descent(logistic_gradient(X, signs), np.zeros(2), learning_rate=1.0, steps=100_000)
    best = max_margin(X, signs)
    # Soudry et al.: w(t) = best * log t + a bounded rest, so ten times the steps add best * log 10.
    grown = path[100_000] - path[10_000]
    assert np.allclose(grown, best * np.log(10), rtol=0, atol=0.01 * np.linalg.norm(best))
    assert np.linalg.norm(path[-1]) > np.linalg.norm(path[1000]) > np.linalg.norm(path[10])


def test_the_logistic_gradient_is_autograd_s():
    rng = np.random.default_rng(4)
    X, signs, w = rng.normal(size=(7, 3)), rng.choice([-1, 1], 7), rng.normal(size=3)
    weights = torch.tensor(w, requires_grad=True)
    torch.nn.functional.softplus(-torch.tensor(signs) * (torch.tensor(X) @ weights)).mean().backward()
    assert np.allclose(logistic_gradient(X, signs)(w), weights.grad, rtol=0, atol=1e-12)


def test_sparse_samples_give_what_dense_ones_give():
    rng = np.random.default_rng(5)
    dense = rng.normal(size=(6, 9)) * (rng.random((6, 9)) < 0.4)
    X, y, w = sparse.csr_array(dense), rng.normal(size=6), rng.normal(size=9)
    assert np.allclose(least_squares_gradient(X, y)(w), least_squares_gradient(dense, y)(w), rtol=0, atol=1e-12)
    assert np.isclose(learning_rate_limit(X), learning_rate_limit(dense), rtol=1e-9)
    assert learning_rate_limit(np.zeros((2, 2))) == np.inf


@pytest.mark.parametrize("shape", [(6, 1), (1, 6), (2, 5)])
def test_sparse_samples_may_have_one_or_two_rows_or_columns(shape):
    dense = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    assert np.isclose(learning_rate_limit(sparse.csr_array(dense)), learning_rate_limit(dense), rtol=1e-12)


@pytest.mark.parametrize("zeros", [np.zeros((4, 5)), sparse.csr_array((4, 5)), sparse.csr_array(np.zeros((1, 3)))])
def test_without_any_sample_that_is_not_zero_no_learning_rate_is_too_large(zeros):
    assert learning_rate_limit(zeros) == np.inf


def test_the_limit_of_fractions_is_a_float_and_tiny_samples_have_a_large_one():
    assert learning_rate_limit([[Fraction(3), Fraction(4)]]) == 1 / 25
    assert learning_rate_limit([[1e-200]]) == np.inf


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(
    "call",
    [
        lambda X: least_squares_iterate(X, [1.0], [0.0, 0.0], learning_rate=0.1, steps=2),
        lambda X: least_squares_limit(X, [1.0], [0.0, 0.0]),
        lambda X: least_squares_gradient(X, [1.0]),
        lambda X: learning_rate_limit(sparse.csr_array(X)),
        lambda X: logistic_gradient(X, [1]),
        lambda X: max_margin(X, [1]),
    ],
)
def test_infinite_samples_are_refused_before_a_solver_hangs(call, bad):
    with pytest.raises(ValueError, match="X has entries that are infinite or NaN: accepted are finite numbers"):
        call([[1.0, bad]])


@pytest.mark.parametrize(
    "call",
    [
        lambda z: least_squares_limit([[z]], [1.0], [0.0]),
        lambda z: least_squares_limit([[1.0]], [z], [0.0]),
        lambda z: least_squares_limit([[1.0]], [1.0], [z]),
        lambda z: logistic_gradient([[z]], [1]),
        lambda z: max_margin([[z]], [1]),
        lambda z: gradient_descent(lambda w: w, [z], learning_rate=1, steps=1),
        lambda z: mirror_descent(lambda w: w, [z], learning_rate=1, steps=1, mirror=p_norm(2)),
        lambda z: follow(lambda p: torch.optim.SGD(p), lambda w: w, [z], steps=1),
        lambda z: follow(lambda p: torch.optim.SGD(p), lambda w: w + z, [1.0], steps=1),
    ],
)
def test_imaginary_parts_are_not_dropped(call):
    with pytest.raises(ValueError, match="has the type complex128: accepted are"):
        call(1j)


def test_samples_may_be_tensors_with_gradients_or_small_whole_numbers():
    X = torch.tensor([[100.0, 100.0]], requires_grad=True)
    expected = least_squares_gradient([[100, 100]], [100])(np.array([0, 0]))
    assert expected.tolist() == [-20_000, -20_000]
    assert least_squares_gradient(X, X[:, 0])(np.zeros(2)).tolist() == expected.tolist()
    small = np.array([[100, 100]], np.int8)
    assert least_squares_gradient(small, small[:, 0])(np.zeros(2, int)).tolist() == expected.tolist()
    assert learning_rate_limit(X) == learning_rate_limit(small) == pytest.approx(1 / 20_000)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: gradient_descent(lambda w: w, [[1.0]], learning_rate=1, steps=1), r"start has shape \(1, 1\)"),
        (
            lambda: gradient_descent(lambda w: w, [1.0], learning_rate=0, steps=1),
            "learning_rate=0: accepted is a number above zero",
        ),
        (lambda: gradient_descent(lambda w: w, [1.0], learning_rate=1, steps=-1), "steps=-1"),
        (lambda: gradient_descent(lambda w: w, [1.0], learning_rate=1, steps=1, momentum=1), "momentum=1"),
        (lambda: mirror_descent(lambda w: w, [-1.0], learning_rate=1, steps=1, mirror=entropy()), "outside the domain"),
        (lambda: p_norm(1), "p=1: accepted are finite numbers above 1"),
        (lambda: least_squares_gradient([[1, 2]], [1, 2]), r"y has shape \(2,\): accepted is one entry for each row"),
        (lambda: least_squares_limit([[1, 2]], [1], [0]), r"start has shape \(1,\)"),
        (lambda: least_squares_iterate([[1, 2]], [1], [0, 0], learning_rate=1, steps=-1), "steps=-1"),
        (lambda: least_squares_iterate([[1, 2]], [1], [0, 0], learning_rate=-1, steps=1), "learning_rate=-1"),
        (lambda: least_squares_iterate([[1, 2]], [1], [0, 0], learning_rate=1, steps=1.5), "steps=1.5"),
        (lambda: gradient_descent(lambda w: w, [1.0], learning_rate=1, steps=2.0), "steps=2.0: accepted is a whole"),
        (lambda: gradient_descent(lambda w: w, [np.nan], learning_rate=1, steps=1), "start has entries that are infin"),
        (lambda: p_norm(np.inf), "p=inf: accepted are finite numbers above 1"),
        (lambda: learning_rate_limit([1, 2]), r"X has shape \(2,\)"),
        (lambda: logistic_gradient([[1, 2]], [0]), r"signs=\[0\]: accepted are 1 and -1"),
        (lambda: max_margin([[1.0, 0.0], [1.0, 0.0]], [1, -1]), "signs can't be separated"),
    ],
)
def test_bad_input_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call()
