"""Exercises of the chapter *A ReLU network is a list of straight pieces*."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import Network
from hwlib.pieces import PiecewiseLinear, pieces_of
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import exact_network
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("pwl-pieces-knots")
def _knots(answer: Any) -> Verdict:
    """Where the units of a first layer switch, in increasing order, each place once."""

    def reference(w1: AnyArray, b1: AnyArray) -> list[float]:
        units = [(w, b) for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w]
        hinge = [pieces_of(Network.from_arrays([([[w]], [b]), ([[1]], [0])])).knots.item() for w, b in units]
        return sorted(set(hinge))

    cases = [
        {"w1": np.array(w1, float), "b1": np.array(b1, float)}
        for w1, b1 in [
            ([1], [2]),
            ([2], [1]),
            ([1, 1], [5, 3]),
            ([1, -1], [-2, 1]),
            ([2, 0], [4, 1]),
            ([1, 2, 4], [1, 2, 3]),
            ([0, 0], [1, 2]),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The sign is wrong: w x + b = 0 at x = -b / w.": lambda w1, b1: sorted(
                {b / w for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w}
            ),
            "Divided the wrong way round: w x + b = 0 at x = -b / w.": lambda w1, b1: sorted(
                {-w / b for w, b in zip(w1.tolist(), b1.tolist(), strict=True)}
            ),
            "Two units may switch at one place: list it once.": lambda w1, b1: sorted(
                -b / w for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w
            ),
            "The places should be in increasing order.": lambda w1, b1: list(
                dict.fromkeys(-b / w for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w)
            ),
        },
    )


def _shape_of(slopes: list[int]) -> str:
    """By a function that has these slopes."""
    knots, intercepts = np.arange(1, len(slopes)), [0]
    for knot, (a, b) in enumerate(itertools.pairwise(slopes), start=1):
        intercepts.append(intercepts[-1] + (a - b) * knot)
    return PiecewiseLinear(knots, np.array(slopes), np.array(intercepts)).shape


def _word(numbers: list[int], *, strict: bool = False) -> str:
    """The word for steps of a slope: affine if none, convex if none is down, concave if none is up."""
    if not any(numbers):
        return "affine"
    least = 1 if strict else 0
    return "convex" if min(numbers) >= least else "concave" if max(numbers) <= -least else "neither"


@exercise("pwl-pieces-shape")
def _shape(answer: Any) -> Verdict:
    """Convex, concave, affine or neither, from the slopes of the pieces."""
    cases = [
        {"slopes": slopes}
        for slopes in [
            [3], [0, 1], [1, 0], [2, 2], [-1, 1], [-3, -1], [1, -1, 1], [-2, 0, 0, 5], [3, 1, 1, -1], [4, 4, 4],
            [1, 2, 1], [0, 1, 0, 1], [0, 0, 1], [2, 0, 1], [3, 1, 2, 0],
        ]
    ]  # fmt: skip

    def swapped(slopes: list[int]) -> str:
        return {"convex": "concave", "concave": "convex"}.get(_shape_of(slopes), _shape_of(slopes))

    return compare_function(
        answer,
        _shape_of,
        cases,
        mistakes={
            "That is whether the function rises. Convex means that its slopes rise.": (
                lambda slopes: "affine" if len(set(slopes)) == 1 else _word(slopes)
            ),
            "The two words are swapped: |x| is convex, and its slopes are -1 and 1.": swapped,
            "Equal slopes side by side are allowed: only one step in the wrong direction forbids it.": (
                lambda slopes: _word([b - a for a, b in itertools.pairwise(slopes)], strict=True)
            ),
            "First and last slope are not enough: look at every step between them.": (
                lambda slopes: _word([slopes[-1] - slopes[0]])
            ),
        },
    )


@exercise("pwl-pieces-error")
def _error(answer: Any) -> Verdict:
    """The first false sentence, with a network that has a switch at zero and no kink there."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, layers = answer
        sentence = sentence.strip().upper()
        network = exact_network(layers)
        function = pieces_of(network)
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", "Give (sentence, layers) with layers such as [([[1], [-1]], [0, 0]), ([[1, 1]], [0])].")
    if sentence != "C":
        reasons = {
            "A": "A is true: between the places where units switch each ReLU is a multiplication by one or zero.",
            "B": "B is true: that is what it means to switch.",
            "D": "D is false, but it follows from the sentences before it.",
        }
        return Verdict("wrong", f"{sentence!r} is not the first false sentence.", reasons.get(sentence, ""))
    if 0 not in function.knots.tolist():
        return Verdict("wrong", "No unit of this network switches at zero.", "A bias of zero does it.")
    if 0 in function.kinks.tolist():
        message = f"A unit switches at zero, and there is a kink: the slopes are {_shown(function.slopes)}."
        return Verdict("wrong", message, "Let two units switch there, and the change of one undo that of the other.")
    return Verdict(
        "right", f"Units switch at zero, and the function is straight there: slopes {_shown(function.slopes)}."
    )


