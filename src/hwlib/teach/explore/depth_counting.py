"""Explorer of the chapter *Regions can be counted*."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib.network import Network
from hwlib.regions import enumerate_regions
from hwlib.teach._theme import POSITIVE
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._regions import regions_above

if TYPE_CHECKING:
    import ipywidgets


def training_explorer(
    points: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    widths: Sequence[int] = (4, 8, 12),
    starts: Sequence[int] = (0, 1),
    steps: Sequence[int] = (0, 20, 50, 100, 200, 400, 1000),
    train: Callable[..., Mapping[int, Network]],
) -> ipywidgets.VBox:
    """Regions of networks of two inputs while they are trained.

    Args:
        points: ``(n, 2)``, in the square from -1.5 to 1.5.
        labels: ``(n,)``, 0 or 1.
        widths: neurons of each of two hidden layers.
        starts: seeds of the networks' first weights.
        steps: after how many steps a frame is made.
        train: from points, labels, width, start and steps to the network after each of these steps.

    Returns:
        The explorer; it needs no kernel.

    Raises:
        ValueError: if points and labels do not fit.

    Example:
        >>> start = Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])])
        >>> made = training_explorer([[0, 1]], [1], widths=(1,), starts=(0,), steps=(0,), train=lambda *a: {0: start})
        >>> len(made.children)
        5
    """
    data, wanted = np.asarray(points, dtype=float), np.asarray(labels)
    if data.ndim != 2 or data.shape[1] != 2 or wanted.shape != data.shape[:1]:
        raise ValueError(f"points {data.shape} and labels {wanted.shape}: accepted are (n, 2) and (n,)")
    trained = {
        (width, start): train(data, wanted, width, start, steps) for width, start in itertools.product(widths, starts)
    }

    def frame(width: int, start: int, step: int) -> str:
        network = trained[width, start][step]
        found = enumerate_regions(network, box=[(-1.5, 1.5)] * 2)
        right = float(((network(data)[:, 0] > 0) == (wanted > 0)).mean())
        say = (
            f"Width {width}, start {start}, after {step} steps: {len(found)} regions, "
            f"{right:.0%} of the points on the right side."
        )
        middles = np.add.reduceat(found.points[found.ring, :2], found.start[:-1]) / np.diff(found.start)[:, None]
        fills = [POSITIVE if value > 0 else "none" for value in np.asarray(network(middles))[:, 0]]
        return regions_above(found, fills, say, data, (wanted > 0).tolist())

    controls = {"width": list(widths), "start": list(starts), "step": list(steps)}
    return frame_explorer(controls, frame, start={"width": widths[-1], "step": steps[-1]})  # it opens trained
