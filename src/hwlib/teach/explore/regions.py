"""Folds and training, seen by their regions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib.network import Layer, Network, folding_network
from hwlib.regions import Regions, enumerate_regions
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.plot._theme import weight_colour

if TYPE_CHECKING:
    import ipywidgets

_SIDE = 220


def folding_explorer(
    *,
    layers: Sequence[int] = (1, 2, 3),
    angles: Sequence[int] = (0, 15, 30, 45),
    places: Sequence[str] = ("1/8", "3/8", "5/8", "7/8"),
) -> ipywidgets.VBox:
    """Folds of the plane, turned by an angle: all regions, and all points that reach one output.

    Args:
        layers: how often the plane is folded.
        angles: by how many degrees the input is turned before.
        places: first coordinate of the output point; the second is one quarter.

    Returns:
        The explorer; it needs no kernel.

    Example:
        >>> len(folding_explorer(layers=(1,), angles=(0,), places=("1/4",)).children)
        5
    """

    def frame(count: int, angle: int, place: str) -> str:
        turn = np.array(
            [
                [np.cos(np.radians(angle)), -np.sin(np.radians(angle))],
                [np.sin(np.radians(angle)), np.cos(np.radians(angle))],
            ]
        )
        found = _turned_fold(count, turn)
        target = np.array([float(Fraction(place)), 0.25])
        points = _preimages(found, target)
        say = (
            f"{count} fold{'s' if count > 1 else ''}, turned by {angle} degrees: {len(found)} regions. "
            f"The output ({place}, 1/4) is reached from {len(points)} points, one in each region."
        )
        return _figure(found, _tint(found), say, points)

    return frame_explorer({"folds": list(layers), "angle": list(angles), "output": list(places)}, frame)


def _turned_fold(count: int, turn: npt.NDArray[Any]) -> Regions:
    """Regions of the fold in the square that the turned unit square fits into, its middle kept."""
    first, *rest = folding_network(count, 2).as_floats().layers
    middle = np.array([0.5, 0.5])
    weight = first.weight @ turn
    network = Network([Layer(weight, first.weight @ middle + first.bias - weight @ middle, first.activation), *rest])
    return enumerate_regions(network, box=[(-0.25, 1.25)] * 2)


def _preimages(found: Regions, target: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    weights, biases = found.affine_maps
    return [np.linalg.solve(weight, target - bias) for weight, bias in zip(weights, biases, strict=True)]


def training_explorer(
    points: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    widths: Sequence[int] = (4, 8, 12),
    seeds: Sequence[int] = (0, 1),
    steps: Sequence[int] = (0, 20, 50, 100, 200, 400, 1000),
    train: Callable[..., Mapping[int, Network]],
) -> ipywidgets.VBox:
    """Regions of networks of two inputs while they are trained.

    Args:
        points: ``(n, 2)``, in the square from -1.5 to 1.5.
        labels: ``(n,)``, 0 or 1.
        widths: neurons of each of two hidden layers.
        seeds: starting points.
        steps: after how many steps a frame is made.
        train: from points, labels, width, seed and steps to the network after each of these steps.

    Returns:
        The explorer; it needs no kernel.

    Raises:
        ValueError: if points and labels do not fit.

    Example:
        >>> start = Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])])
        >>> made = training_explorer([[0, 1]], [1], widths=(1,), seeds=(0,), steps=(0,), train=lambda *a: {0: start})
        >>> len(made.children)
        5
    """
    data, wanted = np.asarray(points, dtype=float), np.asarray(labels)
    if data.ndim != 2 or data.shape[1] != 2 or wanted.shape != data.shape[:1]:
        raise ValueError(f"points {data.shape} and labels {wanted.shape}: accepted are (n, 2) and (n,)")
    trained = {
        (width, seed): train(data, wanted, width, seed, steps) for width, seed in itertools.product(widths, seeds)
    }

    def frame(width: int, seed: int, step: int) -> str:
        network = trained[width, seed][step]
        found = enumerate_regions(network, box=[(-1.5, 1.5)] * 2)
        right = float(((network(data)[:, 0] > 0) == (wanted > 0)).mean())
        say = (
            f"Width {width}, start {seed}, after {step} steps: {len(found)} regions, "
            f"{right:.0%} of the points on the right side."
        )
        middles = np.add.reduceat(found.points[found.ring, :2], found.start[:-1]) / np.diff(found.start)[:, None]
        fills = ["#f6cf85" if value > 0 else "none" for value in np.asarray(network(middles))[:, 0]]
        return _figure(found, fills, say, data, marks=wanted)

    return frame_explorer({"width": list(widths), "start": list(seeds), "step": list(steps)}, frame)


def _tint(found: Regions) -> list[str]:
    """Colour by the pattern: regions that differ in one neuron take different ones."""
    flat = np.concatenate(found.patterns, axis=1).astype(int)
    number = flat @ (1 + np.arange(flat.shape[1]))
    return [weight_colour(int(n) % 4, int(n) // 4 % 4, 4) for n in number]


def _figure(
    found: Regions,
    fills: Sequence[str],
    say: str,
    points: Sequence[npt.NDArray[Any]] | npt.NDArray[Any],
    marks: npt.NDArray[Any] | None = None,
) -> str:
    corners = found.points[found.ring, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)

    def place(rows: npt.NDArray[Any]) -> list[list[int]]:
        scaled = (rows - low) / (high - low) * (_SIDE * 10)
        scaled[:, 1] = _SIDE * 10 - scaled[:, 1]
        return np.rint(scaled).astype(int).tolist()  # type: ignore[no-any-return]

    at = place(corners.copy())
    shapes: dict[str, list[str]] = {}
    for number, fill in enumerate(fills):
        ring = at[found.start[number] : found.start[number + 1]]
        shapes.setdefault(fill, []).append("M" + "L".join(f"{x},{y}" for x, y in ring) + "z")
    paths = "".join(f'<path fill="{fill}" d="{"".join(drawn)}"/>' for fill, drawn in shapes.items())
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="24" stroke="#16181b" stroke-width="10" fill="{_dot(marks, k)}"/>'
        for k, (x, y) in enumerate(place(np.array(points)))
    )
    return (
        f'<div class="hw-views"><figure class="hw-view"><svg width="{_SIDE + 20}" height="{_SIDE + 20}" '
        f'viewBox="-100 -100 {_SIDE * 10 + 200} {_SIDE * 10 + 200}" role="img" aria-label="{say}">'
        f'<g stroke="currentColor" stroke-width="6" stroke-linejoin="round">{paths}</g>{dots}</svg></figure></div>'
        f'<p class="hw-note">{say}</p>'
    )


def _dot(marks: npt.NDArray[Any] | None, number: int) -> str:
    return "#16181b" if marks is None or marks[number] > 0 else "#fff"
