"""Following the operations of a torch module with what each of their outputs reads, instead of with numbers.

A :class:`Traced` takes the place of a tensor. PyTorch hands every operation on it to :meth:`Traced.__torch_function__`
(modules, functions and methods alike), which looks the operation up in ``OPERATIONS``. An operation that is not there
raises :class:`UnknownOperationError`: none is guessed.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch

from hwlib.receptive import _reach
from hwlib.receptive._reach import Rows, Term, UnknownOperationError


@dataclass(frozen=True)
class Step:
    """An operation that changed what is read: its name, the name of the module that owns its weights, its output."""

    operation: str
    owner: str
    output: Traced


@dataclass
class Log:
    """What all tensors of one run share."""

    input_shape: tuple[int, ...]
    owners: dict[int, str] = field(default_factory=dict)  # id of a parameter -> name of its module
    steps: list[Step] = field(default_factory=list)
    aligned: list[bool] = field(default_factory=list)  # per input axis


class Traced:
    """A tensor of which we know, for each entry, which positions of the input it reads.

    ``sizes`` and ``axes`` describe the dimensions that masks and rows are about: how long each is, and which axis of
    the input it is (-1 for channels and the like). ``view`` says how the tensor's own dimensions are made of those:
    flattening merges several into one.
    """

    def __init__(
        self,
        log: Log,
        sizes: tuple[int, ...],
        axes: tuple[int, ...],
        terms: Sequence[Term],
        view: tuple[tuple[int, ...], ...] | None = None,
    ) -> None:
        self._log, self._sizes, self._axes, self._terms = log, sizes, axes, tuple(terms)
        self._view = tuple((i,) for i in range(len(sizes))) if view is None else view

    @property
    def shape(self) -> torch.Size:
        return torch.Size(math.prod(self._sizes[i] for i in group) for group in self._view)

    dtype, device, requires_grad = torch.float32, torch.device("cpu"), False
    is_cuda = is_sparse = is_quantized = is_nested = is_mkldnn = False
    layout = torch.strided

    @property
    def ndim(self) -> int:
        return len(self._view)

    def __len__(self) -> int:
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Traced]:
        return iter(_apply("unbind", (self,), {}))

    def __bool__(self) -> bool:
        raise UnknownOperationError("the model decides by the values of a tensor: what it reads is then no fixed set")

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _apply(func.__name__, args, kwargs or {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        if name in ("T", "mT", "data"):
            turned = {"T": lambda: self.permute(*range(self.ndim)[::-1]), "mT": lambda: self.transpose(-1, -2)}
            return turned[name]() if name in turned else self
        return functools.partial(_method, name, self)


def _method(name: str, *args: Any, **kwargs: Any) -> Any:
    return _apply(name, args, kwargs)


def _operator(name: str) -> Callable[..., Any]:
    return lambda *args: _apply(name, args, {})


_ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]
_OPERATORS = [
    *(prefix + name for name in _ARITHMETIC for prefix in ("", "r", "i")),
    *["neg", "pos", "abs", "invert", "and", "or", "xor", "gt", "ge", "lt", "le", "eq", "ne", "getitem"],
]
for _name in _OPERATORS:
    setattr(Traced, f"__{_name}__", _operator(f"__{_name}__"))
Traced.__hash__ = object.__hash__  # type: ignore[method-assign]


# --- dispatch ---------------------------------------------------------------------------------------------------

Function = TypeVar("Function", bound=Callable[..., Any])
OPERATIONS: dict[str, Callable[..., Any]] = {}
LAYERS: set[str] = set()  # those that show up in the table of a receptive field

# Entry by entry: what an output reads is what the entries of its operands read.
_POINTWISE_NAMES = """
relu relu6 sigmoid logsigmoid hardsigmoid tanh hardtanh hardswish silu gelu elu selu celu leaky_relu prelu rrelu
mish softplus softsign softshrink hardshrink tanhshrink threshold dropout dropout1d dropout2d dropout3d
alpha_dropout feature_alpha_dropout clamp clip clamp_min clamp_max abs absolute neg negative positive exp expm1
log log1p log2 log10 sqrt rsqrt square reciprocal sign sin cos tan atan erf floor ceil round trunc frac logit
nan_to_num add sub subtract rsub mul multiply div divide true_divide floor_divide remainder fmod pow float_power
addcmul addcdiv lerp maximum minimum fmax fmin where hypot atan2 gt ge lt le eq ne logical_and logical_or
logical_not logical_xor clone contiguous detach to float double half bfloat16 type type_as cpu requires_grad_
identity __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__ __rtruediv__
__itruediv__ __floordiv__ __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__ __pow__ __rpow__ __ipow__
__neg__ __pos__ __abs__ __invert__ __and__ __or__ __xor__ __gt__ __ge__ __lt__ __le__ __eq__ __ne__
"""
POINTWISE = frozenset(_POINTWISE_NAMES.split())


def operation(*names: str, layer: bool = False) -> Callable[[Function], Function]:
    """Register how an operation changes what is read, under PyTorch's names for it; layers show up in tables."""

    def register(function: Function) -> Function:
        for name in names:
            OPERATIONS[name] = function
            if layer:
                LAYERS.add(name)
        return function

    return register


