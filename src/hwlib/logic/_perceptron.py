"""The perceptron rule in whole numbers: what it learns, how many mistakes it makes, and where it goes in circles."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import whole, whole_numbers
from hwlib._core.arrays import whole_array
from hwlib._core.types import AnyArray, Integers
from hwlib.logic._count import classify_functions, numbered_function
from hwlib.logic._functions import corners
from hwlib.logic._separate import NotSeparable, Point, Separable, separate_points

MOST_VARIABLES_ALL = 4
_SMALL = 2**15  # points up to here, and
_LARGE = 2**40  # weights to begin with up to here: sums after a million corrections fit into 64 bits


@dataclass(frozen=True)
class PerceptronRun:
    """What the perceptron rule did, correction by correction, in whole numbers.

    Attributes:
        points: the points in the order in which they were shown, again and again.
        values: 1 where the neuron is to fire, 0 where not.
        history: weights and, as the last number, bias: at the start and after each correction.
        corrected: row of the point of each correction.
        returned: if the run came back to where it had been, the place in the history; otherwise None.
        learned: whether all points are right at the end.
    """

    points: tuple[Point, ...]
    values: tuple[int, ...]
    history: tuple[tuple[int, ...], ...]
    corrected: tuple[int, ...]
    returned: int | None
    learned: bool

    @property
    def mistakes(self) -> int:
        """How many corrections there were."""
        return len(self.corrected)

    @property
    def answer(self) -> Separable | NotSeparable | None:
        """The neuron; or the equal sums, which are the points corrected on the way round; None if it was cut short."""
        sides = [[p for p, v in zip(self.points, self.values, strict=True) if v == value] for value in (1, 0)]
        if self.learned:
            *weights, bias = self.history[-1]
            return Separable(tuple(weights), bias, tuple(sides[0]), tuple(sides[1]))
        if self.returned is None:
            return None
        rows = self.corrected[self.returned :]
        counted = [{row: rows.count(row) for row in sorted(set(rows)) if self.values[row] == v} for v in (1, 0)]
        true, false = counted
        return NotSeparable(
            tuple(self.points[row] for row in true), tuple(true.values()),
            tuple(self.points[row] for row in false), tuple(false.values()),
        )  # fmt: skip

    def __repr__(self) -> str:
        end = "learned" if self.learned else "cut short" if self.returned is None else "goes in circles"
        return f"PerceptronRun({self.mistakes} corrections, {end})"


def perceptron(
    points: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
    most_corrections: int = 100_000,
) -> PerceptronRun:
    """Show a neuron points in a fixed order, again and again, and correct it by the perceptron rule.

    Where the neuron (it fires where w.x + b >= 0) is silent and should fire, x is added to w and 1 to b; where it
    fires and should not, they are taken away. The run ends when all points are right, or when weights and place in
    the order are what they were before: from there on all repeats, and the points corrected in between have equal
    sums, so that no neuron is right on all points. One of the two comes sooner or later.

    Args:
        points: whole numbers ``(points, n)``, in the order in which they are shown.
        values: 0 or 1 for each point.
        start: weights and, as the last number, bias to begin with; by default all zero.
        most_corrections: after so many the run is cut short.

    Returns:
        The run, with the neuron or the certificate as its ``answer``.

    Raises:
        ValueError: if points or start are not whole numbers, or values are not 0 or 1, one a point.

    Source: F. Rosenblatt, Psychological Review 65, 1958; chapter *The perceptron learns what a neuron can do*.

    Example:
        >>> run = perceptron([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
        >>> run.mistakes, run.history[-1]
        (11, (2, 1, -3))
        >>> perceptron([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]).answer.verify()
        True
    """
    signed, least = _signed(points, values)
    limit = whole("most_corrections", most_corrections, least=0)
    weights = np.zeros_like(signed[0]) if start is None else whole_array("start", start)
    if weights.size and (weights.astype(object).max() > _LARGE or weights.min() < -_LARGE):
        signed = signed.astype(object)
    weights = weights.astype(signed.dtype)
    if weights.shape != signed[0].shape:
        raise ValueError(f"start={start!r}: accepted are {len(signed[0])} whole numbers, the last one the bias")
    given = np.where(least == 0, 1, -1)
    places = tuple(tuple(map(int, row[:-1])) for row in signed * given[:, None])
    history, corrected = [_plain(weights)], list[int]()
    seen: dict[tuple[tuple[int, ...], int], int] = {}
    returned, learned, row = None, False, -1
    while returned is None and len(corrected) < limit:
        wrong = np.flatnonzero(signed @ weights < least)
        if not len(wrong):
            learned = True
            break
        later = wrong[wrong > row]
        row = int(later[0] if len(later) else wrong[0])
        weights = weights + signed[row]
        history.append(_plain(weights))
        corrected.append(row)
        returned = seen.setdefault((history[-1], row), len(corrected))
        returned = None if returned == len(corrected) else returned
    learned = learned or not (signed @ weights < least).any()
    return PerceptronRun(places, tuple(map(int, least == 0)), tuple(history), tuple(corrected), returned, learned)


def mistake_bound(points: npt.ArrayLike, values: npt.ArrayLike) -> Fraction:
    """Novikoff's bound (R / gamma)^2 on the corrections of the perceptron rule from zero, exactly.

    R is the length of the longest (x, 1), and gamma the largest number for which some (w, b) of length one has
    w.x + b >= gamma at all true points and <= -gamma at all false ones: the distance from zero to the convex hull of
    the points (x, 1), with the false ones' signs turned.

    Args:
        points: whole numbers ``(points, n)``.
        values: 0 or 1 for each point.

    Returns:
        The bound; whatever the order, there are at most so many corrections.

    Raises:
        ValueError: if no neuron is right on all points, or for what :func:`perceptron` refuses.

    Source: A. Novikoff, On convergence proofs for perceptrons, 1962; chapter *The perceptron learns what a neuron
    can do*.

    Example:
        >>> mistake_bound([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
        Fraction(51, 1)
    """
    signed, _ = _signed(points, values)
    best = separate_points(signed, np.zeros_like(signed[:1]))
    if isinstance(best, NotSeparable):
        raise ValueError(
            f"values={np.asarray(values).tolist()}: accepted are values that some neuron has at the points"
        )
    least = min(sum(int(p) * w for p, w in zip(row, best.weights, strict=True)) for row in signed)
    longest = max(sum(int(p) ** 2 for p in row) for row in signed)
    return Fraction(longest * sum(w * w for w in best.weights), least**2)


def mistake_bounds(arity: int) -> dict[int, Fraction]:
    """Novikoff's bound for every Boolean function of up to four variables that a neuron computes.

    Functions that differ in the names of their variables or by a negation have one bound, which is computed once: a
    permutation of coordinates, or turning all signs, changes no length and no distance.

    Args:
        arity: number of variables, at most 4.

    Returns:
        Truth table, read as a binary number, to the bound of :func:`mistake_bound`, in the tables' order.

    Raises:
        ValueError: if there are more variables.

    Chapter: *The perceptron learns what a neuron can do*.

    Example:
        >>> mistake_bounds(1)
        {0: Fraction(2, 1), 1: Fraction(10, 1), 2: Fraction(10, 1), 3: Fraction(2, 1)}
    """
    n = _few("arity", arity)
    known: dict[tuple[int, ...], Fraction] = {}
    bounds: dict[int, Fraction] = {}
    for number in np.flatnonzero(classify_functions(n).separable).tolist():
        table = np.array(numbered_function(number, n).values).reshape((2,) * n)
        if (itself := tuple(table.ravel().tolist())) not in known:
            bound = mistake_bound(corners(n), itself)
            turned = (np.transpose(t, axes) for t in (table, 1 - table) for axes in itertools.permutations(range(n)))
            known |= {tuple(t.ravel().tolist()): bound for t in turned}
        bounds[number] = known[itself]
    return bounds


def most_mistakes(points: npt.ArrayLike, values: npt.ArrayLike) -> int:
    """The most corrections that the perceptron rule can make from zero, over all orders in which points may be shown.

    All weights that can come about after one correction, after two, and so on, until there are none: points may be
    repeated and left out at will.

    Args:
        points: whole numbers ``(points, n)``.
        values: 0 or 1 for each point.

    Returns:
        The number of corrections in the worst order.

    Raises:
        ValueError: if no neuron is right on all points, or for what :func:`perceptron` refuses.

    Chapter: *The perceptron learns what a neuron can do*.

    Example:
        >>> most_mistakes([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
        15
    """
    mistake_bound(points, values)  # otherwise there would be no end
    signed, least = _signed(points, values)
    met, count = np.zeros_like(signed[:1]), -1
    while len(met):
        count += 1
        at, row = np.nonzero(met @ signed.T < least)
        met = _distinct(met[at] + signed[row])
    return count


def _distinct(rows: AnyArray) -> AnyArray:
    """Each row once; rows of small numbers are told apart by one number each, which is quick."""
    if not len(rows):
        return rows
    spans = rows.max(axis=0) - rows.min(axis=0) + 1
    if math.prod(map(int, spans)) < 2**62:
        keys = np.ravel_multi_index(tuple((rows - rows.min(axis=0)).astype(np.int64).T), tuple(map(int, spans)))
        return rows[np.unique(keys, return_index=True)[1]]
    once = list(dict.fromkeys(map(tuple, rows)))
    return np.array(once, dtype=rows.dtype)


@dataclass(frozen=True)
class PerceptronCensus:
    """What the perceptron rule does with every function of a few variables.

    Attributes:
        arity: number of variables.
        learned: for each truth table, read as a binary number, whether its neuron was found.
        corrections: how many corrections until then; for the others, how many on the way round.
        farthest: the largest absolute value of a weight or bias on the way.
    """

    arity: int
    learned: npt.NDArray[np.bool_]
    corrections: Integers
    farthest: Integers

    def __repr__(self) -> str:
        return f"PerceptronCensus({self.learned.sum()} of {len(self.learned)} functions of {self.arity} bits learned)"


def perceptron_census(arity: int, *, order: npt.ArrayLike | None = None) -> PerceptronCensus:
    """Run the perceptron rule on every Boolean function of up to four variables, until it has learned or repeats.

    The same runs as those of :func:`perceptron`, side by side. That a run repeats is seen by comparing its weights, at
    the start of each pass, with those that it had at the last pass whose number is a power of two (Brent).

    Args:
        arity: number of variables, at most 4.
        order: the rows of the truth table in the order in which they are shown; by default as they stand.

    Returns:
        The ends of all runs.

    Raises:
        ValueError: if there are more variables, or the order does not have every row once.

    Chapter: *The perceptron learns what a neuron can do*.

    Example:
        >>> perceptron_census(2)
        PerceptronCensus(14 of 16 functions of 2 bits learned)
    """
    n = _few("arity", arity)
    rows = list(range(2**n)) if order is None else list(whole_numbers("order", order, least=0))  # type: ignore[arg-type]
    if sorted(rows) != list(range(2**n)):
        raise ValueError(f"order={order!r}: accepted are the rows 0 to {2**n - 1}, each once")
    size = 2**2**n
    touched = [[*np.flatnonzero(point).tolist(), n] for point in corners(n)]  # by a correction: weights, and the bias
    numbers = np.arange(size)
    learned, corrections, farthest = np.zeros(size, bool), np.zeros(size, np.int64), np.zeros(size, np.int64)
    weights = np.zeros((n + 1, size), dtype=np.int16)  # of the runs that go on, as all that follows
    far = np.zeros(size, np.int16)
    since = np.zeros(size, np.int64)
    kept, then = weights.copy(), since.copy()
    passes, power = 0, 1
    while len(numbers):
        before = since.copy()
        for row in rows:
            wanted = numbers >> (2**n - 1 - row) & 1
            error = (wanted - (sum(weights[k] for k in touched[row]) >= 0)).astype(np.int16)
            for k in touched[row]:
                weights[k] += error
                np.maximum(far, abs(weights[k]), out=far)
            since += error != 0
        passes += 1
        done = since == before
        back = (weights == kept).all(axis=0) & ~done
        learned[numbers[done]] = True
        corrections[numbers] = np.where(done, since, since - then)
        farthest[numbers] = far
        left = ~(done | back)
        numbers, weights, kept, far = numbers[left], weights[:, left], kept[:, left], far[left]
        since, then = since[left], then[left]
        if passes == power:
            kept, then, power = weights.copy(), since.copy(), 2 * power
    return PerceptronCensus(n, learned, corrections, farthest)


def _few(name: str, arity: int) -> int:
    n = whole(name, arity, least=0)
    if n > MOST_VARIABLES_ALL:
        raise ValueError(f"{name}={arity}: accepted are at most {MOST_VARIABLES_ALL}")
    return n


def _signed(points: npt.ArrayLike, values: npt.ArrayLike) -> tuple[AnyArray, Integers]:
    """Rows (x, 1), with the sign turned where the neuron is not to fire, and the least product with (w, b)."""
    places, wanted = whole_array("points", points), whole_array("values", values)
    if places.ndim != 2 or not len(places):
        raise ValueError(f"points is an array of shape {places.shape}: accepted are one or more rows of n numbers")
    if wanted.shape != places.shape[:1] or not np.isin(wanted, (0, 1)).all():
        raise ValueError(f"values={np.asarray(values).tolist()}: accepted are {len(places)} numbers, each 0 or 1")
    with_one = np.hstack([places, np.ones((len(places), 1), dtype=places.dtype)])
    if abs(with_one).max() > _SMALL:
        with_one = with_one.astype(object)
    return with_one * (2 * wanted - 1)[:, None], 1 - wanted


def _plain(weights: AnyArray) -> tuple[int, ...]:
    return tuple(map(int, weights))
