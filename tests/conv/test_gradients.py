"""hwlib.conv against automatic differentiation, against matrices written out, and against LAPACK."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from hwlib.conv import (
    circular_eigenvalues,
    col2im,
    conv_matrix,
    im2col,
    input_gradient,
    kernel_gradient,
    operator_norm,
    output_shape,
    power_iteration,
    sigmoid_gradient,
)

from ..examples import examples

TORCH = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@pytest.mark.problem("conv-gradients")
@examples(200)
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


@examples(100)
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
    matrix = np.zeros((np.prod(size), np.prod(size)), kernel.dtype)
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
    bounds = [power_iteration(weights, size, steps=steps, rng=0, **options) for steps in (1, 5, 2000)]
    assert bounds == sorted(bounds)
    assert bounds[-1] <= exact * (1 + 1e-12)
    assert bounds[-1] == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sigmoid_gradient([0.5], [1, 2]), r"gradient has shape \(2,\): accepted is the output's, \(1,\)"),
        (lambda: input_gradient([1, 2], [1], (3,)), r"gradient has shape \(1,\): accepted is the output's, \(2,\)"),
        (lambda: kernel_gradient([1, 2, 3], [1], (2,)), r"gradient has shape \(1,\)"),
        (lambda: circular_eigenvalues([1, 2], (1,)), r"input_shape=\(1,\): accepted"),
        (lambda: circular_eigenvalues([1, 2], (3, 3)), r"input_shape=\(3, 3\): accepted"),
        (lambda: power_iteration([1.0], (3,), steps=0), r"steps=0"),
        (lambda: power_iteration([1.0], (3,), steps=2.0), r"steps=2.0: accepted is a whole number"),
        (lambda: power_iteration([1.0], (3,), steps=1, rng="x"), r"rng='x': accepted are"),
        (lambda: circular_eigenvalues([np.inf], (3,)), r"kernel has entries that are infinite or NaN"),
        (lambda: operator_norm([np.nan, 1.0], (9,)), r"kernel has entries that are infinite or NaN"),
        (lambda: power_iteration([np.inf], (9,), steps=1), r"kernel has entries that are infinite or NaN"),
        (lambda: im2col([1, 2], (3,)), "does not fit"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_shapes_of_plain_and_channel_gradients():
    assert kernel_gradient(np.ones((5, 6)), np.ones((4, 4)), (2, 3)).tolist() == [[16.0] * 3] * 2
    assert output_shape((2, 3), (5, 6)) == (4, 4)


# --- types: every form of a number, and none that overflows -------------------------------------------------------


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int16, np.uint32])
def test_small_whole_numbers_do_not_overflow(dtype):
    rng = np.random.default_rng(0)
    image, gradient, kernel = (rng.integers(0, 128, shape).astype(dtype) for shape in ((8, 8), (6, 6), (3, 3)))
    large = [array.astype(object) for array in (image, gradient, kernel)]  # Python's numbers know no bound
    expected = kernel_gradient(large[0], large[1], (3, 3))
    assert kernel_gradient(image, gradient, (3, 3)).tolist() == expected.tolist()
    painted = np.zeros((8, 8), object)
    for (r, c), g in np.ndenumerate(large[1]):
        painted[r : r + 3, c : c + 3] += g * large[2]
    assert input_gradient(kernel, gradient, (8, 8)).tolist() == painted.tolist()
    expected = [u * (1 - u) * g for u, g in zip(large[1].ravel().tolist(), large[1].ravel().tolist(), strict=True)]
    assert sigmoid_gradient(gradient, gradient).ravel().tolist() == expected
    assert im2col(image, (3, 3)).dtype == np.int64


def test_four_hundred_is_not_144():
    assert kernel_gradient(np.full((2, 2), 10, np.uint8), np.full((1, 1), 40, np.uint8), (2, 2)).tolist() == [
        [400, 400],
        [400, 400],
    ]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_tensors_give_what_their_numbers_give(dtype):
    tensors = [torch.tensor(values, dtype=dtype, requires_grad=True) for values in ([1.0, 2, 3], [1.0, 10], [0.5, 4])]
    (image, gradient, kernel), (x, g, w) = tensors, [tensor.detach().double().numpy() for tensor in tensors]
    assert np.array_equal(kernel_gradient(image, gradient, (2,)), kernel_gradient(x, g, (2,)))
    assert np.array_equal(input_gradient(kernel, gradient, (3,)), input_gradient(w, g, (3,)))
    assert np.array_equal(sigmoid_gradient(kernel, gradient), sigmoid_gradient(w, g))
    assert np.array_equal(im2col(image, (2,)), im2col(x, (2,)))
    assert np.array_equal(circular_eigenvalues(kernel, (3,)), circular_eigenvalues(w, (3,)))
    assert operator_norm(kernel, (3,)) == operator_norm(w, (3,))
    assert power_iteration(kernel, (3,), steps=3, rng=0) == power_iteration(w, (3,), steps=3, rng=0)


META = torch.ones(2, device="meta")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("image", lambda: kernel_gradient(META, [1], (2,))),
        ("gradient", lambda: kernel_gradient([1, 2, 3], META, (2,))),
        ("kernel", lambda: input_gradient(META, [1, 2], (3,))),
        ("gradient", lambda: input_gradient([1, 2], META, (3,))),
        ("output", lambda: sigmoid_gradient(META, [1, 2])),
        ("gradient", lambda: sigmoid_gradient([1, 2], META)),
        ("image", lambda: im2col(META, (2,))),
        ("kernel", lambda: circular_eigenvalues(META, (2,))),
        ("kernel", lambda: operator_norm(META, (2,))),
        ("kernel", lambda: power_iteration(META, (2,), steps=1)),
    ],
)
def test_a_tensor_without_numbers_is_named(name, call):
    with pytest.raises(ValueError, match=f"^{name} is on the device meta"):
        call()


def test_gradients_are_exact_where_the_numbers_are():
    x, g = sympy.symbols("x:3"), sympy.symbols("g:2")
    dw = kernel_gradient(x, g, (2,))
    assert [sympy.expand(entry) for entry in dw] == [x[0] * g[0] + x[1] * g[1], x[1] * g[0] + x[2] * g[1]]
    assert sigmoid_gradient([Fraction(1, 3)], [3]).tolist() == [Fraction(2, 3)]


@pytest.mark.parametrize("size", [2, 3, 9])
@pytest.mark.parametrize("kernel", [[1j], [1, 2j, -1 + 1j], [0, 1 - 2j]])
def test_the_norm_of_complex_weights_is_lapack_s(kernel, size):
    weights = np.array(kernel)
    exact = np.linalg.norm(conv_matrix(weights, (size,), padding=1).toarray(), 2)
    assert operator_norm(weights, (size,), padding=1) == pytest.approx(exact, rel=1e-9)
    assert operator_norm(weights.astype(np.complex64), (size,), padding=1) == pytest.approx(exact, rel=1e-9)
    bound = power_iteration(weights, (size,), padding=1, steps=500, rng=0)
    assert bound <= exact * (1 + 1e-12)
    assert bound == pytest.approx(exact, rel=1e-3)


def test_eigenvalues_of_complex_weights():
    weights = np.array([1j, 2, -1 + 1j])
    matrix, eigenvalues = circular_matrix(weights, (5,)), circular_eigenvalues(weights, (5,))
    for frequency, eigenvalue in enumerate(eigenvalues):
        wave = np.exp(2j * np.pi * frequency * np.arange(5) / 5)
        np.testing.assert_allclose(matrix @ wave, eigenvalue * wave, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "size", "padding"),
    [
        pytest.param([0.0, 0.0], 5, 0, id="no weight"),
        pytest.param([0.0], 1, 0, id="one entry"),
        pytest.param([1.0, 1.0, 0.0], 1, ((2, 0),), id="only zeros are met"),
    ],
)
def test_a_matrix_of_zeros_has_norm_zero(kernel, size, padding):
    assert not conv_matrix(kernel, (size,), padding=padding).toarray().any()
    assert operator_norm(kernel, (size,), padding=padding) == 0
    assert power_iteration(kernel, (size,), padding=padding, steps=3) == 0


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e170, 1e300])
def test_the_norm_grows_with_the_weights_however_large_or_small(scale):
    expected = np.linalg.norm(conv_matrix([1.0, -2.0, 0.5], (9,)).toarray(), 2)
    weights = scale * np.array([1.0, -2.0, 0.5])
    assert operator_norm(weights, (9,)) == pytest.approx(scale * expected, rel=1e-9)
    assert power_iteration(weights, (9,), steps=500, rng=0) == pytest.approx(scale * expected, rel=1e-3)


def test_power_iteration_starts_where_it_is_told():
    def bound(rng):
        return power_iteration([1.0, -2.0, 0.5], (9,), steps=2, rng=rng)

    assert bound(0) == bound(0) == bound(np.random.default_rng(0))
    assert bound(0) != bound(1)
    assert bound(None) != bound(None)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": (2, 0)}])
def test_input_gradient_is_the_transposed_matrix(options, groups):
    rng = np.random.default_rng(0)
    kernel = rng.integers(-3, 4, (4, 2 // groups, 2, 3))
    matrix = conv_matrix(kernel, (2, 5, 6), groups=groups, **options)
    gradient = rng.integers(-3, 4, output_shape(kernel.shape, (2, 5, 6), groups=groups, **options))
    found = input_gradient(kernel, gradient, (2, 5, 6), groups=groups, **options)
    np.testing.assert_array_equal(found.ravel(), matrix.T @ gradient.ravel())


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"stride": 3}, {"dilation": 2, "padding": 2}])
def test_col2im_is_the_transposed_map_of_im2col(options):
    rng = np.random.default_rng(0)
    image = rng.integers(-3, 4, (2, 5, 4))
    met = im2col(image, (1, 2, 2, 3), **options) if options != {"stride": 3} else im2col(image, (1, 2, 2, 2), stride=3)
    kernel = (1, 2, 2, 3) if options != {"stride": 3} else (1, 2, 2, 2)
    columns = rng.integers(-3, 4, met.shape)
    back = col2im(columns, kernel, image.shape, **options)
    assert (met * columns).sum() == (image * back).sum()
    with pytest.raises(ValueError, match="columns has shape"):
        col2im(columns[1:], kernel, image.shape, **options)