def _apply(name: str, args: Any, kwargs: Any) -> Any:
    if name in ("to", "type_as") and not isinstance(args[0], Traced):
        return args[0]  # a constant takes the type of a tensor
    in_place = name.endswith("_") and not name.startswith("__")
    known = name.removesuffix("_") if in_place and name not in POINTWISE else name
    if known in POINTWISE:
        made = pointwise(known, [*args, *kwargs.values()])
    elif known in OPERATIONS:
        try:
            made = OPERATIONS[known](*args, **kwargs)
        except UnknownOperationError:
            raise
        except ValueError as error:
            owner = _owner(args, kwargs)
            raise ValueError(f"{known}{owner and f' of {owner}'}: {error}") from None
    else:
        raise UnknownOperationError(
            f"operation {name!r} is not known: accepted are convolutions, poolings, interpolations, linear layers, "
            "normalizations, means and sums, reshapes, slices, concatenations and functions of single entries"
        )
    if known in LAYERS and isinstance(made, Traced):
        made._log.steps.append(Step(known, _owner(args, kwargs), made))
    if in_place and isinstance(made, Traced):
        # The tensor itself changes, under every name that it has.
        args[0].__dict__.update(made.__dict__)
        return args[0]
    return made


def _owner(args: Any, kwargs: Any) -> str:
    """Name of the module whose weight is among the arguments."""
    logs = [value._log for value in args if isinstance(value, Traced)]
    for value in (*args[1:], *kwargs.values()):
        if logs and isinstance(value, torch.Tensor) and id(value) in logs[0].owners:
            return logs[0].owners[id(value)]
    return ""


# --- the tensor's dimensions --------------------------------------------------------------------------------------


def arranged(x: Traced) -> Traced:
    """The same tensor with one stored dimension for each of its own, in order."""
    if x._view == tuple((i,) for i in range(len(x._sizes))):
        return x
    axes = []
    for group in x._view:
        long = list(group) if len(group) == 1 else [i for i in group if x._sizes[i] > 1]
        if len(long) > 1 and any(x._axes[i] >= 0 for i in long):
            raise UnknownOperationError(
                "after a reshape that merges positions only a linear layer, a mean or another reshape can be followed"
            )
        axes.append(x._axes[long[0]] if len(long) == 1 else -1)
    order = [i for group in x._view for i in group]
    sizes = tuple(x.shape)
    masks = tuple(1 if axis >= 0 else size for size, axis in zip(sizes, axes, strict=True))
    terms = [Term(term.mask.transpose(order).reshape(masks), term.rows) for term in x._terms]
    return Traced(x._log, sizes, tuple(axes), terms)


def dimension(x: Traced, dim: int) -> int:
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(f"dimension {dim} of a tensor of shape {tuple(x.shape)}")
    return dim % x.ndim


def dimensions(x: Traced, dim: Any) -> list[int]:
    if dim is None:
        return list(range(x.ndim))
    return sorted(dimension(x, d) for d in ([dim] if isinstance(dim, int) else dim))


