"""Enumerating and counting: which method, on what part of space, and how the pieces are put together."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from hwlib.network import Layer, Network
from hwlib.regions._cells import FloatCell
from hwlib.regions._engine import engine
from hwlib.regions._layers import merged_layers
from hwlib.regions._overlay import Faces, InDoubtError, pieces
from hwlib.regions._programs import count_by_programs
from hwlib.regions._result import Region, Regions
from hwlib.regions.exact import Cell, box_cell, exact_cells, primitive, whole_space

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]
Box = Sequence[tuple[Any, Any]]

AnyCell = Any  # a Cell, or a FloatCell
MOST_DIMENSIONS = 8  # cells of more dimensions have too many corners


def enumerate_regions(
    network: Network | torch.nn.Module,
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
        network: a :class:`~hwlib.network.Network`, or a torch module that
            :meth:`~hwlib.network.Network.from_torch` takes.
        box: ``(low, high)`` for each input; without it, and without a polygon, all of space.
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
    network = _as_network(network)
    limits = _checked_box(network, box)
    domain = None if polygon is None else _polygon_cell(network, polygon, limits)
    if network.inputs > MOST_DIMENSIONS:
        raise ValueError(
            f"a network of {network.inputs} inputs: accepted are at most {MOST_DIMENSIONS}; see sample_regions"
        )
    if network.inputs == 2 and not exact and not network.exact:
        with contextlib.suppress(InDoubtError):
            return _in_the_plane(network, limits, domain)
    if limits is not None:
        domain = _box_cell(limits)
    if network.inputs != 2 and not exact and not network.exact:
        with contextlib.suppress(InDoubtError):
            return _collected(network, _float_parts(network, domain, n_jobs), whole=domain is None)
    return _collected(network, _exact_parts(network, domain, n_jobs), whole=domain is None)


def count_regions(
    network: Network | torch.nn.Module,
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
    network = _as_network(network)
    limits = _checked_box(network, box)
    if method not in ("auto", "corners", "programs"):
        raise ValueError(f"method={method!r}: accepted are 'auto', 'corners' and 'programs'")
    parts = _independent_parts(network)
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
            return int(engine("overlay").count(_rectangle(limits), layers))
    return len(enumerate_regions(network, box=limits, exact=exact, n_jobs=n_jobs))


def iterate_regions(network: Network | torch.nn.Module, *, box: Box, exact: bool = False) -> Iterator[Region]:
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
    network = _as_network(network)
    limits = _checked_box(network, box)
    if limits is None:
        raise ValueError("box=None: accepted is a box; for all of space take enumerate_regions")
    in_floats = merged_layers(network)[:-1]
    layers = merged_layers(network.as_fractions())[:-1]
    for cell in exact_cells([_box_cell(limits)], layers[:1]):
        for part in _within(cell, in_floats, layers, exact=exact or network.exact):
            yield _collected(network, [part])[0]


def _within(cell: Cell, in_floats: list[Layer], layers: list[Layer], *, exact: bool) -> Iterator[AnyCell]:
    """Regions inside a cell of the first layer, in whole numbers if floats are in doubt."""
    if not exact:
        try:
            yield from list(engine("cells").float_cells(_in_floats(cell), in_floats, depth=min(1, len(layers))))
            return
        except InDoubtError:
            pass
    yield from exact_cells([cell], layers)


def sample_regions(
    network: Network | torch.nn.Module, *, box: Box, samples: int, rng: np.random.Generator | None = None
) -> int:
    """A lower bound on the number of regions: how many different patterns random points meet.

    Args:
        network: any number of inputs.
        box: ``(low, high)`` for each input.
        samples: number of points, uniform in the box.
        rng: source of the points; without it, seed 0.

    Returns:
        The number of patterns met. There are at least as many regions, and there may be many more.

    Raises:
        ValueError: if the box does not fit, or the number of samples is not positive.

    Example:
        >>> corner = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
        >>> sample_regions(corner, box=[(-1, 2), (-1, 2)], samples=100)
        4
    """
    network = _as_network(network).as_floats()
    limits = _checked_box(network, box)
    if limits is None or samples < 1:
        raise ValueError(f"samples={samples}, box={box}: accepted are at least one sample, in a box")
    low, high = np.array([[float(end) for end in pair] for pair in limits]).T
    generator = rng or np.random.default_rng(0)
    values = low + (high - low) * generator.random((samples, network.inputs))
    met = []
    for layer in merged_layers(network)[:-1]:
        z = values @ layer.weight.T + layer.bias
        met.append(layer.activation.piece(z))
        values = layer.activation(z)
    return len(np.unique(np.concatenate(met, axis=1), axis=0)) if met else 1


def slice_network(network: Network | torch.nn.Module, origin: npt.ArrayLike, *directions: npt.ArrayLike) -> Network:
    """The network on a plane (or line) through its input space: u becomes network(origin + u[0] d[0] + ...).

    Args:
        network: see :func:`enumerate_regions`.
        origin: ``(inputs,)``.
        directions: each ``(inputs,)``.

    Returns:
        A network of as many inputs as there are directions.

    Raises:
        ValueError: if a shape does not fit.

    Example:
        >>> total = Network.from_arrays([([[1, 1, 1]], [0]), ([[1]], [0])])
        >>> slice_network(total, [0, 0, 1], [1, 0, 0], [0, 1, 0])([2.0, 3.0])
        array([6.])
    """
    network = _as_network(network)
    columns = np.array([np.asarray(direction, dtype=float).ravel() for direction in directions]).T
    start = np.asarray(origin, dtype=float).ravel()
    if columns.ndim != 2 or len(columns) != network.inputs or start.shape != (network.inputs,):
        raise ValueError(
            f"origin of {start.size} numbers, directions of shape {columns.T.shape}: "
            f"accepted are {network.inputs} numbers each"
        )
    first, *rest = network.layers
    return Network([Layer(first.weight @ columns, first.weight @ start + first.bias, first.activation), *rest])


def _as_network(network: Network | torch.nn.Module) -> Network:
    return network if isinstance(network, Network) else Network.from_torch(network)


def _checked_box(network: Network, box: Box | None) -> list[tuple[Any, Any]] | None:
    if box is None:
        return None
    try:
        limits = [(low, high) for low, high in box]
        sound = all(math.isfinite(low) and math.isfinite(high) and low < high for low, high in limits)
    except (TypeError, ValueError):
        sound, limits = False, []
    if not sound or len(limits) != network.inputs:
        raise ValueError(f"box={box!r}: accepted are {network.inputs} pairs (low, high) of finite numbers, low < high")
    return limits


def _box_cell(limits: Box) -> Cell:
    return box_cell(limits)


def _polygon_cell(network: Network, polygon: npt.ArrayLike, limits: Box | None) -> Cell:
    """A convex polygon as a cell of whole numbers."""
    corners = np.asarray(polygon, dtype=object)
    if limits is not None or network.inputs != 2 or corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(
            f"polygon {corners.shape} for {network.inputs} inputs{' and a box' if limits is not None else ''}: "
            "accepted are three or more corners (m, 2) for two inputs, and no box"
        )
    points = [(Fraction(x), Fraction(y)) for x, y in corners.tolist()]
    steps = [(c - a, d - b) for (a, b), (c, d) in itertools.pairwise([*points, points[0]])]
    turns = [a * d - b * c for (a, b), (c, d) in itertools.pairwise([*steps, steps[0]])]
    once_round = sum((b < 0) != (d < 0) for (_, b), (_, d) in itertools.pairwise([*steps, steps[0]])) <= 2
    if not (min(turns) > 0 or max(turns) < 0) or not once_round:
        raise ValueError(f"polygon={polygon!r}: accepted are the corners of a convex polygon, in order")
    count = len(points)
    return Cell(
        [primitive(point) for point in points],
        [1 << k | 1 << (k - 1) % count for k in range(count)],
    )


def _independent_parts(network: Network) -> list[tuple[list[int], Network]]:
    """Inputs and layers of the parts of a network that share no neuron, found from the weights that are not zero."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    layers = merged_layers(network)[:-1]
    if not layers:
        return [(list(range(network.inputs)), network)]
    offsets = list(itertools.accumulate([network.inputs, *(len(layer.bias) for layer in layers)], initial=0))
    rows, columns = [], []
    for number, layer in enumerate(layers):
        r, c = np.nonzero(layer.weight != 0)
        rows.append(r + offsets[number + 1])
        columns.append(c + offsets[number])
    joined = coo_array(
        (np.ones(sum(map(len, rows))), (np.concatenate(rows), np.concatenate(columns))), shape=(offsets[-1],) * 2
    )
    _, label = connected_components(joined, directed=False)
    parts = []
    for part in np.unique(label[: network.inputs]):
        axes = [np.flatnonzero(label[a:b] == part) for a, b in itertools.pairwise(offsets)]
        if any(len(chosen) == 0 for chosen in axes):  # neurons end early: keep one that is always the same
            depth = next(k for k, chosen in enumerate(axes) if len(chosen) == 0)
        else:
            depth = len(axes)
        inner = [
            Layer(layer.weight[np.ix_(b, a)], layer.bias[b], layer.activation)
            for layer, (a, b) in zip(layers, itertools.pairwise(axes[:depth]), strict=False)
        ]
        if inner:
            parts.append((axes[0].tolist(), Network(inner)))
    return parts or [(list(range(network.inputs)), network)]


