"""Explorer of the chapter *Seeing is not enough: the corner problem*."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwlib.receptive.corners import affine_corner_network, corner_cases, corner_network, run_network
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, grids_above

if TYPE_CHECKING:
    import ipywidgets

_CORNERS = ((0, 0), (0, 4), (4, 0), (4, 4))


def corners_explorer() -> ipywidgets.VBox:
    """Sliders colour the four corners and choose a network; shown are its output and the right one.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(corners_explorer().children)
        7
    """
    images, targets = corner_cases()
    outputs = {
        "with ReLU": run_network(corner_network(), images),
        "without": run_network(affine_corner_network(), images, relu=False),
    }

    def frame(*chosen: int | str) -> str:
        *colours, network = chosen
        number = int("".join(map(str, colours)), 2)
        image, target, output = images[number], targets[number], outputs[str(network)][number]

        def cell(r: int, c: int) -> Cell:
            return Cell(str(image[r, c]), weight_colour(0, 0, 1) if image[r, c] else "none")

        def computed(r: int, c: int) -> Cell:
            return Cell(f"{output[r, c]}".replace("-", "\N{MINUS SIGN}"), _white(output[r, c] >= 0))

        def wanted(r: int, c: int) -> Cell:
            return Cell("1" if target[r, c] else "0", _white(bool(target[r, c])))

        grids = [("input X", cell), ("output: white where at least 0", computed), ("wanted", wanted)]
        wrong = [place for place in _CORNERS if (output[place] >= 0) != target[place]]
        say = f"Wrong in the corners {', '.join(map(str, wrong))}." if wrong else "Right in all four corners."
        if not wrong and not np.array_equal(output >= 0, target == 1):
            say = "Right in all four corners, but not elsewhere."
        return grids_above([Grid(title, (5, 5), draw, size=28) for title, draw in grids], say)

    names = ("top left", "top right", "bottom left", "bottom right")
    return frame_explorer({**dict.fromkeys(names, (0, 1)), "network": tuple(outputs)}, frame)


def _white(is_white: bool) -> str:
    return weight_colour(1, 0, 1) if is_white else "none"
