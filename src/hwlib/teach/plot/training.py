"""Learning curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwlib._core.types import Array
from hwlib.teach._theme import LINES
from hwlib.teach.plot._figure import WIDEST, ThemedFigure, figure, inked, legend, panels
from hwlib.training import Curves


def learning_curves(runs: Mapping[str, Curves]) -> ThemedFigure:
    """Draw loss and accuracy over the epochs: validation in solid lines, training in dashed ones.

    Args:
        runs: name to curves of one run or of several; of several the line is the mean, and a band goes from the least
            to the greatest.

    Returns:
        Two panels, a colour for each name.

    Raises:
        ValueError: if there is nothing to draw, or more names than can be told apart.

    Example:
        >>> from hwlib.training import Score
        >>> one = Curves.of([Score(2.0, 0.1, 9)], [Score(1.0, 0.4, 3)])
        >>> [axes.get_ylabel() for axes in learning_curves({"run": one}).axes]
        ['loss', 'accuracy']
    """
    if not 1 <= len(runs) <= len(LINES):
        raise ValueError(f"runs={sorted(runs)}: accepted are one to {len(LINES)} names, more cannot be told apart")
    drawn = figure(WIDEST, 5.6)
    for axes, what in zip(panels(drawn, 2, rows=2), ("loss", "accuracy"), strict=True):
        for (name, curves), colour in zip(runs.items(), LINES, strict=False):
            before = f"{name}, " if len(runs) > 1 else ""
            for part, dashes in (("train", "--"), ("validation", "-")):
                values: Array = np.atleast_2d(getattr(curves, f"{part}_{what}"))
                epochs = np.arange(1, values.shape[1] + 1)
                label = f"{before}{'training' if part == 'train' else part}"
                axes.plot(epochs, values.mean(0), color=colour, linestyle=dashes, linewidth=2, label=label)
                axes.fill_between(epochs, values.min(0), values.max(0), color=colour, alpha=0.18, linewidth=0)
        inked(axes, x="epoch", y=what, framed=False)
        axes.set_ylim(bottom=0)
    legend(drawn.axes[0])
    return drawn
