"""Linear regions of piecewise linear networks: all of them, their number, and bounds on it (*Depth folds space*).

An activation region is the set of inputs for which every neuron is on a given piece of its activation; the network is
affine there. :func:`enumerate_regions` finds all regions of positive volume in a box or in all of space,
:func:`count_regions` only counts, :func:`iterate_regions` yields them one by one, :func:`sample_regions` gives a lower
bound where there are too many. :func:`identified_regions` finds the regions that a network maps onto one and the same
set, which is what depth multiplies; :func:`sign_parts` counts the parts into which its sign cuts the plane. Bounds from
the literature stand in :mod:`hwlib.regions.bounds`.

Source: problems ``depth-one-layer``, ``depth-composition``, ``depth-folding``, ``depth-conclusion``.
"""

from hwlib.regions import bounds, exact
from hwlib.regions._engine import engine, precompile, use_engine
from hwlib.regions._enumerate import count_regions, enumerate_regions, iterate_regions, sample_regions
from hwlib.regions._identified import Identified, identified_regions
from hwlib.regions._parts import slice_network
from hwlib.regions._result import Region, Regions
from hwlib.regions._signs import SignParts, cut_by_sign, sign_parts

__all__ = [
    "Identified",
    "Region",
    "Regions",
    "SignParts",
    "bounds",
    "count_regions",
    "cut_by_sign",
    "engine",
    "enumerate_regions",
    "exact",
    "identified_regions",
    "iterate_regions",
    "precompile",
    "sample_regions",
    "sign_parts",
    "slice_network",
    "use_engine",
]
