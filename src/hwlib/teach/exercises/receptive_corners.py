"""Exercises of the chapter *Seeing is not enough: the corner problem*."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hwlib.conv import conv_matrix
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


class _RefusedError(TypeError):
    """An operation that the exercise leaves out."""


class _Sum:
    """A number that only takes part in sums, products by constants, and max(…, 0)."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __add__(self, other: _Sum | float) -> _Sum:
        return _Sum(self.value + (other.value if isinstance(other, _Sum) else other))

    def __neg__(self) -> _Sum:
        return _Sum(-self.value)

    def __pos__(self) -> _Sum:
        return self

    def __sub__(self, other: _Sum | float) -> _Sum:
        return self + -1 * other

    def __rsub__(self, other: float) -> _Sum:
        return -self + other

    def __mul__(self, other: _Sum | float) -> _Sum:
        if isinstance(other, _Sum):
            raise _RefusedError("no factor of this product is a constant")
        return _Sum(self.value * other)

    def __truediv__(self, other: float) -> _Sum:
        return self * (1 / other)

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self) -> _Sum:
        raise _RefusedError("abs(x) is max(x, 0) + max(-x, 0)")

    def __eq__(self, other: object) -> bool:
        raise _RefusedError("it compares by == or !=")

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise _RefusedError("it asks whether a number is true")

    def __gt__(self, other: _Sum | float) -> bool:
        if isinstance(other, _Sum) or other != 0:
            raise _RefusedError("max(x, y) with another y than 0 is y + max(x - y, 0)")
        return self.value > 0

    def __lt__(self, other: _Sum | float) -> bool:
        return -self > (other if isinstance(other, _Sum) else -other)

    def __ge__(self, other: _Sum | float) -> bool:
        return not self < other

    def __le__(self, other: _Sum | float) -> bool:
        return not self > other


def _more_than_sums(answer: Any) -> str:
    """What else a function of two bits uses than sums, products by constants and max(…, 0); empty if nothing."""
    try:
        made = [answer(_Sum(a), _Sum(b)) for a, b in itertools.product((0, 1), repeat=2)]
        jumps = any(_jumps(answer, *ends) for ends in itertools.combinations(itertools.product((0, 1), repeat=2), 2))
    except _RefusedError as error:
        return str(error)
    except Exception as error:
        return f"on numbers that know nothing else it raises {type(error).__name__}: {error}"
    if not any(isinstance(value, _Sum) for value in made):
        return "its values are picked, not added up"
    return "between 0 and 1 its value jumps, as no sum of such terms does" if jumps else ""


def _jumps(answer: Any, start: tuple[int, ...], end: tuple[int, ...]) -> bool:
    """Whether the value jumps on the way from one input to another: halving the step leaves a change that stays."""

    def value(share: float) -> float:
        made = answer(*(_Sum(a + share * (b - a)) for a, b in zip(start, end, strict=True)))
        return float(made.value if isinstance(made, _Sum) else made)

    for part in range(8):
        low, high = part / 8, (part + 1) / 8
        for _ in range(30):
            middle = (low + high) / 2
            first, second = abs(value(middle) - value(low)), abs(value(high) - value(middle))
            low, high = (low, middle) if first > second else (middle, high)
        if abs(value(high) - value(low)) > 1e-3:
            return True
    return False


@exercise("receptive-corners-agree")
def _agree(answer: Any) -> Verdict:
    """1 if the numbers a and b, each 0 or 1, agree, else 0, by sums, products by constants and max(…, 0) only."""
    verdict = _agree_in_all_cases(answer)
    if verdict and (other := _more_than_sums(answer)):
        asked = "with more than sums, products by constants and max(…, 0)"
        return Verdict("wrong", f"All four cases are right, but {asked}: {other}.")
    return verdict


def _agree_in_all_cases(answer: Any) -> Verdict:
    return compare_function(
        answer,
        lambda a, b: int(a == b),
        [{"a": a, "b": b} for a in (0, 1) for b in (0, 1)],
        mistakes={
            "That is 1 where they differ: it has to be 0 there.": lambda a, b: a ^ b,
            "That is 1 only if both are 1; two zeros agree as well.": lambda a, b: a & b,
            "Without the kink at s = 1 the value goes on falling: two ones agree as well.": lambda a, b: 1 - a - b,
            "The kink at s = 1 has to turn the slope from -1 to 1, so its weight is 2.": (
                lambda a, b: 1 - a - b + max(a + b - 1, 0)
            ),
        },
    )


