"""The shortest vector that satisfies linear inequalities: exact in Fractions, and a quick way for images."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.exact import as_reals
from hwlib._core.types import AnyArray, Array

__all__ = ["least_norm", "least_norm_in_box"]

_TOLERANCE = 1e-12  # of float64; in Fractions there is none


def least_norm(rows: AnyArray, needs: AnyArray) -> tuple[AnyArray, list[int]] | None:
    """The shortest r with ``rows @ r >= needs``, by the dual active set method of Goldfarb and Idnani (1983).

    It begins at zero, the shortest vector of all, and takes in one violated inequality after the other; the length
    only grows, so it ends after finitely many steps, in Fractions with the exact answer.

    Args:
        rows: ``(m, n)``, float64 or Fractions.
        needs: ``(m,)``, of the same type.

    Returns:
        The vector, and which inequalities carry it; None if no vector satisfies all.
    """
    exact = rows.dtype == object
    gram = np.asarray(rows @ rows.T)
    size = np.asarray([gram[i, i] for i in range(len(rows))])
    scale = 1 + 0 * size if exact else np.sqrt(size) + abs(needs) + np.finfo(float).tiny
    active: list[int] = []
    weights = needs * 0  # r = rows.T @ weights
    while True:
        slack = gram[:, active] @ weights[active] - needs if active else -needs
        slack[active] = 0
        chosen = int(np.argmin(slack / scale))
        if slack[chosen] >= (0 if exact else -_TOLERANCE * scale[chosen]):
            return np.asarray(rows.T @ weights), active
        if not _take_in(chosen, slack[chosen], gram, active, weights):
            return None


def _take_in(chosen: int, slack: Any, gram: AnyArray, active: list[int], weights: AnyArray) -> bool:
    """Raise the weight of a violated inequality until it holds, and drop what stands in the way."""
    exact = gram.dtype == object
    while True:
        change = solve(gram[np.ix_(active, active)], gram[active, chosen])
        rise = gram[chosen, chosen] - (gram[chosen, active] @ change if active else 0)
        falling = [place for place in range(len(active)) if change[place] > 0]
        limit = min((weights[active[place]] / change[place] for place in falling), default=None)
        free = rise > (0 if exact else _TOLERANCE * gram[chosen, chosen])
        if not free and limit is None:
            return False
        far = -slack / rise if free else limit
        step = far if limit is None or far <= limit else limit
        weights[active] -= step * change
        weights[chosen] += step
        slack = slack + step * rise
        if free and step == far:
            active.append(chosen)
            return True
        dropped = min(falling, key=lambda place: weights[active[place]])
        weights[active.pop(dropped)] *= 0


def least_norm_in_box(rows: Array, needs: Array, low: Array, high: Array) -> Array:
    """The shortest r with ``rows @ r >= needs`` and ``low <= r <= high``, for few rows and many columns, in float64.

    For weights of the rows, r is their sum cut off at the box, and the best weights maximise a concave function of as
    many numbers as there are rows.

    Args:
        rows: ``(m, n)``.
        needs: ``(m,)``.
        low: ``(n,)``, at most zero.
        high: ``(n,)``, at least zero.

    Returns:
        The vector, to about seven digits; if there is none in the box, the one that goes as far as it gets.
    """
    from scipy.optimize import minimize

    size = np.linalg.norm(rows, axis=1)
    size[size == 0] = 1
    rows, needs = rows / size[:, None], needs / size
    unbounded = least_norm(rows, needs)
    start = np.zeros(len(rows)) if unbounded is None else np.linalg.lstsq(rows.T, unbounded[0], rcond=None)[0]
    if unbounded is not None and (unbounded[0] >= low).all() and (unbounded[0] <= high).all():
        return np.asarray(unbounded[0], float)
    scale = max(float(abs(needs).max()), np.finfo(float).tiny)

    def negative_dual(weights: Array) -> tuple[float, Array]:
        r = np.clip(weights @ rows, low / scale, high / scale)
        left = needs / scale - rows @ r
        return -float(r @ r / 2 + weights @ left), -left

    found = minimize(
        negative_dual,
        np.maximum(start, 0) / scale,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1e6)] * len(rows),
        options={"ftol": 1e-16, "gtol": 1e-10, "maxiter": 200},
    )
    return np.clip(found.x * scale @ rows, low, high)


def solve(matrix: AnyArray, right: AnyArray) -> AnyArray:
    """The solution of a regular system, in Fractions or in float64."""
    if matrix.dtype != object:
        return np.linalg.solve(matrix, right) if len(matrix) else right
    work = np.concatenate([matrix, right[:, None]], axis=1)
    for column in range(len(work)):
        pivot = next(row for row in range(column, len(work)) if work[row, column] != 0)
        work[[column, pivot]] = work[[pivot, column]]
        work[column] = work[column] / Fraction(work[column, column])
        for row in range(len(work)):
            if row != column:
                work[row] = work[row] - work[row, column] * work[column]
    return as_reals("solution", work[:, -1], exact=True)
