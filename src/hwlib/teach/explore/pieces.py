"""Explorers of the chapters on piecewise linearity."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib.network import Network
from hwlib.pieces import Piece, PiecewiseLinear, pieces_of, relu_network
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

Curve = npt.NDArray[np.float64]
HALF = Fraction(1, 2)
WIDTH, HEIGHT = 330, 220


def piece_explorer(
    *,
    weights: Sequence[Fraction | int] = (-1, HALF, 1),
    first_biases: Sequence[int] = (-1, 0, 2),
    inner_weights: Sequence[int] = (-3, 1, 2),
    second_biases: Sequence[int] = (-2, 0, 1),
) -> ipywidgets.VBox:
    """Sliders for four numbers of the network of problem ``pwl-local-affine``; its pieces, slopes and patterns.

    Args:
        weights: values of the weight of the first unit.
        first_biases: values of the bias of the first unit.
        inner_weights: values of the weight from the second unit of the first layer to the first of the second.
        second_biases: values of the bias of that unit.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(piece_explorer(weights=[1], first_biases=[0], inner_weights=[1], second_biases=[0]).children)
        6
    """

    def frame(weight: Fraction, first_bias: int, inner: int, second_bias: int) -> str:
        network = Network.from_arrays(
            [
                ([[Fraction(weight)], [HALF]], [first_bias, 1]),
                ([[1, inner], [1, 1]], [second_bias, 0]),
                ([[1, 1]], [1]),
            ]
        )
        function = pieces_of(network)
        kinks = len(function.kinks)
        say = f"{_count(len(function), 'piece')}, {_count(kinks, 'kink')}, {function.shape}."
        rows = "".join(f"<tr><td>{text}</td></tr>" for text in map(_row(network), function))
        table = f'<table style="font-size:.9em;margin:0 auto">{rows}</table>'
        graph = _graph_svg(function, -6, 6, -6, 14, f"The network of the problem: {say}")
        return f'<div class="hw-views">{graph}{table}</div><p class="hw-note">{say}</p>'

    controls = {
        "weight W1[0]": weights,
        "bias b1[0]": first_biases,
        "weight W2[0,1]": inner_weights,
        "bias b2[0]": second_biases,
    }
    problem = dict(zip(controls, (HALF, 0, 1, 0), strict=True))
    start = {label: value for label, value in problem.items() if value in controls[label]}
    return frame_explorer(controls, frame, start=start)


def _row(network: Network) -> Callable[[Piece], str]:
    def row(piece: Piece) -> str:
        inside = _inside(piece)
        pattern = " | ".join("".join(map(str, part.tolist())) for part in network.affine_at(inside).pattern)
        ends = ["" if math.isinf(end) else _number(end) for end in (piece.start, piece.end)]
        where = f"{ends[0]}{' < ' if ends[0] else ''}x{' < ' if ends[1] else ''}{ends[1]}"
        return f"{where}: {_line(piece)}; pattern {pattern}".replace("<", "&lt;")

    return row


def _inside(piece: Piece) -> Fraction:
    if math.isinf(piece.start):
        return Fraction(0) if math.isinf(piece.end) else Fraction(piece.end) - 1
    return Fraction(piece.start) + 1 if math.isinf(piece.end) else (Fraction(piece.start) + Fraction(piece.end)) / 2


def _line(piece: Piece) -> str:
    """The affine function of a piece, as one writes it."""
    if not piece.slope:
        return _number(piece.intercept)
    slope = "" if piece.slope == 1 else "−" if piece.slope == -1 else _number(piece.slope)
    slope += " " * ("/" in slope)
    if not piece.intercept:
        return f"{slope}x"
    return f"{slope}x {'+' if piece.intercept > 0 else '−'} {_number(abs(Fraction(piece.intercept)))}"


def _number(value: float | Fraction) -> str:
    return str(Fraction(value)).replace("-", "−")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _graph_svg(
    function: PiecewiseLinear,
    lower: float,
    upper: float,
    bottom: float,
    top: float,
    label: str,
    curve: Callable[[Curve], Curve] | None = None,
) -> str:
    """A graph as SVG, pieces in alternating colours, kinks as dots, and if given a smooth curve behind it."""

    def place(x: float, y: float) -> str:
        across = 8 + (WIDTH - 16) * (x - lower) / (upper - lower)
        up = HEIGHT - 8 - (HEIGHT - 16) * (y - bottom) / (top - bottom)
        return f"{across:.1f},{up:.1f}"

    def line(points: Sequence[tuple[float, float]], style: str) -> str:
        return f'<polyline points="{" ".join(place(*point) for point in points)}" fill="none" {style}/>'

    parts = []
    for axis in ([(lower, 0.0), (upper, 0.0)], [(0.0, bottom), (0.0, top)]):
        parts.append(line(axis, 'stroke="currentColor" stroke-opacity=".4"'))
    if curve is not None:
        x = np.linspace(lower, upper, 80)
        drawn = list(zip(x.tolist(), curve(x).tolist(), strict=True))
        parts.append(line(drawn, 'stroke="currentColor" stroke-opacity=".6" stroke-width="1.5" stroke-dasharray="4 3"'))
    low, high = max(lower, float(function.lower)), min(upper, float(function.upper))
    kinks = [float(kink) for kink in function.kinks if low < kink < high]
    ends = [low, *kinks, high]
    for number, (start, end) in enumerate(itertools.pairwise(ends)):
        parts.append(
            line(
                [(x, float(function(x))) for x in (start, end)],
                f'stroke="{("#0072b2", "#e69f00")[number % 2]}" stroke-width="3"',
            )
        )
    for kink in kinks:
        across, up = place(kink, float(function(kink))).split(",")
        parts.append(f'<circle cx="{across}" cy="{up}" r="4" fill="currentColor"/>')
    return (
        f'<figure class="hw-view"><svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{label}">{"".join(parts)}</svg></figure>'
    )


def approximation_explorer(*, counts: Sequence[int] = (1, 2, 3, 4, 6, 8, 12)) -> ipywidgets.VBox:
    """Sliders for a smooth function, a number of pieces and a shift; the chords, their error and their network.

    Args:
        counts: numbers of pieces.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(approximation_explorer(counts=[1, 2]).children)
        5
    """
    targets: dict[str, tuple[Callable[[Curve], Curve], float, float, float]] = {
        "x²": (np.square, -1, 1, 2),
        "sin x": (np.sin, -3, 3, 1),
        "exp x": (np.exp, -2, 1, math.e),
    }

    def frame(name: str, count: int, shift: str) -> str:
        function, lower, upper, curvature = targets[name]
        places = np.linspace(lower, upper, count + 1)
        bound = curvature * ((upper - lower) / count) ** 2 / 8
        lift = -bound / 2 if shift == "lowered" else 0
        chords = PiecewiseLinear.through(places, function(places) + lift)
        x = np.linspace(lower, upper, 4001)
        error = abs(chords(x) - function(x)).max()
        units = int(np.count_nonzero(relu_network(chords, least=False).layers[0].weight))
        say = f"{_count(count, 'piece')}, {_count(units, 'unit')}; error {error:.4f}, the bound is {bound:.4f}."
        low, high = float(function(x).min()), float(function(x).max())
        room = 0.3 * (high - low)
        label = f"{name} and its chords: {say}"
        graph = _graph_svg(chords, lower - 0.2, upper + 0.2, low - room, high + room, label, curve=function)
        return f'<div class="hw-views">{graph}</div><p class="hw-note">{say}</p>'

    controls = {"function": tuple(targets), "pieces": counts, "chords": ("as they are", "lowered")}
    return frame_explorer(controls, frame)
