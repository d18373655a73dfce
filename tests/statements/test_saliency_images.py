"""Statements of *Images made by gradients show the network, not the world*: in fractions, by loops, by the prover."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import z3

from hwlib.saliency import boundary_distance, gram, linear_distance

from .harness import Statement
from .prover import proved, reals

pytestmark = pytest.mark.problem("input-gradients")


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


# --- linear classifiers: a case is (weights of a, weights of b, lead m); x is 0, and the lead stands in the biases ---


def pairs_of_classes():
    for n in (1, 2):
        for own in itertools.product((0, 1, -2), repeat=n):
            for other in itertools.product((0, 1, -1, 2), repeat=n):
                for lead in (0, 1, 3, -1):
                    yield own, other, lead
    for other in [(1, -1, 0, 2), (-1, -1, -3, -5), (2, 2, 2, 2)]:
        yield (0, 0, 0, 0), other, 6


def difference(case):
    return [a - b for a, b in zip(case[0], case[1], strict=True)]


def changes(n, bound=3):
    """A grid of changes in halves, the shortest included."""
    return itertools.product([Q(k, 2) for k in range(-2 * bound, 2 * bound + 1)], repeat=n) if n < 3 else ()


def fools(case, r):
    """Whether b has at least a's score at x + r."""
    own, other, lead = case
    return dot(own, r) + lead <= dot(other, r)


def shortest_is_the_stated_one(case):
    w, m = difference(case), case[2]
    square = dot(w, w)
    if not square:
        return False  # the quotient has no value
    best = [-Q(m) * a / square for a in w]
    if not fools(case, best) or dot(best, best) * square != m * m or m < 0:
        return False
    found = [r for r in changes(len(w)) if fools(case, r)]
    return all(dot(r, r) * square > m * m or list(r) == best for r in found)


least = Statement(
    "thm-images-least",
    text="ec0efb2d",
    cases=pairs_of_classes,
    hypotheses={
        "weights differ": lambda case: any(difference(case)),
        "lead not negative": lambda case: case[2] >= 0,
    },
    conclusion=shortest_is_the_stated_one,
    scope="two classes, one or two pixels with weights from -2 to 2, leads -1 to 3; three of four pixels",
)


def test_the_shortest_change_of_a_linear_classifier():
    report = least.verify()
    assert report.without == {"weights differ": ((0,), (0,), 0), "lead not negative": ((0,), (1,), -1)}
    for own, other, lead in pairs_of_classes():
        if own != other and lead >= 0:
            found = linear_distance([own, other], [Q(lead), 0], [0] * len(own), target=1)
            w = difference((own, other, lead))
            assert found.squared == Q(lead * lead, dot(w, w))


def test_the_shortest_change_for_all_real_numbers():
    w1, w2, r1, r2, m = reals("w1 w2 r1 r2 m")
    proved(
        (r1 * r1 + r2 * r2) * (w1 * w1 + w2 * w2) >= m * m,
        given=[m >= 0, w1 * r1 + w2 * r2 <= -m],
    )


def spread_evenly(case):
    w, m = difference(case), case[2]
    total = sum(map(abs, w))
    if not total or m < 0:
        return False
    even = [-Q(m, total) * ((a > 0) - (a < 0)) for a in w]
    if not (fools(case, even) and max(map(abs, even)) == Q(m, total)):
        return False
    return all(max(map(abs, r)) * total >= m for r in changes(len(w)) if fools(case, r))


norms = Statement(
    "prop-images-norms",
    text="7c5228fb",
    cases=pairs_of_classes,
    hypotheses={
        "weights differ": lambda case: any(difference(case)),
        "lead not negative": lambda case: case[2] >= 0,
    },
    conclusion=spread_evenly,
    scope="two classes, one or two pixels with weights from -2 to 2, leads -1 to 3; three of four pixels",
)


def test_the_largest_move_of_a_pixel():
    assert norms.verify().covered > 200
    w1, w2, r1, r2, m, e = reals("w1 w2 r1 r2 m e")

    def size(z):
        return z3.If(z > 0, z, -z)

    given = [m >= 0, w1 * r1 + w2 * r2 <= -m, size(r1) <= e, size(r2) <= e]
    proved(e * (size(w1) + size(w2)) >= m, given=given)


# --- signs: a case is (weights, outcomes), the outcomes sign vectors of equal probability -----------------------------


def signs_and_laws():
    for n in (1, 2, 3):
        every = list(itertools.product((1, -1), repeat=n))
        alike = [(1,) * n, (-1,) * n]
        tilted = [tuple(s) for s in itertools.product((1, 1, -1), repeat=n)]
        for w in itertools.product((0, 1, -2), repeat=n):
            for law in (every, alike, tilted):
                yield w, law


