"""Piecewise linear functions of one number, and the networks that compute them (chapters *pwl_…*).

:func:`pieces_of` gives the straight pieces of a network with one input and one output, :func:`relu_network` a network
with given pieces.

Sources: problems ``pwl-local-affine``, ``pwl-convexity``, ``pwl-kinks``, ``pwl-no-bias``, ``act-pwl-from-relu``;
Montúfar, Pascanu, Cho, Bengio (2014); Telgarsky (2016).
"""

from hwlib.pieces._build import approximate, fewest_units, most_kinks, relu_network
from hwlib.pieces._compare import Distance, difference_witness, distance, sign_changes
from hwlib.pieces._function import Piece, PiecewiseLinear
from hwlib.pieces._sweep import pieces_of

__all__ = [
    "Distance",
    "Piece",
    "PiecewiseLinear",
    "approximate",
    "difference_witness",
    "distance",
    "fewest_units",
    "most_kinks",
    "pieces_of",
    "relu_network",
    "sign_changes",
]
