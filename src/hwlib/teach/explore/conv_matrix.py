"""Explorers of the chapter *A convolution is a matrix*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix, output_shape
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._conv import kernel_grid, matrix_grid, sliders
from hwlib.teach.explore._svg import STYLE, Cell, Grid, Html, grids_above, side_by_side

if TYPE_CHECKING:
    import ipywidgets

Entry = tuple[int, int, int]  # row, column, and number of the weight


def conv_explorer(
    image: npt.ArrayLike,
    *,
    kernel_sizes: Sequence[int] = (1, 2, 3),
    strides: Sequence[int] = (1, 2, 3),
    paddings: Sequence[int] = (0, 1, 2),
) -> ipywidgets.VBox:
    """Sliders for kernel size, stride and padding; input, matrix and output change together.

    The kernel is square and holds 1, 2, 3, ... in reading order. Every frame is computed by
    :func:`hwlib.conv.conv_matrix` beforehand, so that the sliders work without a kernel.

    Args:
        image: ``(h, w)``, whole numbers.
        kernel_sizes: positions of the first slider.
        strides: positions of the second.
        paddings: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page; it opens on kernel 3, stride 2, padding 1, if it has them.

    Raises:
        ValueError: if the image is not two-dimensional or a kernel does not fit.

    Example:
        >>> len(conv_explorer(np.eye(3, dtype=int)).children)  # three sliders, style, frames
        5
    """
    return sliders(image, kernel_sizes, strides, paddings, _frame, start=(3, 2, 1))


def _frame(pixels: AnyArray, kernel: AnyArray, stride: int, padding: int) -> str:
    """Input, matrix and output of one setting, and the sentence that says it in words."""
    shape = output_shape(kernel.shape, pixels.shape, stride=stride, padding=padding)
    matrix = conv_matrix(kernel, pixels.shape, stride=stride, padding=padding)
    outputs = (matrix @ pixels.ravel()).reshape(shape)
    dense, k, n = matrix.toarray(), kernel.shape[0], pixels.shape[0]
    padded = np.pad(pixels, padding)
    starts = {(r * stride, c * stride) for r, c in np.ndindex(*shape)}

    def input_cell(r: int, c: int) -> Cell:
        inside = padding <= r < padding + pixels.shape[0] and padding <= c < padding + pixels.shape[1]
        fill = weight_colour(0, 0, 2) if (r, c) in starts else "none"
        return Cell(str(padded[r, c]), fill, "" if inside else 'opacity=".75"')

    grids = [
        kernel_grid(kernel),
        Grid("padded input X, kernel corners shaded", padded.shape, input_cell, size=24),
        matrix_grid("matrix A", dense, k),
        Grid("output Y", outputs.shape, lambda r, c: Cell(str(outputs[r, c])), size=30),
    ]
    say = (
        f"⌊({n} + 2·{padding} − {k}) / {stride}⌋ + 1 = {shape[0]}: the output is {shape[0]} × {shape[1]}; "
        f"{matrix.nnz} of the matrix's {dense.size} entries are weights."
    )
    return grids_above(grids, say)


def conv_links(
    kernel_shape: tuple[int, int], input_shape: tuple[int, int], *, stride: int = 1, padding: int = 0
) -> Html:
    """The matrix of a convolution, linked: an entry that is pointed at lights its weight, input and output pixel.

    Pointing is by mouse, by touch or by the tab key; pointing at a weight or a pixel lights all its entries. Style
    alone does it, without a script, so it works wherever HTML is shown.

    Args:
        kernel_shape: ``(kh, kw)``.
        input_shape: ``(h, w)``.
        stride: step in pixels.
        padding: zeros on each side.

    Returns:
        HTML that a notebook or page shows.

    Raises:
        ValueError: if the kernel does not fit (see :func:`hwlib.conv.output_shape`).

    Example:
        >>> "w(0,1) joins x(0,2)" in conv_links((1, 2), (1, 3)).text
        True
    """
    shape = output_shape(kernel_shape, input_shape, stride=stride, padding=padding)
    numbers = np.arange(1, np.prod(kernel_shape) + 1).reshape(kernel_shape)  # 0 is left for "no weight"
    matrix = conv_matrix(numbers, input_shape, stride=stride, padding=padding).toarray()
    entries = [(int(r), int(c), int(matrix[r, c]) - 1) for r, c in np.argwhere(matrix)]
    key = "hw-links-" + "-".join(map(str, (*kernel_shape, *input_shape, stride, padding)))

    weights, pixels, outputs = (_indices(of) for of in (kernel_shape, input_shape, shape))
    fills = [weight_colour(*divmod(w, kernel_shape[1]), kernel_shape[1]) for w in range(len(weights))]
    said = {(r, c): f"A({r},{c}): w({weights[w]}) joins x({pixels[c]}) to y({outputs[r]})" for r, c, w in entries}
    cells = {
        (r, c): Cell(
            weights[w], fills[w], f'class="e w{w} x{c} y{r}" tabindex="0" role="img" aria-label="{said[r, c]}"'
        )
        for r, c, w in entries
    }
    table = Grid(
        "matrix A (rows: output pixels, columns: input pixels)",
        matrix.shape,
        lambda r, c: cells.get((r, c), Cell()),
        size=34,
        rows=[f"y {index}" for index in outputs],
        columns=pixels,
    )
    parts = [
        _part("W", "kernel W", kernel_shape, fills),
        _part("X", "input X", input_shape),
        _part("Y", "output Y", shape),
    ]
    notes = "".join(f'<span class="s-{r}-{c}">{sentence}</span>' for (r, c), sentence in said.items())
    return Html(
        f'<div id="{key}" class="hw-links"><style>{STYLE}{_link_style(key, entries)}</style>'
        f"{side_by_side(part.render() for part in parts)}"
        f"{side_by_side([table.render('Matrix A; each entry can be reached by tab', role='group')])}"
        f'<p class="hw-note"><span class="hw-idle">Point at an entry of A, or tab to it.</span>{notes}</p></div>'
    )


def _indices(shape: tuple[int, ...]) -> list[str]:
    """Indices of an array's entries in reading order, as short labels."""
    return [",".join(map(str, index)) for index in np.ndindex(*shape)]


