"""The perceptron: against a loop written from the rule, brute force over orders, and linear programming."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from hwlib._core.statistics import wilson
from hwlib.logic import (
    NotSeparable,
    Separable,
    classify_functions,
    corners,
    descend,
    mistake_bound,
    mistake_bounds,
    most_mistakes,
    numbered_function,
    perceptron,
    perceptron_census,
    separate_points,
)

from ..examples import examples

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]


def by_the_rule(points, values, passes):
    """Weights and bias after each mistake, from the rule's text."""
    w, b, history = [0] * len(points[0]), 0, []
    for _ in range(passes):
        for x, value in zip(points, values, strict=True):
            fires = sum(p * q for p, q in zip(w, x, strict=True)) + b >= 0
            if fires != bool(value):
                sign = 1 if value else -1
                w, b = [p + sign * q for p, q in zip(w, x, strict=True)], b + sign
                history.append((*w, b))
    return history


@pytest.mark.parametrize("n", [1, 2, 3])
def test_runs_follow_the_rule(n):
    points = corners(n).tolist()
    for number in range(2**2**n):
        values = numbered_function(number, n).values
        run = perceptron(points, values)
        expected = by_the_rule(points, values, 60)
        assert list(run.history[1:]) == expected[: run.mistakes]
        assert run.learned == (len(expected) == run.mistakes)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_it_learns_what_a_neuron_can_do_and_else_its_circle_is_a_certificate(n):
    separable = classify_functions(n).separable
    for number in range(2**2**n):
        run = perceptron(corners(n), numbered_function(number, n).values)
        assert run.learned == separable[number]
        assert isinstance(run.answer, Separable if run.learned else NotSeparable)
        assert run.answer.verify()


def test_and_by_hand():
    run = perceptron(BITS, AND)
    assert run.history == (
        (0, 0, 0), (0, 0, -1), (1, 1, 0), (1, 1, -1), (1, 0, -2), (2, 1, -1),
        (2, 0, -2), (1, 0, -3), (2, 1, -2), (1, 1, -3), (2, 2, -2), (2, 1, -3),
    )  # fmt: skip


def test_the_circle_of_xor_comes_back_to_itself():
    run = perceptron(BITS, XOR)
    assert run.history[run.returned] == run.history[-1]
    assert run.corrected[run.returned - 1] == run.corrected[-1]
    more = by_the_rule(BITS, XOR, 200)
    period = run.mistakes - run.returned
    assert all(more[k] == more[k + period] for k in range(run.returned, len(more) - period))


def test_a_run_may_start_elsewhere_and_be_cut_short():
    assert perceptron(BITS, AND, start=(1, 1, -2)).mistakes == 0
    cut = perceptron(BITS, XOR, most_corrections=2)
    assert (cut.mistakes, cut.learned, cut.returned, cut.answer) == (2, False, None, None)
    assert "cut short" in repr(cut)
    assert perceptron(BITS, AND, most_corrections=11).learned


def test_large_numbers_stay_exact():
    run = perceptron([[10**12], [10**12 + 1]], [0, 1], most_corrections=50)
    assert all(abs(w) % 1 == 0 for w in run.history[-1])
    assert run.history[1:3] == ((-(10**12), -1), (1, 0))
    far = perceptron([[-(2**40)], [2**40]], [0, 1])
    assert far.answer.verify()


def worst_by_brute_force(points, values):
    """The longest chain of corrections, by trying all."""
    signed = [
        (tuple((1 if v else -1) * p for p in (*x, 1)), 0 if v else 1) for x, v in zip(points, values, strict=True)
    ]
    longest = {}

    def search(w):
        if w not in longest:
            wrong = [a for a, least in signed if sum(p * q for p, q in zip(a, w, strict=True)) < least]
            longest[w] = max((1 + search(tuple(p + q for p, q in zip(w, a, strict=True))) for a in wrong), default=0)
        return longest[w]

    return search((0,) * (len(points[0]) + 1))


@pytest.mark.parametrize("n", [1, 2])
def test_the_worst_order_is_the_longest_chain_and_no_order_beats_it(n):
    points = corners(n).tolist()
    for number in np.flatnonzero(classify_functions(n).separable):
        values = numbered_function(int(number), n).values
        worst = most_mistakes(points, values)
        assert worst == worst_by_brute_force(points, values)
        assert worst <= mistake_bound(points, values)
        for order in itertools.permutations(range(2**n)):
            assert perceptron([points[i] for i in order], [values[i] for i in order]).mistakes <= worst


def margin_by_optimizer(points, values):
    """The widest margin through the origin of (x, 1): a quadratic program, by another solver."""
    signed = np.hstack([points, np.ones((len(points), 1))]) * (2 * np.array(values) - 1)[:, None]
    found = minimize(
        lambda u: u @ u, np.ones(signed.shape[1]), jac=lambda u: 2 * u, method="SLSQP",
        constraints={"type": "ineq", "fun": lambda u: signed @ u - 1, "jac": lambda u: signed},
        options={"maxiter": 500, "ftol": 1e-14},
    )  # fmt: skip
    return 1 / np.sqrt(found.fun)


def test_the_bound_has_the_margin_that_an_optimizer_finds():
    for number in np.flatnonzero(classify_functions(3).separable)[::5]:
        values = numbered_function(int(number), 3).values
        bound = mistake_bound(corners(3), values)
        assert isinstance(bound, Fraction)
        assert float(bound) == pytest.approx(4 / margin_by_optimizer(corners(3), values) ** 2, rel=1e-4)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_bounds_of_all_functions_are_those_of_each(n):
    bounds = mistake_bounds(n)
    assert list(bounds) == np.flatnonzero(classify_functions(n).separable).tolist()
    for number, bound in bounds.items():
        assert bound == mistake_bound(corners(n), numbered_function(number, n).values)


