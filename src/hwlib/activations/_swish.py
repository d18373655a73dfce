"""Swish, GELU and softplus, and how far Swish is from ReLU and from a line."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from hwlib._core.arguments import positive
from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray
from hwlib.activations._floats import as_floats

__all__ = [
    "SWISH_CONSTANT",
    "gelu",
    "sigmoid",
    "softplus",
    "swish",
    "swish_linear_error",
    "swish_relu_error",
]

#: Lambert's W at 1/e: the one solution c of ``c * exp(c + 1) = 1``, the depth of the dip of x sigmoid(x).
SWISH_CONSTANT = 0.2784645427610738


def sigmoid(x: Any) -> AnyArray:
    """``1 / (1 + exp(-x))``, entry by entry; no exponential overflows.

    Args:
        x: real numbers, of any shape.

    Returns:
        Of the same shape, float32 for float32 and half precision, otherwise float64.

    Raises:
        ValueError: if an entry is no real number.

    Source:
        Problem ``act-swish``. Chapter: *Swish lies between half of x and ReLU*.

    Example:
        >>> sigmoid([-1000.0, 0.0, 1000.0])
        array([0. , 0.5, 1. ])
    """
    z = as_floats("x", x)
    with np.errstate(under="ignore"):
        small = np.exp(-abs(z))
        share: AnyArray = np.asarray(np.where(z >= 0, 1, small) / (1 + small), z.dtype)
    return share


def swish(x: Any, *, beta: float = 1.0) -> AnyArray:
    """``x * sigmoid(beta * x)``, entry by entry; at infinite entries the limit.

    Args:
        x: real numbers, of any shape.
        beta: any finite number: near 0 it is x / 2, far above 0 it is max(x, 0), and far below 0 it is min(x, 0).

    Returns:
        Of the same shape, float32 for float32 and half precision, otherwise float64.

    Raises:
        ValueError: if an entry is no real number, or beta no finite one.

    Source:
        Problem ``act-swish``. Chapter: *Swish lies between half of x and ReLU*.

    Example:
        >>> swish([-2.0, 2.0], beta=0), swish([-np.inf, 2.0], beta=100)
        (array([-1.,  1.]), array([0., 2.]))
    """
    z = as_floats("x", x)
    factor = _number("beta", beta)
    if not factor:
        return z / 2
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        t = _scaled(z, factor)
        half = np.exp(-abs(t) / 2)  # of the exponent: z * half is no subnormal yet where half**2 is
        gate = np.where(t >= 0, 1, half)
        return np.asarray(np.where(gate == 0, 0, z * gate * gate / (1 + half * half)), z.dtype)


def softplus(x: Any, *, beta: float = 1.0) -> AnyArray:
    """``log(1 + exp(beta * x)) / beta``, entry by entry; no exponential overflows.

    Args:
        x: real numbers, of any shape.
        beta: above zero; the larger, the closer to max(x, 0), and never further than log(2) / beta.

    Returns:
        Of the same shape, float32 for float32 and half precision, otherwise float64.

    Raises:
        ValueError: if an entry is no real number, or beta no number above zero.

    Source:
        Problem ``act-swish``. Chapter: *Swish lies between half of x and ReLU*.

    Example:
        >>> softplus([-1000.0, 0.0, 1000.0])
        array([0.00000000e+00, 6.93147181e-01, 1.00000000e+03])
    """
    z = as_floats("x", x)
    factor = float(positive("beta", beta))
    with np.errstate(over="ignore", under="ignore"):
        above = np.log1p(np.exp(-abs(_scaled(z, factor)))) / np.float64(
            factor
        )  # of a tiny beta float32 would make zero
        return np.asarray(np.maximum(z, 0) + above, z.dtype)


def gelu(x: Any, *, form: Literal["exact", "tanh", "sigmoid"] = "exact") -> AnyArray:
    """The product of x and the share of a standard normal distribution below x, or one of its two usual stand-ins.

    Args:
        x: real numbers, of any shape.
        form: ``"tanh"`` is ``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``, and ``"sigmoid"`` is Swish with
            beta = 1.702.

    Returns:
        Of the same shape, float32 for float32 and half precision, otherwise float64.

    Raises:
        ValueError: if an entry is no real number, or there is no such form.

    Source:
        Hendrycks and Gimpel, *Gaussian error linear units*, 2016. Chapter: *Swish lies between half of x and ReLU*.

    Example:
        >>> [round(float(gelu(1.0, form=form)), 4) for form in ("exact", "tanh", "sigmoid")]
        [0.8413, 0.8412, 0.8458]
    """
    from scipy.special import ndtr

    z = as_floats("x", x)
    if form == "exact":
        gate = ndtr(z)
    elif form == "tanh":
        with np.errstate(over="ignore"):
            gate = sigmoid(np.asarray(np.sqrt(8 / np.pi) * (z + 0.044715 * z**3), z.dtype))  # (1 + tanh t) / 2
    elif form == "sigmoid":
        return swish(z, beta=1.702)
    else:
        raise ValueError(f"form={form!r}: accepted are 'exact', 'tanh' and 'sigmoid'")
    with np.errstate(invalid="ignore", under="ignore"):
        return np.asarray(np.where(gate == 0, 0, z * gate), z.dtype)


def swish_relu_error(beta: float) -> float:
    """Largest distance between Swish and ReLU over the whole line: ``SWISH_CONSTANT / beta``.

    Args:
        beta: above zero; otherwise there is no largest distance.

    Returns:
        The distance, which is attained at ``x = (1 + SWISH_CONSTANT) / beta`` and at minus that.

    Raises:
        ValueError: if beta is no number above zero.

    Source:
        Problem ``act-swish``. Chapter: *Swish lies between half of x and ReLU*.

    Example:
        >>> round(swish_relu_error(2), 4)
        0.1392
    """
    return SWISH_CONSTANT / float(positive("beta", beta))


def swish_linear_error(beta: float, radius: float) -> float:
    """Largest distance between Swish and the line x / 2 where x is between minus a radius and that radius.

    Args:
        beta: any finite number.
        radius: R, at least zero.

    Returns:
        ``R tanh(|beta| R / 2) / 2``, which is at most ``|beta| R^2 / 4``.

    Raises:
        ValueError: if beta is no finite number, or the radius is negative.

    Source:
        Problem ``act-swish``. Chapter: *Swish lies between half of x and ReLU*.

    Example:
        >>> round(swish_linear_error(0.1, 1), 5)
        0.02498
    """
    reach = float(positive("radius", radius, zero=True))
    return reach * float(np.tanh(abs(_number("beta", beta)) * reach / 2)) / 2


def _scaled(z: AnyArray, factor: float) -> AnyArray:
    """The product in the type of z; the factor may lie beyond its range, and zero stays zero."""
    return np.asarray(z * np.float64(factor), z.dtype)


def _number(name: str, value: Any) -> float:
    number = real_array(name, value)
    if number.ndim:
        raise ValueError(f"{name} of shape {number.shape}: accepted is one number")
    return float(number)
