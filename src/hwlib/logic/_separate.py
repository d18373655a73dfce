"""One threshold neuron: its weights, or a certificate that there are none."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import whole_array
from hwlib._core.exact import as_exact, plain
from hwlib._core.polygon import clip
from hwlib._core.text import affine_text
from hwlib._core.types import AnyArray, Integers, Number
from hwlib.logic._functions import BooleanFunction, Coding, FunctionLike, boolean_function, corners

Point = tuple[int, ...]
Exact = AnyArray  # of Python's whole numbers
Answer = TypeVar("Answer", "Separable", "NotSeparable")
Choice = Literal["any", "margin", "smallest"]

MOST_VARIABLES_SMALLEST = 7
_MOST_PAIR_SUMS = 3**10
_ROUNDS = 300


@dataclass(frozen=True)
class Separable:
    """A neuron that fires (w.x + b >= 0) on every true point and on no false one, in integers.

    Attributes:
        weights: the n weights.
        bias: b.
        true_points: where the neuron must fire.
        false_points: where it must not.
    """

    weights: tuple[int, ...]
    bias: int
    true_points: tuple[Point, ...]
    false_points: tuple[Point, ...]

    def verify(self) -> bool:
        """Whether every point is on its side, in exact arithmetic."""
        return all(self.activation(x) >= 0 for x in self.true_points) and all(
            self.activation(x) < 0 for x in self.false_points
        )

    def activation(self, point: Sequence[int]) -> int:
        """w.x + b at one point.

        Args:
            point: n whole numbers.

        Returns:
            The sum.

        Raises:
            ValueError: if there are not n whole numbers.

        Example:
            >>> separate("x1 & x2").activation((1, 1))
            0
        """
        try:
            return sum(w * operator.index(x) for w, x in zip(self.weights, point, strict=True)) + self.bias
        except (TypeError, ValueError, RuntimeError):  # RuntimeError: a tensor without values
            raise ValueError(f"point={point!r}: accepted are {len(self.weights)} whole numbers") from None

    @property
    def squared_margin(self) -> Fraction | None:
        """Square of half the width of the empty strip across w, exactly; None if one side has no points."""
        if not self.true_points or not self.false_points:
            return None
        gap = min(map(self.activation, self.true_points)) - max(map(self.activation, self.false_points))
        return Fraction(gap**2, 4 * sum(w * w for w in self.weights))

    @property
    def margin(self) -> float:
        """Distance from the middle of the strip to the nearest point, as a float; infinite if one side is empty."""
        squared = self.squared_margin
        return math.inf if squared is None else math.sqrt(squared)

    def __repr__(self) -> str:
        return f"Separable(weights={self.weights}, bias={self.bias})"

    def __str__(self) -> str:
        names = [*(f"x{k + 1}" for k in range(len(self.weights))), ""]
        lines = [f"fires where {affine_text([*self.weights, self.bias], names)} >= 0"]
        for points, value, relation in [(self.true_points, 1, ">= 0"), (self.false_points, 0, "< 0")]:
            lines += [f"f{_show(x)} = {value}: {self.activation(x)} {relation}" for x in points]
        return "\n".join(lines)


@dataclass(frozen=True)
class NotSeparable:
    """A certificate that no threshold neuron computes a function: true and false points with equal sums.

    Let the points be repeated as often as their counts say. There are as many true ones as false ones, and both
    have the same sum. So w.x + b, added over either, is the same number; over the true points it would have to be at
    least 0, over the false ones less.

    Attributes:
        true_points: points where the neuron must fire.
        true_counts: how often each is taken, at least once.
        false_points: points where it must not.
        false_counts: how often each is taken.
    """

    true_points: tuple[Point, ...]
    true_counts: tuple[int, ...]
    false_points: tuple[Point, ...]
    false_counts: tuple[int, ...]

    def verify(self) -> bool:
        """Whether both sides are equally many points with equal sums, in exact arithmetic."""
        counts = self.true_counts + self.false_counts
        return (
            all(count > 0 for count in counts)
            and sum(self.true_counts) == sum(self.false_counts) > 0
            and self._sum(self.true_points, self.true_counts) == self._sum(self.false_points, self.false_counts)
        )

    @staticmethod
    def _sum(points: Sequence[Point], counts: Sequence[int]) -> list[int]:
        return [sum(m * x for m, x in zip(counts, column, strict=True)) for column in zip(*points, strict=True)]

    def __str__(self) -> str:
        def side(points: Sequence[Point], counts: Sequence[int]) -> str:
            return " + ".join(("" if m == 1 else f"{m} ") + _show(x) for x, m in zip(points, counts, strict=True))

        total, size = self._sum(self.true_points, self.true_counts), sum(self.true_counts)
        same = affine_text([*total, size], [*(f"w{k + 1}" for k in range(len(total))), "b"])
        return "\n".join(
            [
                f"f = 1 at {', '.join(map(_show, self.true_points))}; "
                f"f = 0 at {', '.join(map(_show, self.false_points))}",
                f"{side(self.true_points, self.true_counts)} = {side(self.false_points, self.false_counts)}"
                f" = {_show(total)}",
                f"Add w.x + b over the left side: {same} >= 0, for the neuron fires at each of its points.",
                f"Add it over the right side: {same} < 0, for it fires at none of them.",
                "Both cannot be, so there are no such w and b.",
            ]
        )


def separate(function: FunctionLike, *, coding: Coding = (0, 1), choose: Choice = "any") -> Separable | NotSeparable:
    """Decide whether one threshold neuron computes a Boolean function, with a proof either way.

    A pair of true points and a pair of false points with the same sum refutes; otherwise weights are sought, by a few
    rounds of the perceptron rule and then by :func:`separate_points`, which always decides. The answer is checked in
    integers before it is returned.

    Args:
        function: the function, or what :func:`boolean_function` makes one from.
        coding: the integers that stand for false and true in the neuron's inputs.
        choose: which weights: ``"any"``, the fastest; ``"margin"``, those with the widest empty strip;
            ``"smallest"``, integers with the least sum of absolute values.

    Returns:
        The neuron, or the certificate that there is none.

    Raises:
        ValueError: if the choice is unknown, or ``"smallest"`` is asked for more than 7 variables.

    Source: problems ``logic-and-or`` and ``logic-xor-impossible``; chapter *One neuron cuts space in two*.

    Example:
        >>> print(separate("x1 & x2"))
        fires where x1 + x2 - 2 >= 0
        f(1, 1) = 1: 0 >= 0
        f(0, 0) = 0: -2 < 0
        f(0, 1) = 0: -1 < 0
        f(1, 0) = 0: -1 < 0
        >>> print(separate("x1 ^ x2"))
        f = 1 at (0, 1), (1, 0); f = 0 at (0, 0), (1, 1)
        (0, 1) + (1, 0) = (0, 0) + (1, 1) = (1, 1)
        Add w.x + b over the left side: w1 + w2 + 2b >= 0, for the neuron fires at each of its points.
        Add it over the right side: w1 + w2 + 2b < 0, for it fires at none of them.
        Both cannot be, so there are no such w and b.
    """
    if not isinstance(choose, str) or choose not in ("any", "margin", "smallest"):
        raise ValueError(f"choose={choose!r}: accepted are 'any', 'margin' and 'smallest'")
    function = boolean_function(function)
    true, false = (function.points(value, coding=coding) for value in (1, 0))
    if (refuted := _two_point_certificate(function, coding)) is not None:
        return refuted
    if choose == "margin":
        return separate_points(true, false)
    guess = _perceptron(true, false)
    if choose == "smallest" and (guess is not None or isinstance(separate_points(true, false), Separable)):
        return _smallest(function, coding)
    return guess or separate_points(true, false)


def separate_points(true_points: npt.ArrayLike, false_points: npt.ArrayLike) -> Separable | NotSeparable:
    """Separate two finite sets of integer points with the widest margin, or prove that no hyperplane can.

    Wolfe's algorithm finds the shortest vector between the two convex hulls, in rational arithmetic: if it is not
    zero it is normal to the widest strip, and if it is zero its two end points are one point in both hulls, whose
    multiplicities are the certificate. No rounding is involved, so neither answer can be wrong.

    Args:
        true_points: integers ``(points, n)``.
        false_points: integers ``(points, n)``.

    Returns:
        The neuron with the widest margin, or the certificate.

    Raises:
        ValueError: if the points are not integers, or not of the same dimension.

    Source: P. Wolfe, Finding the nearest point in a polytope, Mathematical Programming 11, 1976.

    Example:
        >>> neuron = separate_points([[2, 0], [0, 2]], [[0, 0]])
        >>> neuron.weights, neuron.bias, neuron.squared_margin
        ((1, 1), -1, Fraction(1, 2))
    """
    true, false = _integer_points("true_points", true_points), _integer_points("false_points", false_points)
    if true.shape[1:] != false.shape[1:] and len(true) and len(false):
        raise ValueError(f"points of {true.shape[1]} and of {false.shape[1]} coordinates: accepted are equally many")
    if not len(true) or not len(false):
        bias = 0 if len(true) else -1
        return Separable((0,) * max(true.shape[1], false.shape[1]), bias, _tuples(true), _tuples(false))
    corral, shares = _nearest_points(true, false)
    scale = math.lcm(*(share.denominator for share in shares))
    counts = [int(share * scale) for share in shares]
    weights = sum(m * (true[i] - false[j]).astype(object) for m, (i, j) in zip(counts, corral, strict=True))
    if not np.any(weights):
        sides = [_collected(points, [pair[k] for pair in corral], counts) for k, points in enumerate((true, false))]
        return _checked(NotSeparable(*sides[0], *sides[1]))
    weights //= math.gcd(*weights)
    top, bottom = min(true.astype(object) @ weights), max(false.astype(object) @ weights)
    if (top + bottom) % 2:  # the middle of the strip, so that both sides are equally far
        weights, top, bottom = 2 * weights, 2 * top, 2 * bottom
    bias = -(top + bottom) // 2
    return _checked(Separable(tuple(map(int, weights)), int(bias), _tuples(true), _tuples(false)))


def weight_polygon(
    function: FunctionLike, bias: Number, *, box: Sequence[tuple[Number, Number]], coding: Coding = (0, 1)
) -> list[tuple[Fraction, Fraction]]:
    """All weights (w1, w2) with which a neuron of a given bias computes a function of two variables.

    Each point x of the truth table allows half a plane: w.x + b >= 0 if it is true, w.x + b < 0 if it is false. The
    box of all weights is cut by the four of them, in exact arithmetic.

    Args:
        function: a function of two variables, or what :func:`boolean_function` makes one from.
        bias: b, a real number, taken at its exact value.
        box: least and largest value of either weight, two pairs.
        coding: the integers that stand for false and true.

    Returns:
        The corners of the polygon in order, its border included; none if no weights will do. Edges that come from
        false points do not belong to the set.

    Raises:
        ValueError: if the function does not have two variables, the bias is no number, or the box is none.

    Source: problem ``logic-and-or``; chapter *One neuron cuts space in two*.

    Example:
        >>> [(int(p), int(q)) for p, q in weight_polygon("x1 & x2", -2, box=[(-9, 9), (-9, 9)])]
        [(2, 2), (0, 2), (2, 0)]
    """
    function = boolean_function(function)
    if function.arity != 2:
        raise ValueError(f"a function of {function.arity} variables: accepted are functions of two")
    b, ends = plain(as_exact("bias", bias)), as_exact("box", box)
    if not isinstance(b, Fraction):
        raise ValueError(f"bias={bias!r}: accepted is one number")
    if ends.shape != (2, 2) or (ends[:, 0] >= ends[:, 1]).any():
        raise ValueError(f"box={box!r}: accepted are two pairs (low, high), low < high")
    (left, right), (low, high) = ends.tolist()
    polygon = [(right, low), (right, high), (left, high), (left, low)]
    strict = False
    for value in (1, 0):
        sign = 2 * value - 1
        for x, y in function.points(value, coding=coding).tolist():
            heights = [sign * (p * x + q * y + b) for p, q in polygon]
            strict |= bool(polygon) and not value and max(heights) <= 0
            polygon = clip(polygon, heights)
    return [] if strict else polygon


def _integer_points(name: str, points: npt.ArrayLike) -> Integers:
    array = whole_array(name, points)
    if array.size == 0:
        return np.zeros((0, array.shape[-1] if array.ndim == 2 else 0), dtype=np.int64)
    if array.ndim != 2:
        raise ValueError(f"{name} is an array of shape {array.shape}: accepted are a row for each point")
    return array


def _nearest_points(true: Integers, false: Integers) -> tuple[list[tuple[int, int]], list[Fraction]]:
    """Pairs (true, false) and their shares in the shortest difference of the two hulls; Wolfe's names are kept."""
    above, below = true.astype(object), false.astype(object)  # whole numbers of any size

    def difference(pair: tuple[int, int]) -> Exact:
        between: Exact = above[pair[0]] - below[pair[1]]
        return between

    corral, shares = [(0, 0)], [Fraction(1)]
    while True:
        scale = math.lcm(*(share.denominator for share in shares))
        counts = [int(share * scale) for share in shares]
        shortest = np.sum([m * difference(pair) for m, pair in zip(counts, corral, strict=True)], axis=0)  # times scale
        pair = (int(np.argmin(above @ shortest)), int(np.argmax(below @ shortest)))
        if scale * (difference(pair) @ shortest) >= shortest @ shortest:
            return corral, shares
        corral.append(pair)
        shares.append(Fraction(0))
        while True:
            affine = _affine_minimiser([difference(pair) for pair in corral])
            if min(affine) > 0:
                shares = affine
                break
            # Walk towards it until a share is used up, and leave that point behind.
            step = min(s / (s - a) for s, a in zip(shares, affine, strict=True) if a <= 0)
            shares = [s + step * (a - s) for s, a in zip(shares, affine, strict=True)]
            kept = [(pair, share) for pair, share in zip(corral, shares, strict=True) if share > 0]
            corral, shares = [pair for pair, _ in kept], [share for _, share in kept]


