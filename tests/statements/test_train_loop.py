"""Statements of *Training is four lines, repeated*, from their text alone."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
import z3

from .harness import Statement
from .prover import proved, reals

# --- broadcasting: shapes of up to three axes -------------------------------------------------------------------------


def shapes():
    return [shape for axes in range(4) for shape in itertools.product(range(4 if axes < 3 else 3), repeat=axes)]


def by_columns(a, b):
    """The shape of the sum, read column by column; None if they do not fit."""
    columns = itertools.zip_longest(reversed(a), reversed(b), fillvalue=1)
    found = []
    for p, q in columns:
        if p != q and 1 not in (p, q):
            return None
        found.append(q if p == 1 else p)
    return tuple(reversed(found))


def joins_as_told(case):
    a, b = case
    expected = by_columns(a, b)
    first, second = np.arange(math.prod(a)).reshape(a), 100 * np.arange(math.prod(b)).reshape(b)
    for left, right in ((first, second), (torch.tensor(first), torch.tensor(second))):
        try:
            found = left + right
        except (ValueError, RuntimeError):
            if expected is not None:
                return False
            continue
        if expected is None or tuple(found.shape) != expected:
            return False
        for place in np.ndindex(*expected):
            entries = []
            for values, shape in ((first, a), (second, b)):
                inside = place[len(place) - len(shape) :]
                entries.append(values[tuple(i if n > 1 else 0 for i, n in zip(inside, shape, strict=True))])
            if int(found[place]) != sum(entries):
                return False
    return True


broadcast = Statement(
    "def-train-broadcast",
    text="955a40d3",
    cases=lambda: itertools.product(shapes(), repeat=2),
    conclusion=joins_as_told,
    scope="all pairs of shapes of up to three axes, of lengths 0 to 3 (three axes: 0 to 2), NumPy and PyTorch",
)


@pytest.mark.problem("train-tensors")
def test_shapes_join_as_told():
    assert broadcast.verify().covered == len(shapes()) ** 2
    assert by_columns((4, 1), (4,)) == (4, 4)
    assert by_columns((1,), (0,)) == (0,)


# --- means of batches -------------------------------------------------------------------------------------------------


def divided():
    """Sizes of batches, and numbers 0 or 1 in them, the fewest first."""
    for n in range(1, 8):
        for m in range(1, n + 1):
            for sizes in itertools.product(range(1, n + 1), repeat=m):
                if sum(sizes) == n:
                    for numbers in itertools.product((0, 1), repeat=n):
                        yield sizes, numbers


def batch_means(case):
    sizes, numbers = case
    ends = list(itertools.accumulate(sizes))
    return [Q(sum(numbers[end - size : end]), size) for size, end in zip(sizes, ends, strict=True)]


def plain_mean_is_the_mean(case):
    found = batch_means(case)
    return sum(found) / len(found) == Q(sum(case[1]), len(case[1]))


means = Statement(
    "thm-train-mean",
    text="9b3182ea",
    cases=divided,
    hypotheses={"equal size": lambda case: len(set(case[0])) == 1},
    conclusion=plain_mean_is_the_mean,
    scope="all ways to divide up to seven numbers, each 0 or 1",
)


@pytest.mark.problem("train-loop")
def test_equal_sizes_are_needed_for_the_plain_mean():
    assert means.verify().without == {"equal size": ((1, 2), (0, 0, 1))}


@pytest.mark.problem("train-loop")
def test_the_weighted_mean_is_right_and_the_plain_one_off_by_at_most_the_formula():
    largest: dict[tuple[int, ...], Q] = {}
    for case in divided():
        sizes, numbers = case
        n, found = sum(sizes), batch_means(case)
        assert sum(b * a for b, a in zip(sizes, found, strict=True)) / n == Q(sum(numbers), n)
        off = abs(sum(found) / len(sizes) - Q(sum(numbers), n))
        largest[sizes] = max(largest.get(sizes, Q(0)), off)
    for sizes, off in largest.items():
        n, m = sum(sizes), len(sizes)
        assert off == sum(abs(Q(1, m) - Q(b, n)) for b in sizes) / 2
        assert (off == 0) == (len(set(sizes)) == 1)  # if they have not, the two differ for some numbers
        if len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]:
            assert off == Q(1, m) - Q(sizes[-1], n)  # only the last is smaller


@pytest.mark.problem("train-loop")
@pytest.mark.parametrize("sizes", [(1, 2), (2, 2, 1), (1, 3)])
def test_no_real_numbers_from_zero_to_one_are_further_off(sizes):
    numbers = reals(" ".join(f"x{i}" for i in range(sum(sizes))))
    given = [z3.And(x >= 0, x <= 1) for x in numbers]
    parts, start = [], 0
    for size in sizes:
        parts.append(sum(numbers[start : start + size]) / size)
        start += size
    off = sum(parts) / len(sizes) - sum(numbers) / sum(sizes)
    bound = sum(abs(Q(1, len(sizes)) - Q(b, sum(sizes))) for b in sizes) / 2
    limit = z3.RealVal(str(bound))
    proved(z3.And(off <= limit, off >= -limit), given=given)


# --- drawing ----------------------------------------------------------------------------------------------------------


def lists():
    for n in (2, 3, 4):
        for numbers in itertools.product((0, 1, -1, 2) if n < 4 else (0, 1, 3), repeat=n):
            for b in range(1, n + 1):
                for how in ("uniform", "first"):
                    yield numbers, b, how


def drawn(case, replace):
    numbers, b, how = case
    if how == "first":  # the first b, whatever they are
        return [Q(sum(numbers[:b]), b)]
    draws = itertools.product(numbers, repeat=b) if replace else itertools.permutations(numbers, b)
    return [Q(sum(draw), b) for draw in draws]


def mean_of(values):
    return sum(values) / Q(len(values))


def right_on_average(case):
    numbers, b, _ = case
    n, mean = len(numbers), mean_of(numbers)
    variance = mean_of([(a - mean) ** 2 for a in numbers])
    for replace, factor in ((True, Q(1)), (False, Q(n - b, n - 1))):
        batch = drawn(case, replace)
        if mean_of(batch) != mean or mean_of([(a - mean) ** 2 for a in batch]) != variance / b * factor:
            return False
    return True


draws = Statement(
    "prop-train-draw",
    text="86ba2434",
    cases=lists,
    hypotheses={"drawn uniformly": lambda case: case[2] == "uniform"},
    conclusion=right_on_average,
    scope="all lists of two to four whole numbers, all sizes of batches, all draws",
)


@pytest.mark.problem("train-loop")
def test_uniform_draws_are_right_on_average():
    assert draws.verify().without == {"drawn uniformly": ((0, 1), 1, "first")}


@pytest.mark.problem("train-loop")
def test_a_sample_is_missed_as_often_as_told():
    for n in range(2, 6):
        epochs = list(itertools.product(range(n), repeat=n))
        assert Q(sum(0 not in epoch for epoch in epochs), len(epochs)) == (1 - Q(1, n)) ** n
        assert all(sorted(epoch) == list(range(n)) for epoch in itertools.permutations(range(n)))


# --- learning rates ---------------------------------------------------------------------------------------------------


def quadratics():
    """Eigenvalues of H, weight decay, momentum, and the learning rate as a share of the limit; the simplest first."""
    for eigenvalues in ((1,), (2,), (0,), (1, 2), (0, 1), (-1, 1), (Q(1, 2), 2)):
        for decay, momentum in itertools.product((0, 1), (Q(0), Q(1, 2), Q(4, 5), Q(1))):
            for share in (Q(1, 4), Q(9, 10), Q(1), Q(11, 10), Q(2)):
                yield eigenvalues, decay, momentum, share


def rate_of(case):
    eigenvalues, decay, momentum, share = case
    largest = max(eigenvalues) + decay
    return share * 2 * (1 + momentum) / (largest if largest > 0 else 1)


def runs_to_zero(case):
    """Whether all starts go to zero: along each eigenvector, by running the two lines; starts add up."""
    eigenvalues, decay, momentum, _ = case
    rate = float(rate_of(case))
    ends = []
    for eigenvalue in eigenvalues:
        w, v, seen = 1.0, 0.0, []
        for _ in range(300):
            v = float(momentum) * v + float(eigenvalue) * w + float(decay) * w
            w -= rate * v
            seen.append(abs(w))
        ends.append(max(seen[-10:]))
    return max(ends) < 1e-6


rates = Statement(
    "thm-train-rate",
    text="8963181b",
    cases=quadratics,
    hypotheses={
        "positive eigenvalues": lambda case: min(case[0]) + case[1] > 0,
        "momentum below one": lambda case: case[2] < 1,
    },
    conclusion=lambda case: runs_to_zero(case) == (case[3] < 1),
    scope="quadratics with up to two eigenvalues, with and without decay, four momenta, five rates around the limit",
    kind="sampled",
)


@pytest.mark.problem("train-loop")
def test_the_limit_of_the_learning_rate():
    assert rates.verify().without == {
        "positive eigenvalues": ((0,), 0, Q(0), Q(1, 4)),
        "momentum below one": ((1,), 0, Q(1), Q(1, 4)),
    }


@pytest.mark.problem("train-loop")
def test_both_roots_are_inside_exactly_below_the_limit_for_all_real_rates():
    """Schur and Cohn's test written out: real roots by the values at the ends, others by their product."""
    mu, x, root = reals("mu x root")
    polynomial = root * root - (1 + mu - x) * root + mu
    inside = [mu >= 0, mu < 1, x > 0]
    proved(z3.Implies(polynomial == 0, z3.And(root > -1, root < 1)), given=[*inside, x < 2 * (1 + mu)])
    below = z3.And(1 - x < -mu, 1 + (1 + mu - x) + mu <= 0)  # a root at most -1, and w_1 / w_0 is not the other one
    proved(below, given=[*inside, x >= 2 * (1 + mu)])


