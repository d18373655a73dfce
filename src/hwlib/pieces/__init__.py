"""Piecewise linear functions of one number, and the networks that compute them (chapters *pwl_…*)."""

from hwlib.pieces._pieces import (
    Piece,
    PiecewiseLinear,
    approximate,
    difference_witness,
    fewest_units,
    most_kinks,
    pieces_of,
    relu_network,
)

__all__ = [
    "Piece",
    "PiecewiseLinear",
    "approximate",
    "difference_witness",
    "fewest_units",
    "most_kinks",
    "pieces_of",
    "relu_network",
]
