"""Hessian-vector products, and what can be learned of a Hessian from products alone.

Chapter: *Curvature costs two gradients*.

The Hessian of a network with P parameters has P^2 entries, too many to store. Its product with a vector costs about as
much as two gradients. Here it is computed in five ways behind one interface: by one-sided and central differences of
gradients, by differentiating the gradient once more (with a graph that is kept), by forward mode through the backward
pass, and by Pearlmutter's two passes written out for multi-layer perceptrons.

Sources: problems ``opt-hessian-size``, ``opt-hvp-finite`` and ``opt-r-operator``; Pearlmutter, *Fast Exact
Multiplication by the Hessian* (1994); Hutchinson, *A stochastic estimator of the trace of the influence matrix* (1989).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import LinearOperator, eigsh

from hwlib.optim._kinks import crossed, watch_kinks

__all__ = [
    "HessianOperator",
    "HessianSize",
    "KinkWarning",
    "hessian_operator",
    "hessian_size",
    "r_operator",
    "top_eigenvalues",
    "trace_estimate",
]

Method = Literal["double backward", "forward over reverse", "central difference", "one-sided difference"]


class KinkWarning(UserWarning):
    """A finite difference stepped over a kink, such as that of ReLU, where gradients jump."""


class _Product(Protocol):
    """One way to multiply: from blocks, one for each parameter and of its shape, to such blocks."""

    def __call__(self, blocks: Sequence[Any]) -> Sequence[Any]: ...

    def gradient(self) -> Sequence[Any]: ...


class HessianOperator:
    """The Hessian of a loss with respect to parameters, known by its products: ``H @ v``.

    Vectors are flat: the parameters one after the other, each row by row. NumPy vectors give NumPy vectors, PyTorch
    vectors PyTorch vectors, and a matrix is multiplied column by column.

    Attributes:
        shape: ``(P, P)``.
        method: how products are computed.
    """

    def __init__(self, product: _Product, parameters: Sequence[Any], method: str) -> None:
        self._product, self._parameters, self.method = product, list(parameters), method
        self._sizes = [p.numel() for p in self._parameters]
        self.shape = (sum(self._sizes), sum(self._sizes))

    def __matmul__(self, vector: Any) -> Any:
        """H v, for v of shape ``(P,)`` or ``(P, k)``."""
        import torch

        like = self._parameters[0]
        given = vector if isinstance(vector, torch.Tensor) else torch.from_numpy(np.array(vector, dtype=float))
        flat = given.to(like.device, like.dtype)
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

    def _flat_product(self, flat: Any) -> Any:
        import torch

        pieces = flat.split(self._sizes)
        blocks = self._product([piece.view_as(p) for piece, p in zip(pieces, self._parameters, strict=True)])
        return torch.cat([block.reshape(-1) for block in blocks])

    def gradient(self) -> npt.NDArray[Any]:
        """Gradient of the loss at the same point.

        Returns:
            ``(P,)``.
        """
        import torch

        array: npt.NDArray[Any] = torch.cat([g.detach().reshape(-1) for g in self._product.gradient()]).cpu().numpy()
        return array

    def linear_operator(self) -> LinearOperator:
        """The same as SciPy's ``LinearOperator``, for its eigenvalue and equation solvers.

        Returns:
            Symmetric operator of shape ``(P, P)`` in float64.
        """

        def product(vector: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
            return np.asarray(self @ vector.ravel(), np.float64)

        return LinearOperator(self.shape, matvec=product, rmatvec=product, dtype=np.float64)


def hessian_operator(
    loss: Callable[[], Any],
    parameters: Iterable[Any],
    *,
    method: Method = "double backward",
    step: float | None = None,
) -> HessianOperator:
    """Hessian of a loss, at the present values of its parameters, as an operator.

    Modules keep the mode that they are in, and get back the buffers that a run of the loss changes (running means of
    batch normalization). Random numbers are the same in every run of the loss, so all runs drop the same units out. A
    parameter that the loss does not use has a block of zeros.

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
        ValueError: if the loss is no single number or depends on no parameter, if there are no parameters, if one
            requires no gradient, or if the method is unknown.

    Example:
        >>> import torch
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> H = hessian_operator(lambda: w[0] ** 2 * w[1], [w])
        >>> H @ np.array([1.0, 0.0])
        array([4., 2.], dtype=float32)
    """
    tensors = _checked_parameters(parameters)
    if step is not None and not step > 0:
        raise ValueError(f"step={step!r}: accepted are numbers above 0")
    evaluate = _Evaluation(loss, tensors)
    makers: dict[str, Callable[[], _Product]] = {
        "double backward": lambda: _DoubleBackward(evaluate),
        "forward over reverse": lambda: _ForwardOverReverse(evaluate),
        "central difference": lambda: _Difference(evaluate, step, central=True),
        "one-sided difference": lambda: _Difference(evaluate, step, central=False),
    }
    if method not in makers:
        raise ValueError(f"method={method!r}: accepted are {', '.join(map(repr, makers))}")
    return HessianOperator(makers[method](), tensors, method)


def r_operator(model: Any, inputs: Any, targets: Any) -> HessianOperator:
    """Hessian of a multi-layer perceptron by Pearlmutter's passes, written out without automatic differentiation.

    Args:
        model: ``torch.nn.Sequential`` of ``Linear`` layers, with ``Tanh``, ``Sigmoid``, ``ReLU`` or ``Softplus``
            between them.
        inputs: ``(n, i)``.
        targets: ``(n,)`` class numbers, for the mean cross-entropy, or ``(n, o)`` numbers, for the mean square.

    Returns:
        The operator over ``model.parameters()``, for ``H @ v``.

    Raises:
        ValueError: if the model has other layers, or the targets fit neither loss.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))
        >>> r_operator(model, torch.tensor([[1.0], [2.0]]), torch.zeros(2, 1)) @ np.ones(1)
        array([5.], dtype=float32)
    """
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
        bytes: memory of all entries in the parameters' own precision.
    """

    parameters: int
    entries: int
    distinct: int
    bytes: int


