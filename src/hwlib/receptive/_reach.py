"""Which input positions each position of a tensor reads: the Boolean matrices behind :mod:`hwlib.receptive`.

Along one axis, what n units read is a Boolean matrix with a row for each unit: :class:`Rows`, packed 64 columns to a
word. A layer takes the union ("or") of rows, which is the Boolean product of its own sparsity pattern with them.
In d dimensions, a unit reads a union of boxes of such rows: a list of :class:`Term`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


class UnknownOperationError(ValueError):
    """An operation that the analysis does not know, or can not follow exactly."""


@dataclass(eq=False)
class Rows:
    """What each of n units reads along one axis of the input.

    ``clean`` marks the units that no padding has reached, and ``whole`` says that a layer has taken the axis as a
    whole, however long it is. The last three attributes only choose how large an input shows units far from its
    border: input positions between neighbouring units, an estimate of the extent, and a length after which the
    pattern repeats.
    """

    bits: Bits  # (n, words)
    clean: Mask  # (n,)
    whole: bool = False
    jump: float = 1.0
    bound: float = 1.0
    period: int = 1
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)  # what layers have made of these rows

    def __len__(self) -> int:
        return len(self.bits)

    def derived(self, bits: Bits, clean: Mask, **changes: Any) -> Rows:
        """Rows with the same history, except for what is given."""
        now: dict[str, Any] = {name: getattr(self, name) for name in ("whole", "jump", "bound", "period")}
        now |= changes
        return Rows(bits, clean, **now)

    def unpacked(self, unit: slice = slice(None)) -> Mask:
        """The Boolean matrix of some units, (units, 64 words): columns beyond the input are false."""
        raw = np.ascontiguousarray(self.bits[unit].astype("<u8", copy=False)).view(np.uint8)
        return np.unpackbits(raw, axis=1, bitorder="little").astype(bool)


@dataclass(frozen=True)
class Term:
    """Units of a mask that read a box: along each axis of the input the rows of the unit's place along it.

    The mask has the tensor's shape, with 1 along the dimensions that are axes of the input.
    """

    mask: Mask
    rows: tuple[Rows, ...]


def identity(size: int) -> Rows:
    """Every unit reads its own position."""
    bits = np.zeros((size, -(-size // 64)), np.uint64)
    places = np.arange(size)
    bits[places, places // 64] = np.uint64(1) << (places % 64).astype(np.uint64)
    return Rows(bits, np.ones(size, bool))


def windowed(rows: Rows, kernel: int, stride: int, dilation: int, before: int, after: int, ceil: bool) -> Rows:
    """Rows after a convolution or a pooling; zeros of the padding read nothing."""
    if kernel == stride == 1 and not before and not after:
        return rows
    key = ("window", kernel, stride, dilation, before, after, ceil)
    if key not in rows.memo:
        bits = taps_or(rows.bits, kernel, stride, dilation, before, after, ceil)
        clean = ~taps_or(~rows.clean, kernel, stride, dilation, before, after, ceil, outside=True)
        rows.memo[key] = rows.derived(
            bits,
            clean,
            jump=rows.jump * stride,
            bound=rows.bound + dilation * (kernel - 1) * rows.jump,
            period=math.lcm(rows.period, math.ceil(rows.jump * stride)),
        )
    made: Rows = rows.memo[key]
    return made


def taps_or(
    values: npt.NDArray[Any],  # (n, ...)
    kernel: int,
    stride: int,
    dilation: int,
    before: int,
    after: int,
    ceil: bool = False,
    outside: bool = False,
) -> npt.NDArray[Any]:
    """The "or" over each window of values; a ValueError says why a window does not fit."""
    n, span = len(values), dilation * (kernel - 1) + 1
    spare = n + before + after - span
    if spare < 0 and not (ceil and spare > -stride):  # a pooling that rounds up reads what there is
        raise ValueError(
            f"the kernel spans {span} (size {kernel}, dilation {dilation}), and the padded input has "
            f"{n + before + after} ({before} + {n} + {after})"
        )
    count = spare // stride + 1
    if ceil and spare % stride and count * stride < n + before:  # one more window, if it starts inside
        count += 1
    last = (count - 1) * stride + span
    padded = np.full((max(before + n, last), *values.shape[1:]), outside, values.dtype)
    padded[before : before + n] = values
    if before < 0 or before + n > len(padded):
        raise ValueError(f"padding before is {before}: accepted are padding of at least 0")
    made = padded[: (count - 1) * stride + 1 : stride].copy()
    for tap in range(1, kernel):
        made |= padded[tap * dilation : tap * dilation + (count - 1) * stride + 1 : stride]
    return made


def spread(rows: Rows, kernel: int, stride: int, dilation: int, padding: int, output_padding: int) -> Rows:
    """Rows after a transposed convolution: unit i writes to the outputs i s + t d - p."""
    key = ("spread", kernel, stride, dilation, padding, output_padding)
    if key not in rows.memo:
        n, span = len(rows), dilation * (kernel - 1) + 1
        size = (n - 1) * stride + span + output_padding - 2 * padding
        if size < 1:
            raise ValueError(f"the padding {padding} leaves nothing of an output of {size + 2 * padding}")
        # One more input on either side than a window can reach, marked as padding: who reads it is at the border.
        beyond = -(-span // stride)
        inputs = n + 2 * beyond
        bits = np.zeros((inputs, rows.bits.shape[1]), np.uint64)
        unclean = np.ones(inputs, bool)
        bits[beyond : beyond + n], unclean[beyond : beyond + n] = rows.bits, ~rows.clean
        length = (inputs - 1) * stride + span + output_padding
        out, touched = np.zeros((length, rows.bits.shape[1]), np.uint64), np.zeros(length, bool)
        for tap in range(kernel):
            places = slice(tap * dilation, tap * dilation + (inputs - 1) * stride + 1, stride)
            out[places] |= bits
            touched[places] |= unclean
        first = beyond * stride + padding
        readers = -(-span // stride)
        rows.memo[key] = rows.derived(
            out[first : first + size],
            ~touched[first : first + size],
            jump=rows.jump / stride,
            bound=rows.bound + max(readers - 1, 0) * rows.jump,
            period=math.lcm(rows.period, math.ceil(rows.jump)),
        )
    made: Rows = rows.memo[key]
    return made


def gathered(rows: Rows, places: npt.NDArray[np.int64], inside: Mask | None = None, jump: float = 1.0) -> Rows:
    """Rows at some places, in any order; a unit that is not ``inside`` counts as padding, and reads nothing at -1."""
    bits, clean = rows.bits[places], rows.clean[places]
    bits[places < 0] = 0
    if inside is not None:
        clean = clean & inside
    jump *= rows.jump
    return rows.derived(bits, clean, jump=jump, period=math.lcm(rows.period, math.ceil(jump)))


def mixed(rows: Rows, pattern: Mask, jump: float) -> Rows:
    """Rows after any linear map along the axis, given by its sparsity pattern (outputs, n)."""
    bits = np.zeros((len(pattern), rows.bits.shape[1]), np.uint64)
    for unit, reads in enumerate(pattern):
        bits[unit] = np.bitwise_or.reduce(rows.bits[reads], axis=0)
    clean = np.logical_not((pattern & ~rows.clean).any(1))
    taps = int(pattern.sum(1).max())
    jump *= rows.jump
    bound, period = rows.bound + (taps - 1) * rows.jump, math.lcm(rows.period, math.ceil(rows.jump))
    return rows.derived(bits, clean, jump=jump, bound=bound, period=period)


def collapsed(rows: Rows, *, grows: bool) -> Rows:
    """One row that reads what all of them read. It has no border, so padding does not count against it."""
    if len(rows) == 1:
        return rows
    key = ("collapsed", grows)
    if key not in rows.memo:
        rows.memo[key] = rows.derived(
            np.bitwise_or.reduce(rows.bits, axis=0, keepdims=True), np.ones(1, bool), whole=rows.whole or grows
        )
    made: Rows = rows.memo[key]
    return made


def repeated(rows: Rows, size: int) -> Rows:
    """A single row for all units of an axis."""
    if len(rows) == size:
        return rows
    return rows.derived(np.repeat(rows.bits, size, axis=0), np.repeat(rows.clean, size))


def padded_with_nothing(rows: Rows, before: int, after: int) -> Rows:
    """Rows with units around them that read nothing: the places of the other parts of a concatenation."""
    bits = np.pad(rows.bits, [(before, after), (0, 0)])
    return rows.derived(bits, np.pad(rows.clean, (before, after), constant_values=True))


def joined(a: Rows, b: Rows) -> Rows:
    """Union of what two tensors read."""
    if a is b:
        return a
    key = ("joined", id(b))
    if key not in a.memo:
        made = a.derived(
            a.bits | b.bits,
            a.clean & b.clean,
            whole=a.whole or b.whole,
            bound=max(a.bound, b.bound),
            period=math.lcm(a.period, b.period),
        )
        a.memo[key] = (b, made)  # b is kept, so that its id stays its own
    found: Rows = a.memo[key][1]
    return found


def _equal(a: Rows, b: Rows) -> bool:
    return a is b or np.array_equal(a.bits, b.bits)


def _within(a: Rows, b: Rows) -> bool:
    return a is b or not (a.bits & ~b.bits).any()


def _absorb(small: Term, large: Term) -> Term | None:
    """The larger term if it holds the smaller one, as unclean as both."""
    if (small.mask & ~large.mask).any() or not all(map(_within, small.rows, large.rows)):
        return None
    rows = []
    for a, b in zip(small.rows, large.rows, strict=True):
        # Where the smaller one reads nothing it has no padding to pass on.
        clean = b.clean & (a.clean | ~a.bits.any(1))
        same = np.array_equal(clean, b.clean) and a.whole <= b.whole and a.bound <= b.bound
        rows.append(b if same else b.derived(b.bits, clean, whole=a.whole or b.whole, bound=max(a.bound, b.bound)))
    return Term(large.mask, tuple(rows))


def _merge(a: Term, b: Term) -> Term | None:
    """One term for two, if their union is a box again."""
    different = [axis for axis, (p, q) in enumerate(zip(a.rows, b.rows, strict=True)) if not _equal(p, q)]
    same_mask = np.array_equal(a.mask, b.mask)
    if len(different) + (not same_mask) > 1:
        return None
    return Term(a.mask if same_mask else a.mask | b.mask, tuple(map(joined, a.rows, b.rows)))


def simplified(terms: Sequence[Term]) -> list[Term]:
    """The same union with fewer terms: boxes inside others and empty ones are dropped, neighbours made one."""
    kept: list[Term] = []
    for term in terms:
        waiting: Term | None = term
        if not term.mask.any() or (len(terms) > 1 and not all(rows.bits.any() for rows in term.rows)):
            continue
        while waiting is not None:
            for number, other in enumerate(kept):
                found = _absorb(waiting, other) or _absorb(other, waiting) or _merge(waiting, other)
                if found is not None:
                    del kept[number]
                    waiting = found
                    break
            else:
                kept.append(waiting)
                waiting = None
    return kept


def over_axis(terms: Sequence[Term], axis: int, change: Callable[[Rows], Rows]) -> list[Term]:
    """Terms with their rows along one axis changed."""
    return [Term(term.mask, (*term.rows[:axis], change(term.rows[axis]), *term.rows[axis + 1 :])) for term in terms]
