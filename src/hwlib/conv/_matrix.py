"""A convolution is a matrix: build it, numeric or symbolic (chapter *A convolution is a matrix*).

Shapes follow one rule everywhere. A **plain** convolution has one channel and no channel axes: a kernel of
shape ``(k1, ..., kd)`` on an input of shape ``(n1, ..., nd)``. A convolution **with channels** has one axis more on
each: a kernel ``(o, i / groups, k1, ..., kd)`` on an input ``(i, n1, ..., nd)``, as in ``torch.nn.functional.conv2d``.
Input and output are flattened in row-major order, the last axis fastest.

"Convolution" means cross-correlation, as in every deep learning library; ``flip=True`` gives the convolution of
mathematics and signal processing, which reverses the kernel along each spatial axis first.

Sources: Dumoulin & Visin, *A guide to convolution arithmetic for deep learning* (2016); problems
``conv-matrix-stride3``, ``conv-matrix-stride2``, ``conv-valid-by-hand``.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from hwlib._core.arguments import PerAxis, per_axis, whole_numbers

if TYPE_CHECKING:
    import sympy

__all__ = ["Padding", "conv_matrix", "output_shape", "symbol_array", "symbolic_conv_matrix"]

Padding = int | Sequence[int] | Sequence[tuple[int, int]] | Literal["valid", "same"]


@dataclass(frozen=True)
class _Geometry:
    """Where each tap of each output pixel looks, with every argument checked and spelled out per axis."""

    has_channels: bool
    out_channels: int
    group_channels: int  # input channels that one output channel sees
    groups: int
    kernel: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]  # zeros added in front of each axis
    output: tuple[int, ...]

    @property
    def rows(self) -> int:
        return self.out_channels * math.prod(self.output)

    @property
    def columns(self) -> int:
        return self.groups * self.group_channels * math.prod(self.size)


def output_shape(
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> tuple[int, ...]:
    """Shape of a convolution's output: floor((n + p - d (k - 1) - 1) / s) + 1 along each axis.

    Here n is the input's size, p the zeros added on both sides together, k the kernel's size, s the stride and
    d the dilation.

    Args:
        kernel_shape: ``(k1, ..., kd)``, or ``(o, i / groups, k1, ..., kd)`` with channels.
        input_shape: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)`` with channels.
        stride: step between neighbouring outputs, in input pixels; one number or one per axis, at least 1.
        padding: zeros around the input: one number, one per axis, a pair (before, after) per axis, ``"valid"``
            (none), or ``"same"``: as many as make the output ceil(n / s) long, the odd zero going after.
        dilation: distance between neighbouring taps; one number or one per axis, at least 1.
        groups: number of groups that the channels are split into.

    Returns:
        ``(m1, ..., md)``, or ``(o, m1, ..., md)`` with channels.

    Raises:
        ValueError: if an argument is not of these forms, or the kernel does not fit into the padded input.

    Example:
        >>> output_shape((2, 2), (3, 3), stride=3, padding=1)
        (2, 2)
        >>> output_shape((16, 3, 3, 3), (3, 32, 32), stride=2, padding="same")
        (16, 16, 16)
    """
    geometry = _geometry(kernel_shape, input_shape, stride, padding, dilation, groups)
    return (geometry.out_channels, *geometry.output) if geometry.has_channels else geometry.output


def conv_matrix(
    kernel: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    flip: bool = False,
) -> sparse.csr_array:
    """The matrix A of a convolution: ``A @ x.ravel()`` is the flattened output for every input x.

    Each row is one output pixel, each column one input pixel, and each stored entry is the weight that joins
    them. Weights that are zero are stored too, so the sparsity pattern depends on the shapes alone
    (``A.eliminate_zeros()`` drops them). Column indices are sorted, without duplicates.

    Args:
        kernel: weights, ``(k1, ..., kd)`` or ``(o, i / groups, k1, ..., kd)``: an array, nested lists or a torch
            tensor, of a boolean, integer, floating or complex type that scipy's sparse arrays hold.
        input_shape: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)`` with channels.
        stride: see :func:`output_shape`.
        padding: see :func:`output_shape`.
        dilation: see :func:`output_shape`.
        groups: see :func:`output_shape`; output channel j reads the input channels of group ``j * groups // o``.
        flip: reverse the kernel along each spatial axis: the convolution of mathematics.

    Returns:
        Sparse matrix with one row per output entry and one column per input entry, of the kernel's dtype.

    Raises:
        ValueError: if an argument is not of these forms, or the kernel does not fit into the padded input. The
            message names the argument, what was given and what is accepted.

    Example:
        >>> conv_matrix([[1, 2], [3, 4]], (3, 3), stride=3, padding=1).toarray()
        array([[4, 0, 0, 0, 0, 0, 0, 0, 0],
               [0, 0, 3, 0, 0, 0, 0, 0, 0],
               [0, 0, 0, 0, 0, 0, 2, 0, 0],
               [0, 0, 0, 0, 0, 0, 0, 0, 1]])
    """
    weights = _numeric(kernel)
    geometry = _geometry(weights.shape, input_shape, stride, padding, dilation, groups)
    if flip:
        weights = np.flip(weights, _spatial_axes(weights.ndim, geometry))
    weights = weights.reshape(geometry.out_channels, geometry.group_channels, *geometry.kernel)
    data, indices, row_starts = _compressed_rows(weights, geometry)
    matrix = sparse.csr_array((data, indices, row_starts), shape=(geometry.rows, geometry.columns))
    matrix.has_canonical_format = True  # by construction; saves a later scan of all entries
    return matrix


def symbolic_conv_matrix(
    kernel: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    flip: bool = False,
) -> sympy.SparseMatrix:
    """The matrix of :func:`conv_matrix` for weights that are symbols, expressions or exact numbers.

    Args:
        kernel: array or nested lists of anything SymPy takes; :func:`symbol_array` makes one of symbols.
        input_shape: as for :func:`conv_matrix`, as are the options.
        stride: see :func:`output_shape`.
        padding: see :func:`output_shape`.
        dilation: see :func:`output_shape`.
        groups: see :func:`conv_matrix`.
        flip: see :func:`conv_matrix`.

    Returns:
        SymPy matrix; Fractions become exact rationals.

    Raises:
        ValueError: as :func:`conv_matrix`; also if an entry is nothing that SymPy understands.

    Example:
        >>> symbolic_conv_matrix(symbol_array("w", (2,)), (3,))
        Matrix([
        [w_{0}, w_{1},     0],
        [    0, w_{0}, w_{1}]])
    """
    import sympy

    weights = np.array(kernel, dtype=object)
    # Number the weights, build the numeric matrix of those numbers, then put each weight where its number is.
    numbers = np.arange(weights.size).reshape(weights.shape)
    numbered = conv_matrix(
        numbers, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups, flip=flip
    ).tocoo()
    try:
        symbols = [sympy.sympify(weight, strict=True) for weight in weights.ravel()]
    except sympy.SympifyError as error:
        raise ValueError(f"kernel must hold SymPy expressions or numbers: {error}") from None
    entries = {(int(r), int(c)): symbols[n] for r, c, n in zip(*numbered.coords, numbered.data, strict=True)}
    return sympy.SparseMatrix(*numbered.shape, entries)


def symbol_array(name: str, shape: Sequence[int]) -> npt.NDArray[np.object_]:
    """Array of SymPy symbols ``name_{i,j,...}``, indices from zero as in the problems.

    Args:
        name: letter of the symbols.
        shape: shape of the array.

    Returns:
        Object array of that shape; ``.ravel()`` gives the row-major flattening.

    Raises:
        ValueError: if the shape has an entry that is not a positive whole number.

    Example:
        >>> symbol_array("w", (2, 2))
        array([[w_{0,0}, w_{0,1}],
               [w_{1,0}, w_{1,1}]], dtype=object)
    """
    import sympy

    sizes = whole_numbers("shape", shape, least=1)
    symbols = np.empty(sizes, dtype=object)
    for index in np.ndindex(*sizes):
        symbols[index] = sympy.Symbol(f"{name}_{{{','.join(map(str, index))}}}")
    return symbols


def _compressed_rows(
    weights: npt.NDArray[Any],  # (o, i / groups, k1, ..., kd)
    geometry: _Geometry,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Data, column indices and row starts of the CSR matrix: no sort, no mask, no coordinate list.

    All output channels read the same pixels, so the pattern is worked out for one channel and copied to the
    others (shifted from group to group). Along each axis the outputs fall into few runs that share their taps
    inside the input; on a product of runs the entries are a box, and one strided assignment writes it.
    """
    runs = [_runs(geometry, axis) for axis in range(len(geometry.size))]
    axis_entries = [sum(run.entries for run in axis_runs) for axis_runs in runs]
    channels, entries = geometry.out_channels, geometry.group_channels * math.prod(axis_entries)
    largest = max(channels * entries, geometry.columns, geometry.rows)
    index_type = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    data = np.empty((channels, entries), weights.dtype)
    indices = np.empty((channels, entries), index_type)
    channel_offsets = np.arange(geometry.group_channels) * math.prod(geometry.size)
    # The largest box first: it maps nearly all memory in order, so that no page is fetched twice.
    boxes = sorted(itertools.product(*runs), key=lambda box: -math.prod(run.entries for run in box))
    for box in boxes:
        if all(run.entries for run in box):
            offset, shape, steps = _box_layout(box, axis_entries, geometry.group_channels)
            taps = weights[:, :, *(slice(run.first_tap, run.last_tap) for run in box)]
            _view(data, offset, (channels, *shape), (entries, *steps))[...] = taps.reshape(
                channels, *[1] * len(box), -1
            )
            pixels = functools.reduce(np.add.outer, [run.pixel_offsets for run in box])  # (*outputs)
            within = functools.reduce(np.add.outer, [run.tap_offsets for run in box], channel_offsets).ravel()
            columns = _view(indices, offset, shape, steps)  # of the first channel
            np.add(pixels.astype(index_type)[..., None], within.astype(index_type), out=columns)
    _copy_to_channels(indices, geometry)

    per_pixel = functools.reduce(np.multiply.outer, [np.concatenate([r.counts for r in axis]) for axis in runs])
    row_starts = np.zeros(geometry.rows + 1, index_type)
    np.cumsum(np.tile(per_pixel.ravel() * geometry.group_channels, channels), out=row_starts[1:])
    return data.reshape(-1), indices.reshape(-1), row_starts


