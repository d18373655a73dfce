"""Exercises of the chapter *The perceptron learns what a neuron can do*."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hwlib._core.arrays import whole_array
from hwlib._core.types import AnyArray, Array, Integers
from hwlib.logic import corners, perceptron
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, index_tuple, named
from hwlib.teach._verdict import UNANSWERED, is_open

_OR, _AND = (0, 1, 1, 1), (0, 0, 0, 1)


@exercise("logic-learning-trace")
def _trace(answer: Any) -> Verdict:
    """(w1, w2, b) after each mistake on the way to OR."""
    if is_open(answer):
        return UNANSWERED
    try:
        given = [tuple(whole_array("state", state).tolist()) for state in answer]
        if any(len(state) != 3 for state in given):
            raise ValueError
    except (TypeError, ValueError):
        return Verdict("wrong", "Give a list of triples (w1, w2, b) of whole numbers, one for each mistake.")
    run = perceptron(corners(2), _OR)
    wanted = list(run.history[1:])
    if given == wanted:
        return Verdict("right", f"All {run.mistakes} corrections are right, and so are all points at the end.")
    mistakes = {
        "The bias learns as well, as the weight of an input that is always 1.": _walk(bias=0),
        "At a sum of zero the neuron fires.": _walk(least=1),
        "One pass is not enough: go on until a whole pass has no mistake.": wanted[: len(given)] if given else None,
        "The list is of the states after mistakes; the start is not one of them.": [run.history[0], *wanted],
        "The step goes the wrong way: at a point where it should fire, x is added.": _walk(sign=-1),
    }
    place = next(k for k in range(len(given) + 1) if given[: k + 1] != wanted[: k + 1])
    before, row = run.history[place], run.corrected[min(place, run.mistakes - 1)]
    if place == run.mistakes:
        message = f"After {run.mistakes} mistakes all points are right: there is nothing more to correct."
    else:
        x = run.points[row]
        total = sum(w * p for w, p in zip(before, (*x, 1), strict=True))
        is_there = f"you have {given[place]}" if place < len(given) else "your list ends"
        message = (
            f"After mistake {place} the state is {before}. The next point that is wrong is {x}, with the sum {total}, "
            f"though f{x} = {run.values[row]}. Correcting it gives {wanted[place]}; {is_there}."
        )
    return Verdict("wrong", message, named({text: given == states for text, states in mistakes.items()}))


def _walk(*, bias: int = 1, least: int = 0, sign: int = 1) -> list[tuple[int, ...]]:
    """States of a run on OR with a slip in it, cut short where the right run ends."""
    state, states = np.zeros(3, dtype=int), []
    for row in list(range(4)) * 6:
        x = np.append(corners(2)[row], 1)
        error = _OR[row] - int(state @ x >= least)
        if error:
            state = state + sign * error * x * np.array([1, 1, bias])
            states.append(tuple(state.tolist()))
    return states


@exercise("logic-learning-error")
def _error(answer: Any) -> Verdict:
    """The first false sentence of a proof, with weights and two points of AND where it fails."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, state, right, wrong = answer
        sentence, weights = sentence.strip().upper(), as_meant("state", state)
        places = [index_tuple(point) for point in (right, wrong)]
        if weights.shape != (3,) or any(place not in _rows() for place in places):
            raise ValueError
    except (AttributeError, TypeError, ValueError):
        form = 'Give (sentence, (w1, w2, b), x, y), such as ("A", (1, 1, 0), (0, 1), (1, 1)): numbers, and two points.'
        return Verdict("wrong", form)
    if sentence != "C":
        reasons = {
            "A": "A is true: w.x + b changes by x.x + 1, up where it should fire and down where it should not.",
            "B": "B is true: each correction at x moves the sum by at least 1, and it need not move for ever.",
            "D": "D is false, but it is not the first: it follows from the sentences before it.",
        }
        return Verdict("wrong", f"{sentence!r} is not the first false sentence.", reasons.get(sentence, ""))
    x, y = (np.array([*place, 1]) for place in places)
    values = [_AND[_rows().index(place)] for place in places]
    if not _is_right(weights, x, values[0]):
        return Verdict("wrong", f"With {_shown(weights)} the point {places[0]} is not right to begin with.")
    if _is_right(weights, y, values[1]):
        return Verdict("wrong", f"With {_shown(weights)} the point {places[1]} is right: nothing is corrected.")
    after = weights + (1 if values[1] else -1) * y
    if _is_right(after, x, values[0]):
        message = f"The correction at {places[1]} leads to {_shown(after)}, and {places[0]} is still right."
        return Verdict("wrong", message, "Look for a point whose sum is just on the right side.")
    message = f"The correction at {places[1]} leads to {_shown(after)}, where {places[0]} is wrong."
    return Verdict("right", message)


