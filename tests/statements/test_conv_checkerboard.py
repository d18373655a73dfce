"""Statements of *A checkerboard is a difference of phases*, from their own text: loops, fractions, the prover."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import z3

from hwlib.conv import conv_matrix, nearest_even_kernel, resize_factor, stored_enlarging

from .harness import Statement
from .prover import proved


def sums(w, s):
    """The sum over a of w(u + s a), for each u below s."""
    return [sum(w[a] for a in range(len(w)) if a % s == u) for u in range(s)]


def is_even(w, s):
    return len(set(sums(w, s))) == 1


def times(p, q):
    """The product of two polynomials, lowest power first."""
    product = [0] * (len(p) + len(q) - 1)
    for (a, x), (b, y) in itertools.product(enumerate(p), enumerate(q)):
        product[a + b] += x * y
    return product


def divided_by_ones(w, s):
    """Quotient and remainder by 1 + z + ... + z^(s-1), from the highest power down."""
    rest, quotient = list(w), [0] * max(len(w) - s + 1, 0)
    for place in reversed(range(len(quotient))):
        quotient[place] = rest[place + s - 1]
        for tap in range(s):
            rest[place + tap] -= quotient[place]
    return quotient, rest


def places(k, n, s, p):
    return [r for r in range(n + 2 * p) if s * r + k <= n + 2 * p]


def stamp(w, x, s):
    sheet = [0] * (s * (len(x) - 1) + len(w))
    for (i, pixel), (a, weight) in itertools.product(enumerate(x), enumerate(w)):
        sheet[s * i + a] += pixel * weight
    return sheet


# --- thm-checkerboard-factor -----------------------------------------------------------------------------------


def repeats_exactly_if_even(case):
    w, s = case
    u, rest = divided_by_ones(w, s)
    divides = not any(rest)
    signals = [[1], [2, -1], [0, 0], [1, 0, 3]]
    same = not (divides and u) or all(
        stamp(w, x, s) == stamp(u, [value for value in x for _ in range(s)], 1) for x in signals
    )
    return divides == is_even(w, s) and same


factor = Statement(
    "thm-checkerboard-factor",
    text="3712a37b",
    cases=lambda: ((w, s) for k in range(1, 6) for s in range(1, 6) for w in itertools.product(range(-1, 2), repeat=k)),
    conclusion=repeats_exactly_if_even,
    scope="kernels of up to 5 weights from -1 to 1, strides to 5",
)


def test_even_kernels_are_those_that_repeat():
    report = factor.verify()
    assert report.covered == report.cases


@pytest.mark.parametrize(("k", "s"), [(2, 2), (3, 2), (4, 2), (4, 3), (5, 3), (5, 4)])
def test_the_same_for_all_real_weights(k, s):
    w = [z3.Real(f"w{a}") for a in range(k)]
    _, rest = divided_by_ones(w, s)
    total = sums(w, s)
    equal = z3.And([phase == total[0] for phase in total])
    proved(equal == z3.And([coefficient == 0 for coefficient in rest]))


def test_below_the_stride_only_zero_is_even():
    for k, s in itertools.product(range(1, 4), range(2, 5)):
        even = [w for w in itertools.product(range(-2, 3), repeat=k) if k < s and is_even(w, s)]
        assert even == ([(0,) * k] if k < s else [])


def test_the_library_s_factor_is_the_quotient():
    for k, s in itertools.product(range(1, 5), range(1, 4)):
        for u in itertools.product(range(-2, 3), repeat=k):
            w = times(u, [1] * s)
            assert resize_factor(w, s).tolist() == list(u) == divided_by_ones(w, s)[0]


def test_two_axes_have_even_kernels_that_do_not_repeat():
    """(1, 1, 0) above (0, 1, 1): all phase sums are 1, and the rows differ, so no column of two ones divides them."""
    w = np.array([[1, 1, 0], [0, 1, 1]])
    assert {int(w[u::2, v::2].sum()) for u, v in np.ndindex(2, 2)} == {1}
    assert not np.array_equal(w[0], w[1])


# --- prop-checkerboard-nearest ---------------------------------------------------------------------------------


def by_the_formula(w, s):
    n = [sum(a % s == u for a in range(len(w))) for u in range(s)]
    S = sums(w, s)
    c = sum(Fraction(S[u], n[u]) for u in range(s)) / sum(Fraction(1, n[u]) for u in range(s))
    return [w[a] + (c - S[a % s]) / n[a % s] for a in range(len(w))]


def is_nearest(case):
    """Even, and the change is at right angles to each even kernel: so each other one is further, by Pythagoras."""
    w, s = case
    try:
        v = by_the_formula(w, s)
    except ZeroDivisionError:
        return False
    change = [after - before for before, after in zip(w, v, strict=True)]
    basis = [times([0] * a + [1], [1] * s) for a in range(len(w) - s + 1)]
    right_angles = all(sum(x * y for x, y in zip(change, e, strict=False)) == 0 for e in basis)
    nearby = (times(u, [1] * s) for u in itertools.product(range(-1, 2), repeat=len(w) - s + 1))
    squares = sum(x * x for x in change)
    further = all(sum((x - y) ** 2 for x, y in zip(e, w, strict=True)) > squares for e in nearby if list(e) != v)
    return is_even(v, s) and right_angles and further


nearest = Statement(
    "prop-checkerboard-nearest",
    text="d50a2488",
    cases=lambda: ((w, s) for k in range(1, 5) for s in range(1, 5) for w in itertools.product((1, 0, -1), repeat=k)),
    hypotheses={"k >= s": lambda case: len(case[0]) >= case[1]},
    conclusion=is_nearest,
    scope="kernels of up to 4 weights from -1 to 1, strides to 4",
)


def test_the_formula_gives_the_nearest_even_kernel():
    assert nearest.verify().without == {"k >= s": ((1,), 2)}


def test_the_library_s_nearest_kernel_is_that_of_the_formula():
    for k, s in itertools.product(range(1, 6), range(1, 4)):
        for w in itertools.product((-1, 0, 2), repeat=k) if k >= s else []:
            assert nearest_even_kernel(w, s).tolist() == by_the_formula(w, s)


# --- prop-checkerboard-gradient --------------------------------------------------------------------------------


def gradient_of_the_sum(w, s, n, R):
    """How much the sum of all outputs grows with pixel R: the function is linear."""
    return sum(w[R - s * i] for i in places(len(w), n, s, 0) if 0 <= R - s * i < len(w))


def meets_all(case):
    w, s, n, R = case
    taps = [a for a in range(len(w)) if a % s == R % s]
    return all(any(R - s * i == a for i in places(len(w), n, s, 0)) for a in taps)


gradient = Statement(
    "prop-checkerboard-gradient",
    text="81a75d78",
    cases=lambda: (
        (w, s, n, R)
        for k in range(1, 5)
        for s in range(1, 4)
        for n in range(k, k + 5)
        for w in itertools.product((1, 0, -1), repeat=k)
        for R in range(n)
    ),
    hypotheses={"each weight of the phase meets it": meets_all},
    conclusion=lambda case: gradient_of_the_sum(*case) == sums(case[0], case[1])[case[3] % case[1]],
    scope="kernels of up to 4 weights from -1 to 1, strides to 3, up to 4 pixels more than the kernel has",
)


def test_the_gradient_of_the_sum_shows_the_phase_sums():
    assert len(gradient.verify().without) == 1
    assert [gradient_of_the_sum((1, 1), 1, 3, R) for R in range(3)] == [1, 2, 1]  # the page's


# --- prop-checkerboard-resize -------------------------------------------------------------------------------------


def resized_and_convolved(case):
    w, (n, m), repeats, step, p, c = case
    k, l = (1 + max(index[axis] for index in w) for axis in (0, 1))  # noqa: E741
    large = {(i, j): c for i in range(n * repeats) for j in range(m * repeats)}
    rows, columns = places(k, n * repeats, step, p), places(l, m * repeats, step, p)
    return {
        sum(w[a, b] * large.get((step * r - p + a, step * q - p + b), 0) for a, b in w)
        for r, q in itertools.product(rows, columns)
    }


def resize_cases():
    for (k, l), image in itertools.product([(1, 1), (1, 2), (2, 2)], [(1, 1), (2, 1), (2, 2)]):  # noqa: E741
        for repeats, step, p, c in itertools.product((1, 2, 3), (1, 2), (0, 1), (1, 2)):
            if k <= image[0] * repeats + 2 * p and l <= image[1] * repeats + 2 * p:
                for weights in itertools.product((1, -1, 0), repeat=k * l):
                    yield dict(zip(np.ndindex(k, l), weights, strict=True)), image, repeats, step, p, c


resize = Statement(
    "prop-checkerboard-resize",
    text="e2a8beb3",
    cases=resize_cases,
    hypotheses={"no padding": lambda case: case[4] == 0},
    conclusion=lambda case: len(resized_and_convolved(case)) == 1,
    scope="kernels to 2 by 2 of weights from -1 to 1, images to 2 by 2, repeated 1 to 3 times, strides to 2",
)


def test_resize_then_convolve_keeps_flat_flat():
    assert resize.verify().without == {"no padding": ({(0, 0): 1}, (1, 1), 1, 1, 1, 1)}


def test_the_library_s_convolution_of_a_repeated_image_is_constant():
    rng = np.random.default_rng(0)
    for _ in range(50):
        w = rng.standard_normal(rng.integers(1, 5, 2))
        large = np.full((4, 5), 3.0).repeat(2, axis=0).repeat(2, axis=1)
        drawn = conv_matrix(w, large.shape) @ large.ravel()
        assert np.allclose(drawn, 3 * w.sum(), rtol=0, atol=1e-12)


# --- sentences beside the statements ---------------------------------------------------------------------------


def test_what_is_said_of_the_stored_runs_holds():
    runs = stored_enlarging()
    for contrast in runs.contrast.values():
        assert contrast.shape == (30, 6)
    assert runs.contrast["resize"].max() < 1e-6
    assert (runs.contrast["even start"][:, 0] < 1e-6).all()
    assert (runs.contrast["even start"][:, 1:] > 1e-6).all()  # they part within ten steps, and stay apart
    assert (runs.contrast["transposed"][:, 1:] > 1e-3).all()
    for way in ("transposed", "even start"):
        start, after10, *_, end = np.median(runs.contrast[way], axis=0)
        assert end < start < after10 or (way == "even start" and start < end < after10)
    medians = [np.median(runs.contrast[way], axis=0) for way in ("transposed", "even start")]
    assert all(0.4 < middle[1] < 0.5 and middle[-1] < 0.01 for middle in medians)
    bands = [np.quantile(runs.contrast[way][:, 1:], (0.1, 0.9), axis=0) for way in ("transposed", "even start")]
    assert (np.maximum(*(low for low, _ in bands)) < np.minimum(*(top for _, top in bands))).all()  # they overlap
    worse = (runs.contrast["transposed"][:, 1] > runs.contrast["transposed"][:, 0]).sum()
    assert worse == 29
    ends = [np.median(errors[:, -1]) for errors in runs.error.values()]
    assert max(ends) < 1.1 * min(ends)  # about the same


def test_even_for_four_is_even_for_two_and_not_conversely():
    kernels = [w for k in range(1, 6) for w in itertools.product(range(-1, 2), repeat=k)]
    assert all(is_even(w, 2) for w in kernels if is_even(w, 4))
    assert any(is_even(w, 2) and not is_even(w, 4) for w in kernels)


def test_a_convolution_after_an_even_kernel_stays_even_and_a_blur_of_ones_makes_even():
    for w, v in itertools.product(itertools.product((1, 0, -1), repeat=3), repeat=2):
        if is_even(w, 2):
            assert is_even(times(w, v), 2)
        assert is_even(times(w, [1, 1]), 2)