# --- the plane ---------------------------------------------------------------------------------------


def _rectangle(limits: Box) -> Faces:
    (left, right), (low, high) = ((float(a), float(b)) for a, b in limits)
    corners = [[left, low, 1], [right, low, 1], [right, high, 1], [left, high, 1]]
    return Faces(np.array(corners), np.arange(4), np.array([0, 4]), [])


def _first_faces(limits: Box | None, domain: Cell | None) -> Faces:
    """Where to begin in the plane: a box, else a polygon, else everything."""
    if limits is not None:
        return _rectangle(limits)
    if domain is not None:
        corners = np.array([_as_floats(domain.corners[k]) for k in _round_about(domain)])
        return Faces(corners, np.arange(len(corners)), np.array([0, len(corners)]), [])
    # Three cones around a point, in directions that weights hardly have.
    centre, angles = (0.1234567, 0.7654321), 0.4321 + np.arange(3) * 2 * np.pi / 3
    rays = [(*centre, 1.0), *((np.cos(angle), np.sin(angle), 0.0) for angle in angles)]
    return Faces(np.array(rays), np.array([0, 1, 2, 0, 2, 3, 0, 3, 1]), np.array([0, 3, 6, 9]), [])


def _in_the_plane(network: Network, limits: Box | None, domain: Cell | None) -> Regions:
    layers = merged_layers(network)
    found, outputs = engine("overlay").subdivide(_first_faces(limits, domain), layers)
    patterns = tuple(pieces(words, layer) for words, layer in zip(found.positive, layers[:-1], strict=True))
    made = Regions(network, found.points, found.ring, found.start, patterns, outputs=outputs)
    return _joined(made) if limits is None and domain is None else made


