"""Exercises of the chapter *A weight used twice gets two gradients*."""

from __future__ import annotations

import math
import reprlib
from fractions import Fraction
from typing import Any

from hwlib._core.arguments import whole
from hwlib.backprop import Value, tape, tape_kinks, weight_twice, weight_twice_gradient
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import returned
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("backprop-chain-thrice")
def _thrice(answer: Any) -> Verdict:
    """Derivative by w of half the square of w relu(w relu(w x))."""

    def reference(w: int, x: int) -> Any:
        weight = Value(w)
        out = weight * (weight * (weight * x).relu()).relu()
        (out * out * Fraction(1, 2)).backward()
        return weight.gradient

    return compare_function(
        answer,
        reference,
        [{"w": w, "x": x} for w, x in [(1, 1), (2, 1), (1, 2), (-1, 1), (-1, -1), (1, -1), (-2, -1), (2, 3), (0, 1)]],
        mistakes={
            "That is the part of one use of w. There are three, and each has its part.": (
                lambda w, x: w**5 * x**2 if w > 0 and x > 0 else 0
            ),
            "That is the derivative of p. The loss is half of its square: multiply by p.": (
                lambda w, x: 3 * w**2 * x if w > 0 and x > 0 else 0
            ),
            "The ReLUs are missing: where one of them is off, nothing comes back.": lambda w, x: 3 * w**5 * x**2,
            "The outer ReLU is missing: with w and x negative, the inner one is on, and the outer one off.": (
                lambda w, x: 3 * w**5 * x**2 if w * x > 0 else 0
            ),
        },
    )