def _part(letter: str, title: str, shape: tuple[int, ...], fills: Sequence[str] = ()) -> Grid:
    """Kernel, input or output: every entry with its index, and a class that links it."""
    indices = _indices(shape)

    def cell(r: int, c: int) -> Cell:
        flat = r * shape[1] + c
        return Cell(indices[flat], fills[flat] if fills else "none", f'class="{letter}{flat}"')

    return Grid(title, shape, cell, size=34)


def _link_style(key: str, entries: list[Entry]) -> str:
    """Rules that light the partners of what is pointed at, and show its sentence."""
    pointed = ":is(:hover,:focus)"
    lit = "rect{stroke:currentColor;stroke-opacity:1;stroke-width:3}"
    rules = [f"#{key} [tabindex]{{outline:none;cursor:pointer}}", f"#{key} .hw-note span+span{{display:none}}"]
    rules.append(f"#{key} .e{pointed} {lit}")
    for letter, position in (("w", 2), ("x", 1), ("y", 0)):
        for number in sorted({entry[position] for entry in entries}):
            whole = f"{letter.upper()}{number}"
            rules.append(f"#{key}:has(.{letter}{number}{pointed}) .{whole} {lit}")
            rules.append(f"#{key}:has(.{whole}:hover) :is(.{whole},.{letter}{number}) {lit}")
    rules.append(f"#{key}:has(.e{pointed}) .hw-idle{{display:none}}")
    rules += [f"#{key}:has(.x{c}.y{r}{pointed}) .hw-note .s-{r}-{c}{{display:inline}}" for r, c, _ in entries]
    return "".join(rules)
