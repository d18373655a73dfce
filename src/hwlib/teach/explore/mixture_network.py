"""Explorer of the chapter *A mixture of logistic regressions is a network*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import Array
from hwlib.mixture import Mixture, line_slack
from hwlib.teach._theme import FAINT, LINES
from hwlib.teach.explore._chart import Chart, charts_above
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

# Bias and slope of each of the two components.
PAIRS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "valley": ((-3, 4), (-3, -4)),
    "stairs": ((6, 4), (-6, 4)),
    "opposite": ((0, 4), (0, -4)),
}


def mixture_network_explorer(
    *,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    scales: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 8.0),
) -> ipywidgets.VBox:
    """Sliders choose two components, the share of the first and a factor of all weights; shown is the marginal.

    Args:
        shares: positions of the slider of the first component's share.
        scales: what the weights of both components are multiplied by.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(mixture_network_explorer(shares=[0.5], scales=[1.0]).children)
        5
    """
    places = np.linspace(-3, 3, 97)
    inputs = np.column_stack([np.ones_like(places), places])

    def frame(pair: str, share: float, scale: float) -> str:
        weights = scale * np.array(PAIRS[pair])
        p = Mixture(np.array([share, 1 - share]), weights).probability(inputs)
        chart = Chart(
            (-3, 3),
            (-0.03, 1.03),
            "probability of the label 1 over x",
            {float(t): str(t) for t in (-3, -2, -1, 0, 1, 2, 3)},
            {0.0: "0", 0.5: "0.5", 1.0: "1"},
            size=(320, 200),
        )
        for number, dashes in ((0, "5 3"), (1, "2 3")):
            component = Mixture(np.ones(1), weights[number : number + 1]).probability(inputs)
            chart.line(np.column_stack([places, component]), FAINT, dashes=dashes, width=1.5)
        chart.line(np.column_stack([places, p]), LINES[0], width=3)
        return charts_above([chart], _said(p, share, scale))

    controls = {"components": tuple(PAIRS), "share of the first": tuple(shares), "weights times": tuple(scales)}
    start = {"share of the first": 0.5, "weights times": 1.0}
    return frame_explorer(controls, frame, start={name: at for name, at in start.items() if at in controls[name]})


def _said(p: Array, share: float, scale: float) -> str:
    changes = np.diff(p)
    rises, falls = float(changes[changes > 0].sum()), float(-changes[changes < 0].sum())
    if max(rises, falls) < 1e-9:
        shape = "The marginal (blue) is flat."
    elif min(rises, falls) < 1e-9:
        shape = f"The marginal (blue) only {'rises' if rises > falls else 'falls'}."
    else:
        shape = "The marginal (blue) falls and rises: no single logistic regression does that."
    limit = rises + falls + line_slack(p)
    room = f"All changes add up to {rises + falls:.3f}; the two ends allow less than {limit:.3f}."
    if line_slack(p) < 0.001:  # the same three digits, or rounding in floats
        room = f"All changes add up to {rises + falls:.3f}; the two ends allow hardly more."
    return f"Share {share:g}, weights times {scale:g}. {shape} {room}"
