"""Convolutions, poolings and interpolations: layers whose outputs read windows, with PyTorch's own arguments.

Importing this module fills the table that :mod:`hwlib.receptive._trace` looks operations up in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from hwlib.receptive import _reach
from hwlib.receptive._reach import Mask, Rows, Term, UnknownOperationError
from hwlib.receptive._trace import Traced, arranged, on_axis, operation, rebuilt


def _each(value: Any, count: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    return tuple(int(v) for v in (values * count if len(values) == 1 else values))


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
        terms = on_axis(x, terms, dim, on_rows, functools.partial(_reach.taps_or, **window))
    return rebuilt(x, terms)


def grouped_channels(x: Traced, count: int, groups: int, inputs: int, outputs: int) -> Traced:
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
        mixed = grouped_channels(arranged(input), count, groups, inputs, outputs)
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
        x = grouped_channels(arranged(input), count, groups, weight.shape[0], weight.shape[1] * groups)
        terms = list(x._terms)
        options = [_each(value, count) for value in (weight.shape[2:], stride, dilation, padding, output_padding)]
        for dim, (k, s, d, p, extra) in enumerate(zip(*options, strict=True), start=x.ndim - count):
            if x._axes[dim] < 0:
                raise UnknownOperationError("a transposed convolution along a dimension that is no axis of the input")
            stamps: dict[str, Any] = {"kernel": k, "stride": s, "dilation": d, "padding": p, "output_padding": extra}
            terms = _reach.over_axis(terms, x._axes[dim], functools.partial(_reach.spread, **stamps))
        return rebuilt(x, terms)

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
            terms = on_axis(x, terms, dim, functools.partial(_adapted, reads=reads), functools.partial(_any_of, reads))
        return rebuilt(x, terms)

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
    return rebuilt(x, _reach.simplified(terms) if len(terms) > 1 else terms)


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