def on_axis(x: Traced, terms: list[Term], dim: int, rows_to: Callable[[Rows], Rows], mask_to: Any) -> list[Term]:
    """Change terms along one dimension, which is an axis of the input or not."""
    if x._axes[dim] >= 0:
        return _reach.over_axis(terms, x._axes[dim], rows_to)
    return [Term(np.moveaxis(mask_to(np.moveaxis(term.mask, dim, 0)), 0, dim), term.rows) for term in terms]


def rebuilt(x: Traced, terms: Sequence[Term], simplify: bool = False) -> Traced:
    """A tensor of the same kind of dimensions whose lengths are those of the terms."""
    if simplify:
        terms = _reach.simplified(terms)
    sizes = tuple(
        (len(terms[0].rows[axis]) if axis >= 0 else terms[0].mask.shape[dim]) if terms else x._sizes[dim]
        for dim, axis in enumerate(x._axes)
    )
    return Traced(x._log, sizes, x._axes, terms)


def without(x: Traced, stored: Sequence[int], terms: Sequence[Term], view: Sequence[tuple[int, ...]]) -> Traced:
    """The tensor after some stored dimensions, by now of length 1 in every mask, are gone."""
    kept = [i for i in range(len(x._sizes)) if i not in stored]
    renumbered = {old: new for new, old in enumerate(kept)}
    terms = [Term(term.mask.reshape([term.mask.shape[i] for i in kept]), term.rows) for term in terms]
    groups = tuple(tuple(renumbered[i] for i in group) for group in view)
    return Traced(x._log, tuple(x._sizes[i] for i in kept), tuple(x._axes[i] for i in kept), terms, groups)


def collapse(x: Traced, dims: Sequence[int], *, keepdim: bool, grows: bool = True) -> Traced:
    """Each output reads what all entries along some dimensions read."""
    stored = [i for dim in dims for i in x._view[dim]]
    terms = list(x._terms)
    for i in stored:
        if x._axes[i] >= 0:
            terms = _reach.over_axis(terms, x._axes[i], functools.partial(_reach.collapsed, grows=grows))
        else:
            terms = [Term(np.any(term.mask, axis=i, keepdims=True), term.rows) for term in terms]
    view = [group for dim, group in enumerate(x._view) if dim not in dims]
    made = without(x, stored, _reach.simplified(terms), view)
    for dim in dims if keepdim else []:
        made = unsqueeze(made, dim)
    return made


def mix(x: Traced, dims: Sequence[int]) -> Traced:
    """Each entry reads what all entries along some dimensions read: a softmax or a normalization."""
    x = arranged(x)
    terms = list(x._terms)
    for dim in dims:
        axis, size = x._axes[dim], x._sizes[dim]
        if axis >= 0:
            terms = _reach.over_axis(terms, axis, functools.partial(_reach.collapsed, grows=True))
            terms = _reach.over_axis(terms, axis, functools.partial(_reach.repeated, size=size))
        else:
            terms = [Term(np.repeat(term.mask.any(dim, keepdims=True), size, axis=dim), term.rows) for term in terms]
    return Traced(x._log, x._sizes, x._axes, _reach.simplified(terms))


def pointwise(name: str, operands: list[Any]) -> Any:
    operands = list(itertools.chain.from_iterable(o if isinstance(o, list | tuple) else [o] for o in operands))
    traced = [operand for operand in operands if isinstance(operand, Traced)]
    if name == "where" and len(operands) == 1:
        raise UnknownOperationError("'where' with one argument: how much it returns depends on values")
    if name == "prelu":  # its weights belong to channels, whatever their shape
        operands = traced
    constants = [tuple(operand.shape) for operand in operands if isinstance(operand, torch.Tensor)]
    if len(traced) == 1 and all(len(shape) == 0 for shape in constants):
        x = traced[0]
        return Traced(x._log, x._sizes, x._axes, x._terms, x._view)
    return union(traced, constants)