# --- a forgotten reset ------------------------------------------------------------------------------------------------


def forgetful():
    for curvature, start in itertools.product((1, 0, 2, Q(1, 2)), (1, 0, -1, 2)):
        for rate in (Q(1, 100), Q(1, 2), Q(1), Q(2), Q(4), Q(5)):
            yield curvature, start, rate


def path(case, steps=12):
    """Gradients added up and never reset, in fractions."""
    curvature, w, rate = case
    total, found = Q(0), [Q(w)]
    for _ in range(steps):
        total += curvature * found[-1]
        found.append(found[-1] - rate * total)
    return found


def never_converges(case):
    """By the quantity that stays: it would have to become zero in a limit, and it is not."""
    curvature, start, rate = case
    kept = {b * b - (2 - rate * curvature) * b * a + a * a for a, b in itertools.pairwise(path(case))}
    return kept == {rate * curvature * Q(start) ** 2} and kept != {0}


forgotten = Statement(
    "prop-train-forget",
    text="888d9789",
    cases=forgetful,
    hypotheses={
        "positive curvature": lambda case: case[0] > 0,
        "a start other than 0": lambda case: case[1] != 0,
    },
    conclusion=never_converges,
    scope="four curvatures, four starts, six learning rates from small to beyond every limit",
    kind="sampled",
)


