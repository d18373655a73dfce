"""Pictures of convolutions and of their transposes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hwlib._core.arguments import whole
from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix, conv_transpose_output_shape, output_shape
from hwlib.teach._theme import FAINT, INK, ON_COLOUR, weight_colour
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, panels, plain


def kernel_placements(
    kernel: npt.ArrayLike, image: npt.ArrayLike, *, stride: int = 1, padding: int = 0
) -> ThemedFigure:
    """Draw every place of a kernel on a padded image, and the output it computes there.

    Args:
        kernel: ``(kh, kw)``.
        image: ``(h, w)``.
        stride: step in pixels, at least the kernel's size, so that no two places overlap.
        padding: zeros on each side.

    Returns:
        The padded image with a frame for each place, beside the output in the frames' colours.

    Raises:
        ValueError: if the kernel does not fit (see :func:`hwlib.conv.output_shape`) or its places overlap.

    Example:
        >>> kernel_placements([[1, 2], [3, 4]], np.arange(9).reshape(3, 3), stride=3, padding=1).axes[1].get_title()
        'output Y'
    """
    weights, pixels = np.asarray(kernel), np.asarray(image)
    (kh, kw), (height, width) = weights.shape, pixels.shape
    if stride < max(kh, kw):
        raise ValueError(f"stride={stride} makes the places overlap: accepted are strides of at least {max(kh, kw)}")
    shape = output_shape(weights.shape, pixels.shape, stride=stride, padding=padding)
    outputs = (conv_matrix(weights, pixels.shape, stride=stride, padding=padding) @ pixels.ravel()).reshape(shape)

    drawn = figure(0.8 + 0.42 * (width + 2 * padding + shape[1]), 0.9 + 0.42 * (height + 2 * padding))
    left, right = panels(drawn, 2, width_ratios=[width + 2 * padding, shape[1] + 1])
    plain(left, "kernel W on the padded input X")
    plain(right, "output Y")
    padded = np.pad(pixels, padding)
    _cells(left, padded, colour=lambda r, c: "none", text_colour=INK, dashed=_outside(padded.shape, padding))
    for number, (r, c) in enumerate(np.ndindex(*shape)):
        tint = weight_colour(number // 3, number % 3, 3)
        place = (c * stride, r * stride)
        left.add_patch(Rectangle(place, kw, kh, facecolor=tint, edgecolor=INK, linewidth=2, zorder=2))
        for a, b in np.ndindex(kh, kw):
            x, y = place[0] + b + 0.5, place[1] + a + 0.5
            product = f"${padded[place[1] + a, place[0] + b]}\\cdot{weights[a, b]}$"
            left.text(x, y, product, ha="center", va="center", color=ON_COLOUR, zorder=3, fontsize=TYPE)
    _cells(right, outputs, colour=lambda r, c: weight_colour((r * shape[1] + c) // 3, (r * shape[1] + c) % 3, 3))
    return drawn


def kernel_stamps(kernel: npt.ArrayLike, image: npt.ArrayLike, *, stride: int) -> ThemedFigure:
    """Draw a transposed convolution: every pixel of the image stamps the kernel, times its value, onto the output.

    Args:
        kernel: ``(kh, kw)``.
        image: ``(h, w)``.
        stride: distance of the stamps, at least the kernel's size, so that no two overlap.

    Returns:
        The image beside the output, each stamp in the colour of its pixel.

    Raises:
        ValueError: if the stamps overlap.

    Example:
        >>> [axes.get_title() for axes in kernel_stamps([[1, 2]], [[3, 4]], stride=2).axes]
        ['input X', 'output Y: stamps of the kernel']
    """
    weights, pixels = np.asarray(kernel), np.asarray(image)
    if stride < max(weights.shape):
        raise ValueError(
            f"stride={stride} makes the stamps overlap: accepted are strides of at least {max(weights.shape)}"
        )
    height, width = conv_transpose_output_shape(weights.shape, pixels.shape, stride=stride)
    drawn = figure(1.2 + 0.6 * (pixels.shape[1] + width), 0.8 + 0.6 * height)
    left, right = panels(drawn, 2, width_ratios=[pixels.shape[1] + 1, width])
    plain(left, "input X")
    plain(right, "output Y: stamps of the kernel")

    def tint(r: int, c: int) -> str:
        number = r * pixels.shape[1] + c
        return weight_colour(number // 2, number % 2, 2)

    texts, owners = np.full((height, width), "0", dtype=object), {}
    for (p, q), (a, b) in itertools.product(np.ndindex(*pixels.shape), np.ndindex(*weights.shape)):
        place = (p * stride + a, q * stride + b)
        texts[place], owners[place] = f"${pixels[p, q]}\\cdot{weights[a, b]}$", (p, q)
    _cells(left, pixels, colour=tint)
    _cells(right, texts, colour=lambda r, c: tint(*owners[r, c]) if (r, c) in owners else "none")
    return drawn


def number_grids(arrays: Mapping[str, npt.ArrayLike], *, rows: int = 1) -> ThemedFigure:
    """Draw small arrays of numbers side by side, numbers further from zero on a deeper ground.

    Args:
        arrays: title to array ``(h, w)`` of numbers.
        rows: rows of panels; with more than one the arrays have one shape, and fill the rows.

    Returns:
        One panel an array.

    Raises:
        ValueError: if there is no array, one is not two-dimensional, or the arrays do not fill the rows.

    Example:
        >>> [axes.get_title() for axes in number_grids({"even": [[1, 1]], "uneven": [[1, 2]]}).axes]
        ['even', 'uneven']
    """
    grids = {title: np.asarray(array) for title, array in arrays.items()}
    if not grids or any(grid.ndim != 2 for grid in grids.values()):
        raise ValueError(f"arrays={sorted(grids)}: accepted are one or more titles with a two-dimensional array each")
    if len(grids) % whole("rows", rows, least=1) or (rows > 1 and len({grid.shape for grid in grids.values()}) > 1):
        raise ValueError(f"rows={rows}: accepted are rows that {len(grids)} arrays fill, of one shape if more than one")
    first = list(grids.items())[: len(grids) // rows]
    cell = min(0.5, max(0.18, (WIDEST - 0.5) / sum(grid.shape[1] for _, grid in first)))
    widths = [max(cell * grid.shape[1], 0.1 * len(title)) for title, grid in first]  # a title needs its place, too
    drawn = figure(0.5 + sum(widths), rows * (0.8 + cell * max(grid.shape[0] for grid in grids.values())))
    largest = max(abs(grid).max() for grid in grids.values())
    drawn_on = panels(drawn, len(grids), rows=rows, width_ratios=widths)
    for number, (axes, (title, grid)) in enumerate(zip(drawn_on, grids.items(), strict=True)):
        _cells(plain(axes, title), grid, colour=_depths(grid, largest))
        beside = (widths[number % len(widths)] / cell - grid.shape[1]) / 2  # so that all cells have one size
        axes.set_xlim(-0.05 - beside, grid.shape[1] + 0.05 + beside)
    return drawn


def _depths(grid: AnyArray, largest: float) -> Callable[[int, int], str]:
    return lambda r, c: weight_colour(1, round(4 * abs(float(grid[r, c])) / largest), 5) if grid[r, c] else "none"


def labelled_matrix(
    kernel_shape: tuple[int, int], input_shape: tuple[int, int], *, stride: int = 1, padding: int = 0
) -> ThemedFigure:
    """Draw the matrix of a plain convolution with each entry in the colour of its weight, beside the kernel.

    Args:
        kernel_shape: ``(kh, kw)``.
        input_shape: ``(h, w)``.
        stride: step in pixels.
        padding: zeros on each side.

    Returns:
        The kernel beside the matrix, whose rows and columns are named by their pixels.

    Raises:
        ValueError: if the kernel does not fit (see :func:`hwlib.conv.output_shape`).

    Example:
        >>> [axes.get_title() for axes in labelled_matrix((2, 2), (3, 3)).axes]
        ['kernel W', 'matrix A']
    """
    shape = output_shape(kernel_shape, input_shape, stride=stride, padding=padding)
    numbers = np.arange(1, np.prod(kernel_shape) + 1).reshape(kernel_shape)  # 0 is left for "no weight"
    matrix = conv_matrix(numbers, input_shape, stride=stride, padding=padding).toarray()

    def colour(number: int) -> str:
        row, column = divmod(number - 1, kernel_shape[1])
        return weight_colour(row, column, kernel_shape[1]) if number else "none"

    def label(number: int) -> str:
        row, column = divmod(number - 1, kernel_shape[1])
        return f"$w_{{{row},{column}}}$" if number else ""

    columns, rows = matrix.shape[1], matrix.shape[0]
    cell = min(0.5, max(0.4, (WIDEST - 1.2) / (columns + kernel_shape[1])))
    drawn = figure(1.2 + cell * (columns + kernel_shape[1]), 1.1 + cell * max(rows, kernel_shape[0]))
    left, right = panels(drawn, 2, width_ratios=[kernel_shape[1], columns + 1])
    _cells(plain(left, "kernel W"), numbers, colour=lambda r, c: colour(numbers[r, c]), text=label)
    _cells(plain(right, "matrix A", above=26), matrix, colour=lambda r, c: colour(matrix[r, c]), text=label)
    for number in range(columns):
        name = ",".join(map(str, np.unravel_index(number, input_shape)))
        right.text(number + 0.5, -0.25, f"$x_{{{name}}}$", ha="center", va="bottom", color=INK, fontsize=TYPE)
    for number in range(rows):
        name = ",".join(map(str, np.unravel_index(number, shape)))
        right.text(-0.25, number + 0.5, f"$y_{{{name}}}$", ha="right", va="center", color=INK, fontsize=TYPE)
    return drawn


def equal_entries(
    matrices: Mapping[str, npt.ArrayLike], *, framed: Mapping[str, tuple[int, int]] | None = None
) -> ThemedFigure:
    """Draw small matrices side by side, equal entries in one colour in all of them: so diagonals can be seen.

    Args:
        matrices: title to array ``(h, w)`` of numbers, symbols or texts; zeros stay without a colour.
        framed: title to the rows and columns of an upper left block that gets a frame.

    Returns:
        One panel a matrix.

    Raises:
        ValueError: if there is no matrix, or one is not two-dimensional, or there are more entries than colours.

    Example:
        >>> [axes.get_title() for axes in equal_entries({"S": [[0, 1], [1, 0]]}).axes]
        ['S']
    """
    grids = {title: np.asarray(matrix) for title, matrix in matrices.items()}
    if not grids or any(grid.ndim != 2 for grid in grids.values()):
        raise ValueError(f"matrices={sorted(grids)}: accepted are one or more titles with a two-dimensional array each")
    different = list(dict.fromkeys(entry for grid in grids.values() for entry in grid.ravel().tolist() if entry != 0))
    if len(different) > 12:
        raise ValueError(f"matrices hold {len(different)} different entries: accepted are at most 12, for the colours")
    tints = {entry: weight_colour(number % 4, (number // 4 + 1) % 3, 3) for number, entry in enumerate(different)}
    heights, widths = zip(*(grid.shape for grid in grids.values()), strict=True)
    drawn = figure(0.6 + 0.5 * (sum(widths) + len(widths)), 0.8 + 0.5 * max(heights))
    for axes, (title, grid) in zip(panels(drawn, len(grids), width_ratios=widths), grids.items(), strict=True):
        _cells(plain(axes, title), grid, colour=_by_entry(grid, tints))
        if title in (framed or {}):
            rows, columns = (framed or {})[title]
            axes.add_patch(Rectangle((0, 0), columns, rows, fill=False, edgecolor=INK, linewidth=3, zorder=4))
    return drawn


def _by_entry(grid: AnyArray, tints: Mapping[Any, str]) -> Callable[[int, int], str]:
    entries = grid.tolist()
    return lambda r, c: tints.get(entries[r][c], "none")


def response_map(image: npt.ArrayLike, responses: npt.ArrayLike) -> ThemedFigure:
    """Draw an image and a kernel's responses on it, with every extreme of either sign framed.

    Args:
        image: ``(h, w)``.
        responses: ``(h', w')``.

    Returns:
        The image beside its responses; positive ones are orange, negative ones blue, the stronger the deeper.

    Raises:
        ValueError: if either is not two-dimensional.

    Example:
        >>> [axes.get_title() for axes in response_map([[1, 2]], [[3]]).axes]
        ['input X', 'output Z']
    """
    pixels, z = np.asarray(image), np.asarray(responses)
    for name, array in (("image", pixels), ("responses", z)):
        if array.ndim != 2:
            raise ValueError(f"{name} has shape {array.shape}: accepted are two-dimensional arrays")
    strongest = max(abs(z).max(), 1)

    def response_colour(r: int, c: int) -> str:
        hue = 1 if z[r, c] > 0 else 0
        step = round(4 * float(abs(z[r, c])) / strongest)
        return weight_colour(hue, step, 5) if z[r, c] else "none"

    drawn = figure(1.0 + 0.5 * (pixels.shape[1] + z.shape[1]), 0.8 + 0.5 * pixels.shape[0])
    left, right = panels(drawn, 2, width_ratios=[pixels.shape[1], z.shape[1]])
    _cells(plain(left, "input X"), pixels, colour=lambda r, c: "none", text_colour=INK)
    plain(right, "output Z")
    _cells(right, z, colour=response_colour, text=lambda value: f"{value}".replace("-", "\N{MINUS SIGN}"))
    for r, c in np.argwhere((z == z.max()) | (z == z.min())):
        frame = Rectangle((c + 0.05, r + 0.05), 0.9, 0.9, fill=False, edgecolor=INK, linewidth=2.5, zorder=4)
        right.add_patch(frame)
    return drawn


def _cells(
    axes: Axes,
    values: AnyArray,
    *,
    colour: Callable[[int, int], str],
    text: Callable[[Any], str] = str,
    text_colour: str | None = None,
    dashed: AnyArray | None = None,
) -> None:
    """A grid of cells with their values; text on a cell without fill is ink."""
    height, width = values.shape
    axes.set_xlim(-0.05, width + 0.05)
    axes.set_ylim(height + 0.05, -0.05)
    for r, c in np.ndindex(height, width):
        fill = colour(r, c)
        style = ":" if dashed is not None and dashed[r, c] else "-"
        axes.add_patch(Rectangle((c, r), 1, 1, facecolor=fill, edgecolor=FAINT, linewidth=0.8, linestyle=style))
        ink = text_colour or (INK if fill == "none" else ON_COLOUR)
        axes.text(c + 0.5, r + 0.5, text(values[r, c]), ha="center", va="center", color=ink, fontsize=TYPE, zorder=1.5)


def _outside(shape: tuple[int, ...], padding: int) -> AnyArray:
    """True on the ring of padding."""
    outside = np.ones(shape, bool)
    outside[padding : shape[0] - padding, padding : shape[1] - padding] = False
    return outside