def share(law, condition):
    return Q(sum(map(condition, law)), len(law))


def independent(case):
    """The probability of each sign vector is the product of those of its signs."""
    w, law = case
    return all(
        share(law, lambda s, v=v: s == v)
        == math.prod(share(law, lambda s, i=i, v=v: s[i] == v[i]) for i in range(len(w)))
        for v in itertools.product((1, -1), repeat=len(w))
    )


def fair(case):
    w, law = case
    return all(share(law, lambda s, i=i: s[i] == 1) == Q(1, 2) for i in range(len(w)))


def along_signs(case):
    w, law = case
    values = [dot(w, s) for s in law]
    mean, square = Q(sum(values), len(law)), Q(sum(v * v for v in values), len(law))
    inside = [dot(w, r) for r in itertools.product((-1, Q(-1, 2), 0, Q(1, 2), 1), repeat=len(w))]
    total, length = sum(map(abs, w)), dot(w, w)
    equal = len({abs(a) for a in w}) == 1
    between = length <= total**2 <= len(w) * length and (total**2 == len(w) * length) == equal
    return mean == 0 and square - mean**2 == length and max(inside) == total and between


signs = Statement(
    "prop-images-signs",
    text="1f39e80a",
    cases=signs_and_laws,
    hypotheses={"independent": independent, "equally likely": fair},
    conclusion=along_signs,
    scope="up to three weights 0, 1, -2, with signs that are independent, all the same, or tilted",
)


def test_signs_that_fit_and_signs_by_lot():
    assert signs.verify().without == {
        "independent": ((1, 1), [(1, 1), (-1, -1)]),
        "equally likely": ((1,), [(1,), (1,), (-1,)]),
    }


# --- along a line: the lead is m + slope t + sum of c relu(t - k), its kinks beyond zero ------------------------------


def leads():
    for m, slope in itertools.product((2, 1, 4), (-1, 0, 1, -2)):
        yield m, slope, ()
        for k, c in itertools.product((1, 2, 3), (1, -1, 2, -3)):
            yield m, slope, ((k, c),)
            for k2, c2 in itertools.product((2, 4), (1, -2)):
                if k2 > k:
                    yield m, slope, ((k, c), (k2, c2))


def lead_at(case, t):
    m, slope, units = case
    return m + slope * t + sum(c * max(t - k, 0) for k, c in units)


def lost_at(case):
    """The least t >= 0 at which the lead is not positive: at a kink, or where one of its lines is zero."""
    m, slope, units = case
    places = {Q(0), *(Q(k) for k, _ in units)}
    for count in range(len(units) + 1):
        a = slope + sum(c for _, c in units[:count])
        b = m - sum(k * c for k, c in units[:count])
        if a:
            places.add(Q(-b, a))
    return min((t for t in places if t >= 0 and lead_at(case, t) <= 0), default=math.inf)


def prediction(case):
    return Q(case[0], -case[1]) if case[1] < 0 else math.inf


region = Statement(
    "prop-images-region",
    text="c9bc1d33",
    cases=leads,
    hypotheses={
        "in the closure of the region": lambda case: prediction(case) <= min([k for k, _ in case[2]], default=math.inf)
    },
    conclusion=lambda case: prediction(case) == lost_at(case),
    scope="leads of 1, 2, 4 along a line with slopes -2 to 1 and up to two units",
)


def test_the_prediction_holds_in_the_region():
    report = region.verify()
    assert report.without["in the closure of the region"] == (2, -1, ((1, 1),))  # predicted at 2, never lost
    assert lost_at((2, -1, ((1, 1),))) == math.inf
    assert (prediction((2, -1, ((1, -3),))), lost_at((2, -1, ((1, -3),)))) == (2, Q(5, 4))


def test_the_library_finds_the_same_places():
    for case in itertools.islice(leads(), 0, None, 3):
        m, slope, units = case
        hidden = [[1], [-1], *([1] for _ in units)], [0, 0, *(-k for k, _ in units)]
        scores = [[slope, -slope, *(c for _, c in units)], [0] * (2 + len(units))], [Q(m), 0]
        found = boundary_distance([hidden, scores], [0], [1])
        assert found.step == lost_at(case)
        assert found.predicted == prediction(case)


# --- class images -----------------------------------------------------------------------------------------------------


def scores_and_decays():
    for n in (1, 2):
        for w in itertools.product((0, 1, -1, 2), repeat=n):
            for decay in (1, 0, -1, 2):
                yield w, decay


GRID = [Q(k, 4) for k in range(-12, 13)]


