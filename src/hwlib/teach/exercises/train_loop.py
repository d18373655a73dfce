"""Exercises of the chapter *Training is four lines, repeated*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


def _steps_made(order: Sequence[str], rounds: int) -> int:
    """Run the three lines on w^2 / 2 with the learning rate 1/2: every real step halves w."""
    w, gradient = Fraction(1), Fraction(0)
    for line in [line for _ in range(rounds) for line in order]:
        if line == "reset":
            gradient = Fraction(0)
        elif line == "backward":
            gradient += w
        else:
            w -= gradient / 2
    return w.denominator.bit_length() - 1


@exercise("train-loop-order")
def _order(answer: Any) -> Verdict:
    """How many steps of descent an order of the three lines makes."""
    lines = ("reset", "backward", "step")
    cases = [{"order": order, "rounds": n} for n in (3, 1, 2, 0) for order in itertools.permutations(lines)]

    def cyclic(order: Sequence[str]) -> bool:
        return "".join(line[0] for line in order) in "rbsrb"

    return compare_function(
        answer,
        _steps_made,
        cases,
        mistakes={
            "Not only the order of the book works: go round in a circle, and begin at another line.": (
                lambda order, rounds: rounds if tuple(order) == lines else 0
            ),
            "One of the orders that work takes its first step before there is a gradient.": (
                lambda order, rounds: rounds if cyclic(order) else 0
            ),
            "Before the first round nothing can be missed: there is no step less than none.": (
                lambda order, rounds: rounds - (order[0] == "step") if cyclic(order) else 0
            ),
            "Look at what is reset before it was used: then no step has a gradient.": lambda order, rounds: rounds,
        },
    )


@exercise("train-loop-noise")
def _noise(answer: Any) -> Verdict:
    """Mean square of a weight after noisy steps from zero on a parabola."""

    def reference(rates: list[float], curvature: float, variance: float) -> float:
        """The noise of each step, times what later steps leave of it; all of them are independent."""
        left = [math.prod(1 - r * curvature for r in rates[k + 1 :]) for k in range(len(rates))]
        return float(variance * sum((rate * kept) ** 2 for rate, kept in zip(rates, left, strict=True)))

    def plain(rates: list[float], curvature: float, variance: float, *, power: int, rate_power: int) -> float:
        m = 0.0
        for rate in rates:
            m = (1 - rate * curvature) ** power * m + rate**rate_power * variance
        return m

    def floor(rates: list[float], curvature: float, variance: float) -> float:
        return rates[-1] * variance / (curvature * (2 - rates[-1] * curvature)) if rates else 0.0

    cases = [([0.5], 1.0, 1.0), ([0.5, 0.5], 1.0, 4.0), ([], 1.0, 1.0), ([0.25] * 3, 2.0, 1.0)]
    cases += [([1 / (k + 1) for k in range(5)], 1.0, 2.0), ([0.3, 0.1, 0.7, 0.2], 1.5, 3.0), ([0.1] * 40, 0.5, 1.0)]
    return compare_function(
        answer,
        reference,
        [{"rates": rates, "curvature": curvature, "variance": variance} for rates, curvature, variance in cases],
        mistakes={
            "The square of the factor is missing: it is the square of w whose mean is asked for.": (
                lambda rates, curvature, variance: plain(rates, curvature, variance, power=1, rate_power=2)
            ),
            "The noise is multiplied by the rate, so its variance by the square of the rate.": (
                lambda rates, curvature, variance: plain(rates, curvature, variance, power=2, rate_power=1)
            ),
            "That is what it tends to at the last rate, not what it is after so many steps.": floor,
            "Earlier noise fades: each step multiplies w by 1 - rate * curvature.": (
                lambda rates, curvature, variance: plain(rates, curvature, variance, power=0, rate_power=2)
            ),
        },
        tolerance=1e-9,
    )


@exercise("train-loop-stop")
def _stop(answer: Any) -> Verdict:
    """Early stopping: the epoch after which training stops, and the one that is kept."""

    def reference(losses: Sequence[float], patience: int) -> tuple[int, int]:
        for end in range(1, len(losses) + 1):
            seen = losses[:end]
            kept = seen.index(min(seen)) + 1
            if end - kept >= patience:
                return end, kept
        return end, kept

    def latest(losses: Sequence[float], patience: int) -> tuple[int, int]:
        """Ties count as new."""
        for end in range(1, len(losses) + 1):
            kept = max(place for place in range(end) if losses[place] == min(losses[:end])) + 1
            if end - kept >= patience:
                break
        return end, kept

    def rises(losses: Sequence[float], patience: int) -> tuple[int, int]:
        """Compares with the epoch before, not with the best."""
        since, end = 0, 1
        for end in range(2, len(losses) + 1):
            since = since + 1 if losses[end - 1] >= losses[end - 2] else 0
            if since == patience:
                break
        seen = losses[:end]
        return end, seen.index(min(seen)) + 1

    cases = [
        {"losses": losses, "patience": patience}
        for losses, patience in [
            ([3.0, 2.0, 2.5, 2.75, 1.0], 2),
            ([3.0, 2.0, 1.0], 2),
            ([3.0, 2.0, 2.5, 2.25, 1.0], 2),
            ([2.0, 2.0, 2.0, 1.0], 2),
            ([1.0], 1),
            ([1.0, 2.0, 0.5], 1),
            ([4.0, 3.0, 3.5, 2.0, 2.5, 2.5, 2.5, 1.0], 3),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The kept epoch is the best one, not the last.": (
                lambda losses, patience: (reference(losses, patience)[0],) * 2
            ),
            "Keep the best epoch of those before the stop: what comes later is not known yet.": (
                lambda losses, patience: (reference(losses, patience)[0], losses.index(min(losses)) + 1)
            ),
            "Compare with the least loss so far, not with that of the epoch before.": rises,
            "A loss that is only as small as the least one is no new least one.": latest,
            "Epochs are counted from one.": (
                lambda losses, patience: tuple(e - 1 for e in reference(losses, patience))
            ),
        },
    )


QUIZ = Quiz(
    Question(
        "In PyTorch a model is evaluated inside torch.no_grad(), and nothing else is done. What about batch norm?",
        [
            Choice(
                "It uses its running mean, because nothing is trained.",
                "no_grad only keeps no graph. The mode is another switch: model.eval().",
            ),
            Choice(
                "It uses the batch's mean, and even moves its running mean.",
                "The model is still in training mode, so evaluating changes it.",
                right=True,
            ),
            Choice("It raises an error.", "There is none, which is why this is found so late."),
        ],
    ),
    Question(
        "After the first epoch the validation accuracy is higher than the training accuracy. What does that show?",
        [
            Choice(
                "The validation images are easier.",
                "They may be, but look first at when each number was measured.",
            ),
            Choice("There is a leak.", "A leak can look like this, but there is a plainer reason."),
            Choice(
                "By itself nothing: they are of different networks.",
                "The training accuracy is a mean over the epoch, of networks that were still worse than the last.",
                right=True,
            ),
        ],
    ),
    Question(
        "Gradients are never reset in training on the loss w²/2, from w = 1. Does a smaller learning rate help?",
        [
            Choice("No: at every learning rate it never settles.", "It is momentum one: nothing brakes.", right=True),
            Choice(
                "Yes, below the limit it converges, only more slowly.",
                "That holds for momentum below one. Here it is one, and the swing keeps its size.",
            ),
            Choice(
                "Yes, because the gradients shrink.",
                "Their sum does not shrink: it is what the weight goes on moving with.",
            ),
        ],
    ),
)
