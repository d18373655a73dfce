"""hwlib.conv against automatic differentiation, against matrices written out, and against LAPACK."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st

from hwlib.conv import (
    circular_eigenvalues,
    conv_matrix,
    im2col,
    input_gradient,
    kernel_gradient,
    operator_norm,
    output_shape,
    power_iteration,
    sigmoid_gradient,
)

TORCH = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@pytest.mark.problem("conv-gradients")
@settings(max_examples=200)
@given(
    dimensions=st.integers(1, 3),
    channels=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    k=st.integers(1, 3),
    s=st.integers(1, 3),
    p=st.integers(0, 2),
    d=st.integers(1, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_three_gradients_are_autograd_s(dimensions, channels, k, s, p, d, seed):
    generator = torch.Generator().manual_seed(seed)
    (i, o), size = channels, [6, 5, 4][:dimensions]
    options = {"stride": s, "padding": p, "dilation": d}
    if any(d * (k - 1) + 1 > n + 2 * p for n in size):
        return
    x = torch.randn(i, *size, dtype=torch.float64, generator=generator, requires_grad=True)
    w = torch.randn(o, i, *[k] * dimensions, dtype=torch.float64, generator=generator, requires_grad=True)
    z = TORCH[dimensions](x[None], w, **options)[0]
    z.retain_grad()
    u = torch.sigmoid(z)
    weight = torch.randn(u.shape, dtype=torch.float64, generator=generator)
    (u * weight).sum().backward()
    dz = sigmoid_gradient(u.detach().numpy(), weight.numpy())
    np.testing.assert_allclose(dz, z.grad.numpy(), rtol=0, atol=1e-12)
    dw = kernel_gradient(x.detach().numpy(), dz, tuple(w.shape), **options)
    np.testing.assert_allclose(dw, w.grad.numpy(), rtol=0, atol=1e-11)
    dx = input_gradient(w.detach().numpy(), dz, tuple(x.shape), **options)
    np.testing.assert_allclose(dx, x.grad.numpy(), rtol=0, atol=1e-11)


def test_the_input_gradient_knows_groups():
    x = torch.randn(4, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    w = torch.randn(6, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    z = F.conv1d(x[None], w, groups=2, padding=1)[0]
    z.backward(torch.ones_like(z))
    dx = input_gradient(w.numpy(), np.ones(z.shape), (4, 7), groups=2, padding=1)
    np.testing.assert_allclose(dx, x.grad.numpy(), rtol=0, atol=1e-12)


@settings(max_examples=100)
@given(k=st.integers(1, 3), s=st.integers(1, 3), p=st.integers(0, 2), d=st.integers(1, 2), seed=st.integers(0, 99))
def test_im2col_is_torch_s_unfold(k, s, p, d, seed):
    if d * (k - 1) + 1 > 5 + 2 * p:
        return
    image = np.random.default_rng(seed).integers(-9, 10, (2, 5, 6)).astype(float)
    expected = F.unfold(torch.from_numpy(image)[None], k, stride=s, padding=p, dilation=d)[0].numpy()
    assert np.array_equal(im2col(image, (1, 2, k, k), stride=s, padding=p, dilation=d), expected)


@pytest.mark.parametrize("padding", ["same", "valid", 1, (0, 2), ((0, 1), (2, 0))])
@pytest.mark.parametrize("stride", [1, 2, (1, 3)])
def test_im2col_takes_padding_in_every_form(padding, stride):
    rng = np.random.default_rng(0)
    kernel, image = rng.integers(-9, 10, (2, 4)), rng.integers(-9, 10, (5, 6))
    product = kernel.reshape(1, -1) @ im2col(image, kernel.shape, stride=stride, padding=padding)
    matrix = conv_matrix(kernel, image.shape, stride=stride, padding=padding)
    assert np.array_equal(product.ravel(), matrix @ image.ravel())


def test_im2col_times_the_kernel_is_the_convolution():
    rng = np.random.default_rng(0)
    kernel, image = rng.integers(-9, 10, (3, 2, 2, 3)), rng.integers(-9, 10, (2, 5, 6))
    product = kernel.reshape(3, -1) @ im2col(image, kernel.shape, stride=2, padding=1)
    matrix = conv_matrix(kernel, image.shape, stride=2, padding=1)
    assert np.array_equal(product.ravel(), matrix @ image.ravel())


def circular_matrix(kernel, size):
    """Written out: the pixel beyond the border is the one on the opposite side."""
    matrix = np.zeros((np.prod(size), np.prod(size)))
    for row, place in enumerate(np.ndindex(*size)):
        for tap in np.ndindex(*kernel.shape):
            pixel = tuple((a + b) % n for a, b, n in zip(place, tap, size, strict=True))
            matrix[row, np.ravel_multi_index(pixel, size)] += kernel[tap]
    return matrix


@pytest.mark.parametrize(("shape", "size"), [((3,), (7,)), ((2, 3), (4, 5)), ((2, 2, 2), (2, 3, 4)), ((4,), (4,))])
def test_waves_are_eigenvectors_of_a_circular_convolution(shape, size):
    kernel = np.random.default_rng(0).standard_normal(shape)
    matrix, eigenvalues = circular_matrix(kernel, size), circular_eigenvalues(kernel, size)
    for frequency in np.ndindex(*size):
        phase = sum(f * x / n for f, x, n in zip(frequency, np.indices(size), size, strict=True))
        wave = np.exp(2j * np.pi * phase).ravel()
        np.testing.assert_allclose(matrix @ wave, eigenvalues[frequency] * wave, rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"padding": 1}, {"stride": 2, "padding": 1}, {"dilation": 2}])
@pytest.mark.parametrize(("kernel", "size"), [((3,), (9,)), ((3, 3), (6, 7)), ((4, 2, 3, 3), (2, 6, 6))])
def test_the_norm_is_lapack_s_and_power_iteration_stays_below_it(kernel, size, options):
    weights = np.random.default_rng(1).standard_normal(kernel)
    exact = np.linalg.norm(conv_matrix(weights, size, **options).toarray(), 2)
    assert operator_norm(weights, size, **options) == pytest.approx(exact, rel=1e-9)
    bounds = [power_iteration(weights, size, steps=steps, **options) for steps in (1, 5, 2000)]
    assert bounds == sorted(bounds)
    assert bounds[-1] <= exact * (1 + 1e-12)
    assert bounds[-1] == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sigmoid_gradient([0.5], [1, 2]), r"gradient has shape \(2,\): accepted is the output's, \(1,\)"),
        (lambda: input_gradient([1, 2], [1], (3,)), r"gradient has shape \(1,\): accepted is the output's, \(2,\)"),
        (lambda: kernel_gradient([1, 2, 3], [1], (2,)), r"gradient has shape \(1,\)"),
        (lambda: circular_eigenvalues([1, 2], (1,)), r"size=\(1,\): accepted"),
        (lambda: circular_eigenvalues([1, 2], (3, 3)), r"size=\(3, 3\): accepted"),
        (lambda: power_iteration([1.0], (3,), steps=0), r"steps=0"),
        (lambda: im2col([1, 2], (3,)), "does not fit"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_shapes_of_plain_and_channel_gradients():
    assert kernel_gradient(np.ones((5, 6)), np.ones((4, 4)), (2, 3)).tolist() == [[16.0] * 3] * 2
    assert output_shape((2, 3), (5, 6)) == (4, 4)
