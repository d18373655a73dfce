"""Explorers of convolutions and of their transposes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib.conv import conv_matrix, conv_transpose_matrix, conv_transpose_output_shape, output_shape
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._html import Html
from hwlib.teach.explore._svg import STYLE, Cell, Grid, views_above
from hwlib.teach.plot._theme import weight_colour

if TYPE_CHECKING:
    import ipywidgets

Array = npt.NDArray[Any]


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
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if the image is not two-dimensional or a kernel does not fit.

    Example:
        >>> len(conv_explorer(np.eye(3, dtype=int)).children)  # three sliders, style, frames
        5
    """
    pixels = np.asarray(image)
    if pixels.ndim != 2:
        raise ValueError(f"image has shape {pixels.shape}: accepted are two-dimensional arrays")

    def frame(kernel_size: int, stride: int, padding: int) -> str:
        return _frame(pixels, np.arange(1, kernel_size**2 + 1).reshape(kernel_size, -1), stride, padding)

    controls = {"kernel size k": kernel_sizes, "stride s": strides, "padding p": paddings}
    return frame_explorer(controls, frame)


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
    kernel_columns = kernel_shape[1]
    taps = np.arange(1, np.prod(kernel_shape) + 1).reshape(kernel_shape)  # 0 is left for "no weight"
    matrix = conv_matrix(taps, input_shape, stride=stride, padding=padding).toarray()
    key = "hw-links-" + "-".join(map(str, (*kernel_shape, *input_shape, stride, padding)))

    def name(letter: str, shape: tuple[int, ...], flat: int) -> str:
        return f"{letter}({','.join(str(int(i)) for i in np.unravel_index(flat, shape))})"

    def colour(tap: int) -> str:
        return weight_colour(tap // kernel_columns, tap % kernel_columns, kernel_columns)

    def sentence(r: int, c: int, tap: int) -> str:
        names = (name("w", kernel_shape, tap), name("x", input_shape, c), name("y", shape, r))
        return "A({},{}): {} joins {} to {}".format(r, c, *names)

    def entry(r: int, c: int) -> Cell:
        if not (tap := int(matrix[r, c])):
            return Cell()
        tap -= 1
        described = f'class="e w{tap} x{c} y{r}" tabindex="0" role="img" aria-label="{sentence(r, c, tap)}"'
        return Cell(_pair(tap, kernel_shape), colour(tap), described)

    def part(letter: str, title: str, shape: tuple[int, ...], fill: Callable[[int], str] = lambda flat: "none") -> Grid:
        def cell(r: int, c: int) -> Cell:
            flat = r * shape[1] + c
            return Cell(_pair(flat, shape), fill(flat), f'class="{letter}{flat}"')

        return Grid(title, shape, cell, size=34)

    entries = [(int(r), int(c), int(matrix[r, c]) - 1) for r, c in np.argwhere(matrix)]
    axis_names = {
        "rows": [f"y {_pair(r, shape)}" for r in range(matrix.shape[0])],
        "columns": [_pair(c, input_shape) for c in range(matrix.shape[1])],
    }
    table = Grid(
        "matrix A (rows: output pixels, columns: input pixels)",
        (matrix.shape[0], matrix.shape[1]),
        entry,
        size=34,
        **axis_names,
    )
    views = [
        part("W", "kernel W", kernel_shape, colour),
        part("X", "input X", input_shape),
        part("Y", "output Y", shape),
    ]
    notes = "".join(f'<span class="s-{r}-{c}">{sentence(r, c, tap)}</span>' for r, c, tap in entries)
    return Html(
        f'<div id="{key}" class="hw-links"><style>{STYLE}{_link_style(key, entries)}</style>'
        f'<div class="hw-views">{"".join(view.render() for view in views)}</div>'
        f'<div class="hw-views">{table.render(role="group", label="Matrix A; each entry can be reached by tab")}</div>'
        f'<p class="hw-note"><span class="hw-idle">Point at an entry of A, or tab to it.</span>{notes}</p></div>'
    )


def _frame(pixels: Array, kernel: Array, stride: int, padding: int) -> str:
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

    def entry(r: int, c: int) -> Cell | None:
        if not (weight := int(dense[r, c])):
            return None
        return Cell("", weight_colour((weight - 1) // k, (weight - 1) % k, k))

    size = 300 / max(dense.shape)
    views = [
        Grid("kernel W", (k, k), lambda r, c: Cell(str(kernel[r, c]), weight_colour(r, c, k)), size=24),
        Grid("padded input X, kernel corners shaded", padded.shape, input_cell, size=24),
        Grid(f"matrix A, {dense.shape[0]} × {dense.shape[1]}", dense.shape, entry, size=size),
        Grid("output Y", outputs.shape, lambda r, c: Cell(str(outputs[r, c])), size=30),
    ]
    say = (
        f"⌊({n} + 2·{padding} − {k}) / {stride}⌋ + 1 = {shape[0]}: the output is {shape[0]} × {shape[1]}; "
        f"{matrix.nnz} of the matrix's {dense.size} entries are weights."
    )
    return views_above(views, say)


def conv_transpose_explorer(
    image: npt.ArrayLike,
    *,
    kernel_sizes: Sequence[int] = (1, 2, 3, 4),
    strides: Sequence[int] = (1, 2, 3),
    paddings: Sequence[int] = (0, 1),
) -> ipywidgets.VBox:
    """Sliders for the kernel size, stride and padding of a transposed convolution.

    Shown are the matrix, the output, and how many pixels paint each output pixel: where that differs, a checkerboard
    appears.

    Args:
        image: ``(h, w)``, whole numbers.
        kernel_sizes: positions of the first slider; the kernel is square and holds 1, 2, 3, ...
        strides: positions of the second.
        paddings: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if the image is not two-dimensional or a padding leaves nothing of the output.

    Example:
        >>> len(conv_transpose_explorer([[1, 2], [3, 4]], kernel_sizes=[2], strides=[2], paddings=[0]).children)
        5
    """
    pixels = np.asarray(image)
    if pixels.ndim != 2:
        raise ValueError(f"image has shape {pixels.shape}: accepted are two-dimensional arrays")

    def frame(kernel_size: int, stride: int, padding: int) -> str:
        return _transpose_frame(pixels, np.arange(1, kernel_size**2 + 1).reshape(kernel_size, -1), stride, padding)

    controls = {"kernel size k": kernel_sizes, "stride s": strides, "padding p": paddings}
    return frame_explorer(controls, frame)


def _transpose_frame(pixels: Array, kernel: Array, stride: int, padding: int) -> str:
    """Input, matrix and output of one setting of a transposed convolution, and the sentence that says it in words."""
    matrix = conv_transpose_matrix(kernel, pixels.shape, stride=stride, padding=padding)
    shape = conv_transpose_output_shape(kernel.shape, pixels.shape, stride=stride, padding=padding)
    outputs = (matrix @ pixels.ravel()).reshape(shape)
    times = np.diff(matrix.indptr).reshape(shape)
    dense, k, n = matrix.toarray(), kernel.shape[0], pixels.shape[0]

    def entry(r: int, c: int) -> Cell | None:
        if not (weight := int(dense[r, c])):
            return None
        return Cell("", weight_colour((weight - 1) // k, (weight - 1) % k, k))

    def painted(r: int, c: int) -> Cell:
        count = int(times[r, c])
        return Cell(str(count), weight_colour(1, count - 1, max(int(times.max()), 2)) if count else "none")

    views = [
        Grid("kernel W", (k, k), lambda r, c: Cell(str(kernel[r, c]), weight_colour(r, c, k)), size=24),
        Grid("input X", pixels.shape, lambda r, c: Cell(str(pixels[r, c])), size=24),
        Grid(f"matrix, {dense.shape[0]} × {dense.shape[1]}", dense.shape, entry, size=300 / max(dense.shape)),
        Grid("output Y", shape, lambda r, c: Cell(str(outputs[r, c])), size=26),
        Grid("pixels that paint each", shape, painted, size=26),
    ]
    say = (
        f"({n} − 1)·{stride} − 2·{padding} + {k} = {shape[0]}: the output is {shape[0]} × {shape[1]}; "
        f"each of its pixels is painted by {times.min()} to {times.max()} input pixels."
    )
    return views_above(views, say)


def _link_style(key: str, entries: list[tuple[int, int, int]]) -> str:
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


def _pair(flat: int, shape: tuple[int, ...]) -> str:
    """Index pair of a flat position, as a short label."""
    return ",".join(str(int(i)) for i in np.unravel_index(flat, shape))
