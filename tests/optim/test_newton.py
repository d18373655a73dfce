"""hwlib.optim: minima of the model by its definition, and conjugate gradients against a solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlib.optim import conjugate_gradient, newton_path, taylor_minimum

from ..examples import examples


def model(H, g, s):
    return g @ s + 0.5 * s @ H @ s


@st.composite
def models(draw):
    d = draw(st.integers(1, 5))
    values = draw(st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.25, 1.0, 8.0]), min_size=d, max_size=d))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    H = Q @ np.diag(values) @ Q.T
    H = (H + H.T) / 2
    in_range = draw(st.booleans())
    return H, H @ rng.normal(size=d) if in_range else rng.normal(size=d), values, in_range, rng


@pytest.mark.problem("opt-newton-step")
@examples(300)
@given(models())
def test_a_minimum_is_no_higher_than_any_step_and_no_minimum_means_falling_without_end(case):
    H, g, values, in_range, rng = case
    found = taylor_minimum(H, g)
    exists = min(values) >= 0 and (in_range or 0.0 not in values)
    assert (found.kind != "none") == exists
    if exists:
        assert found.kind == ("many" if 0.0 in values else "one")
        lowest = model(H, g, found.step)
        assert all(model(H, g, s) >= lowest - 1e-9 for s in 10 * rng.normal(size=(200, len(g))))
        assert np.allclose(H @ found.step, -g, rtol=0, atol=1e-8)
        assert np.allclose(found.step, -np.linalg.pinv(H, rcond=1e-10) @ g, rtol=0, atol=1e-8)
    else:
        falls = [model(H, g, t * found.fall) for t in (1e3, 1e5, 1e7)]
        assert falls[2] < falls[1] < 0
        assert found.fall @ g <= 1e-12


@pytest.mark.problem("opt-newton-step")
def test_by_hand():
    step = taylor_minimum([[4, 1], [1, 1]], [-2, -1]).step
    assert np.allclose(step, [1 / 3, 2 / 3], rtol=0, atol=1e-14)


@pytest.mark.problem("opt-newton-step")
def test_on_a_quadratic_newton_arrives_at_once_and_descent_needs_many_steps():
    H = np.diag([1.0, 100.0])
    path = newton_path(lambda w: H @ w, lambda w: H, [1.0, 1.0], steps=1)
    assert np.allclose(path[-1], 0, rtol=0, atol=1e-15)
    w = np.ones(2)
    for _ in range(100):
        w = w - 2 / 101 * H @ w  # the best constant step
    assert 0.1 < np.linalg.norm(w) / np.sqrt(2) < 0.2  # (99 / 101)^100
    w = np.ones(2)
    for _ in range(20):
        w = w - 2.1 / 100 * H @ w  # above 2 / lambda
    assert np.linalg.norm(w) > 5


@pytest.mark.problem("opt-newton-step")
def test_near_a_solution_the_digits_double():
    path = newton_path(lambda w: w**2 - 2, lambda w: np.diag(2 * w), [1.5], steps=4)[:, 0]
    errors = abs(path - np.sqrt(2))
    assert all(errors[1:4] < errors[:3] ** 2)
    kept = newton_path(lambda w: w, lambda w: np.zeros((1, 1)), [0.0], steps=2)
    assert not kept.any(), "where the gradient is zero nothing is inverted"


def saddle_gradient(w):
    return (w[0] * w[1] - 3) * w[::-1]


def saddle_hessian(w):
    off = 2 * w[0] * w[1] - 3
    return np.array([[w[1] ** 2, off], [off, w[0] ** 2]])


@pytest.mark.problem("opt-newton-step")
def test_newton_runs_into_a_saddle_and_absolute_eigenvalues_lead_out():
    start = [0.4, 0.2]
    into = newton_path(saddle_gradient, saddle_hessian, start, steps=8)
    assert np.allclose(into[-1], 0, rtol=0, atol=1e-12)
    assert taylor_minimum(saddle_hessian(into[-1]), saddle_gradient(into[-1])).kind == "none"
    out = newton_path(saddle_gradient, saddle_hessian, start, steps=60, absolute=True, damping=0.1)
    assert abs(out[-1].prod() - 3) < 1e-6


@examples(200)
@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.floats(0, 2))
def test_conjugate_gradients_solve_positive_systems_in_d_products(d, seed, damping):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(d, d))
    H, g = A @ A.T + np.eye(d), rng.normal(size=d)
    found = conjugate_gradient(H, g, damping=damping)
    assert found.status == "solved"
    assert np.allclose(found.step, np.linalg.solve(H + damping * np.eye(d), -g), rtol=0, atol=1e-5)
    assert found.products <= 3 * d
    if d > 1:
        cut = conjugate_gradient(H, g, steps=1, tolerance=0)
        assert cut.status == "out of steps"
        assert model(H, g, cut.step) < 0


@examples(200)
@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_conjugate_gradients_stop_at_negative_curvature_with_a_way_down(d, seed):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    H, g = Q @ np.diag([-1.0, *rng.uniform(0.5, 3, d - 1)]) @ Q.T, rng.normal(size=d)
    found = conjugate_gradient(H, g)
    if found.status == "negative curvature":
        assert found.fall @ H @ found.fall <= 0
        assert found.fall @ (g + H @ found.step) < 0
    else:  # only if g has next to nothing along the negative eigenvector
        assert found.status == "solved"
        assert np.linalg.norm(H @ found.step + g) <= 1e-7 * np.linalg.norm(g)
    assert conjugate_gradient(H, g, damping=1.5).status == "solved"


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1e-160, 1e160, 1e200, 1e308])
def test_the_size_of_the_gradient_changes_the_size_of_the_step_alone(size):
    """Squares of lengths once became zero or infinite: the step 0 was called solved, and a slope counted as none."""
    found = conjugate_gradient(np.eye(2), [size, size])
    assert found.status == "solved"
    assert np.allclose(found.step, [-size, -size], rtol=1e-15, atol=0)
    assert taylor_minimum([[1.0, 0.0], [0.0, 0.0]], [size, size]).kind == "none"
    assert taylor_minimum([[0.0]], [size]).fall.tolist() == [-1]
    assert conjugate_gradient(np.diag([1.0, -1.0]), [0, size]).fall.tolist() == [0, -1]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: taylor_minimum(np.zeros((0, 0)), []), "d at least 1"),
        (lambda: taylor_minimum(np.eye(2), [1]), r"hessian has shape \(2, 2\), gradient \(1,\)"),
        (lambda: taylor_minimum([[0, 1], [0, 0]], [1, 1]), "hessian is not symmetric"),
        (lambda: taylor_minimum([[np.inf]], [1]), "hessian has entries that are infinite or NaN"),
        (lambda: taylor_minimum([[1]], [1j]), "gradient has the type complex128"),
        (lambda: conjugate_gradient(np.eye(2), [np.inf, 1]), "gradient has entries that are infinite or NaN"),
        (lambda: conjugate_gradient(np.diag([np.inf, 1]), [1, 1]), "operator @ v has entries that are infinite"),
        (lambda: conjugate_gradient(1e-200 * np.eye(2), [1e200, 1]), "gradient is too large beside the curvature"),
        (lambda: taylor_minimum([[1e-320]], [1.0]), "gradient is too large beside the curvature"),
        (lambda: conjugate_gradient(np.eye(2), [1, 1], steps=1.5), "steps=1.5: accepted is a whole number"),
        (lambda: conjugate_gradient(np.eye(2), [1, 1], tolerance=-1), "tolerance=-1"),
        (lambda: newton_path(lambda w: w, lambda w: np.eye(1), [np.nan], steps=1), "start has entries that are"),
        (lambda: conjugate_gradient(np.eye(2), [[1]]), r"gradient has shape \(1, 1\)"),
        (lambda: conjugate_gradient(np.eye(2), [1, 1], damping=-1), "damping=-1"),
        (lambda: newton_path(lambda w: w, lambda w: np.zeros((1, 1)), [1.0], steps=1), r"singular at \[1.0\]"),
        (lambda: newton_path(lambda w: w, lambda w: np.eye(1), [1.0], steps=-1), "steps=-1"),
    ],
)
def test_bad_input_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_results_are_told_in_a_line_however_long_they_are():
    assert repr(taylor_minimum(np.eye(9), np.ones(9))) == "TaylorMinimum('one', step=array of shape (9,), fall=None)"
    stopped = conjugate_gradient(np.diag([-1.0, 1.0]), [1, 0])
    assert repr(stopped) == "ConjugateGradient('negative curvature', step=[0, 0], fall=[-1, 0], products=1)"
    stopped = conjugate_gradient(np.eye(2000), np.arange(2000), steps=0)
    assert repr(stopped) == "ConjugateGradient('out of steps', step=array of shape (2000,), fall=None, products=0)"
