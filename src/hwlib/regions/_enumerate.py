"""The verbs: what was asked is read and checked, an engine finds it, and the answer is put together.

A network passes through here once: :func:`~hwlib.network.as_network`, its merged layers, a domain in which to look, an
engine for the plane or for cells, in floats or, where these are in doubt, in whole numbers; then the regions.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, whole
from hwlib._core.types import RandomSource
from hwlib.network import Layer, Network, NetworkLike, as_network
from hwlib.regions._domain import Box, Domain, read_box, read_domain
from hwlib.regions._engine import EXACT, current, spread
from hwlib.regions._gather import regions_of_cells, regions_of_faces
from hwlib.regions._layers import merged_layers
from hwlib.regions._parts import independent_parts
from hwlib.regions._programs import count_by_programs
from hwlib.regions._result import Region, Regions
from hwlib.regions._shapes import FloatCell, InDoubtError
from hwlib.regions.exact import Cell, box_cell

MOST_DIMENSIONS = 8  # cells of more dimensions have too many corners


def enumerate_regions(
    network: NetworkLike,
    *,
    box: Box | None = None,
    polygon: npt.ArrayLike | None = None,
    exact: bool = False,
    n_jobs: int = 1,
) -> Regions:
    """Find all activation regions of positive volume of a piecewise linear network.

    In the plane all lines of a layer are laid over all regions at once, in float64. In more dimensions, and wherever a
    sign is too close to zero to be trusted, cells are cut one after the other, then in whole numbers of any size; so
    parallel, equal and concurrent lines, dead neurons and zero weights are no special cases.

    Args:
        network: whatever :func:`hwlib.network.as_network` takes.
        box: ``(low, high)`` for each input, of any numbers, as a list or as an array; without it, and without a
            polygon, all of space.
        polygon: for two inputs, instead of a box: the corners ``(m, 2)`` of a convex polygon, in either order.
        exact: compute in whole numbers throughout, with Fractions as results. Floats are taken at their exact value.
        n_jobs: processes for cells of more than two dimensions and for exact ones, through joblib: inside
            ``joblib.parallel_config(backend="dask")`` they run on a Dask cluster.

    Returns:
        The regions.

    Raises:
        ValueError: if the box does not fit the inputs or is empty, the polygon is not convex, both are given, or there
            are more than 8 inputs.

    Source: problems ``depth-one-layer``, ``depth-composition``, ``depth-folding``; chapter *Depth folds space*.

    Example:
        >>> corner = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
        >>> found = enumerate_regions(corner, box=[(-1, 2), (-1, 2)])
        >>> len(found), sorted(found.volumes.round(9).tolist())
        (4, [1.0, 2.0, 2.0, 4.0])
        >>> len(enumerate_regions(corner))  # all of the plane
        4
    """
    network = as_network(network)
    domain = read_domain(network.inputs, box=box, polygon=polygon)
    jobs = _checked_jobs(n_jobs)
    if network.inputs > MOST_DIMENSIONS:
        raise ValueError(
            f"a network of {network.inputs} inputs: accepted are at most {MOST_DIMENSIONS}; see sample_regions"
        )
    if not (exact or network.exact):
        with contextlib.suppress(InDoubtError):
            return _in_floats(network, domain, jobs)
    cells = spread(EXACT, domain.cells(), merged_layers(network.as_fractions())[:-1], jobs)
    return regions_of_cells(network, cells, whole=domain.whole)


def _in_floats(network: Network, domain: Domain, n_jobs: int) -> Regions:
    layers = merged_layers(network)
    if domain.inputs == 2:
        faces, outputs = current().plane(domain.faces(), layers)
        return regions_of_faces(network, layers, faces, outputs, whole=domain.whole)
    cells = spread(current(), domain.float_cells(), layers[:-1], n_jobs)
    return regions_of_cells(network, cells, whole=domain.whole)


def _checked_jobs(n_jobs: int) -> int:
    if (number := whole("n_jobs", n_jobs)) == 0:
        raise ValueError("n_jobs=0: accepted are whole numbers but 0; -1 stands for one for each processor")
    return number


def count_regions(
    network: NetworkLike,
    *,
    box: Box | None = None,
    exact: bool = False,
    n_jobs: int = 1,
    method: Literal["auto", "corners", "programs"] = "auto",
) -> int:
    """Count the activation regions of positive volume.

    Like :func:`enumerate_regions`, but nothing is kept, the last layer is not drawn in the plane, and a network that
    falls into parts with inputs of their own is counted part by part: the numbers multiply.

    Args:
        network: see :func:`enumerate_regions`.
        box: see :func:`enumerate_regions`.
        exact: see :func:`enumerate_regions`.
        n_jobs: see :func:`enumerate_regions`.
        method: ``"corners"`` keeps the corners of cells, ``"programs"`` asks a linear program which side of a line a
            cell reaches: slower, in floats, blind for regions thinner than one part in 10^9, and for a box only, but
            its work does not explode with the dimension. ``"auto"`` takes corners for up to 8 inputs.

    Returns:
        The number of regions.

    Raises:
        ValueError: if the box does not fit, the method is unknown, or linear programs are asked for all of space.

    Example:
        >>> fold = Network.from_arrays([([[2]], [-1]), ([[2]], [-1]), ([[1]], [0])], activation="abs")
        >>> count_regions(fold, box=[(0, 1)])
        4
    """
    network = as_network(network)
    limits = None if box is None else read_box(network.inputs, box)
    if method not in ("auto", "corners", "programs"):
        raise ValueError(f"method={method!r}: accepted are 'auto', 'corners' and 'programs'")
    parts = independent_parts(network)
    if len(parts) > 1:
        boxes = [None if limits is None else [limits[axis] for axis in axes] for axes, _ in parts]
        numbers = [
            count_regions(part, box=inner, exact=exact, n_jobs=n_jobs, method=method)
            for (_, part), inner in zip(parts, boxes, strict=True)
        ]
        return math.prod(numbers)
    if method == "programs" or (method == "auto" and network.inputs > MOST_DIMENSIONS):
        if limits is None or exact:
            raise ValueError("linear programs with no box or with exact=True: accepted is a box, in floats")
        return count_by_programs(network, limits)
    layers = merged_layers(network)
    if network.inputs == 2 and not exact and not network.exact and limits is not None and len(layers) > 1:
        with contextlib.suppress(InDoubtError):
            return current().count(Domain(2, limits).faces(), layers)
    return len(enumerate_regions(network, box=limits, exact=exact, n_jobs=n_jobs))


def iterate_regions(network: NetworkLike, *, box: Box, exact: bool = False) -> Iterator[Region]:
    """Yield regions one by one, depth first, in memory that does not grow with their number.

    What was yielded is safe whatever happens later: stop when you have enough, or wrap it in a progress bar.

    Args:
        network: see :func:`enumerate_regions`.
        box: ``(low, high)`` for each input.
        exact: compute in whole numbers from the beginning.

    Yields:
        The regions, in any order; exact ones where floats are in doubt.

    Raises:
        ValueError: as for :func:`enumerate_regions`.

    Example:
        >>> corner = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
        >>> next(iterate_regions(corner, box=[(-1, 2), (-1, 2)])).corners.shape
        (4, 2)
    """
    network = as_network(network)
    if box is None:
        raise ValueError("box=None: accepted is a box; for all of space take enumerate_regions")
    start = box_cell(read_box(network.inputs, box))
    in_floats = None if exact or network.exact else merged_layers(network)[:-1]
    layers = merged_layers(network.as_fractions())[:-1]
    for cell in EXACT.cells([start], layers[:1]):
        for part in _within(cell, in_floats, layers):
            yield regions_of_cells(network, [part], whole=False)[0]


def _within(cell: Cell, in_floats: list[Layer] | None, layers: list[Layer]) -> Iterable[Cell | FloatCell]:
    """Regions inside a cell of the first layer, in whole numbers if floats are not wanted or in doubt."""
    if in_floats is not None:
        with contextlib.suppress(InDoubtError):
            return list(current().cells([FloatCell.of(cell)], in_floats, depth=min(1, len(layers))))
    return EXACT.cells([cell], layers)


def sample_regions(network: NetworkLike, *, box: Box, samples: int, rng: RandomSource = None) -> int:
    """A lower bound on the number of regions: how many different patterns random points meet.

    Args:
        network: see :func:`enumerate_regions`; any number of inputs.
        box: ``(low, high)`` for each input.
        samples: number of points, uniform in the box.
        rng: a seed or a generator, for the points; without it they are different ones at each call.

    Returns:
        The number of patterns met. There are at least as many regions, and there may be many more.

    Raises:
        ValueError: if the box does not fit, or the number of samples is not positive.

    Example:
        >>> corner = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
        >>> sample_regions(corner, box=[(-1, 2), (-1, 2)], samples=100, rng=0)
        4
    """
    network = as_network(network).as_floats()
    points = (whole("samples", samples, least=1), network.inputs)
    low, high = np.array([[float(end) for end in pair] for pair in read_box(network.inputs, box)]).T
    values = low + (high - low) * generator("rng", rng).random(points)
    met = []
    for layer in merged_layers(network)[:-1]:
        z = values @ layer.weight.T + layer.bias
        met.append(layer.activation.piece(z))
        values = layer.activation(z)
    return len(np.unique(np.concatenate(met, axis=1), axis=0)) if met else 1
