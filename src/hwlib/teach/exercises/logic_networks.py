"""Exercises of the chapter *Enough neurons decide everything*."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray, Integers
from hwlib.logic import (
    BooleanFunction,
    LogicNetwork,
    NotSeparable,
    boolean_function,
    corners,
    prove_gate,
    separate_points,
)
from hwlib.teach import Choice, Question, Quiz, Verdict, exercise
from hwlib.teach._compare import as_meant, decimal, named, returned
from hwlib.teach._verdict import UNANSWERED, is_open


def _on_the_table(network: LogicNetwork, function: BooleanFunction) -> Verdict:
    """The verdict on a network, from all rows of a truth table."""
    outputs, points = network(corners(function.arity))[:, 0], corners(function.arity)
    if list(outputs) == list(function.values):
        return Verdict("right", f"The output is right on all {len(outputs)} inputs.")
    wanted = np.array(function.values)
    values = [points]
    for weight, bias in network.layers[:-1]:
        values.append(np.maximum(values[-1] @ weight.T + bias, 0))
    hidden = values[1:]
    mistakes = {
        "It computes the opposite: flip the signs of the output layer, then add 1 to its bias.": (
            (1 - outputs == wanted).all()
        ),
        "The sign is right everywhere, the value is not: here the output must be exactly 0 or 1.": (
            ((outputs > 0) == wanted).all()
        ),
        "All hidden neurons are dead: they are zero at every input.": bool(hidden)
        and not any(layer.any() for layer in hidden),
        "The output is constant.": (outputs == outputs[0]).all(),
    }
    row = int(np.argmax(outputs != wanted))
    point = tuple(points[row].tolist())
    there = ", then ".join(f"({', '.join(map(str, layer[row].tolist()))})" for layer in hidden)
    told = f" Hidden values there: {there}." if hidden else ""
    message = f"At {point} the output is {outputs[row]}, expected {wanted[row]}.{told}"
    return Verdict("wrong", message, named(mistakes))


def _network(answer: Any, inputs: int) -> LogicNetwork | Verdict:
    """The answer as an exact network, or what is wrong with its form."""
    if is_open(answer):
        return UNANSWERED
    width = inputs
    try:
        pairs = [(as_meant("weight", weight), as_meant("bias", bias)) for weight, bias in answer]
    except (TypeError, ValueError):
        return Verdict("wrong", "Give a list of layers, each a pair (weight, bias) such as ([[1, 1]], [0]).")
    for number, (weight, bias) in enumerate(pairs, start=1):
        if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1]:
            message = f"Layer {number} has a weight of shape {weight.shape} and a bias of shape {bias.shape}."
            return Verdict("wrong", message, f"It gets {width} values: accepted are shapes (o, {width}) and (o,).")
        width = len(bias)
        if not width:
            return Verdict("wrong", f"Layer {number} has no neurons: accepted are one or more.")
    if not pairs:
        return Verdict("wrong", "There are no layers: accepted are one or more.")
    if width != 1:
        return Verdict("wrong", f"The last layer has {width} outputs: accepted is one.")
    return LogicNetwork(tuple(pairs), "relu")


@exercise("logic-networks-and-plane")
def _and_on_the_plane(answer: Any) -> Verdict:
    """A ReLU network of two hidden neurons that is positive exactly on the open first quadrant."""

    def both(s1: int, s2: int) -> bool:
        return s1 > 0 and s2 > 0

    network = _network(answer, 2)
    if isinstance(network, Verdict):
        return network
    proof = prove_gate(network, both)
    if proof.verify() and network.units > 2:
        message = f"The sign is right everywhere, with {network.units} hidden neurons: accepted are at most two."
        return Verdict("wrong", message, "The minimum of two numbers takes one difference: which neuron is too many?")
    if proof.verify():
        return Verdict("right", f"The sign is right on all {len(proof.faces)} regions, edges and corners.")
    others: dict[str, Callable[[int, int], bool]] = {
        "This is OR: a sum is positive as soon as one part is.": lambda s1, s2: s1 > 0 or s2 > 0,
        "This is the opposite corner: turn the signs of both inputs.": lambda s1, s2: s1 < 0 and s2 < 0,
        "It looks at one input only.": lambda s1, s2: s1 > 0,
        "It looks at the other input only.": lambda s1, s2: s2 > 0,
        "It is positive nowhere.": lambda s1, s2: False,
    }
    diagnosis = named({text: prove_gate(network, gate).verify() for text, gate in others.items()})
    x, y = proof.counterexample() or (0, 0)
    value = network(np.array([[Fraction(x), Fraction(y)]], dtype=object))[0, 0]
    is_both = "are both positive" if x > 0 and y > 0 else "are not both positive"
    return Verdict("wrong", f"At ({x}, {y}) the output is {value}, but the inputs {is_both}.", diagnosis)


def _two(point: Any) -> tuple[Fraction, Fraction]:
    numbers = as_meant("point", point)
    if numbers.shape != (2,):
        raise ValueError
    return numbers[0], numbers[1]


@exercise("logic-networks-one")
def _one_is_not_enough(answer: Any) -> Verdict:
    """A point where a network of one hidden neuron is wrong about AND on the plane."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, not {answer!r}.")
    met: list[tuple[Fraction, Fraction]] = []
    count = 0
    for count, (w, b, v, c) in enumerate(_networks_against(met)):
        point = returned(answer, {"w": w, "b": b, "v": v, "c": c})
        if count and point is UNANSWERED:
            nothing = f"For w = {w}, b = {b}, v = {v}, c = {c} your function returns nothing."
            return Verdict("wrong", nothing, "Also this network is wrong somewhere: which point have you not tried?")
        if isinstance(point, Verdict):
            return point
        if is_open(point):
            return UNANSWERED
        try:
            x, y = _two(point)
        except (TypeError, ValueError):
            return Verdict("wrong", f"Your function returns {point!r}: give a point (x1, x2) of two numbers.")
        value = v * max(Fraction(w[0]) * x + Fraction(w[1]) * y + b, Fraction(0)) + c
        is_both = x > 0 and y > 0
        if (value > 0) != is_both:
            met.append((x, y))
            continue
        told = f"For w = {w}, b = {b}, v = {v}, c = {c} your function returns ({x}, {y}), where the output is {value}"
        mistake = named(
            {
                "On bits one neuron may be right at all four points: look at points off the square.": (
                    {x, y} <= {Fraction(0), Fraction(1)}
                ),
                "One point for all networks is not enough: some network is right there.": _is_constant(answer),
                "There are networks that are right at all points that you have returned so far: try others.": (
                    count >= len(_ONE_NEURON)
                ),
                "Where the output is positive a false point is needed, and where it is not a true one.": True,
            }
        )
        return Verdict(
            "wrong", f"{told}: that is right, the inputs are {'' if is_both else 'not '}both positive.", mistake
        )
    return Verdict("right", f"A wrong point for each of {count + 1} networks.")