def _joined(parts: Regions) -> Regions:
    """Regions that only the fan of the beginning had cut: those of one pattern are one region."""
    flat = np.concatenate([np.zeros((len(parts), 1), np.int8), *parts.patterns], axis=1)
    _, first, label = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    members: list[list[int]] = [[] for _ in first]
    for number, which in enumerate(label.ravel().tolist()):
        members[which].append(number)
    rings = []
    for group in members:
        pieces = [parts.ring[parts.start[k] : parts.start[k + 1]].tolist() for k in group]
        rings.append(pieces[0] if len(pieces) == 1 else _outline(pieces, parts.points))
    start = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    return Regions(
        parts.network,
        parts.points,
        np.array([corner for ring in rings for corner in ring]),
        start,
        tuple(pieces[first] for pieces in parts.patterns),
        parts.exact_points,
        parts.outputs,
    )


def _outline(pieces: list[list[int]], points: Array) -> list[int]:
    """Border of the union of convex pieces that share edges, without corners where it goes straight on."""
    following = {}
    edges = {(ring[k - 1], ring[k]) for ring in pieces for k in range(len(ring))}
    for a, b in edges:
        if (b, a) not in edges:
            following[a] = b
    ring = [next(iter(following))]
    while following[ring[-1]] != ring[0]:
        ring.append(following[ring[-1]])
    bent = [
        b
        for a, b, c in zip([ring[-1], *ring], ring, [*ring[1:], ring[0]], strict=False)
        if not points[b, 2] or not _straight(*points[[a, b, c]])
    ]
    return bent or ring


def _straight(a: Array, b: Array, c: Array) -> bool:
    into = b[:2] - a[:2] if a[2] else -a[:2]
    out = c[:2] - b[:2] if c[2] else c[:2]
    turn = into[0] * out[1] - into[1] * out[0]
    return bool(abs(turn) <= 1e-9 * np.linalg.norm(into) * np.linalg.norm(out))


# --- cells ---------------------------------------------------------------------------------------------


def _exact_starts(network: Network, domain: Cell | None) -> list[Cell]:
    return whole_space(network.inputs) if domain is None else [domain]


def _exact_parts(network: Network, domain: Cell | None, n_jobs: int) -> list[Cell]:
    layers = merged_layers(network.as_fractions())[:-1]
    tasks = _exact_starts(network, domain)
    if n_jobs != 1:  # the first layer here, and what is inside each of its cells elsewhere; it does not cut them again
        tasks = list(exact_cells(tasks, layers[:1]))
    return _shared_out(lambda cell: list(exact_cells([cell], layers)), tasks, n_jobs)