def _affine_minimiser(points: list[Exact]) -> list[Fraction]:
    """Shares, of sum 1 and any sign, of the shortest vector in the affine hull of independent points."""
    from sympy import QQ, ZZ
    from sympy.polys.matrices import DomainMatrix

    size = len(points) + 1
    gram = np.ones((size, size), dtype=object)
    gram[0, 0] = 0
    gram[1:, 1:] = np.array(points, dtype=object) @ np.array(points, dtype=object).T
    right = [[ZZ(int(row == 0))] for row in range(size)]
    system = DomainMatrix([[ZZ(int(entry)) for entry in row] for row in gram], (size, size), ZZ).convert_to(QQ)
    solution = system.lu_solve(DomainMatrix(right, (size, 1), ZZ).convert_to(QQ)).to_list_flat()
    return [Fraction(int(entry.numerator), int(entry.denominator)) for entry in solution[1:]]


def _collected(points: Integers, rows: list[int], counts: list[int]) -> tuple[tuple[Point, ...], tuple[int, ...]]:
    """Points that occur in several pairs, once each, with their counts added."""
    total: dict[int, int] = {}
    for row, count in zip(rows, counts, strict=True):
        total[row] = total.get(row, 0) + count
    return _tuples(points[list(total)]), tuple(total.values())


