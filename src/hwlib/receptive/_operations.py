"""How PyTorch's layers and functions change what is read, one function each, with PyTorch's own arguments.

Importing this module fills the table that :mod:`hwlib.receptive._trace` looks operations up in; :func:`trace` runs a
model.
"""

from __future__ import annotations

import collections
import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from hwlib.receptive import _reach
from hwlib.receptive._reach import Mask, Rows, Term, UnknownOperationError
from hwlib.receptive._trace import (
    Log,
    Step,
    Traced,
    arranged,
    collapse,
    dimension,
    dimensions,
    mix,
    note_alignment,
    operation,
    pointwise,
    union,
    unsqueeze,
    without,
)

# --- windows ------------------------------------------------------------------------------------------------------


def _each(value: Any, count: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    return tuple(int(v) for v in (values * count if len(values) == 1 else values))


def _on_axis(x: Traced, terms: list[Term], dim: int, rows_to: Callable[[Rows], Rows], mask_to: Any) -> list[Term]:
    """Change terms along one dimension, which is an axis of the input or not."""
    if x._axes[dim] >= 0:
        return _reach.over_axis(terms, x._axes[dim], rows_to)
    return [Term(np.moveaxis(mask_to(np.moveaxis(term.mask, dim, 0)), 0, dim), term.rows) for term in terms]


def _rebuilt(x: Traced, terms: Sequence[Term], simplify: bool = False) -> Traced:
    """A tensor of the same kind of dimensions whose lengths are those of the terms."""
    if simplify:
        terms = _reach.simplified(terms)
    sizes = tuple(
        (len(terms[0].rows[axis]) if axis >= 0 else terms[0].mask.shape[dim]) if terms else x._sizes[dim]
        for dim, axis in enumerate(x._axes)
    )
    return Traced(x._log, sizes, x._axes, terms)


def _windows(
    x: Traced, kernel: Any, stride: Any, padding: Any, dilation: Any, count: int, ceil: bool = False
) -> Traced:
    """A sliding window over the last dimensions."""
    x = arranged(x)
    if x.ndim < count + 1:
        raise ValueError(f"the input has shape {tuple(x.shape)}: accepted are {count} spatial axes after the channels")
    kernels, dilations = _each(kernel, count), _each(dilation, count)
    strides = kernels if stride is None or (isinstance(stride, tuple | list) and not stride) else _each(stride, count)
    if isinstance(padding, str):
        totals = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernels, dilations, strict=True)]
        pads = [(total // 2, total - total // 2) for total in totals]
    else:
        pads = [(p, p) for p in _each(padding, count)]
    terms = list(x._terms)
    for dim, (k, s, d, (before, after)) in enumerate(
        zip(kernels, strides, dilations, pads, strict=True), start=x.ndim - count
    ):
        window: dict[str, Any] = {"kernel": k, "stride": s, "dilation": d, "before": before, "after": after}
        window["ceil"] = ceil
        on_rows = functools.partial(_reach.windowed, **window)
        terms = _on_axis(x, terms, dim, on_rows, functools.partial(_reach.taps_or, **window))
    return _rebuilt(x, terms)


def _channels(x: Traced, count: int, groups: int, inputs: int, outputs: int) -> Traced:
    """Every output channel reads all input channels of its group."""
    dim = x.ndim - count - 1
    if x._sizes[dim] != inputs:
        raise ValueError(f"the input has {x._sizes[dim]} channels: accepted are {inputs}")
    terms = []
    for term in x._terms:
        mask = np.moveaxis(term.mask, dim, 0)
        grouped = mask.reshape(groups, inputs // groups, *mask.shape[1:]).any(1)
        terms.append(Term(np.moveaxis(np.repeat(grouped, outputs // groups, axis=0), 0, dim), term.rows))
    return Traced(x._log, (*x._sizes[:dim], outputs, *x._sizes[dim + 1 :]), x._axes, _reach.simplified(terms))


def _conv(count: int) -> Callable[..., Traced]:
    def conv(
        input: Traced,
        weight: torch.Tensor,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Traced:
        outputs, inputs = weight.shape[0], weight.shape[1] * groups
        mixed = _channels(arranged(input), count, groups, inputs, outputs)
        return _windows(mixed, tuple(weight.shape[2:]), stride, padding, dilation, count)

    return conv


def _conv_transpose(count: int) -> Callable[..., Traced]:
    def conv_transpose(
        input: Traced,
        weight: torch.Tensor,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Traced:
        x = _channels(arranged(input), count, groups, weight.shape[0], weight.shape[1] * groups)
        terms = list(x._terms)
        options = [_each(value, count) for value in (weight.shape[2:], stride, dilation, padding, output_padding)]
        for dim, (k, s, d, p, extra) in enumerate(zip(*options, strict=True), start=x.ndim - count):
            if x._axes[dim] < 0:
                raise UnknownOperationError("a transposed convolution along a dimension that is no axis of the input")
            stamps: dict[str, Any] = {"kernel": k, "stride": s, "dilation": d, "padding": p, "output_padding": extra}
            terms = _reach.over_axis(terms, x._axes[dim], functools.partial(_reach.spread, **stamps))
        return _rebuilt(x, terms)

    return conv_transpose


def _max_pool(count: int) -> Callable[..., Traced]:
    def max_pool(
        input: Traced,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Traced:
        return _windows(input, kernel_size, stride, padding, dilation, count, ceil_mode)

    return max_pool


def _avg_pool(count: int) -> Callable[..., Traced]:
    def avg_pool(
        input: Traced,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Traced:
        return _windows(input, kernel_size, stride, padding, 1, count, ceil_mode)

    return avg_pool


def _lp_pool(count: int) -> Callable[..., Traced]:
    def lp_pool(
        input: Traced, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> Traced:
        return _windows(input, kernel_size, stride, 0, 1, count, ceil_mode)

    return lp_pool


def _adaptive_pool(count: int) -> Callable[..., Traced]:
    def adaptive_pool(input: Traced, output_size: Any, return_indices: bool = False) -> Traced:
        x = arranged(input)
        given = output_size if isinstance(output_size, tuple | list) else (output_size,) * count
        terms = list(x._terms)
        for dim, size in enumerate(given, start=x.ndim - count):
            n = x._sizes[dim]
            m = n if size is None else int(size)
            reads = np.zeros((m, n), bool)
            for i in range(m):
                reads[i, i * n // m : -(-(i + 1) * n // m)] = True
            terms = _on_axis(x, terms, dim, functools.partial(_adapted, reads=reads), functools.partial(_any_of, reads))
        return _rebuilt(x, terms)

    return adaptive_pool


def _any_of(reads: Mask, mask: Mask) -> Mask:
    return np.stack([mask[places].any(0) for places in reads])


def _adapted(rows: Rows, reads: Mask) -> Rows:
    if len(reads) == len(rows):
        return rows
    if len(reads) == 1:
        return _reach.collapsed(rows, grows=True)
    made = _reach.mixed(rows, reads, len(rows) / len(reads))
    made.whole = True  # windows of n / m pixels grow with the input
    return made


for _count in (1, 2, 3):
    operation(f"conv{_count}d", layer=True)(_conv(_count))
    operation(f"conv_transpose{_count}d", layer=True)(_conv_transpose(_count))
    operation(f"max_pool{_count}d", layer=True)(_max_pool(_count))
    operation(f"avg_pool{_count}d", layer=True)(_avg_pool(_count))
    operation(f"lp_pool{_count}d", layer=True)(_lp_pool(_count))
    operation(f"adaptive_avg_pool{_count}d", f"adaptive_max_pool{_count}d", layer=True)(_adaptive_pool(_count))


@operation("interpolate", "upsample", layer=True)
def _interpolate(
    input: Traced,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Traced:
    x = arranged(input)
    count = x.ndim - 2
    sizes = [None] * count if size is None else list(_each(size, count))
    factors = scale_factor if isinstance(scale_factor, tuple | list) else [scale_factor] * count
    terms = list(x._terms)
    for dim, (length, factor) in enumerate(zip(sizes, factors, strict=True), start=2):
        if x._axes[dim] < 0 and x._sizes[dim] > 1:
            raise UnknownOperationError("an interpolation along a dimension that is no axis of the input")
        key = ("interpolate", length, factor, mode, align_corners, recompute_scale_factor, antialias)
        if x._axes[dim] < 0:
            pattern = _interpolation(1, *key[1:])
            if len(pattern) > 1:
                x = Traced(x._log, (*x._sizes[:dim], len(pattern), *x._sizes[dim + 1 :]), x._axes, x._terms)
                terms = [Term(np.repeat(term.mask, len(pattern), axis=dim), term.rows) for term in terms]
            continue
        terms = _reach.over_axis(terms, x._axes[dim], functools.partial(_interpolated, key=key))
    return _rebuilt(x, _reach.simplified(terms) if len(terms) > 1 else terms)


def _interpolated(rows: Rows, key: Any) -> Rows:
    if key not in rows.memo:
        pattern = _interpolation(len(rows), *key[1:])
        made = _reach.repeated(rows, len(pattern)) if len(rows) == 1 else None
        rows.memo[key] = made or _reach.mixed(rows, pattern, len(rows) / len(pattern))
    found: Rows = rows.memo[key]
    return found


def _interpolation(n: int, size: Any, factor: Any, mode: str, corners: Any, recompute: Any, antialias: bool) -> Mask:
    """Sparsity pattern of PyTorch's own interpolation along one axis, (outputs, n), from its answers to unit inputs."""
    units = torch.eye(n, dtype=torch.float64)[:, None, :, None]  # a batch of columns
    options: dict[str, Any] = {"recompute_scale_factor": recompute}
    flat = {"linear": "bilinear", "trilinear": "bilinear"}.get(mode, mode)
    if flat in ("bilinear", "bicubic"):
        options |= {"align_corners": corners, "antialias": antialias}
    options |= {"size": (size, 1)} if size is not None else {"scale_factor": (factor, 1.0)}
    response = F.interpolate(units, mode=flat, **options)[:, 0, :, 0]  # (n, outputs)
    pattern: Mask = (response.abs() > 1e-9).T.numpy()
    return pattern


# --- whole dimensions -----------------------------------------------------------------------------------------------


@operation("linear", layer=True)
def _linear(input: Traced, weight: torch.Tensor, bias: Any = None) -> Traced:
    if input.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"the input has shape {tuple(input.shape)}: accepted are {weight.shape[1]} entries in the last dimension"
        )
    made = collapse(input, [input.ndim - 1], keepdim=False, grows=False)
    terms = [Term(np.repeat(term.mask[..., None], weight.shape[0], axis=-1), term.rows) for term in made._terms]
    last = len(made._sizes)
    return Traced(made._log, (*made._sizes, weight.shape[0]), (*made._axes, -1), terms, (*made._view, (last,)))


@operation("mean", "sum", "amax", "amin", "prod", "std", "var", "logsumexp", "norm", "all", "any", layer=True)
def _reduce(input: Traced, *args: Any, dim: Any = None, keepdim: bool = False, **ignored: Any) -> Traced:
    for value in args:  # PyTorch's orders of arguments differ; a flag is a flag, anything else says which dimensions
        if isinstance(value, bool):
            keepdim = value
        elif isinstance(value, int | tuple | list):
            dim = value
    return collapse(input, dimensions(input, dim), keepdim=keepdim)


@operation("max", "min", layer=True)
def _extreme(input: Traced, other: Any = None, keepdim: bool = False, dim: Any = None) -> Any:
    if isinstance(other, Traced | torch.Tensor):
        return pointwise("maximum", [input, other])
    dim = other if dim is None else dim
    made = collapse(input, dimensions(input, dim), keepdim=keepdim)
    return made if dim is None else _Extreme(made, made)


_Extreme = collections.namedtuple("_Extreme", ["values", "indices"])


@operation("softmax", "log_softmax", "softmin", layer=True)
def _softmax(input: Traced, dim: int, *ignored: Any, **also: Any) -> Traced:
    return mix(input, [dimension(input, dim)])


@operation("normalize", layer=True)
def _normalize(input: Traced, p: float = 2.0, dim: int = 1, *ignored: Any, **also: Any) -> Traced:
    return mix(input, [dimension(input, dim)])


@operation("glu")
def _glu(input: Traced, dim: int = -1) -> Traced:
    return union(_chunk(input, 2, dim))


@operation("batch_norm")
def _batch_norm(
    input: Traced,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    *ignored: Any,
    **also: Any,
) -> Traced:
    if not training:
        return Traced(input._log, input._sizes, input._axes, input._terms, input._view)
    return mix(input, [0, *range(2, input.ndim)])


@operation("instance_norm", layer=True)
def _instance_norm(
    input: Traced,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    *ignored: Any,
    **also: Any,
) -> Traced:
    return mix(input, range(2, input.ndim)) if use_input_stats else pointwise("identity", [input])


@operation("layer_norm", "rms_norm", layer=True)
def _layer_norm(input: Traced, normalized_shape: Sequence[int], *ignored: Any, **also: Any) -> Traced:
    return mix(input, range(input.ndim - len(normalized_shape), input.ndim))


@operation("group_norm", layer=True)
def _group_norm(input: Traced, num_groups: int, *ignored: Any, **also: Any) -> Traced:
    mixed = mix(input, range(2, input.ndim))
    return _channels(mixed, mixed.ndim - 2, num_groups, mixed._sizes[1], mixed._sizes[1])


@operation("local_response_norm", layer=True)
def _local_response_norm(input: Traced, size: int, *ignored: Any, **also: Any) -> Traced:
    x = arranged(input)

    def near(mask: Mask) -> Mask:
        made: Mask = _reach.taps_or(mask, size, 1, 1, size // 2, (size - 1) // 2)
        return made

    return _rebuilt(x, _on_axis(x, list(x._terms), 1, lambda rows: rows, near), simplify=True)


# --- shapes ---------------------------------------------------------------------------------------------------------


@operation("size")
def _size(input: Traced, dim: int | None = None) -> Any:
    return input.shape if dim is None else input.shape[dim]


@operation("dim", "ndimension")
def _dim(input: Traced) -> int:
    return input.ndim


@operation("numel")
def _numel(input: Traced) -> int:
    return math.prod(input.shape)


@operation("is_floating_point")
def _is_floating_point(input: Traced) -> bool:
    return True


@operation("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")
def _constant_like(input: Traced, **ignored: Any) -> torch.Tensor:
    return torch.zeros(input.shape, device="meta")


@operation("new_zeros", "new_ones", "new_empty")
def _new_constant(input: Traced, *size: Any, **ignored: Any) -> torch.Tensor:
    return torch.zeros(*size, device="meta")


@operation("permute")
def _permute(input: Traced, *dims: Any) -> Traced:
    order = dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims
    view = tuple(input._view[dimension(input, d)] for d in order)
    return Traced(input._log, input._sizes, input._axes, input._terms, view)


@operation("transpose", "swapaxes", "swapdims")
def _transpose(input: Traced, dim0: int, dim1: int) -> Traced:
    order = list(range(input.ndim))
    a, b = dimension(input, dim0), dimension(input, dim1)
    order[a], order[b] = order[b], order[a]
    return _permute(input, order)


@operation("movedim", "moveaxis")
def _movedim(input: Traced, source: int, destination: int) -> Traced:
    order = [d for d in range(input.ndim) if d != dimension(input, source)]
    order.insert(dimension(input, destination), dimension(input, source))
    return _permute(input, order)


@operation("squeeze")
def _squeeze(input: Traced, dim: Any = None) -> Traced:
    gone = [d for d in dimensions(input, dim) if input.shape[d] == 1]
    view = [group for d, group in enumerate(input._view) if d not in gone]
    return without(input, [i for d in gone for i in input._view[d]], input._terms, view)


@operation("flatten")
def _flatten(input: Traced, start_dim: int = 0, end_dim: int = -1) -> Traced:
    first, last = dimension(input, start_dim), dimension(input, end_dim)
    merged = tuple(i for group in input._view[first : last + 1] for i in group)
    view = (*input._view[:first], merged, *input._view[last + 1 :])
    return Traced(input._log, input._sizes, input._axes, input._terms, view)


@operation("unflatten")
def _unflatten(input: Traced, dim: int, sizes: Sequence[int]) -> Traced:
    place = dimension(input, dim)
    shape = list(input.shape)
    sizes = [shape[place] // -math.prod(sizes) if size == -1 else size for size in sizes]
    return _reshape(input, *shape[:place], *sizes, *shape[place + 1 :])


@operation("reshape", "view")
def _reshape(input: Traced, *shape: Any) -> Traced:
    wanted = list(shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)
    total = math.prod(input.shape)
    if wanted.count(-1) == 1:
        wanted[wanted.index(-1)] = total // -math.prod(wanted)
    if math.prod(wanted) != total:
        raise ValueError(f"a tensor of shape {tuple(input.shape)} can't take the shape {tuple(wanted)}")
    # Dimensions of length 1 come and go freely; the others are merged or split, in order.
    order = [i for group in input._view for i in group]
    flat = arranged(Traced(input._log, input._sizes, input._axes, input._terms, tuple((i,) for i in order)))
    ones = [i for i, size in enumerate(flat._sizes) if size == 1]
    flat = without(flat, ones, flat._terms, [group for i, group in enumerate(flat._view) if i not in ones])
    old, axes = list(flat._sizes), list(flat._axes)
    view: list[tuple[int, ...]] = []
    split: list[int] = []
    new_axes: list[int] = []
    for size in wanted:
        group, product = [], 1
        while product < size:
            need = size // product
            if old[0] <= need and need % old[0] == 0:
                taken, axis = old.pop(0), axes.pop(0)
            elif axes[0] < 0 and old[0] % need == 0 and size % product == 0:
                taken, axis = need, -1
                old[0] //= need
            else:
                raise UnknownOperationError(
                    f"a reshape from {tuple(input.shape)} to {tuple(wanted)} that takes an axis of positions apart"
                )
            group.append(len(split))
            split.append(taken)
            new_axes.append(axis)
            product *= taken
        view.append(tuple(group))
    masks = [1 if axis >= 0 else size for size, axis in zip(split, new_axes, strict=True)]
    terms = [Term(term.mask.reshape(masks), term.rows) for term in flat._terms]
    made = Traced(input._log, tuple(split), tuple(new_axes), terms, tuple(group or (-1,) for group in view))
    return _with_ones(made)


def _with_ones(x: Traced) -> Traced:
    """Give the dimensions that a reshape made out of nothing, marked -1, a stored dimension of length 1."""
    for place, group in enumerate(x._view):
        if group == (-1,):
            terms = [Term(term.mask[..., None], term.rows) for term in x._terms]
            view = (*x._view[:place], (len(x._sizes),), *x._view[place + 1 :])
            x = Traced(x._log, (*x._sizes, 1), (*x._axes, -1), terms, view)
    return x


@operation("view_as", "reshape_as")
def _reshape_as(input: Traced, other: Any) -> Traced:
    return _reshape(input, tuple(other.shape))


@operation("expand")
def _expand(input: Traced, *sizes: Any) -> Traced:
    wanted = list(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
    own = [1] * (len(wanted) - input.ndim) + list(input.shape)
    return union([input], [tuple(o if w == -1 else w for o, w in zip(own, wanted, strict=True))])


@operation("expand_as")
def _expand_as(input: Traced, other: Any) -> Traced:
    return union([input], [tuple(other.shape)])


@operation("__getitem__")
def _getitem(input: Traced, index: Any) -> Traced:
    x = arranged(input)
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(not (part is None or part is Ellipsis or isinstance(part, int | slice)) for part in parts):
        raise UnknownOperationError(f"an index {index!r}: accepted are whole numbers, slices, None and Ellipsis")
    given = sum(part is not None and part is not Ellipsis for part in parts)
    place = next((i for i, part in enumerate(parts) if part is Ellipsis), None)
    missing = [slice(None)] * (x.ndim - given)
    parts = parts + missing if place is None else parts[:place] + missing + parts[place + 1 :]
    dim = 0
    new: list[int] = []
    single: list[int] = []
    for part in parts:
        if part is None:
            new.append(dim + len(new))
            continue
        places = np.arange(x._sizes[dim])[part]
        if isinstance(part, int):
            single.append(dim)
            places = places[None]
        if len(places) != x._sizes[dim]:
            x = _selected(x, dim, places, (part.step or 1) if isinstance(part, slice) else 1)
        dim += 1
    view = [group for d, group in enumerate(x._view) if d not in single]
    x = without(x, single, x._terms, view)
    for position in new:
        x = unsqueeze(x, position - sum(d < position for d in single))
    return x


def _selected(x: Traced, dim: int, places: Any, step: float = 1) -> Traced:
    if not len(places):
        raise ValueError(f"an index leaves nothing of dimension {dim} of a tensor of shape {tuple(x.shape)}")
    terms = _on_axis(
        x,
        list(x._terms),
        dim,
        lambda rows: _reach.gathered(rows, places, jump=step),
        lambda mask: mask[places],
    )
    return _rebuilt(x, [term for term in terms if term.mask.any()] or terms[:1])


@operation("narrow")
def _narrow(input: Traced, dim: int, start: int, length: int) -> Traced:
    dim = dimension(input, dim)
    return _getitem(input, (*[slice(None)] * dim, slice(start, start + length)))


@operation("select")
def _select(input: Traced, dim: int, index: int) -> Traced:
    return _getitem(input, (*[slice(None)] * dimension(input, dim), index))


@operation("split")
def _split(tensor: Traced, split_size_or_sections: Any, dim: int = 0) -> tuple[Traced, ...]:
    dim = dimension(tensor, dim)
    n, size = tensor.shape[dim], split_size_or_sections
    sizes = [min(size, n - i) for i in range(0, n, size)] if isinstance(size, int) else list(size)
    starts = itertools.accumulate([0, *sizes[:-1]])
    return tuple(_narrow(tensor, dim, start, length) for start, length in zip(starts, sizes, strict=True))


@operation("chunk")
def _chunk(input: Traced, chunks: int, dim: int = 0) -> tuple[Traced, ...]:
    return _split(input, -(-input.shape[dimension(input, dim)] // chunks), dim)


@operation("unbind")
def _unbind(input: Traced, dim: int = 0) -> tuple[Traced, ...]:
    return tuple(_select(input, dim, i) for i in range(input.shape[dimension(input, dim)]))


@operation("cat", "concat", "concatenate", layer=True)
def _cat(tensors: Sequence[Any], dim: int = 0) -> Traced:
    traced = [arranged(part) for part in tensors if isinstance(part, Traced)]
    dim, axes = dimension(traced[0], dim), traced[0]._axes
    ready = iter(traced)
    parts = [next(ready) if isinstance(part, Traced) else part for part in tensors]
    shapes = [tuple(part.shape) for part in parts]
    for shape in shapes:
        if (shape[:dim], shape[dim + 1 :]) != (shapes[0][:dim], shapes[0][dim + 1 :]):
            raise ValueError(f"the parts have shapes {shapes}: accepted are shapes that differ in dimension {dim} only")
    if any(part._axes != axes for part in traced):
        raise UnknownOperationError("tensors are concatenated whose dimensions belong to different axes of the input")
    total, start, terms = sum(shape[dim] for shape in shapes), 0, []
    for part, shape in zip(parts, shapes, strict=True):
        around = (start, total - start - shape[dim])
        start += shape[dim]
        if isinstance(part, Traced):
            terms += _on_axis(
                part,
                list(part._terms),
                dim,
                functools.partial(_reach.padded_with_nothing, before=around[0], after=around[1]),
                functools.partial(_mask_padded, around),
            )
    if axes[dim] < 0:
        note_alignment(traced)
    sizes = (*shapes[0][:dim], total, *shapes[0][dim + 1 :])
    return Traced(traced[0]._log, sizes, axes, _reach.simplified(terms))


def _mask_padded(around: tuple[int, int], mask: Mask) -> Mask:
    return np.pad(mask, [around, *[(0, 0)] * (mask.ndim - 1)])


@operation("stack")
def _stack(tensors: Sequence[Any], dim: int = 0) -> Traced:
    return _cat([part.unsqueeze(dim) for part in tensors], dim)


@operation("pad", layer=True)
def _pad(input: Traced, pad: Sequence[int], mode: str = "constant", value: Any = None) -> Traced:
    x = arranged(input)
    terms = list(x._terms)
    for number in range(len(pad) // 2):
        before, after = int(pad[2 * number]), int(pad[2 * number + 1])
        dim = x.ndim - 1 - number
        n = x._sizes[dim]
        places = np.arange(-before, n + after)
        inside = (places >= 0) & (places < n)
        if mode == "constant":
            places = np.where(inside, places, -1)
        elif mode == "replicate":
            places = places.clip(0, n - 1)
        elif mode == "circular":
            places %= n
        elif mode == "reflect":
            places = n - 1 - abs(n - 1 - abs(places))
        else:
            raise UnknownOperationError(f"padding of the mode {mode!r}")
        if (before or after) and len(places):
            terms = _on_axis(
                x,
                terms,
                dim,
                functools.partial(_reach.gathered, places=places, inside=inside),
                functools.partial(_mask_gathered, places),
            )
    return _rebuilt(x, terms)


def _mask_gathered(places: Any, mask: Mask) -> Mask:
    made: Mask = mask[places]
    made[places < 0] = False
    return made


@operation("pixel_shuffle", layer=True)
def _pixel_shuffle(input: Traced, upscale_factor: int) -> Traced:
    """Position (h r + a, w r + b) of channel c is position (h, w) of channel (c r + a) r + b."""
    x, r = arranged(input), upscale_factor
    axes = _two_axes(x, "pixel_shuffle")
    if x._sizes[1] % r**2:
        raise ValueError(f"the input has {x._sizes[1]} channels: accepted are multiples of {r**2}")
    terms = []
    for term in x._terms:
        mask = term.mask.reshape(term.mask.shape[0], -1, r, r, 1, 1)
        for a, b in itertools.product(range(r), repeat=2):
            rows = list(term.rows)
            for axis, offset in zip(axes, (a, b), strict=True):
                rows[axis] = _interleaved(rows[axis], r, offset)
            terms.append(Term(mask[:, :, a, b], tuple(rows)))
    return _rebuilt(x, terms, simplify=True)


def _interleaved(rows: Rows, r: int, offset: int) -> Rows:
    """The units at every r-th place; the places between read nothing."""
    bits = np.zeros((len(rows) * r, rows.bits.shape[1]), np.uint64)
    clean = np.ones(len(rows) * r, bool)
    bits[offset::r], clean[offset::r] = rows.bits, rows.clean
    return rows.derived(bits, clean, jump=rows.jump / r)


@operation("pixel_unshuffle", layer=True)
def _pixel_unshuffle(input: Traced, downscale_factor: int) -> Traced:
    x, r = arranged(input), downscale_factor
    axes = _two_axes(x, "pixel_unshuffle")
    if any(x._sizes[dim] % r for dim in (2, 3)):
        raise ValueError(f"the input is {x._sizes[2]} x {x._sizes[3]}: accepted are multiples of {r}")
    terms = []
    for term in x._terms:
        for a, b in itertools.product(range(r), repeat=2):
            rows = list(term.rows)
            for axis, offset in zip(axes, (a, b), strict=True):
                rows[axis] = _reach.gathered(rows[axis], np.arange(offset, len(rows[axis]), r), jump=r)
            mask = np.zeros((*term.mask.shape[:2], r, r, 1, 1), bool)
            mask[:, :, a, b] = term.mask
            terms.append(Term(mask.reshape(term.mask.shape[0], -1, 1, 1), tuple(rows)))
    return _rebuilt(x, terms, simplify=True)


def _two_axes(x: Traced, name: str) -> tuple[int, int]:
    if x.ndim != 4 or min(x._axes[2:]) < 0:
        raise UnknownOperationError(f"{name!r} of a tensor whose last two dimensions are no axes of the input")
    return x._axes[2], x._axes[3]


@operation("channel_shuffle", layer=True)
def _channel_shuffle(input: Traced, groups: int) -> Traced:
    x = arranged(input)
    order = np.arange(x._sizes[1]).reshape(groups, -1).T.ravel()
    terms = [Term(term.mask[:, order], term.rows) for term in x._terms]
    return Traced(x._log, x._sizes, x._axes, terms)


@operation("flip")
def _flip(input: Traced, *dims: Any) -> Traced:
    x = arranged(input)
    for dim in dimensions(x, dims[0] if len(dims) == 1 else dims):
        x = _selected(x, dim, np.arange(x._sizes[dim])[::-1])
    return x


@operation("roll")
def _roll(input: Traced, shifts: Any, dims: Any) -> Traced:
    x = arranged(input)
    for shift, dim in zip(*(v if isinstance(v, tuple | list) else (v,) for v in (shifts, dims)), strict=True):
        dim = dimension(x, dim)
        x = _selected(x, dim, np.roll(np.arange(x._sizes[dim]), shift))
    return x


# --- running a module -------------------------------------------------------------------------------------------------


def trace(model: Callable[..., Any], channels: int, shape: Sequence[int]) -> Traced:
    """Run a model, as in evaluation, on a traced input (1, channels, *shape)."""
    log = Log(tuple(shape), aligned=[True] * len(shape))
    axes = (-1, -1, *range(len(shape)))
    same = {n: _reach.identity(n) for n in shape}
    mask = np.ones((1, channels, *[1] * len(shape)), bool)
    start = Traced(log, (1, channels, *shape), axes, [Term(mask, tuple(same[n] for n in shape))])
    training = []
    if isinstance(model, torch.nn.Module):
        log.owners = {
            id(parameter): name.rpartition(".")[0] for name, parameter in model.named_parameters(remove_duplicate=True)
        }
        training = [part for part in model.modules() if part.training]
        model.eval()
    try:
        output = model(start)
    except (AssertionError, RuntimeError) as error:  # the model's own checks of its input
        raise ValueError(f"the model raises {type(error).__name__}: {error}") from error
    finally:
        for part in training:
            part.training = True
    if isinstance(output, torch.Tensor):
        raise ValueError("the model returns a tensor that does not depend on its input")
    if not isinstance(output, Traced):
        raise ValueError(
            f"the model returns a {type(output).__name__}: accepted is one tensor, so wrap it: lambda x: model(x)[0]"
        )
    if any(len(group) != 1 for group in output._view):
        output = _collapsed_view(output)
    log.steps.append(Step("output", "", arranged(output)))
    return arranged(output)


def _collapsed_view(x: Traced) -> Traced:
    """Undo merged dimensions of an output: its units are those of the dimensions before."""
    return Traced(x._log, x._sizes, x._axes, x._terms, tuple((i,) for group in x._view for i in group))