@dataclass(frozen=True)
class _Run:
    """Neighbouring outputs along one axis that have the same taps inside the input."""

    first_tap: int
    last_tap: int  # one past
    pixel_offsets: npt.NDArray[np.int64]  # (outputs): where tap 0 of each lies in the flattened input
    tap_offsets: npt.NDArray[np.int64]  # (taps): how far from there each tap lies
    entries_before: int  # (output, tap) pairs of the axis in front of this run

    @property
    def entries(self) -> int:
        return self.pixel_offsets.size * self.tap_offsets.size

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        return np.full(self.pixel_offsets.size, self.tap_offsets.size)


def _runs(geometry: _Geometry, axis: int) -> list[_Run]:
    """The runs of one axis in order; tap t of output m reads input m s + t d - before."""
    stride, dilation, taps = geometry.stride[axis], geometry.dilation[axis], geometry.kernel[axis]
    step = math.prod(geometry.size[axis + 1 :])
    start = np.arange(geometry.output[axis]) * stride - geometry.before[axis]  # input position of tap 0
    first = np.clip(-(start // dilation), 0, taps)  # ceil(-start / dilation)
    last = np.clip((geometry.size[axis] - 1 - start) // dilation + 1, first, taps)
    changes = np.flatnonzero((np.diff(first) != 0) | (np.diff(last) != 0)) + 1
    runs, entries = [], 0
    for low, high in itertools.pairwise([0, *changes.tolist(), start.size]):
        inside = range(int(first[low]), int(last[low]))
        tap_offsets = np.arange(inside.start, inside.stop) * (dilation * step)
        runs.append(_Run(inside.start, inside.stop, start[low:high] * step, tap_offsets, entries))
        entries += runs[-1].entries
    return runs


def _box_layout(
    box: tuple[_Run, ...], axis_entries: list[int], group_channels: int
) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Where the entries of a product of runs lie in a channel's row of entries: offset, shape and steps.

    The shape is (*outputs, entries of a pixel). In front of a pixel lie, for each axis, the entries of the
    outputs before it along that axis: they share the taps of the axes above and run over all of those below.
    """
    offset, steps, above = 0, [], group_channels
    for axis, run in enumerate(box):
        below = math.prod(axis_entries[axis + 1 :])
        offset += run.entries_before * above * below
        above *= run.tap_offsets.size
        steps.append(above * below)
    return offset, (*(run.pixel_offsets.size for run in box), above), (*steps, 1)


def _view(array: npt.NDArray[Any], offset: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> npt.NDArray[Any]:
    """Entries of a contiguous array at an offset, in any steps; numpy refuses to leave the array."""
    item = array.itemsize
    return np.ndarray(shape, array.dtype, array, offset * item, tuple(step * item for step in steps))


def _copy_to_channels(indices: npt.NDArray[Any], geometry: _Geometry) -> None:
    """Fill all rows of (channels, entries) from the first one."""
    per_group = geometry.out_channels // geometry.groups
    group_columns = geometry.columns // geometry.groups
    for channel in range(1, geometry.out_channels):
        np.add(indices[0], channel // per_group * group_columns, out=indices[channel])


def _geometry(
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    groups: int,
) -> _Geometry:
    kernel = whole_numbers("kernel shape", kernel_shape, least=1)
    size = whole_numbers("input_shape", input_shape, least=1)
    has_channels = len(kernel) == len(size) + 1 and len(size) > 1
    if not has_channels and len(kernel) != len(size):
        raise ValueError(
            f"input_shape {size} does not go with a kernel of shape {kernel}: accepted are a kernel of the input's "
            f"rank (one channel: (k1, ..., kd) on (n1, ..., nd)) or of one more "
            f"((out, in / groups, k1, ..., kd) on (in, n1, ..., nd))"
        )
    (groups,) = whole_numbers("groups", [groups], least=1)
    out_channels, group_channels, in_channels = (kernel[0], kernel[1], size[0]) if has_channels else (1, 1, 1)
    if out_channels % groups or in_channels != group_channels * groups:
        raise ValueError(
            f"groups={groups} with {in_channels} input and {out_channels} output channels and a kernel of shape "
            f"{kernel}: accepted are groups that divide both, and a kernel whose axis 1 is in / groups"
            + (f" = {in_channels // groups}" if in_channels % groups == 0 else "")
        )
    if has_channels:
        kernel, size = kernel[2:], size[1:]
    stride = per_axis("stride", stride, len(size), least=1)
    dilation = per_axis("dilation", dilation, len(size), least=1)
    span = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    pads = zeros_around(padding, size, span, stride)
    output = []
    for axis, (n, reach, s, (before, after)) in enumerate(zip(size, span, stride, pads, strict=True)):
        if reach > n + before + after:
            raise ValueError(
                f"kernel does not fit along spatial axis {axis}: it spans {reach} pixels (size {kernel[axis]}, "
                f"dilation {dilation[axis]}), the padded input has {n + before + after} ({before} + {n} + {after}); "
                f"accepted are kernels that span at most the padded input"
            )
        output.append((n + before + after - reach) // s + 1)
    return _Geometry(
        has_channels=has_channels,
        out_channels=out_channels,
        group_channels=group_channels,
        groups=groups,
        kernel=kernel,
        size=size,
        stride=stride,
        dilation=dilation,
        before=tuple(before for before, _ in pads),
        output=tuple(output),
    )


def zeros_around(
    padding: Padding, size: tuple[int, ...], span: tuple[int, ...], stride: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Zeros (before, after) along each axis, for kernels that span some pixels; a helper of the other modules."""
    accepted = '"valid", "same", one number, one per axis, or a pair (before, after) per axis, all at least 0'
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f"padding={padding!r}: accepted are {accepted}")
        totals = [0] * len(size)
        if padding == "same":
            outputs = [-(-n // s) for n, s in zip(size, stride, strict=True)]
            needed = zip(outputs, stride, span, size, strict=True)
            totals = [max((m - 1) * s + reach - n, 0) for m, s, reach, n in needed]
        return [(total // 2, total - total // 2) for total in totals]
    try:
        pairs = [whole_numbers("padding", pair, least=0) for pair in padding]  # type: ignore[union-attr, arg-type]
    except (TypeError, ValueError):
        return [(p, p) for p in per_axis("padding", padding, len(size), least=0, accepted=accepted)]  # type: ignore[arg-type]
    if len(pairs) != len(size) or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"padding={padding!r} for {len(size)} spatial axes: accepted are {accepted}")
    return [(before, after) for before, after in pairs]


def _numeric(kernel: npt.ArrayLike) -> npt.NDArray[Any]:
    """The kernel as an array that scipy's sparse arrays can hold; a torch tensor is read without importing torch."""
    if hasattr(kernel, "detach"):
        kernel = kernel.detach().cpu()
    try:
        weights = np.asarray(kernel)
    except ValueError as error:
        raise ValueError(f"kernel is not a rectangular array of numbers: {error}") from None
    if weights.dtype.kind not in "biufc" or weights.dtype == np.float16:
        raise ValueError(
            f"kernel has dtype {weights.dtype}: accepted are boolean, integer, float32, float64 and complex "
            "(symbols and Fractions: symbolic_conv_matrix)"
        )
    return weights


def _spatial_axes(rank: int, geometry: _Geometry) -> tuple[int, ...]:
    return tuple(range(rank - len(geometry.size), rank))