@exercise("receptive-corners-depth")
def _depth(answer: Any) -> Verdict:
    """Whether a corner sees the opposite one, with some layers of kernel k and padding (k - 1) / 2."""

    def reference(n: int, k: int, layers: int) -> bool:
        sees = np.zeros(n, bool)
        sees[0] = True
        matrix = conv_matrix(np.ones(k, int), (n,), padding=k // 2)
        for _ in range(layers):
            sees = matrix.T @ sees > 0
        return bool(sees[-1])

    return compare_function(
        answer,
        reference,
        [
            {"n": n, "k": k, "layers": layers}
            for n, k, layers in itertools.product((2, 5, 6, 9), (3, 5), (1, 2, 3, 4, 5, 8))
        ],
        mistakes={
            "A corner is at the middle of its field: only half of the field lies inside the image.": (
                lambda n, k, layers: 1 + layers * (k - 1) >= n
            ),
            "From corner to corner are n - 1 steps, not n.": lambda n, k, layers: layers * (k // 2) >= n,
            "A larger kernel takes larger steps.": lambda n, k, layers: layers >= n - 1,
            "A kernel of k reaches (k - 1) / 2 to one side, not k.": lambda n, k, layers: layers * k >= n - 1,
        },
    )


@exercise("receptive-corners-ways")
def _ways(answer: Any) -> Verdict:
    """Number of ways through 3x3 layers from a pixel dy rows below and dx columns to the right, no border in reach."""

    def line(layers: int, step: int) -> int:
        counts = np.ones(1, int)
        for _ in range(layers):
            counts = np.convolve(counts, [1, 1, 1])
        return int(counts[layers + step]) if abs(step) <= layers else 0

    def reference(layers: int, dy: int, dx: int) -> int:
        return line(layers, dy) * line(layers, dx)

    return compare_function(
        answer,
        reference,
        [
            {"layers": layers, "dy": dy, "dx": dx}
            for layers, dy, dx in [
                (1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 2, 0), (2, 1, -1), (3, 0, 1), (4, 4, 4), (4, 0, 0), (3, 4, 0),
                (3, -4, 0), (1, 0, -2),
            ]
        ],
        mistakes={
            "Rows and columns are chosen independently: multiply the two counts.": (
                lambda layers, dy, dx: line(layers, dy) + line(layers, dx)
            ),
            "That counts the paths along a line: do the same for the columns, and multiply.": (
                lambda layers, dy, dx: line(layers, dy)
            ),
            "That counts all paths from the output, wherever they end.": lambda layers, dy, dx: 9**layers,
            "That only says whether there is a path.": lambda layers, dy, dx: int(max(abs(dy), abs(dx)) <= layers),
        },
    )  # fmt: skip


@exercise("receptive-corners-affine")
def _affine(answer: Any) -> Verdict:
    """How many of the four cases of two bits an affine map with a threshold gets right at best."""

    def reference(f00: int, f01: int, f10: int, f11: int) -> int:
        wanted = np.array([f00, f01, f10, f11])
        corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        found = [corners @ [u, v] + b >= 0 for u in (-2, -1, 1, 2) for v in (-2, -1, 1, 2) for b in range(-5, 6)]
        return int(max((white == wanted).sum() for white in found))

    return compare_function(
        answer,
        reference,
        [dict(zip(("f00", "f01", "f10", "f11"), case, strict=True)) for case in itertools.product((0, 1), repeat=4)],
        mistakes={
            "Most functions of two bits an affine map computes: only two of them defeat it.": lambda *f: 3,
            "Not all: think of the two in which the bits are compared.": lambda *f: 4,
            "A constant does that well, but a slope does better.": lambda *f: max(sum(f), 4 - sum(f)),
            "Agreeing bits are as hard as differing ones.": lambda *f: 3 if f == (0, 1, 1, 0) else 4,
        },
    )


QUIZ = Quiz(
    Question(
        "The receptive field of a unit holds all it needs. Can the network compute the answer?",
        [
            Choice("Yes, with the right weights.", "Without a nonlinearity, no weights tell whether two pixels agree."),
            Choice("Only if it can also compute it from them.", "Seeing is necessary, not sufficient.", right=True),
            Choice("Yes, if it is deep enough.", "Without a nonlinearity, many layers make one affine map."),
        ],
    ),
    Question(
        "A residual connection is added to convolutions without ReLU. What can they compute then?",
        [
            Choice(
                "Affine maps, as before.",
                "Sums of affine maps are affine, and no affine map tells whether two pixels agree.",
                right=True,
            ),
            Choice("More: it adds the missing nonlinearity.", "Addition is as linear as it gets."),
            Choice("More: it makes the field wider.", "It adds a path that reads less, not more."),
        ],
    ),
    Question(
        "How can a network with shared weights know that a pixel is a corner?",
        [
            Choice("It cannot: convolutions treat all places alike.", "Inside the image, yes. But padding is seen."),
            Choice(
                "By the number of zeros that the padding puts around it.",
                "In 3x3 windows, corners have the most.",
                right=True,
            ),
            Choice("By a weight for each place.", "A convolution has none: the same weights serve all places."),
        ],
    ),
)