def _float_parts(network: Network, domain: Cell | None, n_jobs: int) -> list[FloatCell]:
    layers, float_cells = merged_layers(network)[:-1], engine("cells").float_cells
    tasks = [_in_floats(cell) for cell in _exact_starts(network, domain)]
    if domain is None:  # move the middle of the fan, so that no line passes through it
        for cell in tasks:
            cell.corners[:, :-1] += cell.corners[:, -1:] * (0.1234567 + 0.1 * np.arange(network.inputs))
    depth = 0
    if n_jobs != 1:
        tasks, depth = [part for cell in tasks for part in float_cells(cell, layers[:1])], min(1, len(layers))
    return _shared_out(lambda cell: list(float_cells(cell, layers, depth=depth)), tasks, n_jobs)


def _in_floats(cell: Cell) -> FloatCell:
    """A cell of whole numbers in float64."""
    widest = max(bits.bit_length() for bits in cell.facets)
    facets = np.array([[bool(bits >> k & 1) for k in range(widest)] for bits in cell.facets])
    return FloatCell(np.array([_as_floats(corner) for corner in cell.corners]), facets, cell.pattern)


def _shared_out(job: Callable[[Any], list[AnyCell]], tasks: Sequence[Any], n_jobs: int) -> list[AnyCell]:
    if n_jobs == 1:
        return [cell for task in tasks for cell in job(task)]
    from joblib import Parallel, delayed

    return [cell for found in Parallel(n_jobs=n_jobs)(delayed(job)(task) for task in tasks) for cell in found]


def _collected(network: Network, cells: Sequence[AnyCell], *, whole: bool = False) -> Regions:
    """Cells as regions with shared corners; ``whole`` if they are all of space, cut by a fan."""
    exact = isinstance(cells[0].corners, list)
    start = np.concatenate([[0], np.cumsum([len(cell.corners) for cell in cells])])
    ring = np.arange(start[-1])
    if network.inputs == 2:
        ring = np.concatenate([np.array(_round_about(cell)) + first for cell, first in zip(cells, start, strict=False)])
    if exact:
        number: dict[Any, int] = {}
        which = np.array([number.setdefault(tuple(corner), len(number)) for cell in cells for corner in cell.corners])
        points = np.array([_as_floats(corner) for corner in number])
    else:
        points, which = _distinct(np.concatenate([cell.corners for cell in cells]))
    depth = len(cells[0].pattern)
    patterns = tuple(np.array([cell.pattern[layer] for cell in cells]) for layer in range(depth))
    found = Regions(network, points, which[ring], start, patterns, tuple(number) if exact else None)
    if not whole:
        return found
    return _joined(found) if network.inputs == 2 else _of_distinct_patterns(found)


def _distinct(rows: Array) -> tuple[Array, Array]:
    """Rows that differ, and which of them each row is; by one number for each row, for rows are slow to sort."""
    odd = 2 * np.random.default_rng(0).integers(2**62, size=rows.shape[1], dtype=np.uint64) + 1
    bits = (rows + 0.0).view(np.uint64)  # no negative zeros
    keys = ((bits ^ bits >> np.uint64(31)) * odd).sum(axis=1)  # a product hands nothing down to lower bits
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    if np.array_equal(rows[first[which]], rows):
        return rows[first], which
    distinct, which = np.unique(rows, axis=0, return_inverse=True)  # different rows had the same number
    return distinct, which.ravel()


def _of_distinct_patterns(parts: Regions) -> Regions:
    """Regions of all of space: parts of one pattern are one region, and have each other's corners."""
    flat = np.concatenate([np.zeros((len(parts), 1), np.int8), *parts.patterns], axis=1)
    _, first, label = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    rings: list[set[int]] = [set() for _ in first]
    for number, group in enumerate(label.ravel().tolist()):
        rings[group] |= set(parts.ring[parts.start[number] : parts.start[number + 1]].tolist())
    start = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    ring = np.array([corner for ring in rings for corner in sorted(ring)])
    patterns = tuple(pieces[first] for pieces in parts.patterns)
    return Regions(parts.network, parts.points, ring, start, patterns, parts.exact_points)


def _as_floats(corner: Sequence[int]) -> list[float]:
    *point, t = corner
    scale = t or max(map(abs, point))  # a direction may have any length
    return [*(float(Fraction(entry, scale)) for entry in point), float(t != 0)]


def _round_about(cell: AnyCell) -> list[int]:
    """Corners of a cell of the plane, counter-clockwise: neighbours share a facet."""
    facets = cell.facets
    bits: list[int] = (
        facets if isinstance(facets, list) else [sum(1 << int(k) for k in np.flatnonzero(row)) for row in facets]
    )
    order: list[int] = [0]
    left = set(range(1, len(bits)))
    while left:
        step = next(k for k in left if bits[k] & bits[order[-1]])
        order.append(step)
        left.remove(step)
    a, b, c = (list(cell.corners[k]) for k in order[:3])
    determinant = (
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    )
    return order if determinant > 0 else order[::-1]