def _shown(state: AnyArray) -> str:
    return f"({', '.join(map(str, state))})"


def _rows() -> list[tuple[int, ...]]:
    return [tuple(row) for row in corners(2).tolist()]


def _is_right(weights: AnyArray, x: Integers, value: int) -> bool:
    return bool((weights @ x >= 0) == bool(value))


@exercise("logic-learning-start")
def _start(answer: Any) -> Verdict:
    """Novikoff's bound for a run that does not start at zero."""
    cases = [
        {"R": float(R), "gamma": float(gamma), "start": float(start)}
        for R, gamma, start in [(1, 1, 0), (2, 1, 0), (2, 1, 3), (2, 0.5, 3), (3, 0.25, 10)]
    ]
    return compare_function(
        answer,
        lambda R, gamma, start: (R * R + 2 * gamma * start) / gamma**2,
        cases,
        mistakes={
            "That is the bound for a start at zero.": lambda R, gamma, start: (R / gamma) ** 2,
            "The start may point away from v: then u.v begins at minus its length, and both ends cost.": (
                lambda R, gamma, start: (R * R + start**2) / gamma**2
            ),
            "The linear term has a factor 2: it comes from squaring m gamma - |u0|.": (
                lambda R, gamma, start: (R / gamma) ** 2 + start / gamma
            ),
            "The length of the start is divided by gamma once, not by its square.": (
                lambda R, gamma, start: (R / gamma) ** 2 + 2 * start / gamma**2
            ),
        },
        tolerance=1e-9,
    )


@exercise("logic-learning-slow")
def _slow(answer: Any) -> Verdict:
    """Three points in the plane that a neuron separates, after five hundred mistakes or more."""
    if is_open(answer):
        return UNANSWERED
    try:
        points, values = answer
        places, wanted = as_meant("points", points), as_meant("values", values)
        if places.shape != (3, 2) or wanted.shape != (3,):
            raise ValueError
    except (TypeError, ValueError):
        return Verdict("wrong", "Give three points (x1, x2) and their three values, such as ([[0, 1], ...], [0, ...]).")
    if any(p.denominator != 1 or abs(p) > 5 for p in places.flat) or any(v not in (0, 1) for v in wanted):
        return Verdict("wrong", "Accepted are whole coordinates from -5 to 5, and values 0 and 1.")
    run = perceptron(places.astype(int), wanted.astype(int), most_corrections=20_000)
    if not run.learned:
        return Verdict("wrong", "No neuron is right at these points, so it never ends.", str(run.answer or ""))
    if run.mistakes >= 500:
        return Verdict("right", f"It takes {run.mistakes} mistakes.")
    one_kind = len(set(wanted.tolist())) == 1
    diagnosis = named(
        {
            "With one kind of point only, the bias learns it at once.": one_kind,
            "The strip between the two kinds is wide: let a point of one kind lie almost between two of the other.": (
                one_kind or _distance(places.astype(float), wanted) > 1
            ),
            "Nearly: put the points farther out, or show them in another order.": True,
        }
    )
    return Verdict("wrong", f"It takes {run.mistakes} mistakes: {run.history[-1]} is right at all three.", diagnosis)


def _distance(points: Array, values: AnyArray) -> float:
    """Of the point that is alone in its kind from the segment between the two others."""
    alone = next(k for k in range(3) if list(values).count(values[k]) == 1)
    p, (q, r) = points[alone], np.delete(points, alone, axis=0)
    along = r - q
    share = float(np.clip((p - q) @ along / (along @ along), 0, 1)) if along.any() else 0.0
    return math.dist(p, q + share * along)


QUIZ = Quiz(
    Question(
        "Each correction adds or subtracts 10 times (x, 1), and the start is zero. What changes?",
        [
            Choice("It learns ten times as fast.", "Every mistake is made at the same point as before."),
            Choice("Nothing but the scale: all weights are ten times as large.", "The signs stay.", right=True),
            Choice("It may overshoot and never stop.", "Novikoff's bound stays: R and gamma grow alike."),
        ],
    ),
    Question(
        "After a million mistakes on XOR, how large are the weights?",
        [
            Choice("About a thousand times R.", "The root of m times R is a bound, and one that is not reached."),
            Choice("As small as after ten: they run in a circle.", "They stay bounded, and whole.", right=True),
            Choice("Beyond all bounds, as there is nothing to learn.", "Weights stay bounded, whatever is shown."),
        ],
    ),
    Question(
        "Descent on XOR with two hidden ReLUs rests at the loss 1/4. Will more steps help?",
        [
            Choice("Yes, it is a plateau that leads on.", "The gradient there is zero, and so it does not move."),
            Choice("Yes, with a smaller learning rate.", "Zero times anything is zero."),
            Choice("No. It needs another start, or more neurons.", "Some minima are local.", right=True),
        ],
    ),
)
