"""Layers for images, ``(n, channels, height, width)``, and normalisation over a batch.

Chapter: *Backwards, each layer applies its transpose*.

A batch is one more axis, along which a kernel of size one slides: so :mod:`hwlib.conv`, which knows single images,
serves whole batches. It wants channels first, hence the ``swapaxes``.

Sources: problem ``backprop-layers``; Ioffe & Szegedy, *Batch Normalization* (2015).
"""

from __future__ import annotations

import functools
import math
from typing import Self, TypedDict

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, positive, whole
from hwlib._core.types import AnyArray, RandomSource
from hwlib.backprop._layer import Layer, Parameter, floats, kept, shaped
from hwlib.conv import im2col, input_gradient, kernel_gradient, output_shape

__all__ = ["AvgPool2d", "BatchNorm", "Conv2d", "MaxPool2d"]


class Conv2d(Layer):
    """A convolution (cross-correlation, as everywhere in this book) of each image, plus a bias for each channel.

    Args:
        weight: ``(out, in, k1, k2)``.
        bias: ``(out,)``.
        stride: distance of neighbouring outputs.
        padding: zeros on each side.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> layer = Conv2d([[[[1.0, 10.0]]]], [0.0])
        >>> layer.forward([[[[1.0, 2.0, 3.0]]]])
        array([[[[21., 32.]]]])
        >>> layer.backward([[[[1.0, 1.0]]]])
        array([[[[ 1., 11., 10.]]]])
        >>> layer.weight.gradient
        array([[[[3., 5.]]]])
    """

    def __init__(self, weight: npt.ArrayLike, bias: npt.ArrayLike, *, stride: int = 1, padding: int = 0):
        self.weight, self.bias = Parameter.of(weight), Parameter.of(bias)
        shape = self.weight.value.shape
        if len(shape) != 4 or self.bias.value.shape != shape[:1]:
            raise ValueError(
                f"a weight of shape {shape} and a bias of shape {self.bias.value.shape}: accepted are "
                "(out, in, k1, k2) and (out,)"
            )
        self.stride, self.padding = whole("stride", stride, least=1), whole("padding", padding, least=0)

    @classmethod
    def random(
        cls,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        rng: RandomSource = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> Self:
        """Weights from a normal distribution with variance 2 / (inputs kernel^2).

        Args:
            inputs: channels that go in.
            outputs: channels that come out.
            kernel: height and width of the kernel.
            stride: distance of neighbouring outputs.
            padding: zeros on each side.
            rng: None, a seed, or a NumPy generator.
            dtype: of the weights.

        Returns:
            The layer; its bias is zero.

        Raises:
            ValueError: if a number is not whole or too small.

        Example:
            >>> Conv2d.random(3, 8, 5, padding=2, rng=0)
            Conv2d(3, 8, (5, 5), stride=1, padding=2)
        """
        k = whole("kernel", kernel, least=1)
        shape = (whole("outputs", outputs, least=1), whole("inputs", inputs, least=1), k, k)
        drawn = generator("rng", rng).standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))
        return cls(drawn.astype(dtype), np.zeros(outputs, dtype), stride=stride, padding=padding)

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """W times what it meets at every place, plus b; x is ``(n, in, height, width)``."""
        self.x = shaped("x", x, (None, self.weight.value.shape[1], None, None)).swapaxes(0, 1)
        self.shape = output_shape(self._kernel.shape, self.x.shape, **self._options)
        met = im2col(self.x, self._kernel.shape, **self._options)
        y = self.weight.value.reshape(len(self.weight.value), -1) @ met + self.bias.value[:, None]
        return y.reshape(self.shape).swapaxes(0, 1)

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The image convolved with G for W, the sum of G for b, the transposed convolution of G for x."""
        g = shaped("gradient", gradient, _batch_first(kept(self, "shape"))).swapaxes(0, 1)
        self.weight.gradient[:, :, None] = kernel_gradient(self.x, g, self._kernel.shape, **self._options)
        self.bias.gradient[:] = g.sum(axis=(1, 2, 3))
        return input_gradient(self._kernel, g, self.x.shape, **self._options).swapaxes(0, 1)

    def parameters(self) -> list[Parameter]:
        """Weight and bias."""
        return [self.weight, self.bias]

    @property
    def _kernel(self) -> AnyArray:
        return self.weight.value[:, :, None]  # (out, in, 1, k1, k2): a kernel that sees one image at a time

    @property
    def _options(self) -> _Options:
        return _Options(stride=(1, self.stride, self.stride), padding=(0, self.padding, self.padding))

    def __repr__(self) -> str:
        outputs, inputs, *kernel = self.weight.value.shape
        return f"Conv2d({inputs}, {outputs}, {tuple(kernel)}, stride={self.stride}, padding={self.padding})"


class _Pool2d(Layer):
    """What both poolings share: a window that slides over each channel by itself.

    Args:
        window: height and width of the window.
        stride: distance of neighbouring windows; None: the window's size, so that windows do not overlap.

    Raises:
        ValueError: if a number is not whole or less than 1.
    """

    def __init__(self, window: int, *, stride: int | None = None):
        self.window = whole("window", window, least=1)
        self.stride = self.window if stride is None else whole("stride", stride, least=1)

    def _taps(self, x: AnyArray) -> list[AnyArray]:
        """For each place of the window the pixels that it meets, ``(n, channels, m1, m2)``: views, to be written to."""
        k, s = self.window, self.stride
        *_, m1, m2 = output_shape((k, k), x.shape[2:], stride=s)
        return [x[:, :, a : a + s * (m1 - 1) + 1 : s, b : b + s * (m2 - 1) + 1 : s] for a, b in np.ndindex(k, k)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.window}, stride={self.stride})"


class MaxPool2d(_Pool2d):
    """The largest entry of each window; among equal ones the first, row by row, takes the whole gradient.

    The output of a window with a NaN is NaN, and backward loses its gradient.

    Args:
        window: height and width of the window.
        stride: distance of neighbouring windows; None: the window's size, so that windows do not overlap.

    Raises:
        ValueError: if a number is not whole or less than 1.

    Example:
        >>> layer = MaxPool2d(2)
        >>> layer.forward([[[[1.0, 3.0], [3.0, 2.0]]]])
        array([[[[3.]]]])
        >>> layer.backward([[[[5.0]]]])
        array([[[[0., 5.],
                 [0., 0.]]]])
    """

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The largest entry of each window; x is ``(n, channels, height, width)``."""
        self.x = shaped("x", x, (None, None, None, None))
        self.y: AnyArray = functools.reduce(np.maximum, self._taps(self.x))
        return self.y

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The gradient goes to the first largest entry."""
        left, spread = shaped("gradient", gradient, kept(self, "y").shape), np.zeros_like(self.x)
        for pixels, into in zip(self._taps(self.x), self._taps(spread), strict=True):
            into += (here := left * (pixels == self.y))
            left = left - here  # what is given away is not given again
        return spread


class AvgPool2d(_Pool2d):
    """The mean of each window.

    Args:
        window: height and width of the window.
        stride: distance of neighbouring windows; None: the window's size, so that windows do not overlap.

    Raises:
        ValueError: if a number is not whole or less than 1.

    Example:
        >>> layer = AvgPool2d(2)
        >>> layer.forward([[[[1.0, 3.0], [3.0, 1.0]]]])
        array([[[[2.]]]])
        >>> layer.backward([[[[4.0]]]])
        array([[[[1., 1.],
                 [1., 1.]]]])
    """

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The mean of each window; x is ``(n, channels, height, width)``."""
        self.x = shaped("x", x, (None, None, None, None))
        self.y: AnyArray = functools.reduce(np.add, self._taps(self.x)) / self.window**2
        return self.y

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The gradient in equal parts."""
        g, spread = shaped("gradient", gradient, kept(self, "y").shape), np.zeros_like(self.x)
        for into in self._taps(spread):
            into += g / self.window**2
        return spread


class BatchNorm(Layer):
    """Each feature minus its mean over the batch, over its standard deviation; then times a weight, plus a bias.

    While ``training`` is true, mean and variance are those of the batch, and running ones are kept; after that the
    running ones are used. A feature is an entry of axis 1: of ``(n, features)`` or ``(n, features, height, width)``.

    Args:
        features: length of axis 1.
        epsilon: added to the variance, so that the derivative exists for constant features, too.
        momentum: how far the running mean and variance move to those of each batch, from 0 to 1.
        dtype: of weight, bias, and what is kept.

    Raises:
        ValueError: if a number is out of range.

    Example:
        >>> layer = BatchNorm(1, epsilon=0)
        >>> layer.forward([[1.0], [3.0]])
        array([[-1.],
               [ 1.]])
        >>> layer.backward([[5.0], [7.0]])  # a change of mean or scale is undone, so it has no gradient
        array([[0.],
               [0.]])
        >>> layer.weight.gradient, layer.bias.gradient
        (array([2.]), array([12.]))
    """

    def __init__(
        self, features: int, *, epsilon: float = 1e-5, momentum: float = 0.1, dtype: npt.DTypeLike = np.float64
    ):
        count = whole("features", features, least=1)
        self.weight, self.bias = Parameter.of(np.ones(count, dtype)), Parameter.of(np.zeros(count, dtype))
        self.epsilon, self.momentum = positive("epsilon", epsilon, zero=True), positive("momentum", momentum, zero=True)
        if momentum > 1:
            raise ValueError(f"momentum={momentum!r}: accepted are numbers from 0 to 1")
        self.running_mean, self.running_variance = np.zeros(count, dtype), np.ones(count, dtype)

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """Of x: (x - mean) / sqrt(variance + epsilon), times the weight, plus the bias."""
        values, self.trained = self._rows("x", floats("x", x)), self.training  # as backward has to know
        mean, variance = self._moments(values) if self.trained else (self.running_mean, self.running_variance)
        self.scale = 1 / np.sqrt(variance + self.epsilon)
        self.normal = (values - mean) * self.scale
        return self._images(self.normal * self.weight.value + self.bias.value)

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """What is left of the gradient without its mean and its part along the output, over the deviation."""
        g = self._rows("gradient", shaped("gradient", gradient, kept(self, "shape")))
        self.bias.gradient[:], self.weight.gradient[:] = g.sum(axis=0), (g * self.normal).sum(axis=0)
        lost = (self.bias.gradient + self.normal * self.weight.gradient) / len(g) if self.trained else 0
        return self._images((g - lost) * self.weight.value * self.scale)

    def parameters(self) -> list[Parameter]:
        """Weight and bias."""
        return [self.weight, self.bias]

    def _rows(self, name: str, values: AnyArray) -> AnyArray:
        """``(n height width, features)``."""
        if values.ndim < 2 or values.shape[1] != len(self.bias.value):
            raise ValueError(f"{name} has shape {values.shape}: accepted is (n, {len(self.bias.value)}, ...)")
        self.shape = values.shape
        return np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])

    def _images(self, rows: AnyArray) -> AnyArray:
        """Of the input's shape."""
        n, features, *size = self.shape
        return np.moveaxis(rows.reshape(n, *size, features), -1, 1)

    def _moments(self, rows: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Mean and variance of the batch; the running ones, the variance without bias, move to them."""
        count = len(rows)
        if count < 2:
            raise ValueError(f"x has {count} values for each feature: accepted while training are two or more")
        mean, variance = rows.mean(axis=0), rows.var(axis=0)
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_variance += self.momentum * (variance * count / (count - 1) - self.running_variance)
        return mean, variance

    def __repr__(self) -> str:
        return f"BatchNorm({len(self.bias.value)})"


class _Options(TypedDict):
    """Options of a convolution over a batch: along the images nothing strides and nothing is padded."""

    stride: tuple[int, int, int]
    padding: tuple[int, int, int]


def _batch_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with its first two axes exchanged."""
    return (shape[1], shape[0], *shape[2:])
