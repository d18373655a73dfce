"""Exercises of the chapter *One neuron cuts space in two*."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib._core.arrays import real_array, whole_array
from hwlib._core.types import Array, Integers
from hwlib.logic import BooleanFunction, NotSeparable, boolean_function, corners, separate
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, decimal, named
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("logic-neuron-implies")
def _implies(answer: Any) -> Verdict:
    """A neuron for x1 -> x2."""
    return check_neuron(answer, boolean_function("x1 >> x2", variables=["x1", "x2"]))


@exercise("logic-neuron-council")
def _council(answer: Any) -> Verdict:
    """A neuron for: the chair x1 with two of the four others, or all four others."""
    return check_neuron(answer, boolean_function((corners(5) @ (2, 1, 1, 1, 1) >= 4).astype(int).tolist()))


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


@exercise("logic-neuron-negate")
def _negate(answer: Any) -> Verdict:
    """Weights and bias for NOT f, from whole ones for f."""

    def table(w: Any, b: Any) -> Array:
        weights = real_array("w", w)
        return np.asarray(corners(len(weights)) @ weights + real_array("b", b) >= 0, dtype=float)

    def on_the_table(w: Integers, b: int) -> Array:
        return 1 - table(w, b)

    def given(w: Integers, b: int) -> Any:
        neuron = answer(w.copy(), b)
        if neuron is None or is_open(neuron):
            return None
        try:
            weights, biases = (as_meant("answer", part) for part in neuron)
            (size,), (bias,) = weights.shape, biases.ravel()
        except (TypeError, ValueError):
            return Verdict("wrong", f"For w = {w.tolist()}, b = {b} your function returns {neuron!r}: give w and b.")
        if size != len(w):
            return Verdict("wrong", f"For w = {w.tolist()}, b = {b} the weights are {size}: accepted are {len(w)}.")
        return table(weights, bias)

    if not callable(answer):
        return compare_function(answer, on_the_table, [])
    cases = [
        {"w": np.array(w), "b": b} for w, b in [((1, 1), -1), ((1, 1), -2), ((0, 0), 0), ((-2, 1), 1), ((2, 1, 1), -3)]
    ]
    return compare_function(
        given,
        on_the_table,
        cases,
        mistakes={
            "Where the sum is zero both neurons fire: minus zero is not below zero.": lambda w, b: table(-w, -b),
            "Turn the weights as well: the whole sum has to change its sign.": lambda w, b: table(w, -b - 1),
            "Subtract the one: raising the bias makes it fire at even more points.": lambda w, b: table(-w, -b + 1),
        },
    )


@exercise("logic-neuron-error")
def _error(answer: Any) -> Verdict:
    """The first false sentence, with two functions of two bits."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, *tables = answer
        sentence = sentence.strip().upper()
        f, g = (boolean_function(list(map(int, t)) if isinstance(t, str) else list(t)) for t in tables)
        if (f.arity, g.arity) != (2, 2):
            raise ValueError
    except (AttributeError, TypeError, ValueError):
        return Verdict(
            "wrong", 'Give (sentence, f, g), such as ("A", (0, 0, 0, 1), (0, 1, 1, 1)): truth tables of two bits.'
        )
    if sentence != "C":
        reasons = {
            "A": "A is true: a sum of n literals less n is at least 0 only if all are 1.",
            "B": "B is true: turn all signs, and lower the bias a little.",
            "D": "D is false, but it follows from the sentences before it.",
        }
        return Verdict("wrong", f"{sentence!r} is not the first false sentence.", reasons.get(sentence, ""))
    for name, part in (("f", f), ("g", g)):
        if isinstance(separate(part), NotSeparable):
            return Verdict("wrong", f"No neuron computes {name} = {part.values}, so C says nothing about it.")
    union = boolean_function([max(pair) for pair in zip(f.values, g.values, strict=True)])
    if isinstance(separate(union), NotSeparable):
        return Verdict("right", f"f OR g has the table {union.values}, and no neuron computes that.")
    message = f"f OR g has the table {union.values}, and a neuron does compute that."
    return Verdict("wrong", message, "Which two functions of two variables have no neuron?")


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