def hessian_size(parameters: Iterable[Any]) -> HessianSize:
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
    tensors = list(parameters)
    if not tensors:
        raise ValueError("parameters is empty: accepted are one or more tensors")
    count = sum(int(p.numel()) for p in tensors)
    return HessianSize(count, count**2, count * (count + 1) // 2, count**2 * int(tensors[0].element_size()))


def top_eigenvalues(
    operator: HessianOperator, count: int = 1, *, tolerance: float = 1e-6
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Eigenvalues of largest absolute value, by Lanczos' method: products only.

    Args:
        operator: the Hessian.
        count: how many, from 1 to P - 1.
        tolerance: relative accuracy.

    Returns:
        ``(count,)`` eigenvalues, the largest absolute value first, and their eigenvectors ``(P, count)``.

    Raises:
        ValueError: if so many eigenvalues can't be had.

    Example:
        >>> import torch
        >>> w = torch.zeros(3, requires_grad=True)
        >>> H = hessian_operator(lambda: w[0] ** 2 - 3 * w[1] ** 2 + w[2] ** 2 / 4, [w])
        >>> top_eigenvalues(H, 2)[0].round(4)
        array([-6.,  2.])
    """
    size = operator.shape[0]
    if not 1 <= count < size:
        raise ValueError(f"count={count!r}: accepted are whole numbers from 1 to {size - 1}")
    start = np.random.default_rng(0).standard_normal(size)
    values, vectors = eigsh(operator.linear_operator(), count, which="LM", v0=start, tol=tolerance)
    order = np.argsort(-abs(values))
    return values[order], vectors[:, order]


def trace_estimate(operator: HessianOperator, *, samples: int, rng: np.random.Generator) -> tuple[float, float]:
    """Hutchinson's estimate of the trace: the mean of v^T H v over vectors v of random signs.

    Args:
        operator: the Hessian.
        samples: how many vectors, at least 2.
        rng: source of the signs.

    Returns:
        The estimate and its standard error, which falls with the root of the number of samples.

    Raises:
        ValueError: if there are fewer than two samples.

    Example:
        >>> import torch
        >>> w = torch.zeros(3, requires_grad=True)
        >>> trace_estimate(hessian_operator(lambda: w @ w, [w]), samples=4, rng=np.random.default_rng(0))
        (6.0, 0.0)
    """
    if samples < 2:
        raise ValueError(f"samples={samples!r}: accepted are whole numbers of at least 2, for the error")
    signs = rng.integers(0, 2, (samples, operator.shape[0])) * 2.0 - 1.0
    values = np.array([float(v @ (operator @ v)) for v in signs])
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(samples))


def _checked_parameters(parameters: Iterable[Any]) -> list[Any]:
    tensors = list(parameters)
    if not tensors:
        raise ValueError("parameters is empty: accepted are one or more tensors")
    for number, tensor in enumerate(tensors):
        if not getattr(tensor, "requires_grad", False) or not tensor.is_leaf:
            raise ValueError(f"parameter {number} requires no gradient: accepted are leaf tensors that do")
    return tensors


class _Evaluation:
    """Runs the loss as often as needed, each time with the same random numbers and without a trace in buffers."""

    def __init__(self, loss: Callable[[], Any], parameters: list[Any]) -> None:
        import torch

        self.loss, self.parameters = loss, parameters
        self._random_state = torch.random.get_rng_state()

    def value(self) -> Any:
        """The loss, with its graph."""
        import torch

        with torch.enable_grad(), torch.random.fork_rng(), _buffers_kept():
            torch.random.set_rng_state(self._random_state)
            value = self.loss()
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            given = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else repr(value)
            raise ValueError(f"loss returns {given}: accepted is a tensor with one entry")
        if not value.requires_grad:
            raise ValueError("loss depends on none of the parameters: accepted is one that does")
        return value.reshape(())

    def gradients(self, value: Any, *, create_graph: bool = False) -> list[Any]:
        """Gradient blocks; None where the loss does not use a parameter."""
        import torch

        return list(torch.autograd.grad(value, self.parameters, create_graph=create_graph, allow_unused=True))

    def filled(self, blocks: Sequence[Any]) -> list[Any]:
        """Zeros for None."""
        import torch

        pairs = zip(blocks, self.parameters, strict=True)
        return [torch.zeros_like(p, requires_grad=False) if block is None else block for block, p in pairs]


@contextmanager
def _buffers_kept() -> Iterator[None]:
    """Let every module that is called inside work on copies of its buffers, whoever owns it.

    The graph may refer to the copies as long as it lives, so nothing has to be written back.
    """
    import torch

    replaced: list[tuple[Any, str, Any]] = []
    copies: dict[int, Any] = {}
    seen: set[int] = set()

    def replace(module: Any, inputs: Any) -> None:
        for inner in module.modules():
            if id(inner) in seen:
                continue
            seen.add(id(inner))
            for name, buffer in inner._buffers.items():
                if buffer is not None:
                    replaced.append((inner, name, buffer))
                    inner._buffers[name] = copies.setdefault(id(buffer), buffer.detach().clone())

    hook = torch.nn.modules.module.register_module_forward_pre_hook(replace)
    try:
        yield
    finally:
        hook.remove()
        for module, name, buffer in replaced:
            module._buffers[name] = buffer


class _DoubleBackward:
    """H v is the gradient of gradient . v; the graph of the gradient is built once and kept."""

    def __init__(self, evaluate: _Evaluation) -> None:
        self.evaluate = evaluate
        self._built_for: tuple[int, ...] | None = None
        self._refresh()

    def _refresh(self) -> None:
        versions = tuple(p._version for p in self.evaluate.parameters)
        if versions != self._built_for:
            blocks = self.evaluate.gradients(self.evaluate.value(), create_graph=True)
            self._gradients = self.evaluate.filled(blocks)
            # Where the loss is linear, the gradient is constant and has no graph: the block is zero.
            self._curved = [number for number, g in enumerate(self._gradients) if g.requires_grad]
            self._built_for = versions

    def gradient(self) -> Sequence[Any]:
        self._refresh()
        return self._gradients

    def __call__(self, blocks: Sequence[Any]) -> Sequence[Any]:
        import torch

        self._refresh()
        if not self._curved:
            return self.evaluate.filled([None] * len(blocks))
        products = torch.autograd.grad(
            [self._gradients[number] for number in self._curved],
            self.evaluate.parameters,
            [blocks[number] for number in self._curved],
            retain_graph=True,
            allow_unused=True,
        )
        return self.evaluate.filled(products)


class _ForwardOverReverse:
    """Every parameter carries v as its tangent through the loss and its backward pass."""

    def __init__(self, evaluate: _Evaluation) -> None:
        self.evaluate = evaluate

    def gradient(self) -> Sequence[Any]:
        return self.evaluate.filled(self.evaluate.gradients(self.evaluate.value()))

    def __call__(self, blocks: Sequence[Any]) -> Sequence[Any]:
        import torch
        from torch.autograd import forward_ad

        with forward_ad.dual_level():
            with torch.no_grad(), warnings.catch_warnings():
                # On its first use PyTorch loads rules that it compiles in a way that it calls deprecated itself.
                warnings.simplefilter("ignore", DeprecationWarning)
                for p, block in zip(self.evaluate.parameters, blocks, strict=True):
                    # Adding a zero with a tangent gives the parameter that tangent, where it stands; leaving the level
                    # takes it away again.
                    p.add_(forward_ad.make_dual(torch.zeros_like(p), block))
            gradients = self.evaluate.filled(self.evaluate.gradients(self.evaluate.value()))
            return self.evaluate.filled([forward_ad.unpack_dual(g).tangent for g in gradients])


class _Difference:
    """(g(w + r v) - g(w)) / r, or (g(w + r v) - g(w - r v)) / 2r; v is scaled to length one first."""

    def __init__(self, evaluate: _Evaluation, step: float | None, *, central: bool) -> None:
        self.evaluate, self.step, self.central = evaluate, step, central
        if not central:
            self._base = self._at(0.0, None)
            self._versions = tuple(p._version for p in evaluate.parameters)

    def gradient(self) -> Sequence[Any]:
        return self._at(0.0, None)[0]

    def __call__(self, blocks: Sequence[Any]) -> Sequence[Any]:
        import torch

        length = float(torch.sqrt(sum(((block.double() ** 2).sum() for block in blocks), torch.zeros(()).double())))
        if not length:
            return self.evaluate.filled([None] * len(blocks))
        r = self.step if self.step is not None else self._good_step()
        if self.central:
            before, after, width = self._at(-r / length, blocks), self._at(r / length, blocks), 2 * r
        else:
            before, after, width = self._current_base(), self._at(r / length, blocks), r
        if units := crossed(before[1], after[1]):
            total = sum(pattern.numel() for pattern in before[1])
            warnings.warn(
                f"the difference with step {r:.2g} crosses {units} of {total} kinks, where the gradient may jump: "
                "its result is no Hessian-vector product; take a shorter step or another method",
                KinkWarning,
                stacklevel=4,
            )
        return [(a - b) * (length / width) for a, b in zip(after[0], before[0], strict=True)]

    def _good_step(self) -> float:
        """Truncation grows with r (r^2 if central), rounding falls with r: they meet near a root of the precision."""
        import torch

        parameters = self.evaluate.parameters
        epsilon = torch.finfo(parameters[0].dtype).eps
        size = float(torch.sqrt(sum(((p.detach().double() ** 2).sum() for p in parameters), torch.zeros(()).double())))
        return float(epsilon ** (1 / 3 if self.central else 1 / 2) * (1 + size))

    def _current_base(self) -> tuple[list[Any], list[Any]]:
        versions = tuple(p._version for p in self.evaluate.parameters)
        if versions != self._versions:
            self._base, self._versions = self._at(0.0, None), versions
        return self._base

    def _at(self, factor: float, blocks: Sequence[Any] | None) -> tuple[list[Any], list[Any]]:
        """Gradient blocks, and the sides of all kinks, at w + factor v. The parameters are exactly restored."""
        parameters = self.evaluate.parameters
        kept = [p.detach().clone() for p in parameters]
        try:
            if blocks is not None:
                for p, block in zip(parameters, blocks, strict=True):
                    p.data.add_(block, alpha=factor)  # by .data: to autograd, nothing was changed
            with watch_kinks() as patterns:
                value = self.evaluate.value()
            return self.evaluate.filled(self.evaluate.gradients(value)), patterns
        finally:
            for p, value in zip(parameters, kept, strict=True):
                p.data.copy_(value)