def _two_point_certificate(function: BooleanFunction, coding: Coding) -> NotSeparable | None:
    """Points x + y = u + v with x, y true and u, v false, if there are any and not too many sums to try."""
    if 3**function.arity > _MOST_PAIR_SUMS:
        return None
    ternary = corners(function.arity) @ 3 ** np.arange(function.arity)  # sums of two never carry
    truth = np.array(function.values) == 1
    true, false = ternary[truth], ternary[~truth]
    first_of = np.full(3**function.arity, -1)
    first_of[(true[:, None] + true).ravel()] = np.repeat(np.arange(len(true)), len(true))
    met = first_of[false[:, None] + false]  # (u, v) -> x
    if not (hits := np.argwhere(met >= 0)).size:
        return None
    u, v = hits[0]
    x = met[u, v]
    y = np.flatnonzero(true == false[u] + false[v] - true[x])[0]
    pairs = [function.points(1, coding=coding)[sorted([x, y])], function.points(0, coding=coding)[sorted([u, v])]]
    return _checked(NotSeparable(_tuples(pairs[0]), (1, 1), _tuples(pairs[1]), (1, 1)))


def _perceptron(true: Integers, false: Integers) -> Separable | None:
    """Weights by the perceptron rule, summed over all points that are wrong; None if they are not found soon."""
    signed = np.hstack([np.vstack([true, -false]), np.repeat([1, -1], [len(true), len(false)])[:, None]])  # (p, n + 1)
    least = np.repeat([0, 1], [len(true), len(false)])
    weights = signed.sum(axis=0)
    for _ in range(_ROUNDS):
        wrong = signed @ weights < least
        if not wrong.any():
            divisor = math.gcd(*map(int, weights)) or 1
            w = [int(weight) // divisor for weight in weights]
            return _checked(Separable(tuple(w[:-1]), w[-1], _tuples(true), _tuples(false)))
        weights = weights + wrong @ signed
    return None


def _smallest(function: BooleanFunction, coding: Coding) -> Separable:
    """Integer weights of least sum of absolute values, by trying all, for a function that has some weights.

    A variable's weight has the sign of its Chow parameter, and weights are ordered as those parameters are: a
    larger parameter needs a larger weight, equal ones can be exchanged. So only sorted weights are tried, of sum 0,
    1, 2, and so on.
    """
    if function.arity > MOST_VARIABLES_SMALLEST:
        raise ValueError(
            f"choose='smallest' with {function.arity} variables: accepted are at most {MOST_VARIABLES_SMALLEST}"
        )
    true, false = (function.points(value, coding=coding) for value in (1, 0))
    chow = function.points(1, coding=(-1, 1)).sum(axis=0)
    order = np.argsort(-abs(chow), kind="stable")
    signs = np.sign(chow)[order]
    steps = [int(a > b) for a, b in itertools.pairwise([*abs(chow)[order], 0])]  # at least so much more than the next
    for total in itertools.count():
        for sizes in _sorted_weights(total, tuple(steps)):
            weights = np.zeros(function.arity, dtype=np.int64)
            weights[order] = signs * sizes
            top = min(true @ weights, default=math.inf)
            bottom = max(false @ weights, default=-math.inf)
            if top > bottom:
                bias = -int(top) if len(true) else -int(bottom) - 1
                return _checked(Separable(tuple(map(int, weights)), bias, _tuples(true), _tuples(false)))
    raise AssertionError("unreachable: the sums have no end")


def _sorted_weights(total: int, steps: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Non-negative integers of a sum, each at least its step larger than the next, and zero after the last."""
    if not steps:
        if total == 0:
            yield ()
        return
    # In steps: raising the first k weights together by one costs k.
    least = sum(step * (k + 1) for k, step in enumerate(steps))

    def spread(left: int, k: int) -> Iterator[list[int]]:
        if k == 1:
            yield [left]
            return
        for raised in range(left // k + 1):
            for rest in spread(left - raised * k, k - 1):
                yield [*rest, raised]

    if total >= least:
        for raised in spread(total - least, len(steps)):
            heights = [step + more for step, more in zip(steps, raised, strict=True)]
            yield tuple(itertools.accumulate(reversed(heights)))[::-1]


def _checked(answer: Answer) -> Answer:
    if not answer.verify():
        raise ArithmeticError(f"this answer failed its own check and would be wrong: {answer!r}")
    return answer


def _tuples(points: AnyArray) -> tuple[Point, ...]:
    return tuple(tuple(row) for row in points.tolist())


def _show(point: Sequence[int]) -> str:
    return f"({', '.join(map(str, point))})"
