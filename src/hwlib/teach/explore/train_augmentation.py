"""Explorer of the chapter *A perfect fit is easy, and not the goal*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.arguments import whole_numbers
from hwlib._core.types import AnyArray
from hwlib.datasets import crop, digits
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, grids_above
from hwlib.training import IDEAS, Classifier, train_idea

if TYPE_CHECKING:
    import ipywidgets

_PADDING = 2
_NETWORKS = {"without crops": "all three", "with crops": "all three, with crops"}


def crop_explorer(*, shown: Sequence[int] = (0, 3)) -> ipywidgets.VBox:
    """Sliders choose a digit and move it by up to two pixels; two networks say what it is.

    Both were trained on the same 300 digits of scikit-learn's, one of them with random crops of padding 1. The digits
    that are shown were trained on by neither: of each class the first that both read right where it is.

    Args:
        shown: digits to choose from.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(crop_explorer(shown=[0]).children)
        5
    """
    wanted = whole_numbers("shown", shown, least=0)
    train, rest = digits().split(300, rng=0)
    networks = {name: train_idea(IDEAS[idea], train, rng=0) for name, idea in _NETWORKS.items()}
    read = np.all([made.labels(rest.images) == rest.labels for made in networks.values()], axis=0)
    images = {digit: rest.images[np.flatnonzero(read & (rest.labels == digit))[0]] for digit in wanted}
    moved = {digit: _moved(image) for digit, image in images.items()}
    said = {digit: {name: _said(made, moved[digit]) for name, made in networks.items()} for digit in wanted}

    def frame(digit: int, down: int, right: int) -> str:
        here = (down + _PADDING, right + _PADDING)
        picture = moved[digit][here]

        def pixel(r: int, c: int) -> Cell | None:
            grey = picture[0, r, c] / 255
            return Cell("", "currentColor", f'fill-opacity="{grey:.2g}"') if grey else None

        def verdicts(name: str) -> Grid:
            def cell(r: int, c: int) -> Cell:
                answer = int(said[digit][name][r, c])
                edge = 'stroke-width="3"' if (r, c) == here else ""
                return Cell(str(answer), _RIGHT if answer == digit else "none", edge)

            names = [f"{step:+d}".replace("-", "\N{MINUS SIGN}") if step else "0" for step in range(-2, 3)]
            return Grid(name, (5, 5), cell, size=26, columns=names, rows=names)

        right_ones = {name: int((said[digit][name] == digit).sum()) for name in networks}
        answers = " and ".join(f"a {said[digit][name][here]} {name}" for name in networks)
        of = ", ".join(f"{number} {name}" for name, number in right_ones.items())
        say = f"A {digit}, moved {_way(down, right)}, is read as {answers}. Right of 25: {of}."
        grids = [Grid("the digit", (8, 8), pixel, size=20), *map(verdicts, networks)]
        return grids_above(grids, say)

    steps = range(-_PADDING, _PADDING + 1)
    controls = {"digit": wanted, "pixels down": tuple(steps), "pixels right": tuple(steps)}
    first = wanted[0]
    lost = np.argwhere((said[first]["without crops"] != first) & (said[first]["with crops"] == first)) - _PADDING
    down, right = min(lost.tolist(), key=lambda place: (sum(map(abs, place)), place), default=(0, 1))
    return frame_explorer(controls, frame, start={"pixels down": down, "pixels right": right})


_RIGHT = "#cdeee2"


def _moved(image: AnyArray) -> AnyArray:
    """The image at all offsets, ``(5, 5, channels, height, width)``: first by how far down, then by how far right."""
    side = 2 * _PADDING + 1
    down, right = (places.ravel() for places in np.indices((side, side)))
    rows, columns = 2 * _PADDING - down, 2 * _PADDING - right  # a crop that begins further up shows the image lower
    found = crop(np.repeat(image[None], side**2, axis=0), padding=_PADDING, rows=rows, columns=columns)
    return found.reshape(side, side, *image.shape)


def _said(made: Classifier, images: AnyArray) -> AnyArray:
    return made.labels(images.reshape(-1, *images.shape[2:])).reshape(images.shape[:2])


def _way(down: int, right: int) -> str:
    parts = [
        f"{abs(step)} {names[step < 0]}" for step, names in ((down, ("down", "up")), (right, ("right", "left"))) if step
    ]
    return " and ".join(parts) or "not at all"