def _shown(slopes: AnyArray) -> str:
    return ", ".join(map(str, slopes.tolist()))


@exercise("pwl-pieces-convex")
def _convex(answer: Any) -> Verdict:
    """A convex network of one hidden layer with a negative output weight of a unit that is not constant."""
    if is_open(answer):
        return UNANSWERED
    try:
        network = exact_network(answer)
        if len(network.layers) != 2:
            raise ValueError
        function = pieces_of(network)
        inner, outer = (np.asarray(layer.weight) for layer in (network.layers[0], network.layers[-1]))
    except (TypeError, ValueError):
        return Verdict("wrong", "Give two layers, such as [([[1], [-1]], [0, 0]), ([[1, 1]], [0])].")
    bending = [v for v, w in zip(outer.ravel().tolist(), inner.ravel().tolist(), strict=True) if w]
    if not any(v < 0 for v in outer.ravel().tolist()):
        return Verdict("wrong", "No output weight is negative.", "Then it is convex anyway, as you have proved.")
    if not any(v < 0 for v in bending):
        return Verdict("wrong", "Only units that are constant have a negative output weight.", "Let a unit bend.")
    if function.shape not in ("convex", "affine"):
        message = f"It is not convex: the slopes are {_shown(function.slopes)}."
        return Verdict("wrong", message, "A kink that turns down has to be undone by one at the same place.")
    return Verdict("right", f"It is {function.shape}, with slopes {_shown(function.slopes)}.")


@exercise("pwl-pieces-seven")
def _seven(answer: Any) -> Verdict:
    """Two hidden layers of two units with seven linear pieces."""
    if is_open(answer):
        return UNANSWERED
    try:
        network = exact_network(answer)
        widths = [len(layer.weight) for layer in network.layers]
        function = pieces_of(network)
    except (TypeError, ValueError):
        return Verdict("wrong", "Give three layers (weight, bias), with shapes (2, 1), (2, 2) and (1, 2).")
    if widths != [2, 2, 1]:
        return Verdict(
            "wrong", f"The layers have {widths} rows: accepted are two hidden layers of two units, one output."
        )
    count = len(function.linear())
    if count >= 7:
        return Verdict("right", f"{count} pieces, with kinks at {_shown(function.kinks)}.")
    message = f"{count} linear pieces, with kinks at {_shown(function.kinks)}: accepted are at least 7."
    first = network.layers[0]
    bends = {-b / w for w, b in zip(first.weight.ravel(), first.bias.ravel(), strict=True) if w}
    mistakes = {
        "The first layer bends at fewer than two places: give its units different ones.": len(bends) < 2,
        "Some knots are no kinks: there changes cancel, or nothing behind is on.": len(function) > count,
        "Let the inputs of both units of the second layer cross zero twice, at four different places.": True,
    }
    return Verdict("wrong", message, next(text for text, made in mistakes.items() if made))


QUIZ = Quiz(
    Question(
        "A network with ReLUs is straight near a point. What can end the piece?",
        [
            Choice(
                "Some unit's input changes its sign.",
                "Only there can the pattern change, and with it the slope.",
                right=True,
            ),
            Choice("The output changes its sign.", "The output has no ReLU behind it: nothing happens there."),
            Choice("The point leaves the training data.", "The pieces belong to the weights, not to the data."),
        ],
    ),
    Question(
        "PyTorch reports a derivative at a point where a unit's input is exactly zero. What do you know?",
        [
            Choice(
                "The derivative of the network there.",
                "Not even that it exists. Two units can cancel so that it exists, and PyTorch still returns another.",
            ),
            Choice(
                "What the chain rule gives with slope zero for that unit.",
                "That is the convention. It need not be the derivative, nor a one-sided one.",
                right=True,
            ),
            Choice("That the point is a kink.", "Not necessarily: the slopes on both sides may be equal."),
        ],
    ),
    Question(
        "The slopes of a continuous function's pieces are, in order, −1, 0, 2, 1. Is it convex?",
        [
            Choice("Yes, it ends steeper than it begins.", "No step may fall; the last one does."),
            Choice("No, the last slope is less than the one before.", "One such step is enough.", right=True),
            Choice("It depends on the intercepts.", "They follow from continuity, up to one constant."),
        ],
    ),
)