def union(traced: Sequence[Traced], constants: Sequence[tuple[int, ...]] = ()) -> Traced:
    """Operands of a pointwise operation, broadcast against each other."""
    first = traced[0]
    shape = np.broadcast_shapes(*(tuple(x.shape) for x in traced), *constants)
    same = all((x._sizes, x._axes, x._view) == (first._sizes, first._axes, first._view) for x in traced)
    if same and shape == tuple(first.shape):
        terms = [term for x in traced for term in x._terms]
        made = Traced(first._log, first._sizes, first._axes, terms, first._view)
    else:
        parts = [_broadcast_ready(x, len(shape)) for x in traced]
        axes = []
        for dim in range(len(shape)):
            found = {x._axes[dim] for x in parts if x._axes[dim] >= 0}
            if len(found) > 1:
                raise UnknownOperationError("two tensors meet whose positions belong to different axes of the input")
            axes.append(found.pop() if found else -1)
        terms = [term for x in parts for term in _broadcast(x, shape, tuple(axes))]
        made = Traced(first._log, shape, tuple(axes), terms)
    if len(traced) > 1:
        note_alignment(traced)
        made._terms = tuple(_reach.simplified(made._terms))
        made._log.steps.append(Step("join", "", made))
    return made


def _broadcast_ready(x: Traced, ndim: int) -> Traced:
    x = arranged(x)
    for _ in range(ndim - x.ndim):
        x = arranged(unsqueeze(x, 0))
    return x


def _broadcast(x: Traced, shape: tuple[int, ...], axes: tuple[int, ...]) -> list[Term]:
    """Terms for a larger shape, whose dimensions are the given axes of the input."""
    terms = list(x._terms)
    for axis in range(len(x._log.aligned)):
        here = x._axes.index(axis) if axis in x._axes else None
        there = axes.index(axis) if axis in axes else None
        if there is None:
            if here is not None:
                raise AssertionError("an axis of an operand is an axis of the result")
            continue
        if here not in (None, there):
            raise UnknownOperationError("two tensors meet whose positions along an axis of the input do not match")
        if here is None and x._sizes[there] != 1:
            first = [Term(term.mask.take([0], there), term.rows) for term in terms]
            if any((term.mask != one.mask).any() for term, one in zip(terms, first, strict=True)):
                raise UnknownOperationError("channels of one tensor meet positions of another")
            terms = first
        terms = _reach.over_axis(terms, axis, functools.partial(_reach.repeated, size=shape[there]))
    masks = tuple(1 if axis >= 0 else size for size, axis in zip(shape, axes, strict=True))
    return [Term(np.broadcast_to(term.mask, masks), term.rows) for term in terms]


def note_alignment(traced: Sequence[Traced]) -> None:
    """Whether the branches that meet here are centred on the same pixels, away from the border."""
    log = traced[0]._log
    for axis in range(len(log.aligned)):
        every = {id(term.rows[axis]): term.rows[axis] for x in traced for term in x._terms}.values()
        centres = [_centres(rows) for rows in every if not rows.whole and len(rows) > 1]
        for one, other in itertools.pairwise(centres):
            if len(one) == len(other):
                both = ~np.isnan(one) & ~np.isnan(other)
                log.aligned[axis] &= bool((one[both] == other[both]).all())


def _centres(rows: Rows) -> Any:
    """First plus last position that each unit reads; not a number at the border."""
    if "centres" not in rows.memo:
        low, high = extents(rows)
        rows.memo["centres"] = np.where(rows.clean & (high >= 0), (low + high).astype(float), np.nan)
    return rows.memo["centres"]


def extents(rows: Rows) -> tuple[Any, Any]:
    """First and last position that each unit reads; -1 as the last one where it reads nothing."""
    if "extents" not in rows.memo:
        reads = rows.unpacked()
        low = reads.argmax(1)
        high = np.where(reads.any(1), reads.shape[1] - 1 - reads[:, ::-1].argmax(1), -1)
        rows.memo["extents"] = low, high
    found: tuple[Any, Any] = rows.memo["extents"]
    return found


@operation("unsqueeze")
def unsqueeze(input: Traced, dim: int) -> Traced:
    place = dim % (input.ndim + 1)
    terms = [Term(term.mask[..., None], term.rows) for term in input._terms]
    view = (*input._view[:place], (len(input._sizes),), *input._view[place:])
    return Traced(input._log, (*input._sizes, 1), (*input._axes, -1), terms, view)