def _networks_against(met: list[tuple[Fraction, Fraction]]) -> Iterator[tuple[tuple[int, int], int, int, int]]:
    """One neuron (w, b, v, c) after the other; after the fixed ones such as are right at all points met so far.

    They end where no neuron is right at these points, so that the few points are a proof, or after a dozen.
    """
    yield from _ONE_NEURON
    for turn in range(12):
        once = set(met)
        scale = math.lcm(*(p.denominator for point in once for p in point))
        sides: list[list[tuple[int, int]]] = [[], []]
        for x, y in once:
            sides[x > 0 and y > 0].append((int(x * scale), int(y * scale)))
        try:
            found = separate_points(sides[1], sides[0])
        except ValueError:  # beyond 64 bits: points of which no list is made
            return
        if isinstance(found, NotSeparable):
            return
        (p, q), b = found.weights, 2 * found.bias + 1  # twice: at least 1 at true points, at most -1 at false ones
        w = 2 * scale * p, 2 * scale * q
        yield (w, b, 1, 0) if turn % 2 == 0 else ((-w[0], -w[1]), 1 - b, -1, 1)


_ONE_NEURON = [
    ((p, q), b, v, c) for p, q in [(1, 1), (1, 0), (2, 1), (-1, -1), (0, 0), (1, -2)] for b in (-1, 0, 2)
    for v in (-1, 0, 3) for c in (-2, 0, 1)
]  # fmt: skip


def _is_constant(answer: Callable[..., Any]) -> bool:
    points = [returned(answer, {"w": w, "b": b, "v": v, "c": c}) for w, b, v, c in _ONE_NEURON]
    return all(str(point) == str(points[0]) for point in points)


