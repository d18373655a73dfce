"""What can be learned of a Hessian from products alone: its largest eigenvalues, and its trace.

Chapter: *Curvature costs two gradients*.

Sources: Hutchinson, *A stochastic estimator of the trace of the influence matrix* (1989).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse.linalg import eigsh

from hwlib._core.arguments import generator, positive, whole
from hwlib._core.results import stored_results
from hwlib._core.types import Array, RandomSource
from hwlib.optim._hessian import HessianOperator

__all__ = ["measured_edge", "top_eigenvalues", "trace_estimate"]


def top_eigenvalues(operator: HessianOperator, count: int = 1, *, tolerance: float = 1e-6) -> tuple[Array, Array]:
    """Eigenvalues of largest absolute value, by Lanczos' method: products only.

    Args:
        operator: the Hessian.
        count: how many, from 1 to P; for all of them all columns are computed.
        tolerance: relative accuracy.

    Returns:
        ``(count,)`` eigenvalues, the largest absolute value first, and their eigenvectors ``(P, count)``.

    Raises:
        ValueError: if so many eigenvalues can't be had.

    Example:
        >>> import torch
        >>> from hwlib.optim import hessian_operator
        >>> w = torch.zeros(3, requires_grad=True)
        >>> H = hessian_operator(lambda: w[0] ** 2 - 3 * w[1] ** 2 + w[2] ** 2 / 4, [w])
        >>> top_eigenvalues(H, 2)[0].round(4)
        array([-6.,  2.])
    """
    size = operator.shape[0]
    if not 1 <= whole("count", count) <= size:
        raise ValueError(f"count={count!r}: accepted are whole numbers from 1 to {size}")
    positive("tolerance", tolerance, zero=True)
    start = np.random.default_rng(0).standard_normal(size)
    if not (operator @ start).any():  # only a matrix of zeros does that to a random vector; ARPACK refuses it
        return np.zeros(count), np.eye(size, count)
    if count == size:  # Lanczos' method stops one before
        columns = operator @ np.eye(size)
        values, vectors = np.linalg.eigh((columns + columns.T) / 2)
    else:
        values, vectors = eigsh(operator.linear_operator(), count, which="LM", v0=start, tol=tolerance)
    order = np.argsort(-abs(values))
    return values[order], vectors[:, order]


def trace_estimate(operator: HessianOperator, *, samples: int, rng: RandomSource = None) -> tuple[float, float]:
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
        >>> from hwlib.optim import hessian_operator
        >>> w = torch.zeros(3, requires_grad=True)
        >>> trace_estimate(hessian_operator(lambda: w @ w, [w]), samples=4, rng=0)
        (6.0, 0.0)
    """
    size = (whole("samples", samples, least=2), operator.shape[0])
    signs = generator("rng", rng).integers(0, 2, size) * 2.0 - 1.0
    values = np.array([float(v @ (operator @ v)) for v in signs])
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(samples))


def measured_edge() -> dict[str, Any]:
    """The stored result of ``experiments/edge.py``: largest eigenvalues while networks learn, and where it comes from.

    Returns:
        ``"provenance"`` (settings, versions, hardware, time) and ``"results"``: a list of runs, each with ``hidden``
        (units of a hidden layer), ``rate``, ``seed``, the ``loss`` before each step, and the ``largest`` eigenvalue of
        the Hessian before the first step and after ``every`` so many.

    Raises:
        ValueError: if the results are not those of the checksum.

    Example:
        >>> sorted(measured_edge())
        ['provenance', 'results', 'sha256']
    """
    return stored_results("hwlib.optim", "edge", script="edge")
