"""Write every illustration, the same bytes on every run: ``python -m figures [FOLDER]``."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

from figures import conv, pieces, receptive

FIGURES = {**conv.FIGURES, **pieces.FIGURES, **receptive.FIGURES}


def write(folder: Path) -> None:
    """Write every figure into a folder."""
    with mpl.rc_context({"svg.hashsalt": "hwlib"}):
        for name, draw in FIGURES.items():
            draw().savefig(folder / name, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
