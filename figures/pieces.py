"""Illustrations of the chapters on piecewise linearity, for slides: run it to write the SVG files beside it."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

from hwlib.network import Network, folding_network
from hwlib.pieces import pieces_of
from hwlib.teach import plot

FIGURES = {
    "pieces_by_hand.svg": lambda: plot.piece_graphs(
        {"relu(x) − 2 relu(x − 1)": pieces_of(Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])]))}, -2, 4
    ),
    "pieces_fold.svg": lambda: plot.piece_graphs(
        {f"{2 * depth} units": pieces_of(folding_network(depth), 0, 1) for depth in (1, 2, 3)}, 0, 1
    ),
}


def write(folder: Path) -> None:
    """Write every figure into a folder, the same bytes on every run."""
    with mpl.rc_context({"svg.hashsalt": "hwlib"}):
        for name, draw in FIGURES.items():
            draw().savefig(folder / name, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    write(Path(__file__).parent)
