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
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from hwlib._core.arguments import PerAxis, whole_numbers
from hwlib._core.arrays import as_array, as_numbers
from hwlib._core.types import AnyArray
from hwlib.conv._plan import ConvPlan, Padding, conv_plan

if TYPE_CHECKING:
    import sympy

__all__ = ["conv_matrix", "output_shape", "symbol_array", "symbolic_conv_matrix"]


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
    plan = conv_plan(kernel_shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return plan.output_shape


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
            tensor of booleans, whole, real or complex numbers.
        input_shape: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)`` with channels.
        stride: see :func:`output_shape`.
        padding: see :func:`output_shape`.
        dilation: see :func:`output_shape`.
        groups: see :func:`output_shape`; output channel j reads the input channels of group ``j * groups // o``.
        flip: reverse the kernel along each spatial axis: the convolution of mathematics.

    Returns:
        Sparse matrix with one row per output entry and one column per input entry, of the kernel's dtype; half
        precision becomes float32.

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
    weights = numeric_weights(kernel)
    plan = conv_plan(weights.shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return matrix_of(weights, plan, flip=flip)


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
    weights = symbolic_weights(kernel)
    plan = conv_plan(weights.shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return symbolic_matrix_of(weights, plan, flip=flip)


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


def numeric_weights(kernel: npt.ArrayLike) -> AnyArray:
    """The kernel as an array that scipy's sparse arrays can hold."""
    weights = as_array("kernel", kernel)
    if weights.dtype.kind == "O":
        raise ValueError(
            "kernel has the type object: accepted are booleans, whole, real and complex numbers "
            "(symbols and Fractions: symbolic_conv_matrix)"
        )
    return as_numbers("kernel", weights)


def symbolic_weights(kernel: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """The kernel as an array of SymPy expressions."""
    import sympy

    weights = as_array("kernel", kernel)
    if isinstance(kernel, list | tuple) and weights.dtype.kind in "iufc":
        weights = np.array(kernel, dtype=object)  # [1, 0.5] is a whole number and a float, not two floats
    if weights.dtype == bool:
        weights = weights.astype(int)
    try:
        symbols = [sympy.sympify(weight, strict=True) for weight in weights.astype(object).ravel()]
    except sympy.SympifyError as error:
        raise ValueError(f"kernel must hold SymPy expressions or numbers: {error}") from None
    made = np.empty(weights.size, dtype=object)
    made[:] = symbols
    return made.reshape(weights.shape)


def matrix_of(weights: AnyArray, plan: ConvPlan, *, flip: bool = False) -> sparse.csr_array:
    """The matrix of a plan, for weights of the plan's kernel shape."""
    weights = weights.reshape(plan.out_channels, plan.group_channels, *plan.kernel)
    if flip:
        weights = np.flip(weights, tuple(range(2, weights.ndim)))
    data, indices, row_starts = _compressed_rows(weights, plan)
    matrix = sparse.csr_array((data, indices, row_starts), shape=(plan.rows, plan.columns))
    matrix.has_canonical_format = True  # by construction; saves a later scan of all entries
    return matrix


def symbolic_matrix_of(weights: npt.NDArray[np.object_], plan: ConvPlan, *, flip: bool = False) -> sympy.SparseMatrix:
    """The matrix of a plan, for weights that are SymPy expressions."""
    import sympy

    # Number the weights, build the numeric matrix of those numbers, then put each weight where its number is.
    numbered = matrix_of(np.arange(weights.size), plan, flip=flip).tocoo()
    symbols = weights.ravel()
    entries = {(int(r), int(c)): symbols[n] for r, c, n in zip(*numbered.coords, numbered.data, strict=True)}
    return sympy.SparseMatrix(*numbered.shape, entries)


def _compressed_rows(
    weights: npt.NDArray[Any],  # (o, i / groups, k1, ..., kd)
    plan: ConvPlan,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Data, column indices and row starts of the CSR matrix: no sort, no mask, no coordinate list.

    All output channels read the same pixels, so the pattern is worked out for one channel and copied to the
    others (shifted from group to group). Along each axis the outputs fall into few runs that share their taps
    inside the input; on a product of runs the entries are a box, and one strided assignment writes it.
    """
    runs = [_runs(plan, axis) for axis in range(len(plan.size))]
    axis_entries = [sum(run.entries for run in axis_runs) for axis_runs in runs]
    channels, entries = plan.out_channels, plan.group_channels * math.prod(axis_entries)
    largest = max(channels * entries, plan.columns, plan.rows)
    index_type = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    data = np.empty((channels, entries), weights.dtype)
    indices = np.empty((channels, entries), index_type)
    channel_offsets = np.arange(plan.group_channels) * math.prod(plan.size)
    # The largest box first: it maps nearly all memory in order, so that no page is fetched twice.
    boxes = sorted(itertools.product(*runs), key=lambda box: -math.prod(run.entries for run in box))
    for box in boxes:
        if all(run.entries for run in box):
            offset, shape, steps = _box_layout(box, axis_entries, plan.group_channels)
            taps = weights[:, :, *(slice(run.first_tap, run.last_tap) for run in box)]
            _view(data, offset, (channels, *shape), (entries, *steps))[...] = taps.reshape(
                channels, *[1] * len(box), -1
            )
            pixels = functools.reduce(np.add.outer, [run.pixel_offsets for run in box])  # (*outputs)
            within = functools.reduce(np.add.outer, [run.tap_offsets for run in box], channel_offsets).ravel()
            columns = _view(indices, offset, shape, steps)  # of the first channel
            np.add(pixels.astype(index_type)[..., None], within.astype(index_type), out=columns)
    _copy_to_channels(indices, plan)

    per_pixel = functools.reduce(np.multiply.outer, [np.concatenate([r.counts for r in axis]) for axis in runs])
    row_starts = np.zeros(plan.rows + 1, index_type)
    np.cumsum(np.tile(per_pixel.ravel() * plan.group_channels, channels), out=row_starts[1:])
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


def _runs(plan: ConvPlan, axis: int) -> list[_Run]:
    """The runs of one axis in order; tap t of output m reads input m s + t d - before."""
    stride, dilation, taps = plan.stride[axis], plan.dilation[axis], plan.kernel[axis]
    step = math.prod(plan.size[axis + 1 :])
    start = np.arange(plan.output[axis]) * stride - plan.pads[axis][0]  # input position of tap 0
    first = np.clip(-(start // dilation), 0, taps)  # ceil(-start / dilation)
    last = np.clip((plan.size[axis] - 1 - start) // dilation + 1, first, taps)
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


def _copy_to_channels(indices: npt.NDArray[Any], plan: ConvPlan) -> None:
    """Fill all rows of (channels, entries) from the first one."""
    per_group = plan.out_channels // plan.groups
    group_columns = plan.columns // plan.groups
    for channel in range(1, plan.out_channels):
        np.add(indices[0], channel // per_group * group_columns, out=indices[channel])