@exercise("logic-networks-error")
def _error(answer: Any) -> Verdict:
    """The first false sentence, with a point of the plane."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, point = answer
        sentence = sentence.strip().upper()
        x, y = _two(point)
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", 'Give (sentence, (x1, x2)), such as ("A", (1, 0)).')
    if not isinstance(sentence, str):
        return Verdict("wrong", 'Give (sentence, (x1, x2)), such as ("A", (1, 0)).')
    if sentence != "C":
        reasons = {
            "A": "A is true: each is what it is, by its definition.",
            "B": "B is true: the sum is positive if one of the two is.",
            "D": "D is false, but it follows from the sentences before it.",
        }
        return Verdict("wrong", f"{sentence!r} is not the first false sentence.", reasons.get(sentence, ""))
    zero = Fraction(0)
    left = max(x, zero) + max(y, zero)
    right = max(x + y, zero)
    message = f"At ({x}, {y}) relu(h1 + h2) = {left} and relu(x1 + x2) = {right}"
    if left == right:
        return Verdict("wrong", f"{message}: these are equal.", "What does the first layer forget?")
    return Verdict("right", f"{message}.")


@exercise("logic-networks-parity")
def _parity(answer: Any) -> Verdict:
    """A function from n to the layers of a ReLU network for parity with n hidden neurons."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, not {answer!r}.")
    for n in (1, 2, 3, 4, 5):
        layers = returned(answer, {"n": n})
        if isinstance(layers, Verdict):
            return layers
        network = _network(layers, n)
        if isinstance(network, Verdict):
            told = Verdict("wrong", f"For n = {n}: {network.message}", network.diagnosis)
            return network if network.status == "open" else told
        verdict = _on_the_table(network, boolean_function((corners(n).sum(axis=1) % 2).tolist()))
        if not verdict:
            return Verdict("wrong", f"For n = {n}: {verdict.message}", _parity_mistake(network, n) or verdict.diagnosis)
        if (width := network.units) > n:
            return Verdict("wrong", f"For n = {n} there are {width} hidden neurons: accepted are at most {n}.")
    return Verdict("right", "Parity of up to five bits is right on all inputs.")


def _parity_mistake(network: LogicNetwork, n: int) -> str:
    changes, turns = network.layers[-1][0].ravel().tolist(), [(-1) ** k for k in range(n)]
    return named(
        {
            "From up to down the slope changes by 2, not by 1.": n > 1 and changes == turns,
            "The first kink goes from flat to up: there the slope changes by 1 only.": (
                changes == [2 * turn for turn in turns]
            ),
        }
    )


@exercise("logic-networks-greater")
def _greater(answer: Any) -> Verdict:
    """A function from n to a neuron that compares two numbers of n bits."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, not {answer!r}.")
    for n in (1, 2, 3, 4):
        given = returned(answer, {"n": n})
        if isinstance(given, Verdict):
            return given
        if is_open(given):
            return UNANSWERED
        try:
            weights, biases = (as_meant("answer", part) for part in given)
            (_,), (bias,) = weights.shape, biases.ravel()
            sums = corners(2 * n) @ weights + bias
        except (TypeError, ValueError):
            return Verdict(
                "wrong", f"For n = {n} your function returns {given!r}: it takes {2 * n} weights, and a bias."
            )
        places = 2 ** np.arange(n)[::-1]
        first, second = corners(2 * n)[:, :n] @ places, corners(2 * n)[:, n:] @ places
        if wrong := np.flatnonzero((sums >= 0) != (first > second)).tolist():
            p, q = first[wrong[0]], second[wrong[0]]
            fires = "fires" if sums[wrong[0]] >= 0 else "does not fire"
            message = f"For n = {n}, at {p} and {q} the sum is {decimal(sums[wrong[0]])}, so the neuron {fires}."
            return Verdict("wrong", message, _greater_mistake(sums, first, second))
    return Verdict("right", "All pairs of numbers of up to four bits are compared rightly.")


def _greater_mistake(sums: AnyArray, first: Integers, second: Integers) -> str:
    return named(
        {
            "It fires for equal numbers too: the bias must take 1 away.": bool(
                ((sums >= 0) == (first >= second)).all()
            ),
            "It fires if the second number is larger.": bool(((sums >= 0) == (first < second)).all()),
            "With another bias these weights would do: count by how much the first number has to be larger.": (
                min(sums[first > second]) > max(sums[first <= second])
            ),
            "A digit must weigh more than all lower digits together.": True,
        }
    )


QUIZ = Quiz(
    Question(
        "Why can two ReLU neurons solve XOR, when one threshold neuron cannot?",
        [
            Choice(
                "They bend the plane, and a line can part what they make of the four points.",
                "At the head of this page both true points land in one place; with |x1 - x2| both false ones do.",
                right=True,
            ),
            Choice("They have more weights.", "More weights in one neuron would not help: XOR has equal sums."),
            Choice("ReLU is smoother than a threshold.", "Two threshold neurons in a hidden layer solve it as well."),
        ],
    ),
    Question(
        "You sample a million points and the XOR gate is right at all of them. What have you proved?",
        [
            Choice("That it is right everywhere.", "It may fail on a line, or in a wedge that no point fell into."),
            Choice(
                "That it is right at these points.",
                "For the rest you need the regions: on each the network is affine.",
                right=True,
            ),
            Choice("Nothing at all.", "You know it at those points."),
        ],
    ),
    Question(
        "A ReLU neuron of the first hidden layer is zero at every training point. What does gradient descent on the "
        "training loss do to it, without momentum or weight decay?",
        [
            Choice("It pushes it back slowly.", "Its gradient is exactly zero, not small."),
            Choice(
                "Nothing.",
                "No point passes a gradient through it, and its inputs do not change, so it stays dead.",
                right=True,
            ),
            Choice("It grows its output weight.", "The gradient there is the neuron's value, which is zero."),
        ],
    ),
)
