"""Explorer of the chapter *Over size the error falls, rises and falls again*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib.optim import RiskParts, best_penalty, ridge_parts, risk_parts
from hwlib.teach._theme import FAINT, LINES
from hwlib.teach.explore._chart import Chart, charts_above
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

FEATURES, TOP = 200, 2.0
PENALTIES = {"none": 0.0, "a tenth of the best": 0.1, "the best": 1.0}


def size_explorer(
    *,
    samples: Sequence[int] = (10, 20, 40),
    noises: Sequence[float] = (0.0, 0.02, 0.25),
    decays: Sequence[float] = (0.0, 0.5, 1.0),
) -> ipywidgets.VBox:
    """Sliders choose samples, noise, how fast the true weights fall and the penalty; shown is the error over size.

    There are 200 features with the weights 1 / j^decay, their squares adding up to one, and a fit sees the first p.
    Without a penalty the curves are exact; with one they are those of :func:`hwlib.optim.ridge_parts`.

    Args:
        samples: positions of the first slider.
        noises: variance of the noise, positions of the second.
        decays: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(size_explorer(samples=[10], noises=[0.25], decays=[1.0]).children)
        6
    """
    sizes = np.unique(np.geomspace(1, FEATURES, 90).round().astype(int))

    def frame(n: int, noise: float, decay: float, penalty: str) -> str:
        parts = [_parts(n, p, noise, decay, PENALTIES[penalty]) for p in sizes.tolist()]
        totals = np.array([part.total for part in parts])
        low, high = np.log10(sizes[0]) - 0.05, np.log10(sizes[-1]) + 0.05
        ticks = {float(np.log10(p)): str(p) for p in (1, 2, 5, 10, 20, 50, 100, 200)}
        heights = {height: f"{height:g}" for height in (0.0, 0.5, 1.0, 1.5, 2.0)}
        title, across = "error over the number of features", "features p (log scale)"
        chart = Chart((low, high), (0, TOP), title, ticks, heights, across, (300, 230))
        for values, colour, dashes in (
            ([part.bias for part in parts], LINES[1], "6 4"),
            ([part.variance for part in parts], LINES[2], "2 3"),
            (totals, LINES[0], ""),
        ):
            heights_shown = np.minimum(values, 4 * TOP)  # far above the axes is as good as infinite
            chart.line(np.stack([np.log10(sizes), heights_shown], 1), colour, dashes=dashes)
        chart.line([(np.log10(n), 0), (np.log10(n), TOP)], FAINT, dashes="1 4", width=1.5)
        best = int(np.argmin(totals))
        chart.dots([(np.log10(sizes[best]), totals[best])], LINES[0], radius=5)
        return charts_above([chart], _say(n, noise, decay, penalty, sizes, totals))

    controls = {"samples": samples, "noise": noises, "decay a": decays, "penalty": list(PENALTIES)}
    start = {"samples": 20, "noise": 0.02, "decay a": 1.0}
    return frame_explorer(controls, frame, start={k: v for k, v in start.items() if v in controls[k]})


def _parts(n: int, p: int, noise: float, decay: float, share: float) -> RiskParts:
    """The three parts of the error with the first p features, and a share of the best penalty."""
    squares = np.arange(1.0, FEATURES + 1) ** (-2 * decay)
    signal = float(squares[:p].sum() / squares.sum())
    unseen = max(0.0, 1 - signal) if p < FEATURES else 0.0
    penalty = share * best_penalty(p, signal=signal, rest=unseen + noise)
    if not penalty:  # none is asked for, or there is nothing that it could help against
        return risk_parts(n, p, signal=signal, unseen=unseen, noise=noise)
    return ridge_parts(n, p, signal=signal, unseen=unseen, noise=noise, penalty=penalty)


def _say(n: int, noise: float, decay: float, penalty: str, sizes: np.ndarray, totals: np.ndarray) -> str:
    best = int(np.argmin(totals))
    with_penalty = "without a penalty" if penalty == "none" else f"with {penalty} penalty"
    start = f"{n} samples, noise {noise:g}, weights 1/j^{decay:g}, {with_penalty}: "
    return (
        f"{start}the least error (blue) is {totals[best]:.2f}, at {sizes[best]} features; with all {sizes[-1]} it is "
        f"{totals[-1]:.2f}. Bias is orange and dashed, variance green and dotted; {noise:g} is noise."
    )