@examples(60)
@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=6, unique=True),
    st.integers(0, 63),
)
def test_on_any_points_it_learns_or_runs_in_a_circle_as_the_hulls_decide(points, number):
    values = [number >> k & 1 for k in range(len(points))]
    sides = [[p for p, v in zip(points, values, strict=True) if v == side] for side in (1, 0)]
    run = perceptron(points, values)
    assert run.learned == isinstance(separate_points(*sides), Separable)
    assert run.answer.verify()
    if run.learned:
        assert run.mistakes <= mistake_bound(points, values)
    else:
        with pytest.raises(ValueError, match="values="):
            mistake_bound(points, values)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_the_census_is_that_of_single_runs(n):
    census = perceptron_census(n)
    for number in range(2**2**n):
        run = perceptron(corners(n), numbered_function(number, n).values)
        assert census.learned[number] == run.learned
        assert census.corrections[number] == run.mistakes - (run.returned or 0)
        assert census.farthest[number] >= max(abs(p) for state in run.history for p in state)
    turned = perceptron_census(n, order=list(range(2**n))[::-1])
    assert (turned.learned == census.learned).all()


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: perceptron([0, 1], [0, 1]), "points"),
        (lambda: perceptron(np.zeros((0, 2)), []), "points"),
        (lambda: perceptron([[0.5]], [1]), "points"),
        (lambda: perceptron(BITS, [0, 1]), "values"),
        (lambda: perceptron(BITS, [0, 1, 2, 0]), "values"),
        (lambda: perceptron(BITS, AND, start=[0]), "start"),
        (lambda: perceptron(BITS, AND, most_corrections=-1), "most_corrections"),
        (lambda: most_mistakes(BITS, XOR), "values"),
        (lambda: perceptron_census(5), "arity"),
        (lambda: perceptron_census(1, order=[0, 0]), "order"),
        (lambda: wilson(1, 0), "trials"),
        (lambda: wilson(3, 2), "successes"),
        (lambda: descend("x1", 0), "width"),
        (lambda: descend("x1", 1, learning_rate=0), "learning_rate"),
    ],
)
def test_errors_name_the_argument(call, named):
    with pytest.raises(ValueError, match=rf"^{named}"):
        call()


@examples(40)
@given(st.integers(1, 300), st.integers(0, 300))
def test_wilson_s_ends_are_just_so_many_deviations_away(n, count):
    count = min(count, n)
    for end in wilson(count, n):
        assert 0 <= end <= 1
        if 1e-9 < end < 1 - 1e-9:
            assert abs(count / n - end) == pytest.approx(1.96 * np.sqrt(end * (1 - end) / n), abs=1e-9)
    low, high = wilson(count, n)
    assert low <= count / n <= high
    assert low < high


def test_descent_is_that_of_torch():
    ends = descend("x1 ^ x2", 3, starts=4, steps=25, rng=5)
    begin = descend("x1 ^ x2", 3, starts=4, steps=0, rng=5)
    points, wanted = torch.tensor(BITS, dtype=torch.float64), torch.tensor(XOR, dtype=torch.float64)[:, None]
    for run in range(4):
        W, b, v, c = (torch.tensor(part[run], requires_grad=True) for part in begin.parameters)
        for _ in range(25):
            loss = ((torch.relu(points @ W + b) @ v + c - wanted) ** 2).mean()
            parts = torch.autograd.grad(loss, (W, b, v, c))
            with torch.no_grad():
                for weight, part in zip((W, b, v, c), parts, strict=True):
                    weight -= 0.2 * part
        outputs = torch.relu(points @ W + b) @ v + c
        assert ends.losses[run] == pytest.approx(((outputs - wanted) ** 2).mean().item(), abs=1e-12)
        assert ends.solved[run] == bool(((outputs - wanted).abs() < 0.5).all())
        for found, weight in zip(ends.parameters, (W, b, v, c), strict=True):
            assert np.allclose(found[run], weight.detach().numpy(), atol=1e-12)


def test_the_same_seed_gives_the_same_ends():
    one, other = (descend("x1 ^ x2", 2, starts=30, steps=50, rng=3) for _ in range(2))
    assert (one.losses == other.losses).all()
    assert repr(one).endswith("of 30 starts solved)")
    assert one.interval == wilson(int(one.solved.sum()), 30)


def test_a_far_start_and_far_points_are_exact_too():
    run = perceptron([[1], [2]], [0, 1], start=(2**62, 2**62), most_corrections=3)
    assert run.history[1:] == tuple((2**62 - k, 2**62 - k) for k in (1, 2, 3))  # all fire, and the first should not
    below = perceptron([[2]], [1], start=(-(2**63), 0), most_corrections=1)
    assert below.history[-1] == (2 - 2**63, 1)
    assert most_mistakes([[0], [40_000]], [0, 1]) == 3
    assert most_mistakes([[40_000]], [0]) == 1
    for x in (2**16, 2**40):
        worst = most_mistakes([[x, 1], [1, x]], [0, 0])
        assert worst <= mistake_bound([[x, 1], [1, x]], [0, 0])
        assert worst >= perceptron([[x, 1], [1, x]], [0, 0]).mistakes
