"""Statements of *Curvature costs two gradients*: grids, fractions, quotients, autograd, prover."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
import z3

from hwlib.optim import hessian_operator, hessian_size, newton_path, r_operator, taylor_minimum

from .harness import Statement
from .prover import proved

# --- thm-curvature-newton --------------------------------------------------------------------------------------

WHOLE = (0, 1, -1, 2, -2)
GRID = {d: [np.array(s) / 2 for s in itertools.product(range(-8, 9), repeat=d)] for d in (1, 2)}
STEPS = {d: np.array(grid) for d, grid in GRID.items()}


def newton_cases():
    for a, g in itertools.product(WHOLE, repeat=2):
        yield ((a,),), (g,)
    for a, c, b, skew in itertools.product(WHOLE, WHOLE, WHOLE, (0, 2)):
        for g in [(0, 0), (1, 0), (0, 1), (1, -1), (2, 1)]:
            yield ((a, b), (b - skew, c)), g


def symmetric(case):
    H = np.array(case[0])
    return bool((H == H.T).all())


def model(H, g, s):
    return s @ g + np.einsum("...i,ij,...j", s, H, s) / 2


def falls_without_end(H, g):
    """Along some whole direction: the model is lower far out than anywhere near."""
    far = [model(H, g, 10.0**6 * s) for s in STEPS[len(g)]]
    return min(far) < -(10**5)


def minimisers_are_as_said(case):
    H, g = np.array(case[0], float), np.array(case[1], float)
    values = np.linalg.eigvals(H)
    in_range = np.linalg.matrix_rank(H) == np.linalg.matrix_rank(np.column_stack([H, g]))
    said = bool((values.real > -1e-9).all() and (abs(values.imag) < 1e-9).all() and in_range)
    if falls_without_end(H, g) == said:
        return False
    if not said:
        return True
    s = np.linalg.lstsq(H, -g, rcond=None)[0]
    steps = np.vstack([STEPS[len(g)], s, s + STEPS[len(g)]])
    heights = model(H, g, steps)
    solves = np.isclose(steps @ H.T, -g, rtol=0, atol=1e-9).all(axis=1)
    lowest = np.isclose(heights, heights.min(), rtol=0, atol=1e-9)
    only_one = len({tuple(step) for step in (steps[lowest] + 0.0).round(6)}) == 1
    return bool((lowest == solves).all()) and only_one == bool((values.real > 1e-9).all())


newton = Statement(
    "thm-curvature-newton",
    text="a6c9c14b",
    cases=newton_cases,
    hypotheses={"continuous second derivatives, so that H is symmetric": symmetric},
    conclusion=minimisers_are_as_said,
    scope="matrices to 2 by 2 with entries from -2 to 2 and gradients of such numbers",
)


@pytest.mark.problem("opt-newton-step")
def test_when_the_model_has_a_minimum_and_which():
    report = newton.verify()
    assert report.covered > 600
    (without,) = report.without.values()
    assert not symmetric(without)
    assert not minimisers_are_as_said((((0, 1), (-1, 0)), (0, 0)))  # the page's


@pytest.mark.problem("opt-newton-step")
def test_the_library_says_the_same():
    for H, g in filter(symmetric, newton_cases()):
        found = taylor_minimum(H, g)
        assert (found.kind == "none") == falls_without_end(np.array(H), np.array(g))
        if found.step is not None:
            assert np.allclose(np.array(H) @ found.step, -np.array(g), rtol=0, atol=1e-9)
            assert (found.kind == "one") == (np.linalg.eigvalsh(H)[0] > 1e-9)


@pytest.mark.problem("opt-newton-step")
def test_for_all_real_numbers_newton_s_step_is_the_minimum_in_the_plane():
    """The model at s + u exceeds that at s by u H u / 2, if H s = -g; that is a sum of squares."""
    a, b, c, g, h, s, t, u, v = z3.Reals("a b c g h s t u v")
    m = lambda p, q: g * p + h * q + (a * p * p + 2 * b * p * q + c * q * q) / 2  # noqa: E731
    stationary = [g == -(a * s + b * t), h == -(b * s + c * t)]
    more = (a * u * u + 2 * b * u * v + c * v * v) / 2
    proved(m(s + u, t + v) == m(s, t) + more, given=stationary)
    proved(2 * a * more == (a * u + b * v) ** 2 + (a * c - b * b) * v * v)


@pytest.mark.problem("opt-newton-step")
def test_descent_on_a_parabola_converges_just_for_rates_between_zero_and_two_over_the_curvature():
    for curvature, eta in itertools.product((1, 2, 5), np.arange(-1, 13) / 6):
        w = 1.0
        for _ in range(200):
            w -= eta * curvature * w
        assert (abs(w) < 1e-3) == (0 < eta < 2 / curvature)


# --- prop-curvature-rate ---------------------------------------------------------------------------------------

SPECTRA = [(1,), (2, 1), (2, 2), (4, 1), (9, 4), (4, 3, 1), (5, 1, 1), (100, 1), (2, -1), (3, 0, -1), (-1,)]


def rate_is_best(spectrum):
    """On a fine grid of rates, zero and negative ones included; and two roots of each recursion by the formula."""
    first, last = max(spectrum), min(spectrum)
    if first + last == 0 or first == 0 or last == 0:
        return False
    worst = lambda eta: max(abs(1 - eta * v) for v in spectrum)  # noqa: E731
    said, kappa = 2 / (first + last), first / last
    grid = np.linspace(-0.5, 2.5 / abs(first), 5001)
    if min(worst(eta) for eta in grid) < worst(said) - 1e-12 or not np.isclose(worst(said), (kappa - 1) / (kappa + 1)):
        return False
    mu = ((kappa**0.5 - 1) / (kappa**0.5 + 1)) ** 2
    eta = (1 + mu**0.5) ** 2 / first
    roots = [np.roots([1, -(1 + mu - eta * v), mu]) for v in spectrum]
    return bool(np.allclose(np.abs(roots), mu**0.5, atol=1e-6))


rate = Statement(
    "prop-curvature-rate",
    text="749d8cb5",
    cases=lambda: SPECTRA,
    hypotheses={"eigenvalues above zero": lambda spectrum: min(spectrum) > 0},
    conclusion=rate_is_best,
    scope="eight spectra above zero and three that are not, five thousand rates each",
)


@pytest.mark.problem("opt-newton-step")
def test_which_rate_is_the_best_for_all_eigenvalues():
    assert rate.verify().without == {"eigenvalues above zero": (2, -1)}  # the page's


@pytest.mark.problem("opt-newton-step")
def test_for_all_real_numbers_no_rate_beats_the_best_one():
    eta, first, last = z3.Reals("eta first last")
    size = lambda v: z3.If(v > 0, v, -v)  # noqa: E731
    above = [first >= last, last > 0]
    factor = first - last  # of the best rate, times the sum of the two
    whole = first + last
    worse = z3.Or(size(1 - eta * first) * whole >= factor, size(1 - eta * last) * whole >= factor)
    proved(worse, given=above)


def test_momentum_as_it_is_displayed_is_faster_in_the_long_run_by_the_root():
    values = np.array([100.0, 37.0, 1.0])
    mu = (9 / 11) ** 2
    for eta, momentum, factor in ((2 / 101, 0.0, 99 / 101), ((20 / 11) ** 2 / 100, mu, 9 / 11)):
        errors = [np.ones(3), np.ones(3)]
        for _ in range(400):
            errors.append(errors[-1] - eta * values * errors[-1] + momentum * (errors[-1] - errors[-2]))
        speed = (np.linalg.norm(errors[-1]) / np.linalg.norm(errors[200])) ** (1 / 201)
        assert speed == pytest.approx(factor, abs=0.005)


# --- prop-curvature-finite -------------------------------------------------------------------------------------

HALVES = [Fraction(n, 2) for n in (2, 1, 4)]


def finite_cases():
    """Coefficients of f up to w^4, how steep a kink it has at zero, w, v, r, what is allowed and made as rounding."""
    polynomials = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 2, 1)]
    for made, steep, f in itertools.product((0, 1, 2), (0, 3), polynomials):
        for w, v, r, signs in itertools.product((1, 0, -2), (1, -1, 0), HALVES, ((1, -1), (1, 1))):
            if w or not steep:  # H has no meaning at the kink
                yield f, steep, w, v, r, Fraction(made), signs


DELTA = 1


def within_the_bounds(case):
    (a, b, c), steep, w, v, r, made, signs = case
    gradient = lambda u: 2 * a * u + 3 * b * u**2 + 4 * c * u**3 + (steep if u > 0 else 0)  # noqa: E731
    exact = (2 * a + 6 * b * w + 12 * c * w**2) * v
    plus, minus = gradient(w + r * v) + signs[0] * made, gradient(w - r * v) + signs[1] * made
    here = gradient(w) + signs[1] * made
    second = lambda u: abs((6 * b + 24 * c * u) * v**2)  # noqa: E731 (linear: its largest values are at ends)
    C, C3 = max(second(w), second(w + r * v)), abs(24 * c * v**3)
    one, central = (plus - here) / r - exact, (plus - minus) / (2 * r) - exact
    return abs(one) <= C * r / 2 + 2 * DELTA / r and abs(central) <= C3 * r**2 / 6 + DELTA / r


finite = Statement(
    "prop-curvature-finite",
    text="b4e122c9",
    cases=finite_cases,
    hypotheses={
        "derivatives up to the fourth": lambda case: not case[1],
        "an error of at most delta": lambda case: case[5] <= DELTA,
    },
    conclusion=within_the_bounds,
    scope="polynomials up to w^4 in fractions, with and without a kink, errors 0 to 2 for delta = 1",
)


@pytest.mark.problem("opt-hvp-finite")
def test_the_errors_of_both_differences():
    assert set(finite.verify().without) == {"derivatives up to the fourth", "an error of at most delta"}


@pytest.mark.problem("opt-hvp-finite")
def test_the_steps_at_which_the_bounds_are_least():
    for C, delta in itertools.product((0.5, 1.0, 8.0), (1e-6, 0.1, 2.0)):
        r = np.geomspace(1e-6, 1e3, 20_001)
        one, central = C * r / 2 + 2 * delta / r, C * r**2 / 6 + delta / r
        assert np.isclose(r[one.argmin()], 2 * (delta / C) ** 0.5, rtol=2e-3)
        assert np.isclose(r[central.argmin()], (3 * delta / C) ** (1 / 3), rtol=2e-3)


@pytest.mark.problem("opt-hvp-finite")
def test_without_rounding_no_step_is_best():
    """The proposition once named a best step for any error of the gradients, none included: r = 0, which is no step."""
    r = np.geomspace(1e-12, 1, 100)
    for bound in (r / 2, r**2 / 6):  # C = C' = 1, delta = 0
        assert (np.diff(bound) > 0).all()


def test_of_a_quadratic_a_longer_step_is_better_only_until_the_gradient_grows_with_it():
    """The page once said: for a quadratic f, the longer r the better."""
    rng = np.random.default_rng(0)
    curvature = rng.uniform(0.5, 2, 200).astype(np.float32)
    w, v = rng.normal(size=(2, 200)).astype(np.float32)
    error = {}
    for r in np.float32([1e-3, 1, 1e6, 1e12, 1e30]):
        difference = (curvature * (w + r * v) - curvature * w) / r
        error[float(r)] = np.median(abs(difference.astype(float) - curvature.astype(float) * v.astype(float)))
    least, *others, longest = sorted(error.values())
    assert longest == error[float(np.float32(1e-3))] > 100 * others[-1]
    assert others[-1] < 3 * least  # from 1 to 1e30: rounding of g(w + rv), as large as r is


def test_over_a_kink_half_a_step_doubles_the_error_as_well():
    """The quiz once asked for one cause of that, rounding, without a word on kinks."""
    gradient = lambda w: 2 * w + 3 * (w > 0)  # noqa: E731
    at, steps = Fraction(1, 1000), (Fraction(4, 100), Fraction(2, 100), Fraction(1, 100))
    assert [(gradient(at - r) - gradient(at)) / r + 2 for r in steps] == [-75, -150, -300]


def test_with_absolute_eigenvalues_a_start_without_a_part_along_the_negative_ones_ends_in_the_saddle():
    """The page once said that the method turns away, whatever the start."""
    gradient = lambda w: (w[0] * w[1] - 3) * w[::-1]  # noqa: E731

    def hessian(w):
        off = 2 * w[0] * w[1] - 3
        return np.array([[w[1] ** 2, off], [off, w[0] ** 2]])

    ends = [newton_path(gradient, hessian, w, steps=30, absolute=True)[-1] for w in ([0.5, -0.5], [0.4, 0.2])]
    assert np.allclose(ends[0], 0)
    assert np.isclose(ends[1].prod(), 3)
    values, vectors = np.linalg.eigh(hessian(np.array([0.5, -0.5])))
    assert values[0] < 0
    assert abs(vectors[:, 0] @ gradient(np.array([0.5, -0.5]))) < 1e-12


def test_the_trace_needs_signs_that_are_independent():
    """With one sign for all, v H v is the sum of all entries."""
    H = np.array([[1, 2], [2, 5]])
    signs = list(itertools.product((1, -1), repeat=2))
    assert np.mean([np.array(v) @ H @ v for v in signs]) == np.trace(H)
    assert np.mean([np.array(v) @ H @ v for v in [(1, 1), (-1, -1)]]) == H.sum()


@pytest.mark.problem("opt-hvp-finite")
def test_for_all_real_numbers_the_bound_of_one_side_holds_for_cubics_and_is_reached():
    """Of f = b u^3 the rest is 3 b v^2 r, which is half of C = 6 |b| v^2 times r; rounding adds at most 2 delta / r."""
    b, w, v, r, delta, e, d = z3.Reals("b w v r delta e d")
    g = lambda u: 3 * b * u * u  # noqa: E731
    proved(g(w + r * v) - g(w) - r * (6 * b * w * v) == 3 * b * v * v * r * r)
    rest = z3.Real("rest")
    bounds = [r > 0, delta >= 0, -delta <= e, e <= delta, -delta <= d, d <= delta]
    size = z3.If(rest > 0, rest, -rest)
    proved(z3.And(rest + e - d <= size + 2 * delta, -size - 2 * delta <= rest + e - d), given=bounds)


@pytest.mark.problem("opt-hvp-finite")
def test_the_library_s_differences_have_the_displayed_errors():
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    v = np.array([3.0, -1.0])  # of another length than one
    for r in (0.5, 0.25):
        step = r * np.linalg.norm(v)  # the library measures the step in the plane
        one, central = (
            hessian_operator(lambda: (w**4).sum() / 4, [w], method=method, step=step) @ v
            for method in ("one-sided difference", "central difference")
        )
        g = lambda u: u**3  # noqa: E731
        at = np.array([1.0, 2.0])
        assert np.allclose(one, (g(at + r * v) - g(at)) / r)
        assert np.allclose(central, (g(at + r * v) - g(at - r * v)) / (2 * r))


# --- thm-curvature-r -------------------------------------------------------------------------------------------

TINY = Fraction(1, 10**15)


def slope(function, w, v):
    """R by its definition: the quotient for a tiny r on both sides; None if the two differ."""
    right, left = ((function([p + r * q for p, q in zip(w, v, strict=True)]) - function(w)) / r for r in (TINY, -TINY))
    return (right + left) / 2 if abs(right - left) < Fraction(1, 10**6) else None


FUNCTIONS = {
    "first": (lambda w: w[0], 1),
    "product": (lambda w: w[0] * w[1] - 3, 1),
    "cube": (lambda w: w[0] ** 3 - 2 * w[1] ** 2 + 1, 1),
    "zero": (lambda w: 0 * w[0], 1),
    "absolute": (lambda w: abs(w[0]), 0),  # a kink where w[0] = 0
}
OUTER = {"square": (lambda u: u * u, lambda u: 2 * u), "line": (lambda u: 3 * u - 1, lambda u: 3)}


def rule_cases():
    points = list(itertools.product((0, 1, -2), repeat=2))
    yield from itertools.product(FUNCTIONS, FUNCTIONS, OUTER, (2, 0), points, [(1, 0), (0, 0), (1, -2)])


def differentiable(case):
    return all(FUNCTIONS[name][1] or case[4][0] for name in case[:2])


def close(a, b):
    return a is not None and b is not None and abs(a - b) < Fraction(1, 10**6)


def rules_hold(case):
    (f, h), (phi, dphi), c, w, v = [FUNCTIONS[name][0] for name in case[:2]], OUTER[case[2]], *case[3:]
    Rf, Rh = slope(f, w, v), slope(h, w, v)
    if Rf is None or Rh is None:
        return False
    return (
        all(close(slope(lambda u, i=i: u[i], w, v), v[i]) for i in range(2))
        and close(slope(lambda u: c * f(u), w, v), c * Rf)
        and close(slope(lambda u: f(u) + h(u), w, v), Rf + Rh)
        and close(slope(lambda u: f(u) * h(u), w, v), h(w) * Rf + f(w) * Rh)
        and close(slope(lambda u: phi(f(u)), w, v), dphi(f(w)) * Rf)
    )


rules = Statement(
    "thm-curvature-r",
    text="eec4d9f2",
    cases=rule_cases,
    hypotheses={"f and h differentiable at w": differentiable},
    conclusion=rules_hold,
    scope="five functions of two numbers, one with a kink, at nine points in three directions, in fractions",
)


@pytest.mark.problem("opt-r-operator")
def test_the_rules_and_what_they_need():
    (f, h, _, _, w, v) = rules.verify().without["f and h differentiable at w"]
    assert (f, h, w[0], v) == ("first", "absolute", 0, (1, 0))  # the page's


# Gradients and Hessians by hand; the last has the gradient |w[0]|.
SMOOTH = {
    "example": (
        lambda w: [(w[0] * w[1] - 3) * w[1], (w[0] * w[1] - 3) * w[0]],
        lambda w: [[w[1] ** 2, 2 * w[0] * w[1] - 3], [2 * w[0] * w[1] - 3, w[0] ** 2]],
    ),
    "quartic": (lambda w: [w[0] ** 3, 2 * w[1]], lambda w: [[3 * w[0] ** 2, 0], [0, 2]]),
    "half w |w|": (lambda w: [abs(w[0]), 0 * w[1]], lambda w: [[(w[0] > 0) - (w[0] < 0), 0], [0, 0]]),
}


def product_cases():
    points = list(itertools.product((0, 1, -2), repeat=2))
    yield from itertools.product(SMOOTH, points, [(1, 0), (0, 0), (1, -2)])


def is_the_product(case):
    gradient, hessian = SMOOTH[case[0]]
    w, v = case[1:]
    return all(
        close(slope(lambda u, i=i: gradient(u)[i], w, v), sum(p * q for p, q in zip(hessian(w)[i], v, strict=True)))
        for i in range(2)
    )


exact = Statement(
    "thm-curvature-r",
    text="eec4d9f2",
    cases=product_cases,
    hypotheses={"f twice differentiable at w": lambda case: case[0] != "half w |w|" or case[1][0] != 0},
    conclusion=is_the_product,
    scope="three functions, nine points, three directions, in fractions",
)


@pytest.mark.problem("opt-r-operator")
def test_r_of_the_gradient_is_the_product():
    without = exact.verify().without["f twice differentiable at w"]
    assert without == ("half w |w|", (0, 0), (1, 0))


@pytest.mark.problem("opt-r-operator")
@pytest.mark.parametrize("sizes", [(1, 1), (2, 3), (3, 2, 2), (2, 4, 1, 3)])
def test_the_displayed_passes_line_by_line_are_the_product(sizes):
    """Plain loops from the displayed lines alone, with tanh and half the squared error, against autograd twice."""
    rng = np.random.default_rng(0)
    layers = list(itertools.pairwise(sizes))
    W, V = ([rng.normal(size=(o, i)) for i, o in layers] for _ in range(2))
    b, v = ([rng.normal(size=o) for _, o in layers] for _ in range(2))
    x, y = rng.normal(size=sizes[0]), rng.normal(size=sizes[-1])
    a, Ra, z, Rz = [x], [np.zeros_like(x)], [], []
    for l in range(len(layers)):  # noqa: E741 (the page's letter)
        z.append(W[l] @ a[l] + b[l])
        Rz.append(W[l] @ Ra[l] + V[l] @ a[l] + v[l])
        a.append(np.tanh(z[l]))
        Ra.append((1 - np.tanh(z[l]) ** 2) * Rz[l])
    alpha, Ralpha, found = a[-1] - y, Ra[-1], []
    for l in reversed(range(len(layers))):  # noqa: E741
        first = 1 - np.tanh(z[l]) ** 2
        second = -2 * np.tanh(z[l]) * first
        delta, Rdelta = first * alpha, second * Rz[l] * alpha + first * Ralpha
        found = [np.outer(Rdelta, a[l]) + np.outer(delta, Ra[l]), Rdelta, *found]
        alpha, Ralpha = W[l].T @ delta, W[l].T @ Rdelta + V[l].T @ delta
    parameters = [torch.from_numpy(p).requires_grad_() for pair in zip(W, b, strict=True) for p in pair]
    out = torch.from_numpy(x)
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        out = torch.tanh(weight @ out + bias)
    gradient = torch.autograd.grad(((out - torch.from_numpy(y)) ** 2).sum() / 2, parameters, create_graph=True)
    vector = [torch.from_numpy(p) for pair in zip(V, v, strict=True) for p in pair]
    products = torch.autograd.grad(sum((g * p).sum() for g, p in zip(gradient, vector, strict=True)), parameters)
    assert all(np.allclose(p, q.numpy(), rtol=0, atol=1e-12) for p, q in zip(found, products, strict=True))


@pytest.mark.problem("opt-r-operator")
def test_the_library_s_passes_are_differences_of_gradients():
    """Against a central difference in double precision, which shares no derivative with either."""
    torch.manual_seed(0)
    small = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2)).double()
    x, y = torch.randn(5, 2).double(), torch.tensor([0, 1, 1, 0, 1])
    v = np.random.default_rng(0).normal(size=17)
    loss = lambda: torch.nn.functional.cross_entropy(small(x), y)  # noqa: E731
    difference = hessian_operator(loss, small.parameters(), method="central difference") @ v
    assert np.allclose(r_operator(small, x, y) @ v, difference, rtol=0, atol=1e-8)


@pytest.mark.problem("opt-hessian-size")
def test_parameters_counted_one_by_one():
    for sizes in [(1, 1), (2, 3), (2, 3, 1)]:
        layers = [torch.nn.Linear(i, o) for i, o in itertools.pairwise(sizes)]
        parameters = [p for layer in layers for p in layer.parameters()]
        count = sum(1 for p in parameters for _ in p.flatten())
        size = hessian_size(parameters)
        distinct = sum(1 for i in range(count) for j in range(i, count))
        assert (size.parameters, size.entries, size.distinct, size.bytes) == (count, count**2, distinct, 4 * count**2)
