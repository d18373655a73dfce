"""Exercises of the chapter *One neuron cuts space in two*."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib._core.arrays import real_array, whole_array
from hwlib._core.types import Array, Integers
from hwlib.logic import BooleanFunction, NotSeparable, boolean_function, corners
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, decimal, named
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("logic-neuron-implies")
def _implies(answer: Any) -> Verdict:
    """A neuron for x1 -> x2."""
    return check_neuron(answer, boolean_function("x1 >> x2", variables=["x1", "x2"]))


@exercise("logic-neuron-two-of-three")
def _two_of_three(answer: Any) -> Verdict:
    """A neuron for: x1, and at least one of x2 and x3."""
    return check_neuron(answer, boolean_function("x1 & (x2 | x3)"))


def check_neuron(answer: Any, function: BooleanFunction) -> Verdict:
    """Check the weights and the bias of a neuron against a truth table.

    Args:
        answer: weights and bias, such as ``((1, 1), -2)``.
        function: what it is to compute.

    Returns:
        The verdict, with the first row of the truth table that the neuron gets wrong.

    Example:
        >>> print(check_neuron(((1, 1), -1), boolean_function("x1 & x2")))
        ✗ Not yet. At (0, 1) the sum is w.x + b = 0, so the neuron fires, but f(0, 1) = 0.
        It would be right if it fired only above zero. Here a neuron fires at zero as well.
    """
    if is_open(answer):
        return UNANSWERED
    try:
        weights, biases = (as_meant("answer", part) for part in answer)
        (size,), (bias,) = weights.shape, biases.ravel()
    except (TypeError, ValueError):
        return Verdict("wrong", f"Give weights and bias, such as ((1, 1), -2), not {answer!r}.")
    if size != function.arity:
        return Verdict("wrong", f"{size} weights: the neuron needs {function.arity}, one for each input.")
    points, wanted = corners(function.arity), np.array(function.values) == 1
    sums = points @ weights
    fires = sums + bias >= 0
    if (fires == wanted).all():
        return Verdict("right", f"The neuron agrees with f on all {len(wanted)} rows of the truth table.")
    mistakes = {
        "It would be right if it fired only above zero. Here a neuron fires at zero as well.": (
            (sums + bias > 0) == wanted
        ),
        "It computes the opposite of f: flip all signs, and mind the points on the line.": fires != wanted,
        "The signs of the weights are the wrong way round.": (bias - sums >= 0) == wanted,
        "The sign of the bias is the wrong way round: the neuron fires where w.x + b >= 0, not where w.x >= b.": (
            (sums - bias >= 0) == wanted
        ),
        "This neuron computes OR of its inputs.": fires == points.any(axis=1),
        "This neuron computes a constant: it fires at every point or at none.": fires == fires[0],
    }
    row = int(np.argmax(fires != wanted))
    point, total = tuple(points[row].tolist()), sums[row] + bias
    message = (
        f"At {point} the sum is w.x + b = {decimal(total)}, so the neuron "
        f"{'fires' if fires[row] else 'does not fire'}, but f{point} = {int(wanted[row])}."
    )
    return Verdict("wrong", message, named({text: bool(rows.all()) for text, rows in mistakes.items()}))


@exercise("logic-neuron-certificate")
def _certificate(answer: Any) -> Verdict:
    """Two true and two false points of x1 x2 + x3 x4 with equal sums."""
    if is_open(answer):
        return UNANSWERED
    function = boolean_function("x1 & x2 | x3 & x4")
    try:
        true, false = ([tuple(whole_array("point", point).tolist()) for point in side] for side in answer)
        values = [[function(*point) for point in side] for side in (true, false)]
    except (TypeError, ValueError):
        return Verdict("wrong", "Give two lists of points of four bits each: the true ones, then the false ones.")
    if values == [[0] * len(true), [1] * len(false)] and true and false:
        return Verdict("wrong", "The two sides are exchanged.", "The true points come first, then the false ones.")
    for side, wanted, points in zip(values, (1, 0), (true, false), strict=True):
        for value, point in zip(side, points, strict=True):
            if value != wanted:
                message = (
                    f"f{point} = {value}, so this point does not belong to the {'true' if wanted else 'false'} ones."
                )
                return Verdict("wrong", message, "The function is 1 where x1 = x2 = 1 or x3 = x4 = 1.")
    if len(true) != len(false):
        message = f"{len(true)} true and {len(false)} false points: there must be equally many."
        return Verdict("wrong", message, "Otherwise the biases do not cancel: each point brings one b.")
    sums = [tuple(map(sum, zip(*side, strict=True))) for side in (true, false)]
    if not true or sums[0] != sums[1]:
        given = f"The true points add up to {sums[0]}, the false ones to {sums[1]}." if true else "There are no points."
        return Verdict("wrong", given, "Only equal sums give the same w.x on both sides.")
    counted = NotSeparable(tuple(true), (1,) * len(true), tuple(false), (1,) * len(false))
    return Verdict("right" if counted.verify() else "wrong", f"Both sides add up to {sums[0]}: no neuron computes f.")


@exercise("logic-neuron-perceptron")
def _perceptron(answer: Any) -> Verdict:
    """One step of the perceptron rule."""

    def step(w: Integers, b: int, x: Integers, f: int) -> tuple[Integers, int]:
        error = f - int(w @ x + b >= 0)
        return w + error * x, b + error

    def together(neuron: tuple[Any, Any]) -> Array:
        weights, bias = (real_array("answer", part) for part in neuron)
        return np.append(weights, bias)

    cases = [
        {"w": np.array(w), "b": b, "x": np.array(x), "f": f}
        for w, b in [((1, 1), 0), ((0, 0), 0), ((1, -2), 1), ((2, 1), -2)]
        for x, f in [((0, 0), 0), ((0, 1), 1), ((1, 0), 0), ((1, 1), 1), ((1, 1), 0)]
    ]
    cases.append({"w": np.array([0.25, 0.25]), "b": -0.5, "x": np.array([0, 1]), "f": 0})  # the sum is -1/4
    return compare_function(
        answer,
        step,
        cases,
        mistakes={
            "The step goes the wrong way: a neuron that is silent and should fire needs x added.": (
                lambda w, b, x, f: (2 * w - step(w, b, x, f)[0], 2 * b - step(w, b, x, f)[1])
            ),
            "The bias learns as well, as the weight of an input that is always 1.": (
                lambda w, b, x, f: (step(w, b, x, f)[0], b)
            ),
            "Change nothing where the neuron is right.": lambda w, b, x, f: (w + (2 * f - 1) * x, b + 2 * f - 1),
            "At a sum of zero the neuron fires.": (
                lambda w, b, x, f: (w + (f - int(w @ x + b > 0)) * x, b + f - int(w @ x + b > 0))
            ),
        },
        read=together,
    )


QUIZ = Quiz(
    Question(
        "A neuron computes f. You double all its weights and its bias. What happens?",
        [
            Choice("It computes the same function.", "The sums double, and their signs stay.", right=True),
            Choice("Its line moves away from the origin.", "The line is where the sum is zero: it stays where it is."),
            Choice("Its margin doubles.", "The strip is measured in the plane of the inputs, which has not changed."),
        ],
    ),
    Question(
        "A program for linear programming says that the weights for XOR are infeasible. Is that a proof?",
        [
            Choice(
                "Yes, infeasible means that there are none.", "It means so up to rounding and to the program's faults."
            ),
            Choice(
                "No, but equal sums of points, once found, can be checked in whole numbers.",
                "The equal sums are the proof, wherever they come from.",
                right=True,
            ),
            Choice("No, nothing can prove that weights do not exist.", "Equal sums do, in one line of arithmetic."),
        ],
    ),
    Question(
        "How does the share of functions that one neuron computes change with the number of inputs?",
        [
            Choice("It grows, as there are more weights.", "There are more neurons, but far more functions."),
            Choice("It stays about the same.", "Compare the shares for two and for four inputs on this page."),
            Choice(
                "It falls towards zero.",
                "There are 2^(2^n) functions, and a neuron computes at most 2^(n² + 1) of them.",
                right=True,
            ),
        ],
    ),
)