@exercise("backprop-chain-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and w and x at which the last line is true nevertheless."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, *numbers = answer
        w, x = (_small_whole(number) for number in numbers)
        line = letter.strip().upper()
    except (AttributeError, TypeError, ValueError):
        why = f"Whole numbers beyond {_LARGE:,} are not needed." if _has_large(answer) else ""
        return Verdict(
            "wrong", f'Give a letter and two whole numbers, such as ("A", 2, 1), not {reprlib.repr(answer)}.', why
        )
    reasons = {
        "A": "Line A is true: x stands still while w moves.",
        "B": "Line B is true: near a positive y the ReLU changes nothing.",
        "D": "Line D is true: half of a square, by the chain rule. Look before it.",
        "E": "Line E is false in general: look for the line that it took the fault from.",
    }
    if line != "C":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {line}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    if w * x <= 0:
        return Verdict("wrong", f"Line C is the one, but w x = {w * x} is not positive.")
    _, u, v, _ = weight_twice([[Fraction(w)]], [x])  # exact
    said, true = v[0] * (1 + w) * x, weight_twice_gradient([[Fraction(w)]], [x])[0, 0]
    if said != true:
        return Verdict(
            "wrong",
            f"Line C is the first false one. But at w = {w}, x = {x} line E says {said}, and dL/dw = {true}.",
            f"It lacks the part of the second use, v u = {v[0] * u[0]}.",
        )
    return Verdict("right", f"Line C forgets u, and at w = {w}, x = {x} nobody notices: v u = 0 and dL/dw = {true}.")


_LARGE = 10**9  # up to here floats hold whole numbers, and messages can be read


def _small_whole(number: Any) -> int:
    found = whole("w and x", int(number) if isinstance(number, float | Fraction) and number % 1 == 0 else number)
    if abs(found) > _LARGE:
        raise ValueError("too large")
    return found


def _has_large(answer: Any) -> bool:
    numbers = answer if isinstance(answer, list | tuple) else ()
    return any(isinstance(number, int) and abs(number) > _LARGE for number in numbers)


@exercise("backprop-chain-memory")
def _memory(answer: Any) -> Verdict:
    """The fewest numbers of a chain to hold at once, if some are kept and others computed again."""

    def held(n: int, k: int) -> int:
        """By going through the sweep: kept ones, and those of the segment that is swept."""
        kept = set(range(0, n + 1, k))
        return max(len(kept | set(range(start, start + k + 1))) for start in range(0, n, k))

    def reference(n: int) -> int:
        return min(held(n, k) for k in range(1, n + 1) if n % k == 0)

    return compare_function(
        answer,
        reference,
        [{"n": n} for n in (1, 2, 3, 4, 6, 9, 12, 36, 7, 100)],
        mistakes={
            "That is with all of them kept.": lambda n: n + 1,
            "z_n is kept as well as z_0: the kept ones are n / k + 1.": lambda n: reference(n) - 1,
            "The square root of n need not divide n.": lambda n: math.ceil(2 * math.sqrt(n)),
            "Between two kept ones lie k - 1 others, not k.": lambda n: reference(n) + 1,
        },
    )


@exercise("backprop-chain-paths")
def _paths(answer: Any) -> Verdict:
    """A tape of n operations with 2^n paths from its input."""
    for n in (1, 2, 3, 5, 40):
        start = Value(1)
        output = _output(answer, start, {"n": n})
        if isinstance(output, Verdict):
            return output
        order = tape(output)
        operations = sum(bool(value.operation) for value in order)
        count = {start: 1}
        for value in order:
            count.setdefault(value, sum(count[parent] for parent in value.parents))
        if operations != n:
            message = f"For n = {n} your tape has {operations} operations, expected {n}."
            return Verdict("wrong", message, "Each sum and each product is one, also with a plain number.")
        if count[output] != 2**n:
            slips = {
                n + 1: "Of each operation only one operand is the number before; the other is z.",
                1: "Each operation uses the number before only once: a product with 2 has one path.",
            }
            message = f"For n = {n} the number of paths from z to the output is {count[output]}, expected {2**n}."
            return Verdict("wrong", message, slips.get(count[output], ""))
    return Verdict("right", "n operations and 2^n paths, for n = 1, 2, 3, 5 and 40.")


@exercise("backprop-chain-liar")
def _liar(answer: Any) -> Verdict:
    """A function that is t for all t, with a gradient at zero to order."""
    for wanted in (5, 0, 1, -2):
        ways = []
        for number in (0, 1, -1, 3, -2):
            t = Value(number)
            output = _output(answer, t, {"wanted": wanted})
            if isinstance(output, Verdict):
                return output
            if not abs(output.number - number) <= _NEAR:
                slip = "Away from zero the shares of t and of the ReLUs have to add up to one." if number else ""
                message = f"For t = {number} and wanted = {wanted} your function returns {output.number}, not t."
                return Verdict("wrong", message, slip)
            output.backward()
            if number == 0 and not abs(t.gradient - wanted) <= _NEAR:
                message = f"At t = 0 the sweep gives {t.gradient}, and wanted = {wanted}."
                slip = "That is t itself, with its honest gradient." if t.gradient == 1 else ""
                return Verdict("wrong", message, slip)
            if number and not tape_kinks(output) and not abs(t.gradient - 1) <= _NEAR:
                message = (
                    f"At t = {number} no ReLU is in doubt, and t has the derivative 1; the sweep gives {t.gradient}."
                )
                slip = "A number that is read off t stands still when t moves: use t itself."
                return Verdict("wrong", message, slip)
            ways.append(_way(output))
            if ways[0] != ways[-1]:
                message = f"At t = {number} your function computes something else than at t = 0."
                return Verdict("wrong", message, "One formula has to do for all t, without asking which t it is.")
    return Verdict("right", "The function is t everywhere, and the sweep says 5, 0, 1 and −2 at zero, as wanted.")


_NEAR = 1e-9  # a tenth is no float


def _way(output: Value) -> list[tuple[str, Any]]:
    """The operations of a tape, and the plain numbers by which it multiplies."""
    way = []
    for value in tape(output):
        by_number = value.operation in ("×", "÷") and len(value.parents) == 1
        way.append((value.operation, value.slopes if by_number else ()))
    return way


def _output(answer: Any, start: Value, case: dict[str, int]) -> Any:
    """What a student's function makes of a Value and numbers: a Value, or the verdict that says why there is none."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    output = returned(lambda *numbers: answer(start, *numbers), case)
    if isinstance(output, Verdict | Value):
        return output
    words = ", ".join(f"{name} = {number}" for name, number in case.items())
    return Verdict(
        "wrong", f"For {words} your function returns {output!r}, which is no Value: it has lost its history."
    )


QUIZ = Quiz(
    Question(
        "A sweep hands 12 to a weight from one of its uses, and 18 from the other. What is its gradient?",
        [
            Choice("30.", "Both uses move the loss when the weight moves, so their parts are added.", right=True),
            Choice("18: the one that came last.", "That is what = in place of += makes of it."),
            Choice("15: the mean.", "Moving the weight moves it in both places at once, not in one of them by chance."),
        ],
    ),
    Question(
        "A loss of a million weights is made of sums, products and ReLUs. What do all its derivatives cost?",
        [
            Choice(
                "About a million times the loss.",
                "That is forward mode: a sweep for each weight. Reverse mode has one.",
            ),
            Choice(
                "At most three times the multiplications of the loss, the loss included.",
                "Each product costs at most two more on the way back, however many weights there are.",
                right=True,
            ),
            Choice(
                "As much as the loss.",
                "Going back is not free: a product of two numbers hands on two parts, each by a product.",
            ),
        ],
    ),
    Question(
        "At a weight where a ReLU's input is exactly zero, PyTorch returns 0 as the derivative. What follows?",
        [
            Choice("The derivative is 0.", "relu(t) − relu(−t) is t, with derivative 1, and PyTorch returns 0."),
            Choice("There is no derivative.", "There may be one: a kink does harm only if its slope comes to count."),
            Choice(
                "Neither: it took the slope 0 there by agreement.",
                "Whether there is a derivative, and which, has to be found otherwise.",
                right=True,
            ),
        ],
    ),
)
