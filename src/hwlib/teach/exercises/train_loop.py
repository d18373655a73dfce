"""Exercises of the chapter *Training is four lines, repeated*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


@exercise("train-loop-last")
def _last(answer: Any) -> Verdict:
    """How much more a sample of the last batch counts in the plain mean than one of the first."""

    def reference(n: int, b: int) -> float:
        batches = [range(start, min(start + b, n)) for start in range(0, n, b)]
        first, last = (Fraction(1, len(batch) * len(batches)) for batch in (batches[0], batches[-1]))
        return float(last / first)

    cases = [{"n": n, "b": b} for n, b in [(10, 4), (8, 4), (9, 4), (3, 4), (4, 4), (1, 1), (7, 1), (1297, 32)]]
    return compare_function(
        answer,
        reference,
        cases,
        tolerance=1e-9,
        mistakes={
            "If the size divides the number of samples, the last batch is as large as the others.": (
                lambda n, b: b / (n % b) if n % b else 0.0
            ),
            "The other way round: of a small batch, each sample counts more.": (
                lambda n, b: (n % b or b) / b if n > b else 1.0
            ),
            "With one batch, the last is the first.": lambda n, b: b / (n % b or b),
            "It is not a matter of how many batches there are: that divides both.": (
                lambda n, b: math.ceil(n / b) * b / n
            ),
        },
    )


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


@exercise("train-loop-missed")
def _missed(answer: Any) -> Verdict:
    """Epochs of draws with replacement until a given sample was missed with at most some chance."""

    def reference(n: int, chance: float) -> int:
        epochs, missed = 0, 1.0
        while missed > chance:
            epochs, missed = epochs + 1, missed * (1 - 1 / n) ** n
        return epochs

    def rounded(value: float) -> int:
        return math.ceil(value - 1e-9)

    cases = [
        {"n": n, "chance": chance}
        for n, chance in [(2, 0.25), (2, 0.2), (1, 0.5), (3, 0.01), (10, 1e-3), (1000, 0.5), (5, 1.0), (50, 0.135)]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "Those are draws; an epoch has n of them.": (
                lambda n, chance: rounded(math.log(chance) / math.log1p(-1 / n)) if n > 1 else int(chance < 1)
            ),
            "For few samples the chance to be missed in an epoch is below 1/e: use the exact power.": (
                lambda n, chance: rounded(-math.log(chance))
            ),
            "With one sample nothing is missed, and the logarithm of zero is no number: that case stands apart.": (
                lambda n, chance: rounded(math.log(chance) / (n * math.log1p(-1 / n))) if n > 1 else 0
            ),
            "Round up: an epoch is over when it is over.": (
                lambda n, chance: int(math.log(chance) / (n * math.log1p(-1 / n))) if n > 1 else int(chance < 1)
            ),
        },
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
