"""Statements of *Depth buys digits*, from their text alone: plain loops in fractions, and the prover."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import z3

from hwlib.network import Network, folding_network, product_network, square_network, zigzag_network
from hwlib.regions import count_regions, sign_parts

from .harness import Statement
from .prover import proved, reals

HALF = Q(1, 2)


# --- squares ---------------------------------------------------------------------------------------------------------


def tooth(x):
    return 2 * x if x <= HALF else 2 - 2 * x


def chords_by_folding(folds, x):
    total, y = x, x
    for j in range(1, folds + 1):
        y = tooth(y)
        total -= y / 4**j
    return total, y


def squares(case):
    folds, x = case
    total, y = chords_by_folding(folds, x)
    off = total - x * x
    return off == (y - y * y) / 4**folds and 0 <= off <= Q(1, 4 ** (folds + 1))


square = Statement(
    "thm-approximation-square",
    text="762f2407",
    cases=lambda: [
        (folds, x) for folds in range(6) for x in [Q(2), Q(-1), *(Q(j, 96) for j in range(97)), Q(-1, 7), Q(9, 8)]
    ],
    hypotheses={"between 0 and 1": lambda case: 0 <= case[1] <= 1},
    conclusion=squares,
    scope="no fold to five, all multiples of 1/96 in [0, 1] and four numbers outside",
)


def test_folds_square():
    assert square.verify().without == {"between 0 and 1": (0, Q(2))}
    assert chords_by_folding(1, Q(2))[0] == Q(5, 2)  # the page's
    for folds in range(1, 6):
        offs = [chords_by_folding(folds, Q(j, 64))[0] - Q(j, 64) ** 2 for j in range(65)]
        assert min(offs) == 0
        assert max(offs) == Q(1, 4 ** (folds + 1))  # both are taken
        network = square_network(folds)
        assert all(network(Q(j, 64)) == chords_by_folding(folds, Q(j, 64))[0] for j in range(65))
        assert len(network.layers) - 1 == folds
        assert sum(len(layer.bias) for layer in network.layers[:-1]) == 3 * folds - 1
    for folds in range(4):  # the formula for the error is true everywhere
        for x in (Q(j, 5) for j in range(-15, 16)):
            total, y = chords_by_folding(folds, x)
            assert total - x * x == (y - y * y) / 4**folds


def test_the_step_of_the_proof_for_all_real_numbers():
    (x,) = reals("x")
    z = z3.If(2 * x <= 1, 2 * x, 2 - 2 * x)
    proved(x - x * x == z / 4 + (z - z * z) / 4)


# --- the price -------------------------------------------------------------------------------------------------------


def off_by(pieces):
    """The largest distance from x^2 of straight pieces (left, right, low, high)."""
    worst = Q(0)
    for left, right, low, high in pieces:
        slope = (high - low) / (right - left)
        for x in (left, right, min(max(slope / 2, left), right)):
            worst = max(worst, abs(low + slope * (x - left) - x * x))
    return worst


def joined_or_not():
    quarters = [Q(j, 4) for j in range(-1, 5)]
    for n in (1, 2):
        for inner in itertools.combinations([Q(j, 4) for j in range(1, 4)], n - 1):
            ends = [Q(0), *inner, Q(1)]
            for values in itertools.product(quarters, repeat=2 * n):
                yield [(a, b, *values[2 * k : 2 * k + 2]) for k, (a, b) in enumerate(itertools.pairwise(ends))]


def lowered(n):
    return [
        (Q(k, n), Q(k + 1, n), Q(k, n) ** 2 - Q(1, 8 * n * n), Q(k + 1, n) ** 2 - Q(1, 8 * n * n)) for k in range(n)
    ]


price = Statement(
    "thm-approximation-price",
    text="136e34b1",
    cases=lambda: itertools.chain(joined_or_not(), (lowered(n) for n in range(1, 9))),
    conclusion=lambda pieces: off_by(pieces) >= Q(1, 8 * len(pieces) ** 2),
    scope="all of one or two pieces with knots and values in quarters, joined or not, and lowered chords",
)


def test_a_square_has_its_price():
    assert price.verify().covered > 3000
    for n in range(1, 9):
        assert off_by(lowered(n)) == Q(1, 8 * n * n)  # no more, and these are continuous
        assert all(one[3] == other[2] for one, other in itertools.pairwise(lowered(n)))
    for folds in range(1, 7):  # networks: the folding one obeys, in squares so that all is exact
        widths = [2] + [3] * (folds - 1)
        assert math.prod(k + 1 for k in widths) ** 2 * 8 * Q(1, 4 ** (folds + 1)) >= 1
    eps = Q(1, 10**6)
    assert min(k for k in range(1000) if 8 * eps * (k + 1) ** 2 >= 1) == 353  # one hidden layer


def test_no_line_on_a_piece_comes_closer_for_all_real_numbers():
    p, h, a, b = reals("p h a b")

    def away(x):
        difference = x * x - a * x - b
        return z3.And(8 * difference < h * h, -8 * difference < h * h)

    proved(z3.Not(z3.And(away(p), away(p + h / 2), away(p + h))), given=[h > 0])


def test_any_arrangement_of_units_has_at_most_two_to_their_number_of_pieces():
    for n in range(1, 7):
        arrangements = [c for k in range(1, n + 1) for c in itertools.product(range(1, n + 1), repeat=k) if sum(c) == n]
        assert max(math.prod(k + 1 for k in c) for c in arrangements) == 2**n


# --- products --------------------------------------------------------------------------------------------------------


def products(case):
    folds, x, y = case
    made = chords_by_folding(folds, (x + y) / 2)[0] - chords_by_folding(folds, abs(x - y) / 2)[0]
    return abs(made - x * y) <= Q(1, 4 ** (folds + 1)) and (x * y != 0 or made == 0)


def factors():
    sixteenths = [Q(2), Q(-1), *(Q(j, 16) for j in range(17)), Q(1, 3)]
    for folds in range(1, 4):
        yield from ((folds, x, y) for x, y in itertools.product(sixteenths, repeat=2))


multiplied = Statement(
    "prop-approximation-product",
    text="99ccfd97",
    cases=factors,
    hypotheses={"in the unit square": lambda case: 0 <= case[1] <= 1 and 0 <= case[2] <= 1},
    conclusion=products,
    scope="one to three folds, all pairs of sixteenths of [0, 1], a third, and two numbers outside",
)


def test_differences_of_squares_are_products():
    assert multiplied.verify().without == {"in the unit square": (1, Q(2), Q(2))}
    for folds in range(1, 5):
        network, x = product_network(folds), Q(1, 2 ** (folds + 1))
        assert network([x, x]).item() - x * x == Q(1, 4 ** (folds + 1))  # an error that occurs
        assert sum(len(layer.bias) for layer in network.layers[:-1]) == 6 * folds + 1
        for a, b in itertools.product([Q(j, 8) for j in range(9)], repeat=2):
            made = chords_by_folding(folds, (a + b) / 2)[0] - chords_by_folding(folds, abs(a - b) / 2)[0]
            assert network([a, b]).item() == made


# --- sign changes ----------------------------------------------------------------------------------------------------


def zigzag(n, x):
    whole = min(math.floor(n * x), n - 1)
    rest = n * x - whole
    return rest if whole % 2 == 0 else 1 - rest


def apart(n, g):
    """Integral of |g - z_n|, and its supremum; g is constant on equal cells, ``(cells,)``, as many as a multiple of 2n.

    On a cell z_n is straight and on one side of each multiple of a half, so for values that are multiples of a half
    the difference keeps its sign.
    """
    m, total, largest = len(g), Q(0), Q(0)
    for k, value in enumerate(g):
        ends = [abs(value - zigzag(n, Q(j, m))) for j in (k, k + 1)]
        total += sum(ends) / (2 * m)
        largest = max(largest, *ends)
    return total, largest


def changes(g):
    signs = [value > HALF for value in g if value != HALF]
    return sum(a != b for a, b in itertools.pairwise(signs))


def steps():
    """Functions constant on each cell, with values 0, 1/2, 1, and a number of sign changes that is claimed."""
    for n in (1, 2, 3):
        for g in itertools.product((Q(0), HALF, Q(1)), repeat=2 * n):
            yield from ((n, g, s) for s in range(n + 2))
    for n in (1, 2, 3):  # the zigzag itself, from below in small steps
        yield n, tuple(min(zigzag(n, Q(k + side, 8 * n)) for side in (0, 1)) for k in range(8 * n)), 0


def stays_away(case):
    n, g, s = case
    mean, largest = apart(n, g)
    return mean >= (1 - Q(s, n)) / 8 and (s >= n or largest >= HALF)


signs = Statement(
    "thm-approximation-signs",
    text="aaf3bfd4",
    cases=steps,
    hypotheses={"at most s times": lambda case: changes(case[1]) <= case[2]},
    conclusion=stays_away,
    scope="zigzags of one to three pieces, all functions with values 0, 1/2, 1 on halves of pieces, all claimed s",
)


def hugging(n, s, x):
    """The function for which equality is claimed."""
    value = zigzag(n, x)
    return value if x <= Q(s, n) else (min(value, HALF) if s % 2 == 0 else max(value, HALF))


def test_sign_changes_keep_away():
    n, g, s = signs.verify().without["at most s times"]
    assert changes(g) > s
    for n, s in [(teeth, few) for teeth in range(1, 6) for few in range(teeth + 1)]:
        places = [Q(j, 2 * n) for j in range(2 * n + 1)]  # between them both are straight
        gaps = [abs(hugging(n, s, x) - zigzag(n, x)) for x in places]
        fine = [hugging(n, s, Q(j, 8 * n)) for j in range(8 * n + 1)]
        assert changes(fine) == s
        assert sum((a + b) / (4 * n) for a, b in itertools.pairwise(gaps)) == (1 - Q(s, n)) / 8
        assert all(abs(a - b) <= Q(1, 8) for a, b in itertools.pairwise(fine))  # it does not jump


def test_random_functions_of_every_kind_stay_away():
    rng, x = np.random.default_rng(0), (np.arange(40_000) + 0.5) / 40_000
    n = 16
    z = np.array([abs((n * t + 1) % 2 - 1) for t in x])
    for degree in range(1, 9):
        for _ in range(20):
            g = 0.5 + np.polyval(rng.normal(size=degree + 1), 2 * x - 1)  # at most as many sign changes as its degree
            assert abs(g - z).mean() >= (1 - degree / n) / 8 - 1e-6


# --- depth -----------------------------------------------------------------------------------------------------------


def networks():
    """Folds L, widths, and pieces on [0, 1] of small networks, the zigzag itself and a constant among them."""
    for folds in range(1, 6):
        yield folds, (2,) * folds, zigzag_network(2, folds)
        yield folds, (1,), Network.from_arrays([([[0]], [0]), ([[0]], [HALF])])
    whole = (-2, 0, 1)
    for a, b, c, d in itertools.product(whole, repeat=4):
        layers = [([[2], [a]], [-1, b]), ([[c, d]], [1])]
        yield 4, (2,), Network.from_arrays(layers).as_fractions()


def mean_distance(case):
    folds, _, network = case
    n, fine = 2**folds, 2 ** (folds + 3)
    places = [Q(j, fine) for j in range(fine + 1)]
    gaps = [abs(y - zigzag(n, x)) for x, y in zip(places, network(places), strict=True)]
    return sum(a + b for a, b in itertools.pairwise(gaps)) / (2 * fine)  # at most too large, by convexity of | |


depth = Statement(
    "thm-approximation-depth",
    text="39babe62",
    cases=networks,
    hypotheses={"closer than 1/16": lambda case: mean_distance(case) < Q(1, 16)},
    conclusion=lambda case: math.prod(k + 1 for k in case[1]) > 2 ** (case[0] - 1),
    scope="zigzags of up to five folds, a constant, and all networks of two units with weights -2, 0, 1",
)


def test_width_does_not_replace_depth():
    report = depth.verify()
    folds, widths, _ = report.without["closer than 1/16"]
    assert math.prod(k + 1 for k in widths) <= 2 ** (folds - 1)
    assert widths == (1,)  # the constant, the page's
    for folds in range(1, 8):
        network = zigzag_network(2, folds)
        assert [len(layer.bias) for layer in network.layers[:-1]] == [2] * folds
    for l in range(1, 6):  # noqa: E741 - the text's letter: l^3 + 1 folds against l layers
        folds = l**3 + 1
        assert (folds - 1) // l == l * l


# --- teeth -----------------------------------------------------------------------------------------------------------


def boxes(case):
    """Each box is mapped affinely onto the cube, and its neighbours by other maps."""
    k, layers, d = case
    n = k**layers

    def f(x):
        for _ in range(layers):
            x = zigzag(k, x)
        return x

    corner = [f(Q(j, n)) for j in range(n + 1)]
    inner = [[f(Q(3 * j + t, 3 * n)) for t in (1, 2)] for j in range(n)]
    turns = all({a, b} == {0, 1} for a, b in itertools.pairwise(corner))
    straight = all(
        mid == [(2 * a + b) / 3, (a + 2 * b) / 3] for mid, (a, b) in zip(inner, itertools.pairwise(corner), strict=True)
    )
    return turns and straight and len(list(itertools.product(range(n), repeat=d))) == k ** (layers * d)


teeth = Statement(
    "prop-approximation-teeth",
    text="b1886e10",
    cases=lambda: [
        (k, layers, d) for k in range(2, 7) for layers in range(1, 5) for d in range(1, 4) if k ** (layers * d) <= 4000
    ],
    conclusion=boxes,
    scope="two to six teeth, up to four layers and three coordinates, in fractions",
)


def test_teeth_multiply_and_three_are_best():
    assert teeth.verify().covered > 25
    for k in range(2, 60):  # k^(1/k) < 3^(1/3), in whole numbers
        assert k == 3 or k**3 < 3**k
    for k, layers, d in [(2, 2, 2), (3, 2, 1), (3, 1, 2)]:
        network = zigzag_network(k, layers, d)
        assert [len(layer.bias) for layer in network.layers[:-1]] == [d * k] * layers
        assert count_regions(network, box=[(0, 1)] * d) == k ** (layers * d)


# --- a boundary ------------------------------------------------------------------------------------------------------


def shapes():
    """Networks of two inputs with whole weights, by a sign on the border of the square or not; and numbers of folds."""
    around = ([[1, 0], [-1, 0], [0, 1], [0, -1]], [-HALF, HALF, -HALF, HALF])
    for folds, level in itertools.product((1, 2), (Q(1, 4), HALF, Q(-1, 8), Q(3, 4))):
        yield folds, Network.from_arrays([around, ([[-1] * 4], [level])])
        yield folds, Network.from_arrays([around, ([[-1] * 4], [level]), ([[1]], [0])])  # zero all around
    for folds, a, b in itertools.product((1, 2), (-3, 1, 2), (-1, 1)):
        yield folds, Network.from_arrays([([[a, 2], [1, -2]], [b, HALF]), ([[-1, -1]], [Q(5, 4)])])


def nowhere_above_on_the_border(case):
    _, network = case
    ticks = [Q(j, 48) for j in range(49)]
    border = [point for t in ticks for point in ([t, Q(0)], [t, Q(1)], [Q(0), t], [Q(1), t])]
    return bool((network(border) <= 0).all())


def pictured(network, folds):
    """Connected parts above zero, seen on a grid that has a point inside each part: 64 cells to a box and side."""
    from scipy.ndimage import label

    side = 64 * 2**folds
    ticks = (np.arange(side) + 0.5) / side
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    for _ in range(folds):
        points = abs(2 * points - 1)
    return label((network.as_floats()(points) > 0).reshape(side, side))[1]


def unfolded(case):
    folds, network = case
    return pictured(network, folds) == 4**folds * pictured(network, 0)


boundary = Statement(
    "prop-approximation-boundary",
    text="f000491c",
    cases=shapes,
    hypotheses={"nowhere above zero on the border": nowhere_above_on_the_border},
    conclusion=unfolded,
    scope="diamonds of four sizes, cut off at zero or not, and twelve networks of two units; one and two folds",
)


def test_a_boundary_unfolds():
    report = boundary.verify()
    assert report.covered >= 12
    assert not nowhere_above_on_the_border(report.without["nowhere above zero on the border"])
    for folds, network in shapes():
        deep = Network([*folding_network(folds, 2, activation="relu").layers, *network.layers]).as_floats()
        unit = [(0, 1), (0, 1)]
        assert count_regions(deep, box=unit) == 4**folds * count_regions(network, box=unit)
        assert sign_parts(deep, box=unit).above == pictured(network, folds)
    same = Network.from_arrays([([[0, 0]], [0]), ([[1]], [1])])
    assert pictured(same, 0) == pictured(same, 1) == 1  # the page's


# --- sentences beside the statements ---------------------------------------------------------------------------------


def test_archimedes_areas_are_a_quarter_of_those_before():
    def area(folds):  # between the chords of x^2 and x^2
        m = 2**folds
        offs = [chords_by_folding(folds, Q(2 * j + 1, 2 * m))[0] - Q(2 * j + 1, 2 * m) ** 2 for j in range(m)]
        return sum(offs) * Q(2, 3) / m  # two thirds of height times width, for each segment

    added = [area(folds) - area(folds + 1) for folds in range(5)]
    assert all(b == a / 4 for a, b in itertools.pairwise(added))
    assert area(0) == Q(1, 6)


def test_the_absolute_value_takes_two_units():
    assert [abs(x) for x in range(-3, 4)] == [max(x, 0) + max(-x, 0) for x in range(-3, 4)]


@pytest.mark.parametrize("digits", [4, 8, 12])
def test_the_table_of_prices(digits):
    eps = Q(1, 10**digits)
    folds = min(L for L in range(99) if Q(1, 4 ** (L + 1)) <= eps)
    least = min(N for N in range(99) if 8 * eps * 4**N >= 1)
    assert least <= 3 * folds - 1 <= 4 * least


def test_one_hidden_layer_does_not_reach_the_bound_but_comes_near():
    """n units make n + 1 pieces, but the first slope is minus a sum of jumps: a flat first piece, half as wide."""
    for n in range(1, 7):
        eps = Q(1, 2 * (2 * n + 1) ** 2)
        width = Q(2, 2 * n + 1)  # of all pieces but the first
        kinks = [width / 2 + k * width for k in range(n)]
        ends = [*kinks, Q(1)]
        made = [(Q(0), kinks[0], eps, eps)]
        made += [(a, b, a * a - eps, b * b - eps) for a, b in itertools.pairwise(ends)]
        assert off_by(made) == eps
        assert Q(1, 8 * (n + 1) ** 2) < eps < Q(1, 8 * n * n)


def test_more_pieces_than_teeth_and_the_scale_of_a_unit():
    layers = [([[1]] * 3, [Q(-1, 4), Q(-1, 2), Q(-3, 4)]), ([[1, 1, 1]], [0])]
    slopes = [0, 1, 2, 3]  # three units in a layer: four pieces, where three teeth are three
    network = Network.from_arrays(layers)
    assert [(network(Q(k + 1, 4)) - network(Q(k, 4))) * 4 for k in range(4)] == slopes
