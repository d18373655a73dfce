"""Reshapes, slices, concatenations and paddings: what moves entries about, with PyTorch's own arguments.

Importing this module fills the table that :mod:`hwlib.receptive._trace` looks operations up in.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from hwlib.receptive import _reach
from hwlib.receptive._reach import Mask, Rows, Term, UnknownOperationError
from hwlib.receptive._trace import (
    Traced,
    arranged,
    dimension,
    dimensions,
    note_alignment,
    on_axis,
    operation,
    rebuilt,
    union,
    unsqueeze,
    without,
)


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
    view = tuple(input._view[dimension(input, d)] for d in _given_shape(dims))
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
    wanted = _given_shape(shape)
    total = math.prod(input.shape)
    if wanted.count(-1) == 1:
        wanted[wanted.index(-1)] = total // -math.prod(wanted)
    if math.prod(wanted) != total:
        raise ValueError(f"a tensor of shape {tuple(input.shape)} can't take the shape {tuple(wanted)}")
    x = _stored_in_order(input)
    plan = split_plan(x._sizes, x._axes, wanted)
    if plan is None:
        raise UnknownOperationError(
            f"a reshape from {tuple(input.shape)} to {tuple(wanted)} that takes an axis of positions apart"
        )
    sizes, axes = zip(*itertools.chain.from_iterable(plan), strict=True) if plan else ((), ())
    masks = tuple(1 if axis >= 0 else size for size, axis in zip(sizes, axes, strict=True))
    numbers = itertools.count()
    view = tuple(tuple(itertools.islice(numbers, len(parts))) for parts in plan)
    return Traced(x._log, sizes, axes, [Term(term.mask.reshape(masks), term.rows) for term in x._terms], view)


def split_plan(sizes: Sequence[int], axes: Sequence[int], wanted: Sequence[int]) -> list[list[tuple[int, int]]] | None:
    """How stored dimensions are split and merged, in order, to make a wanted shape.

    Args:
        sizes: lengths of the stored dimensions, each above 1.
        axes: which axis of the input each is; -1 for channels and the like, which alone can be split.
        wanted: lengths with the same product.

    Returns:
        For each wanted dimension its parts, as (length, axis); None if there are no such parts.

    Example:
        >>> split_plan([6, 5], [-1, 0], [2, 15]), split_plan([6, 5], [-1, 0], [1, 30])
        ([[(2, -1)], [(3, -1), (5, 0)]], [[(1, -1)], [(6, -1), (5, 0)]])
        >>> split_plan([6], [0], [2, 3])
    """
    left: list[tuple[int, int]] = []
    for length, axis in zip(sizes, axes, strict=True):
        both_channels = bool(left) and left[-1][1] < 0 and axis < 0  # such neighbours are as good as one dimension
        left.append((left.pop()[0] * length if both_channels else length, axis))
    left.reverse()  # the next one is the last
    plan = []
    for missing in wanted:
        parts = [] if missing > 1 else [(missing, -1)]
        while missing > 1:
            length, axis = left.pop()
            if axis < 0 and length % missing == 0 and length > missing:
                left.append((length // missing, axis))
                length = missing
            if missing % length:
                return None
            parts.append((length, axis))
            missing //= length
        plan.append(parts)
    return plan


def _stored_in_order(x: Traced) -> Traced:
    """The same entries, in the tensor's own order, as stored dimensions longer than 1: those of length 1 are dropped.

    They come and go freely in a reshape.
    """
    order = [i for group in x._view for i in group]
    flat = arranged(Traced(x._log, x._sizes, x._axes, x._terms, tuple((i,) for i in order)))
    ones = [i for i, size in enumerate(flat._sizes) if size == 1]
    return without(flat, ones, flat._terms, [group for i, group in enumerate(flat._view) if i not in ones])


def _given_shape(values: Sequence[Any]) -> list[int]:
    """A shape, given as one sequence or as several numbers."""
    return list(values[0] if len(values) == 1 and not isinstance(values[0], int) else values)


@operation("view_as", "reshape_as")
def _reshape_as(input: Traced, other: Any) -> Traced:
    return _reshape(input, tuple(other.shape))


@operation("expand")
def _expand(input: Traced, *sizes: Any) -> Traced:
    wanted = _given_shape(sizes)
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
    terms = on_axis(
        x,
        list(x._terms),
        dim,
        lambda rows: _reach.gathered(rows, places, jump=step),
        lambda mask: mask[places],
    )
    return rebuilt(x, [term for term in terms if term.mask.any()] or terms[:1])


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
def chunk(input: Traced, chunks: int, dim: int = 0) -> tuple[Traced, ...]:
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
            terms += on_axis(
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
        _check_padding(mode, n, before, after)
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
        if before or after:
            terms = on_axis(
                x,
                terms,
                dim,
                functools.partial(_reach.gathered, places=places, inside=inside),
                functools.partial(_mask_gathered, places),
            )
    return rebuilt(x, terms)


def _check_padding(mode: str, n: int, before: int, after: int) -> None:
    """As PyTorch: a mirror shows each unit but the one at the border once, and a ring goes round once."""
    most = {"reflect": n - 1, "circular": n}.get(mode)
    if most is not None and max(before, after) > most:
        raise ValueError(f"padding {(before, after)} of {n} units, mode {mode!r}: accepted is up to {most} at each end")
    if n + before + after < 1:
        raise ValueError(f"padding {(before, after)} of {n} units: accepted is what leaves at least one")


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
    return rebuilt(x, terms, simplify=True)


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
    return rebuilt(x, terms, simplify=True)


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
