"""Pictures of receptive fields."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.patches import Rectangle

from hwlib.receptive import ReceptiveField
from hwlib.teach._theme import FAINT, INK, NAMED_LINES
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, inked, panels, plain


def receptive_growth(fields: Mapping[str, ReceptiveField], *, input_shape: Sequence[int] | None = None) -> ThemedFigure:
    """Draw how the receptive field grows from layer to layer, along the first axis.

    Args:
        fields: name of a network to its receptive field.
        input_shape: of an image to compare with; its first side is drawn as a dashed line.

    Returns:
        One line a network over its operations, the largest size so far on a logarithmic scale, the final one named.

    Raises:
        ValueError: if there is no network, or a receptive field grows with the input without end.

    Example:
        >>> import torch
        >>> from hwlib.receptive import receptive_field
        >>> receptive_growth({"one": receptive_field(torch.nn.Conv1d(1, 1, 3))}).axes[0].get_ylabel()
        'receptive field in pixels (log scale)'
    """
    if not fields or any(math.isinf(field.size[0]) for field in fields.values()):
        raise ValueError("fields: accepted are one or more networks without a layer that takes all pixels together")
    drawn = figure(WIDEST, 4.2)
    axes = drawn.add_subplot()
    longest = max(len(field.layers) for field in fields.values())
    ends = sorted((float(field.size[0]), name) for name, field in fields.items())
    heights = _apart([math.log(size) for size, _ in ends], 0.45)
    for number, (name, field) in enumerate(fields.items()):
        sizes = list(itertools.accumulate([1.0, *(float(layer.size[0]) for layer in field.layers[:-1])], max))
        colour = NAMED_LINES[number % len(NAMED_LINES)]
        axes.plot(range(len(sizes)), sizes, color=colour, linewidth=2)
        height = math.exp(heights[ends.index((float(field.size[0]), name))])
        axes.plot([len(sizes) - 1, longest], [sizes[-1], height], color=FAINT, linewidth=0.8, linestyle=":")
        axes.text(longest + 0.5, height, f"{name}: {field.size[0]}", color=INK, fontsize=TYPE, va="center")
    if input_shape:
        axes.plot([0, longest], [input_shape[0]] * 2, color=FAINT, linestyle="--", linewidth=1)  # the names stay free
        axes.text(0, input_shape[0] * 1.08, f"input: {input_shape[0]}", color=INK, fontsize=TYPE)
    axes.set_yscale("log")
    axes.set_xlim(0, longest * 1.55)
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= longest])
    inked(axes, x="operations that widen it, or join branches", y="receptive field in pixels", framed=False)
    return drawn


def _apart(heights: list[float], least: float) -> list[float]:
    """Ascending heights, moved up where two labels would overlap."""
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + least) if moved else height)
    return moved


def effective_rows(fields: Mapping[str, npt.ArrayLike], *, field: tuple[int, int]) -> ThemedFigure:
    """Draw how much each pixel of a line moves the unit in the middle, a row for each of some networks.

    Args:
        fields: title to ``(networks, pixels)``, shares of the largest derivative, from 0 to 1.
        field: first and last pixel of the receptive field, drawn as an outline.

    Returns:
        One panel a title, with one colour bar for all.

    Raises:
        ValueError: if there is nothing to draw, or a share is not between 0 and 1.

    Example:
        >>> len(effective_rows({"one": [[0, 1, 0.5]]}, field=(1, 2)).axes)  # a panel and the colour bar
        2
    """
    arrays = {title: np.asarray(rows, dtype=float) for title, rows in fields.items()}
    if not arrays or any(rows.ndim != 2 or rows.min() < 0 or rows.max() > 1 for rows in arrays.values()):
        raise ValueError("fields: accepted are titles with (networks, pixels), shares between 0 and 1")
    drawn = figure(2.4 * len(arrays) + 0.7, 3.1)
    all_axes = panels(drawn, len(arrays), sharey=True)
    for axes, (title, rows) in zip(all_axes, arrays.items(), strict=True):
        axes.imshow(rows, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
        first, last = field
        outline = Rectangle((first - 0.5, -0.5), last - first + 1, len(rows), fill=False)
        outline.set(edgecolor=NAMED_LINES[1], linewidth=2)
        axes.add_patch(outline)
        axes.set_yticks(range(0, len(rows), 5))
        inked(axes, title, x="pixel", y="network" if axes is all_axes[0] else "")
    bar = drawn.colorbar(all_axes[0].images[0], ax=all_axes)
    bar.set_label("share of the largest derivative", color=INK)
    bar.ax.tick_params(colors=INK, labelsize=TYPE)
    return drawn


def image_pairs(inputs: npt.ArrayLike, outputs: npt.ArrayLike, *, columns: int = 4) -> ThemedFigure:
    """Draw small black-and-white images, each next to its target.

    Args:
        inputs: ``(n, h, w)``, 0 for black and 1 for white.
        outputs: ``(n, h, w)``.
        columns: pairs in a row.

    Returns:
        One panel a pair.

    Raises:
        ValueError: if the shapes differ or are not those of a row of images.

    Example:
        >>> len(image_pairs([[[0, 1]], [[1, 1]]], [[[0, 0]], [[1, 0]]]).axes)
        2
    """
    given, wanted = np.asarray(inputs), np.asarray(outputs)
    if given.ndim != 3 or given.shape != wanted.shape or not len(given):
        raise ValueError(f"inputs have shape {given.shape}, outputs {wanted.shape}: accepted are equal (n, h, w)")
    (count, height, width), rows = given.shape, -(-len(given) // columns)
    drawn = figure(2.1 * columns, 1.1 * rows * height / width)
    for number in range(count):
        axes = plain(drawn.add_subplot(rows, columns, number + 1))
        for image, left in ((given[number], 0.0), (wanted[number], width + 1.6)):
            axes.imshow(image, cmap="gray", vmin=0, vmax=1, extent=(left, left + width, height, 0))
            axes.add_patch(Rectangle((left, 0), width, height, fill=False, edgecolor=FAINT, linewidth=1))
        arrow = {"arrowstyle": "->", "color": INK}
        axes.annotate("", (width + 1.4, height / 2), (width + 0.2, height / 2), arrowprops=arrow)
        axes.set_xlim(-0.2, 2 * width + 1.8)
        axes.set_ylim(height + 0.2, -0.2)
    return drawn
