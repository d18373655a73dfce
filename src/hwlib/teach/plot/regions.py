"""Pictures of linear regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection, PolyCollection

from hwlib._core.polygon import around
from hwlib._core.types import AnyArray
from hwlib.regions import Identified, Regions
from hwlib.teach._theme import FAINT, INK, ON_COLOUR, POSITIVE, weight_colour
from hwlib.teach.plot._figure import WIDEST, ThemedFigure, figure, inked, panels, rows_of


def region_maps(
    shown: Mapping[str, Regions],
    *,
    marked: Mapping[str, npt.ArrayLike] | None = None,
    classes: npt.ArrayLike | None = None,
    by_sign: bool = False,
) -> ThemedFigure:
    """Draw the regions of networks of two inputs in a box, one picture beside the other.

    Args:
        shown: title of each picture, and its regions.
        marked: points ``(n, 2)`` to mark in the picture of a title.
        classes: ``(n,)``, the class 0 or 1 of each marked point: circles and crosses; None for one class.
        by_sign: fill the regions where the first output is positive in the middle, instead of telling neighbours
            apart by colours.

    Returns:
        The pictures.

    Raises:
        ValueError: if regions are not in the plane, or have no bound.

    Example:
        >>> from hwlib.network import folding_network
        >>> from hwlib.regions import enumerate_regions
        >>> found = enumerate_regions(folding_network(1, 2), box=[(0, 1), (0, 1)])
        >>> len(region_maps({"one fold": found}).axes[0].collections[0].get_paths())
        4
    """
    rows = rows_of(len(shown), 2.7)
    drawn = figure(2.7 * -(-len(shown) // rows), 2.9 * rows)
    for axes, (title, found) in zip(panels(drawn, len(shown), rows=rows), shown.items(), strict=True):
        polygons = _polygons(found)
        if by_sign:
            middles = np.array([polygon.mean(axis=0) for polygon in polygons])
            fills = [
                POSITIVE if value > 0 else "none" for value in np.atleast_2d(found.network.as_floats()(middles))[:, 0]
            ]
        else:
            fills = [weight_colour(number % 4, number // 4 % 4, 4) for number in _tints(found)]
        many = len(polygons) > 1000  # more paths than a page should carry: a picture of pixels instead
        drawn_as = PolyCollection(
            polygons, facecolors=fills, edgecolors=FAINT if by_sign else ON_COLOUR, linewidths=0.15 if many else 0.6
        )
        drawn_as.set_rasterized(many)
        axes.add_collection(drawn_as)
        if marked and title in marked:
            points = np.asarray(marked[title], dtype=float)
            kinds = np.zeros(len(points)) if classes is None else np.asarray(classes)
            for kind, (mark, fill, edge) in enumerate((("o", ON_COLOUR, "white"), ("X", "white", ON_COLOUR))):
                # Dark and light in one mark: it is seen on every ground of a light page and of a dark one.
                axes.plot(*points[kinds == kind].T, mark, ms=5.5, mfc=fill, mec=edge, mew=0.8, zorder=3)
        low, high = np.concatenate(polygons).min(axis=0), np.concatenate(polygons).max(axis=0)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        inked(axes, title, x="$x_1$", y="$x_2$")
    return drawn


def decision_maps(shown: Mapping[str, Regions], *, columns: int = 2) -> ThemedFigure:
    """Draw where networks of two inputs are above zero, with the boundary between above and below.

    Args:
        shown: title of each picture, and the regions of a network of one output that end where its sign changes, such
            as those of :func:`hwlib.regions.cut_by_sign`.
        columns: pictures in a row.

    Returns:
        The pictures, filled where the output is above zero, its boundary in ink, all other edges faint.

    Raises:
        ValueError: if there is nothing to draw, or regions are not in the plane, or have no bound.

    Example:
        >>> from hwlib.network import Network
        >>> from hwlib.regions import cut_by_sign, enumerate_regions
        >>> line = cut_by_sign(Network.from_arrays([([[1, 1]], [-1])]))
        >>> len(decision_maps({"line": enumerate_regions(line, box=[(0, 1), (0, 1)])}).axes)
        1
    """
    if not shown:
        raise ValueError("shown is empty: accepted are one or more titles with regions each")
    columns = min(columns, len(shown))
    rows = -(-len(shown) // columns)
    drawn = figure(2.7 * columns, 2.9 * rows)
    for axes, (title, found) in zip(panels(drawn, len(shown), rows=rows), shown.items(), strict=True):
        polygons = _polygons(found)
        middles = np.array([polygon.mean(axis=0) for polygon in polygons])
        above = np.atleast_2d(found.network.as_floats()(middles))[:, 0] > 0
        axes.add_collection(PolyCollection(polygons, facecolors="none", edgecolors=FAINT, linewidths=0.3))
        filled = [polygon for polygon, chosen in zip(polygons, above, strict=True) if chosen]
        axes.add_collection(PolyCollection(filled, facecolors=POSITIVE, edgecolors=POSITIVE, linewidths=0.2))
        axes.add_collection(LineCollection(_between(found, above), colors=INK, linewidths=0.9))
        low, high = np.concatenate(polygons).min(axis=0), np.concatenate(polygons).max(axis=0)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        axes.set(xticks=[low[0], high[0]], yticks=[low[1], high[1]])
        inked(axes, title)
    return drawn


def _between(found: Regions, above: npt.NDArray[np.bool_]) -> list[AnyArray]:
    """Edges with a region above zero on one side and one below on the other."""
    sides: dict[tuple[int, int], bool] = {}
    edges = []
    for number, sign in enumerate(above.tolist()):
        ring = found.ring[found.start[number] : found.start[number + 1]].tolist()
        for a, b in zip(ring, [*ring[1:], *ring[:1]], strict=True):
            edge = (min(a, b), max(a, b))
            if sides.setdefault(edge, sign) != sign:
                edges.append(found.points[list(edge), :2])
    return edges


def identified(found: Sequence[Identified], target: Sequence[Fraction | int | float]) -> ThemedFigure:
    """Draw the regions that a network identifies, the point of each that goes to one target, and the target.

    Args:
        found: regions of the plane.
        target: ``(2,)``, a point of the common image.

    Returns:
        The input on the left, the common image on the right.

    Example:
        >>> from hwlib.network import folding_network
        >>> from hwlib.regions import identified_regions
        >>> unit = [(0, 1), (0, 1)]
        >>> found = identified_regions(folding_network(1, 2), box=unit, target=unit)
        >>> len(identified(found, [0.25, 0.5]).axes)
        2
    """
    drawn = figure(WIDEST, 3.0)
    left, right = panels(drawn, 2)
    for number, region in enumerate(found):
        corners = around(region.corners.astype(float))
        tint = weight_colour(number % 4, number // 4 % 4, 4)
        left.fill(*corners.T, facecolor=tint, edgecolor=ON_COLOUR, linewidth=0.8)
        image = around((region.corners @ region.weight.T + region.bias).astype(float))
        right.fill(*image.T, facecolor=weight_colour(3, 0, 4), edgecolor=ON_COLOUR, linewidth=0.8)
        point = region.preimage(target).astype(float)
        left.plot(*point, "o", color=ON_COLOUR, ms=5)
    right.plot(*map(float, target), "o", color=ON_COLOUR, ms=5)
    for axes, title in ((left, "input"), (right, "output")):
        axes.set_aspect("equal")
        inked(axes, title)
    return drawn


def _polygons(found: Regions) -> list[AnyArray]:
    if found.dimension != 2 or not found.points[found.ring, -1].all():
        raise ValueError(
            "regions that are not in the plane, or have no bound: accepted are those of two inputs in a box"
        )
    return [found.points[found.ring[a:b], :2] for a, b in zip(found.start, found.start[1:], strict=False)]


def _tints(found: Regions) -> list[int]:
    """A colour for each region, different from its neighbours': each takes the first that is free."""
    near: list[list[int]] = [[] for _ in range(len(found))]
    for a, b in found.adjacency.tolist():
        near[max(a, b)].append(min(a, b))
    tints: list[int] = []
    for number in range(len(found)):
        taken = {tints[other] for other in near[number]}
        tints.append(next(tint for tint in range(len(taken) + 1) if tint not in taken))
    return tints