@pytest.mark.problem("train-loop")
def test_without_a_reset_nothing_converges():
    assert forgotten.verify().without == {
        "positive curvature": (0, 1, Q(1, 100)),
        "a start other than 0": (1, 0, Q(1, 100)),
    }


@pytest.mark.problem("train-loop")
def test_adding_up_is_momentum_one():
    for case in forgetful():
        w, v, rate = Q(case[1]), Q(0), case[2]
        for expected in path(case)[1:]:
            v = 1 * v + case[0] * w
            w -= rate * v
            assert w == expected
    a, w, before = reals("a w before")
    after = (2 - a) * w - before
    kept = after * after - (2 - a) * after * w + w * w
    proved(kept == w * w - (2 - a) * w * before + before * before)


# --- the best of several ----------------------------------------------------------------------------------------------


def random_numbers():
    """Values of up to three random numbers on up to three equally likely outcomes."""
    for outcomes, k in itertools.product((1, 2, 3), repeat=2):
        if outcomes * k <= 6:
            for values in itertools.product((0, 1, -1), repeat=outcomes * k):
                yield [values[i * outcomes : (i + 1) * outcomes] for i in range(k)]


def best_is_too_good(case):
    expected = [mean_of(values) for values in case]
    largest = [max(column) for column in zip(*case, strict=True)]
    always = any(list(values) == largest for values in case)
    return mean_of(largest) >= max(expected) and (mean_of(largest) == max(expected)) == always


best = Statement(
    "prop-train-best",
    text="c61f9fa8",
    cases=random_numbers,
    conclusion=best_is_too_good,
    scope="up to three random numbers on up to three equally likely outcomes, values -1, 0 and 1",
)


@pytest.mark.problem("train-curves")
def test_the_best_of_several_is_too_good_on_average():
    assert best.verify().covered > 1000


# --- the exercise on noise --------------------------------------------------------------------------------------------


def mean_square(rates, curvature, start):
    """Mean of w^2 over all noise of plus and minus one, step by step, in fractions."""
    ends = []
    for noise in itertools.product((1, -1), repeat=len(rates)):
        w = start
        for rate, xi in zip(rates, noise, strict=True):
            w -= rate * (curvature * w + xi)
        ends.append(w * w)
    return sum(ends, Q(0)) / len(ends)


@pytest.mark.parametrize("curvature", [Q(1), Q(2), Q(1, 3)])
@pytest.mark.parametrize("start", [Q(0), Q(5)])
def test_noise_has_a_floor_at_a_constant_rate_and_none_at_one_over_t(curvature, start):
    for t in range(1, 7):
        falling = [1 / (curvature * (k + 1)) for k in range(t)]
        assert mean_square(falling, curvature, start) == 1 / (curvature**2 * t)
        for rate in (Q(1, 4) / curvature, 1 / curvature, Q(7, 4) / curvature):
            floor = rate / (curvature * (2 - rate * curvature))
            shrunk = (1 - rate * curvature) ** (2 * t) * (start**2 - floor)
            assert mean_square([rate] * t, curvature, start) - floor == shrunk
