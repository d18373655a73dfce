"""Explorer of the chapter *A ReLU network is a list of straight pieces*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from hwlib._core.text import affine_text
from hwlib.network import Network
from hwlib.pieces import Piece, pieces_of
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._graph import graph
from hwlib.teach.explore._svg import above, count

if TYPE_CHECKING:
    import ipywidgets

HALF = Fraction(1, 2)


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
        say = f"{count(len(function), 'piece')}, {count(kinks, 'kink')}, {function.shape}."
        rows = "".join(f"<tr><td>{text}</td></tr>" for text in map(_row(network), function))
        table = f'<table style="font-size:.9em;margin:0 auto">{rows}</table>'
        return above([graph(function, x=(-6, 6), y=(-6, 14), label=f"The network of the problem: {say}"), table], say)

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
        pattern = " | ".join("".join(map(str, part.tolist())) for part in network.affine_at(piece.inside).pattern)
        ends = ["" if math.isinf(end) else _number(end) for end in (piece.start, piece.end)]
        where = f"{ends[0]}{' < ' if ends[0] else ''}x{' < ' if ends[1] else ''}{ends[1]}"
        return f"{where}: {_line(piece)}; pattern {pattern}".replace("<", "&lt;")

    return row


def _line(piece: Piece) -> str:
    """The affine function of a piece, as one writes it."""
    x = " x" if Fraction(piece.slope).denominator > 1 else "x"
    return affine_text([Fraction(piece.slope), Fraction(piece.intercept)], [x, ""]).replace("-", "−")


def _number(value: float | Fraction) -> str:
    return str(Fraction(value)).replace("-", "−")
