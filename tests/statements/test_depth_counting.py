"""Statements of *Regions can be counted*, from their text alone: arrangements by deletion and restriction."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import sympy

from hwlib.network import Network
from hwlib.regions import count_regions

from .harness import Statement

# --- hyperplanes n.x = c, counted by deletion and restriction, which knows no formula --------------------------------


def normalised(plane):
    """A hyperplane ``(normal, offset)`` with a leading one, so that equal ones are equal."""
    normal, offset = plane
    lead = next(a for a in normal if a)
    return tuple(Q(a) / lead for a in normal), Q(offset) / lead


def restricted(plane, to):
    """What a hyperplane cuts out of another one, in coordinates there; None if nothing."""
    (a, c), (b, e) = plane, to
    k = next(i for i, v in enumerate(b) if v)
    factor = Q(a[k]) / b[k]
    normal = tuple(u - factor * v for i, (u, v) in enumerate(zip(a, b, strict=True)) if i != k)
    return normalised((normal, c - factor * e)) if any(normal) else None


def regions(planes):
    """Number of regions of distinct, normalised hyperplanes: without the last, plus what the others make of it."""
    if not planes:
        return 1
    *others, last = planes
    inside = {cut for other in others if (cut := restricted(other, last))}
    return regions(others) + regions(sorted(inside))


def zaslavsky(n, d):
    return sum(math.comb(n, k) for k in range(d + 1))


def arrangements():
    """Hyperplanes with small normals and offsets: all of up to four points, four lines, and three planes in space."""
    for d, most, offsets in ((1, 4, (-2, -1, 0, 1, 2)), (2, 4, (-1, 0, 1)), (3, 3, (0, 1))):
        normals = {normalised((a, 0))[0] for a in itertools.product((-1, 0, 1), repeat=d) if any(a)}
        planes = sorted(itertools.product(normals, map(Q, offsets)))
        for n in range(most + 1):
            chosen = itertools.combinations_with_replacement(planes, n)
            yield from ((d, some) for some in sorted(chosen, key=lambda some: -len(set(some))))  # equal ones last


def rank(rows, width):
    return sympy.Matrix(rows).rank() if rows and width else 0


def independent(case):
    """Any at most d normals are linearly independent."""
    d, planes = case
    size = min(d, len(planes))
    if size == 2:  # the same as below, faster: all two by two determinants of a pair vanish only if it is parallel
        pairs = ((a, b) for (a, _), (b, _) in itertools.combinations(planes, 2))
        return all(any(a[i] * b[j] != a[j] * b[i] for i in range(d) for j in range(i)) for a, b in pairs)
    return all(rank([normal for normal, _ in some], d) == size for some in itertools.combinations(planes, size))


def no_common_point(case):
    """No d + 1 hyperplanes have a common point: the system of their equations has no solution."""
    d, planes = case
    for some in itertools.combinations(planes, d + 1):
        rows = [list(normal) for normal, _ in some]
        if rank(rows, d) == rank([[*normal, offset] for normal, offset in some], d + 1):
            return False
    return True


def is_zaslavsky(case):
    d, planes = case
    return regions(sorted(set(planes))) == zaslavsky(len(planes), d)


one_layer = Statement(
    "thm-counting-one",
    text="f3f35e83",
    cases=arrangements,
    hypotheses={"independent": independent, "no common point": no_common_point},
    conclusion=is_zaslavsky,
    scope="all arrangements of up to four points, four lines and three planes with small whole numbers",
)


@pytest.mark.slow
@pytest.mark.problem("depth-conclusion")
def test_hyperplanes_in_general_position():
    report = one_layer.verify()
    line = (Q(0), Q(1))
    assert report.covered > 500
    assert report.without["independent"] == (2, ((line, Q(-1)), (line, Q(0))))  # two parallel lines: 3, not 4


def test_no_arrangement_has_more_regions_and_a_prism_has_fewer():
    assert all(regions(sorted(set(planes))) <= zaslavsky(len(planes), d) for d, planes in arrangements())
    prism = [((1, 0, 0), 0), ((0, 1, 0), 0), ((1, 1, 0), 1)]
    assert regions(sorted(map(normalised, prism))) == 7 < zaslavsky(3, 3)  # no two parallel, no common point


# --- networks of one input, their patterns counted between all places where a neuron could switch -----------------


def patterns(first, second, places):
    """Patterns on intervals of positive length of a ReLU network with one input and two hidden layers."""

    def switches(x):
        h = [max(w * x + b, 0) for w, b in first]
        return tuple(w * x + b > 0 for w, b in first), tuple(
            sum(v * a for v, a in zip(row, h, strict=True)) + c > 0 for row, c in second
        )

    found = []
    for left, right in itertools.pairwise(places):
        if left < right and (pattern := switches((left + right) / 2)) not in found:
            found.append(pattern)
    return found


def activation_regions(network):
    """Number of activation regions of positive length, all of the line, in fractions."""
    first, second = network
    knots = sorted({Q(-b, w) for w, b in first if w})
    far = 1 + max([abs(k) for k in knots], default=Q(0))
    pieces = [-far * 100, *knots, far * 100]
    places = set(pieces)
    for left, right in itertools.pairwise(pieces):
        middle = (left + right) / 2
        on = [w * middle + b > 0 for w, b in first]
        for row, c in second:
            slope = sum(v * w for v, (w, _), active in zip(row, first, on, strict=True) if active)
            height = c + sum(v * b for v, (_, b), active in zip(row, first, on, strict=True) if active)
            if slope and left < (zero := Q(-height, slope)) < right:
                places.add(zero)
    return len(patterns(first, second, sorted(places)))


def serra(d, widths):
    """The displayed sum, term by term."""
    total = 0
    for j in itertools.product(*(range(min(d, n) + 1) for n in widths)):
        if all(j[k] <= min([d, widths[k], *(widths[i] - j[i] for i in range(k))]) for k in range(len(widths))):
            total += math.prod(math.comb(n, k) for n, k in zip(widths, j, strict=True))
    return total


def small_networks():
    """All networks of one input with hidden layers of widths (1, 1), (1, 2) and (2, 1) and small whole weights."""
    for n, m, values in ((1, 1, (0, 1, -1, 2, -2)), (1, 2, (0, 1, -1, 2, -2)), (2, 1, (0, 1, -1))):
        for numbers in itertools.product(values, repeat=2 * n + m * (n + 1)):
            first = list(zip(numbers[:n], numbers[n : 2 * n], strict=True))
            rest = numbers[2 * n :]
            yield first, [(rest[k * n : (k + 1) * n], rest[m * n + k]) for k in range(m)]
    draw = np.random.default_rng(0)
    for n, m in ((2, 2), (3, 2), (2, 3), (3, 3)):
        for _ in range(200):
            first = [(int(w), int(b)) for w, b in draw.integers(-3, 4, (n, 2))]
            yield first, [(tuple(map(int, draw.integers(-3, 4, n))), int(draw.integers(-3, 4))) for _ in range(m)]


def within_both_bounds(network):
    widths = [len(network[0]), len(network[1])]
    product = math.prod(zaslavsky(n, 1) for n in widths)
    return activation_regions(network) <= serra(1, widths) <= product


bound = Statement(
    "thm-counting-bound",
    text="dfd46549",
    cases=small_networks,
    conclusion=within_both_bounds,
    scope="all networks of one input with widths up to (1, 2) and (2, 1) and small weights; 800 of widths up to 3",
)


@pytest.mark.problem("depth-conclusion")
def test_no_small_network_exceeds_the_bound_and_some_reach_it():
    bound.verify()
    three = [(1, 0)], [((1,), -1)]  # relu(relu(x) - 1)
    four = [(1, 0)], [((1,), -1), ((1,), -2)]
    assert activation_regions(three) == serra(1, (1, 1)) == 3
    assert activation_regions(four) == serra(1, (1, 2)) == 4


def pattern_at(layers, x):
    """Which neurons are on."""
    h, pattern = x, []
    for weight, bias in layers:
        z = [sum(w * v for w, v in zip(row, h, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
        pattern.append(tuple(bool(v > 0) for v in z))
        h = [max(v, 0) for v in z]
    return tuple(pattern)


def test_no_network_of_the_plane_meets_more_patterns_than_the_bound():
    points = [(Q(2 * i + 1, 7), Q(2 * j + 1, 11)) for i in range(-21, 21) for j in range(-33, 33)]
    draw, most = np.random.default_rng(3), 0
    for widths in [(2, 2), (3, 2), (2, 3)] * 4:
        sizes = [2, *widths]
        layers = [
            (draw.integers(-3, 4, (m, n)).tolist(), draw.integers(-3, 4, m).tolist())
            for n, m in itertools.pairwise(sizes)
        ]
        met = len({pattern_at(layers, x) for x in points})
        assert met <= serra(2, widths)
        most = max(most, met)
    assert most > 7  # more than one layer of three lines makes


# --- sentences beside the statements ---------------------------------------------------------------------------------


def test_the_bound_grows_exponentially_for_two_neurons_a_layer_and_not_for_one():
    """A takeaway once said that it grows exponentially with depth, whatever the widths."""
    for d, layers in itertools.product((1, 2, 3), range(1, 6)):
        assert serra(d, [1] * layers) == layers + 1
        assert all(serra(d, [n] * layers) >= 3**layers for n in (2, 3))


def test_on_a_line_no_two_parallel_points_are_general_too():
    """The page once said that this is enough in the plane only; on a line, all points are parallel."""
    for d, planes in arrangements():
        parallel = any(a == b for (a, _), (b, _) in itertools.combinations(planes, 2))
        if d == 1 and not parallel:
            assert is_zaslavsky((d, planes))


def test_lines_stay_if_the_biases_grow_with_the_weights():
    """The quiz once scaled one layer only: then the lines of later layers move."""
    draw = np.random.default_rng(5)
    sizes = [2, 4, 4, 3, 1]
    layers = [(draw.normal(size=(m, n)), draw.normal(size=m)) for n, m in itertools.pairwise(sizes)]
    doubled = [(2 * weight, 2**k * bias) for k, (weight, bias) in enumerate(layers, 1)]
    first = [(2 * layers[0][0], 2 * layers[0][1]), *layers[1:]]
    points = draw.uniform(-3, 3, (500, 2))
    same, moved = (
        sum(pattern_at(layers[:-1], x) != pattern_at(other[:-1], x) for x in points) for other in (doubled, first)
    )
    assert same == 0 < moved
    assert count_regions(Network.from_arrays(layers)) == count_regions(Network.from_arrays(doubled))


def test_one_region_cannot_tell_what_a_line_cannot():
    """The page once said that a number of regions says nothing of how well a network predicts."""
    corners = [(0, 0), (1, 1), (0, 1), (1, 0)]
    affine = itertools.product((0, 1, -1, 2, -2), repeat=3)
    for a, b, c in affine:
        signs = [a * x + b * y + c > 0 for x, y in corners]
        assert signs not in ([True, True, False, False], [False, False, True, True])
