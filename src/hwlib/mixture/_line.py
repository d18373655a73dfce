"""What a mixture can do along a line: exactly the sequences of values that do not vary too much.

Chapter: *A mixture of logistic regressions is a network*.

Each component only rises or only falls along a line. A sequence of values p_1, ..., p_n is that of some mixture with
biases if and only if its total variation is less than p_1 + p_n and less than 2 - p_1 - p_n.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from hwlib._core.arrays import brief, real_array
from hwlib._core.types import Array
from hwlib.mixture._mixture import Mixture

__all__ = ["line_slack", "mixture_through"]


def line_slack(values: npt.ArrayLike) -> float:
    """By how much the total variation of values along a line stays below what mixtures can do.

    Args:
        values: ``(n,)``, probabilities at places in a row.

    Returns:
        The lesser of p_1 + p_n and 2 - p_1 - p_n, less the sum of abs(p_(i+1) - p_i). It is above zero if and only if
        some mixture with biases has these values, wherever the places are.

    Raises:
        ValueError: if there are no values in a row.

    Example:
        >>> line_slack([0.25, 0.5, 0.25])
        0.0
        >>> line_slack([0.25, 0.375, 0.25])
        0.25
    """
    p = _values(values)
    ends = float(p[0] + p[-1])
    return min(ends, 2 - ends) - float(abs(np.diff(p)).sum())


def mixture_through(places: npt.ArrayLike, values: npt.ArrayLike) -> Mixture | None:
    """A mixture with biases that has given values at given places of a line.

    It is made of steep steps between neighbouring places, up and down, and of two constants near zero and one; their
    shares solve a linear program. The steps get steeper until it has a solution.

    Args:
        places: ``(n,)``, increasing.
        values: ``(n,)``.

    Returns:
        The mixture, with inputs (1, t) and at most n + 1 components; None if :func:`line_slack` is not above 1e-9.

    Raises:
        ValueError: if the shapes do not fit, or the places do not increase.

    Example:
        >>> found = mixture_through([0, 1, 2], [0.25, 0.375, 0.25])
        >>> found.probability([[1, 0], [1, 1], [1, 2]]).round(9)
        array([0.25 , 0.375, 0.25 ])
    """
    t, p = _values(places, "places"), _values(values)
    if t.shape != p.shape or (np.diff(t) <= 0).any():
        raise ValueError(f"places={brief(t)}: accepted are {len(p)} increasing numbers, one for each value")
    if line_slack(p) <= 1e-9:
        return None
    middles, gaps = (t[1:] + t[:-1]) / 2, np.diff(t)
    for steep in 2.0 ** np.arange(2, 7):  # beyond 2^6 = 64 a step is 0 or 1 in float64
        slopes = steep / gaps
        up = np.column_stack([-slopes * middles, slopes])
        flat = np.array([[-steep, 0.0], [steep, 0.0]])
        weights = np.vstack([up, -up, flat])
        system = np.vstack([special.expit(weights @ np.vstack([np.ones_like(t), t])).T, np.ones(len(weights))])
        wanted = np.append(p, 1.0)
        cost, tight = np.zeros(len(weights)), 1e-10
        found = optimize.linprog(
            cost, A_eq=system, b_eq=wanted, method="highs-ds", options={"primal_feasibility_tolerance": tight}
        )
        if found.x is not None:
            kept = np.flatnonzero(found.x > 0)
            shares = np.linalg.lstsq(system[:, kept], wanted, rcond=None)[0]  # without the program's tolerance
            if (shares >= 0).all():
                return Mixture(shares / shares.sum(), weights[kept])
    return None


def _values(values: npt.ArrayLike, name: str = "values") -> Array:
    row = real_array(name, values)
    if row.ndim != 1 or not row.size:
        raise ValueError(f"{name} has shape {row.shape}: accepted are one or more numbers in a row")
    return row
