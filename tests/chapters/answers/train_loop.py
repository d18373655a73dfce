"""Answers to the exercises of *Training is four lines, repeated*."""

from __future__ import annotations

import math


def last(n, b):
    sizes = [b] * (n // b) + [n % b] * (n % b > 0)
    return sizes[0] / sizes[-1]


def stop(losses, patience):
    best, kept, waited = math.inf, 0, 0
    for epoch, loss in enumerate(losses, 1):
        waited += 1
        if loss < best:
            best, kept, waited = loss, epoch, 0
        if waited == patience:
            return epoch, kept
    return len(losses), kept


def stop_after_rises(losses, patience):
    rises, epoch = 0, 1
    while epoch < len(losses) and rises < patience:
        rises = rises + 1 if losses[epoch] >= losses[epoch - 1] else 0
        epoch += 1
    return epoch, losses.index(min(losses[:epoch])) + 1


def stop_with_ties(losses, patience):
    best, kept = math.inf, 0
    for epoch, loss in enumerate(losses, 1):
        if loss <= best:
            best, kept = loss, epoch
        if epoch - kept == patience:
            break
    return epoch, kept


def missed(n, chance):
    if n == 1:
        return int(chance < 1)
    return next(k for k in range(10**4) if math.exp(k * n * math.log1p(-1 / n)) <= chance + 1e-12)


def mean_square(rates, curvature, variance, power=2, of_rate=2):
    if not rates:
        return 0
    *before, rate = rates
    left = mean_square(before, curvature, variance, power, of_rate) * (1 - rate * curvature) ** power
    return left + rate**of_rate * variance


GOOD = {("reset", "backward", "step"): 0, ("backward", "step", "reset"): 0, ("step", "reset", "backward"): 1}

RIGHT = {
    "train-loop-order": lambda order, rounds: max(0, rounds - GOOD[order]) if order in GOOD else 0,
    "train-loop-noise": mean_square,
    "train-loop-stop": stop,
}
WRONG = {
    "train-loop-noise": [
        (lambda rates, curvature, variance: mean_square(rates, curvature, variance, power=1), "square of the factor"),
        (lambda rates, curvature, variance: mean_square(rates, curvature, variance, of_rate=1), "square of the rate"),
        (
            lambda rates, curvature, variance: (
                rates[-1] * variance / (curvature * (2 - rates[-1] * curvature)) if rates else 0
            ),
            "what it tends to",
        ),
        (lambda rates, curvature, variance: sum(r * r for r in rates) * variance, "Earlier noise fades"),
    ],
    "train-loop-order": [
        (lambda order, rounds: rounds * (order == ("reset", "backward", "step")), "go round in a circle"),
        (lambda order, rounds: rounds * (order in GOOD), "before there is a gradient"),
        (lambda order, rounds: rounds - GOOD[order] if order in GOOD else 0, "no step less than none"),
        (lambda order, rounds: rounds, "reset before it was used"),
    ],
    "train-loop-stop": [
        (lambda losses, patience: (stop(losses, patience)[0],) * 2, "not the last"),
        (lambda losses, patience: (stop(losses, patience)[0], losses.index(min(losses)) + 1), "not known yet"),
        (stop_after_rises, "not with that of the epoch before"),
        (stop_with_ties, "no new least one"),
        (lambda losses, patience: tuple(epoch - 1 for epoch in stop(losses, patience)), "counted from one"),
    ],
}
