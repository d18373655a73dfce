"""The network that a mixture is, with its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from hwlib.mixture import SigmoidNetwork
from hwlib.teach._theme import FAINT, INK, LINES
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure

_ACROSS = (0.0, 2.2, 4.4)  # inputs, hidden units, output


def sigmoid_layers(
    network: SigmoidNetwork, *, inputs: Sequence[str], hidden: Sequence[str], output: Sequence[str]
) -> ThemedFigure:
    """Draw a network of sigmoid units: inputs on the left, hidden units, the output, and the weights on the lines.

    Args:
        network: what to draw.
        inputs: name of each input.
        hidden: what stands on each line from inputs to hidden units, unit by unit.
        output: what stands on each line from the hidden units to the output.

    Returns:
        One panel.

    Raises:
        ValueError: if there is not a name for each input and each line, or there are more than four units in a layer.

    Example:
        >>> network = SigmoidNetwork([[1.0], [2.0]], [0.5, 0.5])
        >>> drawn = sigmoid_layers(network, inputs=["x"], hidden=["1", "2"], output=["1/2", "1/2"])
        >>> len(drawn.axes[0].lines)
        4
    """
    K, d = network.hidden.shape
    if (len(inputs), len(hidden), len(output)) != (d, d * K, K) or max(K, d) > 4:
        raise ValueError(
            f"inputs, hidden and output have {len(inputs)}, {len(hidden)} and {len(output)} names: accepted are "
            f"{d}, {d * K} and {K} for this network, and at most four units in a layer"
        )
    drawn = figure(WIDEST, 0.6 + 0.95 * max(K, d))
    axes = drawn.subplots()
    axes.axis("off")
    axes.set(xlim=(-0.7, 5.6), ylim=(-max(K, d) / 2 - 0.35, max(K, d) / 2 + 0.35))
    rows = [_heights(count) for count in (d, K, 1)]
    for k, unit in enumerate(rows[1]):
        for i, source in enumerate(rows[0]):
            _weight(axes, 0, (source, unit), hidden[k * d + i], LINES[0])
        _weight(axes, 1, (unit, rows[2][0]), output[k], LINES[1])
    for layer, (heights, names) in enumerate(zip(rows, (list(inputs), ["$\\sigma$"] * K, ["$\\Sigma$"]), strict=True)):
        for height, name in zip(heights, names, strict=True):
            axes.scatter([_ACROSS[layer]], [height], 680, facecolors="none", edgecolors=FAINT, linewidths=1.5)
            axes.text(_ACROSS[layer], height, name, ha="center", va="center", color=INK, fontsize=12)
    axes.annotate("p(y = 1 | x)", (_ACROSS[2] + 0.3, rows[2][0]), color=INK, fontsize=TYPE, va="center")
    return drawn


def _heights(count: int) -> list[float]:
    return [float(height) for height in np.arange(count)[::-1] - (count - 1) / 2]


def _weight(axes: Axes, layer: int, ends: tuple[float, float], words: str, colour: str) -> None:
    """A line between two layers, drawn from rim to rim, with its weight above the middle."""
    start, end = np.array([_ACROSS[layer], ends[0]]), np.array([_ACROSS[layer + 1], ends[1]])
    inset = 0.28 * (end - start) / np.linalg.norm(end - start)
    line = np.stack([start + inset, end - inset])
    axes.plot(*line.T, color=colour, linewidth=1.5)
    axes.annotate(words, line.mean(0), (0, 5), textcoords="offset points", ha="center", color=INK, fontsize=TYPE)
