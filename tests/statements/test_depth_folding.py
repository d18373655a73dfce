"""Statements of *Depth folds space*, from their text alone: piecewise linear maps taken apart in fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest

from hwlib.network import Network
from hwlib.regions import identified_regions

from .harness import Statement
from .prover import proved, reals

HALF, THIRD = Q(1, 2), Q(1, 3)


# --- the definition, for all layers |Ax + b| with small whole weights, most of them not diagonal -------------------


def solve(a, y):
    """The one x with a x = y, for a 2 by 2 matrix."""
    det = a[0][0] * a[1][1] - a[0][1] * a[1][0]
    return (Q(a[1][1] * y[0] - a[0][1] * y[1], det), Q(a[0][0] * y[1] - a[1][0] * y[0], det))


def is_bijection(a, b, signs):
    """Whether x to S(Ax + b) maps {x in (0,1)^2 : S(Ax + b) > 0} one to one onto (0,1)^2.

    It does if the four points that the corners of the target come from lie in the closed square, and each side y_k = 1
    of the target comes from a side of the square: then nothing of the region lies beyond.
    """
    if a[0][0] * a[1][1] == a[0][1] * a[1][0]:
        return False
    origin = {
        y: solve(a, [s * v - c for s, v, c in zip(signs, y, b, strict=True)])
        for y in itertools.product((0, 1), repeat=2)
    }
    if not all(0 <= v <= 1 for x in origin.values() for v in x):
        return False
    for k in range(2):
        ends = [x for y, x in origin.items() if y[k] == 1]
        if not any(ends[0][i] == ends[1][i] and ends[0][i] in (0, 1) for i in range(2)):
            return False
    return True


def layers():
    """All layers |Ax + b| with entries of A from -2 to 2 and both biases -1, or 0, or one of each."""
    for a in itertools.product(itertools.product((0, 1, -1, 2, -2), repeat=2), repeat=2):
        for b in ((-1, -1), (0, 0), (0, -1)):
            yield a, b


def is_the_defined_number(layer):
    a, b = layer
    network = Network.from_arrays([(a, b), (np.eye(2, dtype=int), [0, 0])], activation="abs")
    square = [(0, 1)] * 2
    found = identified_regions(network, box=square, target=square)
    return len(found) == sum(is_bijection(a, b, signs) for signs in itertools.product((1, -1), repeat=2))


definition = Statement(
    "def-folding",
    text="30bea5c9",
    cases=layers,
    conclusion=is_the_defined_number,
    scope="all layers |Ax + b| of two neurons, A of whole numbers from -2 to 2, three biases",
)


@pytest.mark.problem("depth-one-layer")
@pytest.mark.problem("depth-composition")
def test_the_library_counts_what_the_definition_says():
    report = definition.verify()
    assert report.covered == 1875


# --- one layer, for all real numbers ----------------------------------------------------------------------------


def absolute(x):
    import z3

    return z3.If(x >= 0, x, -x)


def folds_as_stated(d):
    """For all real x and y: into the cube comes what is inside it and off the folds; each half has one origin."""
    import z3

    x, y = reals(" ".join(f"x{k}" for k in range(d))), reals(" ".join(f"y{k}" for k in range(d)))
    image = [absolute(2 * a - 1) for a in x]
    inside = z3.And(*(z3.And(v > 0, v < 1) for v in image))
    proved(inside == z3.And(*(z3.And(a > 0, a < 1, a != HALF.numerator / z3.RealVal(2)) for a in x)))
    cube = [z3.And(v > 0, v < 1) for v in y]
    for half in itertools.product((0, 1), repeat=d):
        within = [a * 2 < 1 if side == 0 else a * 2 > 1 for a, side in zip(x, half, strict=True)]
        there = [(1 - v) / 2 if side == 0 else (1 + v) / 2 for v, side in zip(y, half, strict=True)]
        same = z3.And(*(a == t for a, t in zip(x, there, strict=True)))
        reached = z3.And(*(v == w for v, w in zip(image, y, strict=True)))
        proved(same == reached, given=[*cube, *within])
        proved(z3.And(*(z3.And(t > 0, t < 1) for t in there)), given=cube)
    return True


one_layer = Statement(
    "thm-folding-layer",
    text="cce96659",
    cases=lambda: range(1, 5),
    conclusion=folds_as_stated,
    scope="one to four coordinates, all real numbers",
    kind="proved",
)


@pytest.mark.problem("depth-one-layer")
def test_one_layer_for_all_real_numbers():
    assert one_layer.verify().covered == 4


# --- composition, for all pairs of small piecewise linear functions of one number ------------------------------------


class Piecewise:
    """A piecewise linear function on [0, 1], by its straight pieces (left, right, low, high); it may jump between."""

    def __init__(self, pieces):
        self.pieces = list(pieces)

    @classmethod
    def through(cls, places, values):
        """The continuous one with these knots and values."""
        return cls(zip(places, places[1:], values, values[1:], strict=False))

    def __call__(self, x):
        left, right, low, high = next(piece for piece in self.pieces if x <= piece[1])
        return low + (x - left) / (right - left) * (high - low)

    def continuous(self):
        return all(one[3] == other[2] for one, other in itertools.pairwise(self.pieces))

    def after(self, inner):
        """The composition self(inner(x)), of a continuous self."""
        found = []
        for left, right, low, high in inner.pieces:
            places = {left, right}
            if low != high:
                shares = [(v - low) / (high - low) for v, *_ in self.pieces]
                places |= {left + share * (right - left) for share in shares if 0 < share < 1}
            ends = [(x, self(low + (x - left) / (right - left) * (high - low))) for x in sorted(places)]
            found += [(x, y, u, v) for (x, u), (y, v) in itertools.pairwise(ends)]
        return Piecewise(found)

    def linear_regions(self):
        """The largest intervals on which the function is affine, each with the values at its ends."""
        found = []
        for left, right, low, high in self.pieces:
            slope = (high - low) / (right - left)
            if found and found[-1][-1] == slope and found[-1][3] == low:
                found[-1] = (found[-1][0], right, found[-1][2], high, slope)
            else:
                found.append((left, right, low, high, slope))
        return found

    def identified(self):
        """The linear regions that are mapped one to one onto (0, 1)."""
        return [(left, right) for left, right, low, high, _ in self.linear_regions() if {low, high} == {0, 1}]


JUMP = (
    Piecewise.through([Q(0), Q(1, 4), Q(3, 4), Q(1)], [HALF, Q(1), Q(0), HALF]),
    Piecewise([(Q(0), HALF, Q(0), Q(1)), (HALF, Q(1), Q(0), Q(1))]),
)


def pairs():
    """All pairs of functions with knots in {0, 1/3, 2/3, 1} and values in {0, 1/2, 1}, and one with a jump."""
    places = [Q(0), THIRD, 2 * THIRD, Q(1)]
    functions = [Piecewise.through(places, values) for values in itertools.product((Q(0), HALF, Q(1)), repeat=4)]
    return itertools.chain(itertools.product(functions, repeat=2), [JUMP])


def fills(pair):
    """Whether the regions that g identifies fill the interval."""
    return sum(right - left for left, right in pair[1].identified()) == 1


def numbers(pair):
    f, g = pair
    return len(f.identified()), len(g.identified()), len(f.after(g).identified())


def at_least(pair):
    n_f, n_g, both = numbers(pair)
    return both >= n_f * n_g


def exactly(pair):
    n_f, n_g, both = numbers(pair)
    return both == n_f * n_g


composition = Statement(
    "thm-folding-composition",
    text="b0b122d9",
    cases=pairs,
    hypotheses={"fills": fills, "continuous": lambda pair: all(map(Piecewise.continuous, pair))},
    conclusion=exactly,
    scope="all pairs of functions with knots in thirds and values 0, 1/2 and 1, and one with a jump",
)


@pytest.mark.problem("depth-composition")
def test_composition_multiplies_where_g_fills_the_cube():
    report = composition.verify()
    assert report.covered > 80
    assert report.without["continuous"] is JUMP
    assert fills(JUMP)
    assert numbers(JUMP) == (1, 2, 3)  # the page's
    assert all(at_least(pair) for pair in pairs())
    f, g = (
        Piecewise.through([Q(0), HALF, Q(1)], [Q(1), Q(0), Q(1)]),
        Piecewise.through([Q(0), THIRD, 2 * THIRD, Q(1)], [Q(0), Q(1), HALF, Q(1)]),
    )
    assert numbers((f, g)) == (2, 1, 4)  # the page's counter-example without "fills"


# --- many layers -----------------------------------------------------------------------------------------------------


def fold(x):
    return tuple(abs(2 * v - 1) for v in x)


def grid_of_boxes(case):
    """L folds map each box of side 2^-L affinely onto the cube, its neighbours by other maps, and nothing else."""
    layers, d = case

    def f(x):
        for _ in range(layers):
            x = fold(x)
        return x

    side = Q(1, 2**layers)
    for place in itertools.product(range(2**layers), repeat=d):
        corners = {
            c: f(tuple((p + t) * side for p, t in zip(place, c, strict=True)))
            for c in itertools.product((0, 1), repeat=d)
        }
        if set(corners.values()) != set(itertools.product((0, 1), repeat=d)):
            return False
        here = [tuple((p + t) * side for p, t in zip(place, c, strict=True)) for c in corners]
        for _ in range(layers):  # affine on the box: in no layer does a coordinate pass one half inside
            if any(min(values) < HALF < max(values) for values in zip(*here, strict=True)):
                return False
            here = [fold(x) for x in here]
        for k in range(d):  # a quarter in and a quarter out have the same image: the map turns round at the border
            if place[k]:
                inner, outer = ([(p + HALF) * side for p in place] for _ in range(2))
                inner[k], outer[k] = (place[k] + Q(1, 4)) * side, (place[k] - Q(1, 4)) * side
                if f(tuple(inner)) != f(tuple(outer)):
                    return False
    return True


folding = Statement(
    "thm-folding",
    text="dda3e28b",
    cases=lambda: [(layers, d) for layers in range(1, 7) for d in range(1, 5) if layers * d <= 8],
    conclusion=grid_of_boxes,
    scope="all numbers L of layers and d of coordinates with L d up to 8, in fractions",
)


@pytest.mark.problem("depth-folding")
def test_layers_that_fold_multiply():
    assert folding.verify().covered == 14


# --- sentences beside the statements ---------------------------------------------------------------------------------


def test_the_two_places_coincide_for_zero_and_no_place_inside_is_mapped_to_one():
    """The exercises once asked for both places, and for all inside, whatever y is; their solutions fail there."""
    places = {y: {(1 - y) / 2, (1 + y) / 2} for y in (Q(0), HALF, Q(1))}
    assert [len(found) for found in places.values()] == [1, 2, 2]
    assert not [x for x in places[Q(1)] if 0 < x < 1]