def corner_and_decayed(case):
    w, decay = case
    unit = list(itertools.product([Q(k, 4) for k in range(5)], repeat=len(w)))
    best = max(dot(w, x) for x in unit)
    corner = all((dot(w, x) == best) == all(p == (a > 0) for p, a in zip(x, w, strict=True) if a) for x in unit)
    if decay == 0:
        return False  # w / 0 has no value

    def value(x):
        return dot(w, x) - decay * dot(x, x)

    stated = tuple(Q(a, 2 * decay) for a in w)
    return corner and all(value(x) < value(stated) for x in itertools.product(GRID, repeat=len(w)) if x != stated)


class_image = Statement(
    "prop-images-class",
    text="7ab835d2",
    cases=scores_and_decays,
    hypotheses={"decay positive": lambda case: case[1] > 0},
    conclusion=corner_and_decayed,
    scope="one or two pixels with weights -1 to 2, in quarters, decays -1 to 2",
)


def test_class_images_of_linear_scores():
    assert class_image.verify().without == {"decay positive": ((0,), 0)}
    w, x, d = reals("w x d")
    proved(w * x - d * x * x <= w * w / (4 * d), given=[d > 0])
    proved(2 * d * x == w, given=[d > 0, w * x - d * x * x == w * w / (4 * d)])


def shifts_and_weights():
    for n in (1, 2, 4):
        for p in (1, 2, 4):
            if n % p == 0:
                laws = [tuple(range(p)), (0,), (0, 0, 1)]
                for w in itertools.product((0, 1, -1) if n < 4 else (1, -1, 2), repeat=n):
                    for law in dict.fromkeys(laws):
                        yield w, p, law


def shifted(x, d):
    return tuple(x[(i - d) % len(x)] for i in range(len(x)))


def mean_gradient_is_flat(case):
    """The gradient of the mean score, one pixel at a time; the score is linear, so a step of one shows it."""
    w, p, law = case

    def mean_score(x):
        return Q(sum(dot(w, shifted(x, d)) for d in law), len(law))

    impulses = [tuple(int(i == j) for i in range(len(w))) for j in range(len(w))]
    return all(mean_score(x) == Q(sum(w[:p]), p) for x in impulses)


jitter = Statement(
    "prop-images-jitter",
    text="7355923e",
    cases=shifts_and_weights,
    hypotheses={
        "repeats": lambda case: all(a == b for a, b in zip(case[0], shifted(case[0], case[1]), strict=True)),
        "uniform": lambda case: sorted(d % case[1] for d in case[2]) == list(range(case[1])),
    },
    conclusion=mean_gradient_is_flat,
    scope="circles of 1, 2 and 4 pixels, periods that divide them, three laws of shifts",
)


def test_jitter_averages_the_weights():
    without = jitter.verify().without
    assert without["uniform"] == ((0, 1), 2, (0,))
    w, p, _ = without["repeats"]
    assert (len(w), p) == (2, 1)


# --- Gram matrices ----------------------------------------------------------------------------------------------------


def feature_pairs():
    for c, m in [(1, 1), (1, 2), (2, 1), (1, 3)]:
        maps = list(itertools.product(itertools.product((0, 1, -1, 2) if m < 3 else (0, 1, -1), repeat=m), repeat=c))
        yield from itertools.product(maps, repeat=2)
    maps = list(itertools.product(itertools.product((0, 1, -1), repeat=2), repeat=2))
    yield from itertools.product(maps, repeat=2)


def products(F):
    return [[dot(f, g) for g in F] for f in F]


def nearest_turn(F, H):
    """The orthogonal Q that comes closest: F Q = H for some orthogonal Q if and only if for this one (Schönemann)."""
    u, _, vt = np.linalg.svd(np.array(F, float).T @ np.array(H, float))
    return u @ vt


def moved_and_turned(case):
    F, H = case
    columns = list(zip(*F, strict=True))
    for order in itertools.permutations(columns):
        if products(list(zip(*order, strict=True))) != products(F):
            return False
    reached = np.allclose(np.array(F) @ nearest_turn(F, H), H, atol=1e-7)
    return reached == (products(F) == products(H))


gram_matrices = Statement(
    "thm-images-gram",
    text="be02be06",
    cases=feature_pairs,
    conclusion=moved_and_turned,
    scope="all pairs of maps to two features at two positions with entries -1 to 1, and smaller ones to 2",
)


def test_equal_gram_matrices_are_turned_positions():
    assert gram_matrices.verify().covered > 6000
    torch = pytest.importorskip("torch")
    F = torch.tensor([[[[3.0, 4.0]], [[1.0, 0.0]]]])
    assert torch.equal(gram(F)[0], torch.tensor([[25.0, 3.0], [3.0, 1.0]]) / 2)  # the mean over two positions
