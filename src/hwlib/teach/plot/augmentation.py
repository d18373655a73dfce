"""Pictures of random crops, and of what came of ideas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hwlib._core.arguments import whole
from hwlib._core.types import AnyArray
from hwlib.datasets import crop
from hwlib.teach._theme import FAINT, INK, LINES
from hwlib.teach.plot._figure import WIDEST, ThemedFigure, figure, inked, legend, panels, plain
from hwlib.training import Outcomes


def crop_grid(image: npt.ArrayLike, *, padding: int) -> ThemedFigure:
    """Draw an image in its padding, and beside it all of its crops, each where its offset says.

    Args:
        image: ``(channels, height, width)``, uint8, with one or three channels.
        padding: rows and columns of zeros on each side, at least 1.

    Returns:
        The padded image, and a square of panels, one a crop.

    Raises:
        ValueError: if there is no such image, or the padding is less than 1.

    Example:
        >>> len(crop_grid(np.ones((1, 3, 3), np.uint8), padding=1).axes)
        10
    """
    picture, side = np.asarray(image), 2 * whole("padding", padding, least=1) + 1
    if picture.ndim != 3 or len(picture) not in (1, 3):
        raise ValueError(f"image of shape {picture.shape}: accepted is (channels, height, width), 1 or 3 channels")
    rows, columns = (places.ravel() for places in np.indices((side, side)))
    crops = crop(np.repeat(picture[None], side**2, axis=0), padding=padding, rows=rows, columns=columns)
    drawn = figure(WIDEST, 2.9)
    left, right = np.ravel(drawn.subfigures(1, 2, width_ratios=(1, 1.1)))  # type: ignore[arg-type]
    whole_image = np.pad(picture, ((0, 0), (padding, padding), (padding, padding)))
    _show(plain(left.subplots(), "in its padding"), whole_image).add_patch(
        Rectangle((padding - 0.5, padding - 0.5), *picture.shape[:0:-1], fill=False, edgecolor=LINES[1], linewidth=2)
    )
    for part, row, column, axes in zip(crops, rows, columns, panels(right, side**2, rows=side), strict=True):
        _show(plain(axes, f"({row}, {column})"), part)
    return drawn


def _show(axes: Axes, image: AnyArray) -> Axes:
    grey = image[0] if len(image) == 1 else np.moveaxis(image, 0, 2)
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    height, width = grey.shape[:2]
    axes.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor=FAINT, linewidth=1))
    return axes


def outcome_dots(outcomes: Mapping[str, Outcomes]) -> ThemedFigure:
    """Draw accuracies of ideas: a row for each, a dot for each seed, and a line at the mean.

    Args:
        outcomes: names of ideas to what came of them.

    Returns:
        One panel; training above validation in each row, the first idea on top.

    Raises:
        ValueError: if there is no idea.

    Example:
        >>> values = np.array([0.5, 1.0])
        >>> drawn = outcome_dots({"nothing": Outcomes(values, values, values)})
        >>> [text.get_text() for text in drawn.axes[0].get_yticklabels()]
        ['nothing']
    """
    if not outcomes:
        raise ValueError("outcomes is empty: accepted are one or more ideas")
    drawn = figure(WIDEST, 0.9 + 0.5 * len(outcomes))
    axes = drawn.subplots()
    for part, colour, shift, marker in (("train", LINES[0], -0.16, "o"), ("validation", LINES[1], 0.16, "D")):
        for place, found in enumerate(outcomes.values()):
            values = getattr(found, part)
            label = ("training" if part == "train" else part) if not place else None
            axes.plot(
                values, [place + shift] * len(values), marker, color=colour, markersize=4, alpha=0.55, label=label
            )
            axes.plot([values.mean()] * 2, [place + shift - 0.14, place + shift + 0.14], color=INK, linewidth=2)
    axes.set_yticks(range(len(outcomes)), list(outcomes))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.03)
    axes.axvline(0.1, color=FAINT, linestyle=":", linewidth=1.5)
    inked(axes, x="accuracy (dotted: guessing among ten classes)", framed=False)
    legend(axes)
    return drawn
