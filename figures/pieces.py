"""Illustrations of the chapters on piecewise linearity, for slides."""

from __future__ import annotations

from collections.abc import Callable

from hwlib.network import Network, folding_network
from hwlib.pieces import pieces_of
from hwlib.teach import plot
from hwlib.teach.plot import ThemedFigure

FIGURES: dict[str, Callable[[], ThemedFigure]] = {
    "pieces_by_hand.svg": lambda: plot.piece_graphs(
        {"relu(x) − 2 relu(x − 1)": pieces_of(Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])]))}, -2, 4
    ),
    "pieces_fold.svg": lambda: plot.piece_graphs(
        {f"{2 * depth} units": pieces_of(folding_network(depth), 0, 1) for depth in (1, 2, 3)}, 0, 1
    ),
}
