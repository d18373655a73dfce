"""Hessian-vector products behind one interface.

Chapter: *Curvature costs two gradients*.

The Hessian of a network with P parameters has P^2 entries, too many to store. Its product with a vector costs about as
much as two gradients. Five ways to compute it each have a file: differences of gradients, one-sided or central
(``_differences``), differentiating the gradient once more with a graph that is kept (``_double_backward``), forward
mode through the backward pass (``_forward_over_reverse``), and Pearlmutter's two passes written out for multi-layer
perceptrons (``_r_pass``).

Sources: problems ``opt-hessian-size``, ``opt-hvp-finite`` and ``opt-r-operator``; Pearlmutter, *Fast Exact
Multiplication by the Hessian* (1994).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import LinearOperator

from hwlib._core.arguments import positive
from hwlib._core.arrays import real_array
from hwlib._core.optional import require
from hwlib._core.types import Array

if TYPE_CHECKING:
    import torch

__all__ = [
    "HessianMethod",
    "HessianOperator",
    "HessianSize",
    "hessian_operator",
    "hessian_size",
    "r_operator",
]

HessianMethod = Literal["double backward", "forward over reverse", "central difference", "one-sided difference"]


class Product(Protocol):
    """One way to multiply: from blocks, one for each parameter and of its shape, to such blocks."""

    def __call__(self, blocks: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]: ...

    def gradient(self) -> Sequence[torch.Tensor]: ...


class HessianOperator:
    """The Hessian of a loss with respect to parameters, known by its products: ``H @ v``.

    Vectors are flat: the parameters one after the other, each row by row. NumPy vectors give NumPy vectors, PyTorch
    vectors PyTorch vectors, and a matrix is multiplied column by column.

    Attributes:
        shape: ``(P, P)``.
        method: how products are computed.
    """

    def __init__(self, product: Product, parameters: Sequence[torch.Tensor], method: str) -> None:
        self._product, self._parameters, self.method = product, list(parameters), method
        self._sizes = [p.numel() for p in self._parameters]
        self._dtype, self._device = common_dtype(self._parameters), self._parameters[0].device
        self.shape = (sum(self._sizes), sum(self._sizes))

    def __repr__(self) -> str:
        return f"HessianOperator({self.shape[0]} parameters, {self.method!r})"

    def __matmul__(self, vector: Any) -> Any:
        """H v, for v of shape ``(P,)`` or ``(P, k)``."""
        torch = require("torch")
        if isinstance(vector, torch.Tensor):
            if vector.is_complex():
                raise ValueError(f"v has the type {vector.dtype}: accepted are real numbers")
            given = vector.detach()
        else:
            given = torch.from_numpy(real_array("v", vector))
        flat = given.to(self._device, self._dtype)
        if flat.ndim not in (1, 2) or flat.shape[0] != self.shape[1]:
            raise ValueError(
                f"v has shape {tuple(flat.shape)}: accepted are ({self.shape[1]},) and ({self.shape[1]}, k)"
            )
        if flat.ndim == 2:
            columns = [self._flat_product(column) for column in flat.unbind(1)]
            result = torch.stack(columns, 1) if columns else flat.clone()
        else:
            result = self._flat_product(flat)
        return result if isinstance(vector, torch.Tensor) else result.cpu().numpy()

    def _flat_product(self, flat: torch.Tensor) -> torch.Tensor:
        import torch

        pieces = zip(torch.split(flat, self._sizes), self._parameters, strict=True)
        return self._joined(self._product([piece.view_as(p).to(p.device, p.dtype) for piece, p in pieces]))

    def _joined(self, blocks: Sequence[torch.Tensor]) -> torch.Tensor:
        import torch

        return torch.cat([block.detach().reshape(-1).to(self._device, self._dtype) for block in blocks])

    def gradient(self) -> npt.NDArray[Any]:
        """Gradient of the loss at the same point.

        Returns:
            ``(P,)``.
        """
        array: npt.NDArray[Any] = self._joined(self._product.gradient()).cpu().numpy()
        return array

    def linear_operator(self) -> LinearOperator:
        """The same as SciPy's ``LinearOperator``, for its eigenvalue and equation solvers.

        Returns:
            Symmetric operator of shape ``(P, P)`` in float64.
        """

        def product(vector: Array) -> Array:
            return np.asarray(self @ vector.ravel(), np.float64)

        return LinearOperator(self.shape, matvec=product, rmatvec=product, dtype=np.float64)


def hessian_operator(
    loss: Callable[[], torch.Tensor],
    parameters: Iterable[torch.Tensor],
    *,
    method: HessianMethod = "double backward",
    step: float | None = None,
) -> HessianOperator:
    """Hessian of a loss, at the present values of its parameters, as an operator.

    Modules keep the mode that they are in, and get back the buffers that a run of the loss changes (running means of
    batch normalization). Random numbers are the same in every run of the loss, so all runs drop the same units out;
    that holds for torch's default generators on the CPU and on CUDA devices, and for each ``torch.Generator`` that is
    an attribute of a module. A loss that draws from elsewhere is refused by the methods that run it for each product.
    A parameter that the loss does not use has a block of zeros.

    Args:
        loss: function without arguments that computes the loss, a tensor with one entry.
        parameters: tensors that require gradients, such as ``model.parameters()``.
        method: how products are computed. ``"double backward"`` keeps the graph of the gradient, and is the fastest
            for more than one product; it builds the graph again after parameters were changed by an optimizer (changes
            of the data that the loss reads are not seen: make a new operator). ``"forward over reverse"`` keeps
            nothing. The differences warn with :class:`KinkWarning` if a unit changes sides between their points.
        step: r of the differences, as length of the move in the space of parameters; a good one for the precision if
            None.

    Returns:
        The operator, for ``H @ v``.

    Raises:
        ValueError: if the loss is no single number, depends on no parameter, or changes from run to run; if there are
            no parameters, or one requires no gradient, is no real one or stands there twice; if the method is unknown.

    Example:
        >>> import torch
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> H = hessian_operator(lambda: w[0] ** 2 * w[1], [w])
        >>> H @ np.array([1.0, 0.0])
        array([4., 2.], dtype=float32)
    """
    require("torch")
    from hwlib.optim._differences import Difference
    from hwlib.optim._double_backward import DoubleBackward
    from hwlib.optim._evaluation import Evaluation
    from hwlib.optim._forward_over_reverse import ForwardOverReverse

    makers: dict[str, Callable[[Evaluation], Product]] = {
        "double backward": DoubleBackward,
        "forward over reverse": ForwardOverReverse,
        "central difference": functools.partial(Difference, step=step, central=True),
        "one-sided difference": functools.partial(Difference, step=step, central=False),
    }
    tensors = _checked_parameters(parameters)
    if step is not None:
        positive("step", step)
    if method not in makers:
        raise ValueError(f"method={method!r}: accepted are {', '.join(map(repr, makers))}")
    return HessianOperator(makers[method](Evaluation(loss, tensors)), tensors, method)


def r_operator(model: torch.nn.Sequential, inputs: torch.Tensor, targets: torch.Tensor) -> HessianOperator:
    """Hessian of a multi-layer perceptron by Pearlmutter's passes, written out without automatic differentiation.

    Args:
        model: ``torch.nn.Sequential`` of ``Linear`` layers, with ``Tanh``, ``Sigmoid``, ``ReLU`` or ``Softplus``
            between them.
        inputs: ``(n, i)``.
        targets: ``(n,)`` class numbers, for the mean cross-entropy, or ``(n, o)`` numbers, for the mean square.

    Returns:
        The operator over ``model.parameters()``, for ``H @ v``.

    Raises:
        ValueError: if the model has other layers, the inputs do not fit it, or the targets fit neither loss.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))
        >>> r_operator(model, torch.tensor([[1.0], [2.0]]), torch.zeros(2, 1)) @ np.ones(1)
        array([5.], dtype=float32)
    """
    require("torch")
    from hwlib.optim._r_pass import RPass

    product = RPass(model, inputs, targets)
    return HessianOperator(product, _checked_parameters(model.parameters()), "R-operator")


@dataclass(frozen=True)
class HessianSize:
    """How large the Hessian of a model would be, if it were stored.

    Attributes:
        parameters: P.
        entries: P^2.
        distinct: entries on and above the diagonal, P (P + 1) / 2: the matrix is symmetric.
        bytes: memory of all entries, as one array in a precision that holds those of all parameters.
    """

    parameters: int
    entries: int
    distinct: int
    bytes: int


def hessian_size(parameters: Iterable[torch.Tensor]) -> HessianSize:
    """Count parameters, and what their Hessian would take.

    Args:
        parameters: tensors, such as ``model.parameters()``.

    Returns:
        The counts.

    Raises:
        ValueError: if there are no parameters.

    Example:
        >>> import torch
        >>> hessian_size(torch.nn.Linear(2, 1).parameters())
        HessianSize(parameters=3, entries=9, distinct=6, bytes=36)
    """
    require("torch")
    tensors = list(parameters)
    if not tensors:
        raise ValueError("parameters is empty: accepted are one or more tensors")
    count = sum(int(p.numel()) for p in tensors)
    return HessianSize(count, count**2, count * (count + 1) // 2, count**2 * common_dtype(tensors).itemsize)


def common_dtype(tensors: Sequence[torch.Tensor]) -> torch.dtype:
    """The least precision that holds what each tensor holds, as a concatenation would have it."""
    return functools.reduce(require("torch").promote_types, [tensor.dtype for tensor in tensors])


def _checked_parameters(parameters: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    tensors = list(parameters)
    if not tensors:
        raise ValueError("parameters is empty: accepted are one or more tensors")
    for number, tensor in enumerate(tensors):
        if not getattr(tensor, "requires_grad", False) or not tensor.is_leaf:
            raise ValueError(f"parameter {number} requires no gradient: accepted are leaf tensors that do")
        if tensor.is_complex() or tensor.is_meta:
            raise ValueError(
                f"parameter {number} is of {tensor.dtype} on {tensor.device}: accepted are real numbers, not on meta"
            )
    if len({id(tensor) for tensor in tensors}) < len(tensors):
        raise ValueError("parameters has a tensor twice: accepted is each once")
    return tensors
