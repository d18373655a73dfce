"""hwlib.conv against torch, against the transpose by definition, and what the problems ask."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
from hypothesis import given
from hypothesis import strategies as st

from hwlib.conv import (
    conv_matrix,
    conv_transpose_matrix,
    conv_transpose_output_shape,
    output_shape,
    pixel_shuffle_matrix,
    subpixel_kernel,
    symbol_array,
    symbolic_conv_matrix,
    symbolic_conv_transpose_matrix,
    transposed_kernel,
)

from ..examples import examples

TORCH = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@st.composite
def configurations(draw):
    dimensions = draw(st.integers(1, 3))

    def per_axis(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dimensions))

    kernel, stride, dilation = per_axis(1, 4), per_axis(1, 4), per_axis(1, 3)
    size = per_axis(1, {1: 8, 2: 5, 3: 3}[dimensions])
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    spans = [(n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(size, stride, dilation, kernel, strict=True)]
    # torch refuses an output of nothing before output padding, and so do the cases here
    padding = tuple(draw(st.integers(0, min(3, (span - 1) // 2))) for span in spans)
    groups = draw(st.integers(1, 3))
    per_group = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.integers(-9, 10, (per_group[0] * groups, per_group[1], *kernel)).astype(float)
    image = rng.integers(-9, 10, (per_group[0] * groups, *size)).astype(float)
    options = {"stride": stride, "padding": padding, "output_padding": extra, "dilation": dilation, "groups": groups}
    return weights, image, options


@examples(1000)
@given(configurations())
def test_equals_torch_for_any_dimension_and_every_option(configuration):
    weights, image, options = configuration
    transposed = TORCH[image.ndim - 1]
    expected = transposed(torch.from_numpy(image)[None], torch.from_numpy(weights), **options)[0].numpy()
    assert conv_transpose_output_shape(weights.shape, image.shape, **options) == expected.shape
    matrix = conv_transpose_matrix(weights, image.shape, **options)
    matrix.check_format(full_check=True)
    assert np.array_equal((matrix @ image.ravel()).reshape(expected.shape), expected)


@examples(100)
@given(n=st.integers(1, 12), k=st.integers(1, 5), s=st.integers(1, 4), p=st.integers(0, 2))
def test_output_padding_n_plus_2p_minus_k_mod_s_gives_the_size_and_the_transpose_back(n, k, s, p):
    if n + 2 * p < k:
        return
    kernel = np.arange(1, k + 1)
    (m,) = output_shape((k,), (n,), stride=s, padding=p)
    options = {"stride": s, "padding": p, "output_padding": (n + 2 * p - k) % s}
    assert conv_transpose_output_shape((k,), (m,), **options) == (n,)
    back = conv_transpose_matrix(kernel, (m,), **options)
    assert np.array_equal(back.toarray(), conv_matrix(kernel, (n,), stride=s, padding=p).toarray().T)


@pytest.mark.problem("conv-transpose-matrix")
def test_the_matrix_of_the_problem_is_the_transpose_and_is_torch_s_in_symbols():
    w = symbol_array("w", (2, 2))
    matrix = symbolic_conv_transpose_matrix(w, (2, 2), stride=2)
    assert matrix == symbolic_conv_matrix(w, (4, 4), stride=2).T
    x = symbol_array("x", (2, 2))
    painted = sympy.zeros(4, 4)  # the definition: every pixel paints the kernel, scaled
    for (p, q), (a, b) in itertools.product(np.ndindex(2, 2), np.ndindex(2, 2)):
        painted[2 * p + a, 2 * q + b] += x[p, q] * w[a, b]
    assert list(matrix * sympy.Matrix(x.ravel())) == list(painted)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        numbers, image = rng.integers(-9, 10, (2, 2)), rng.integers(-9, 10, (2, 2))
        filled = np.array(matrix.subs(dict(zip(w.ravel(), numbers.ravel().tolist(), strict=True)))).astype(float)
        tensors = [torch.from_numpy(a.astype(float))[None, None] for a in (image, numbers)]
        assert np.array_equal(filled @ image.ravel(), F.conv_transpose2d(*tensors, stride=2).numpy().ravel())


def test_symbols_with_every_option_follow_the_numbers():
    numbers = np.arange(1, 13).reshape(4, 1, 3)
    options = {"stride": 1, "padding": 1, "output_padding": 1, "dilation": 2, "groups": 2}
    numeric = conv_transpose_matrix(numbers, (4, 5), **options).toarray()
    assert symbolic_conv_transpose_matrix(numbers, (4, 5), **options) == sympy.Matrix(numeric)


@pytest.mark.problem("conv-subpixel")
@examples(200)
@given(
    dimensions=st.integers(1, 3),
    o=st.integers(1, 2),
    i=st.integers(1, 2),
    k=st.integers(1, 2),
    r=st.integers(1, 3),
    n=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_convolution_and_a_shuffle_are_a_transposed_convolution(dimensions, o, i, k, r, n, seed):
    rng = np.random.default_rng(seed)
    kernel = rng.integers(-9, 10, (o * r**dimensions, i, *[k] * dimensions))
    size = (i, *[n] * dimensions)
    convolution = conv_matrix(kernel, size, padding=k - 1)
    shuffle = pixel_shuffle_matrix(output_shape(kernel.shape, size, padding=k - 1), r)
    transposed = transposed_kernel(kernel, r)
    assert transposed.shape == (i, o, *[k * r] * dimensions)
    assert (shuffle @ convolution != conv_transpose_matrix(transposed, size, stride=r)).nnz == 0
    assert np.array_equal(subpixel_kernel(transposed, r), kernel), "the two directions undo each other"


@pytest.mark.problem("conv-subpixel")
@pytest.mark.parametrize(("size", "r"), [(1, 2), (3, 2), (5, 2), (4, 3), (5, 3), (7, 4)])
def test_a_kernel_that_r_does_not_divide_is_filled_up_with_zeros(size, r):
    rng = np.random.default_rng(size * 10 + r)
    weights = torch.from_numpy(rng.integers(-9, 10, (2, 3, size, size)).astype(float))
    image = torch.from_numpy(rng.integers(-9, 10, (1, 2, 4, 5)).astype(float))
    expected = F.conv_transpose2d(image, weights, stride=r)
    kernel = subpixel_kernel(weights, r)
    k = -(-size // r)
    assert kernel.shape == (3 * r * r, 2, k, k)
    shuffled = F.pixel_shuffle(F.conv2d(image, torch.from_numpy(kernel), padding=k - 1), r)
    rows, columns = expected.shape[2:]
    assert torch.equal(shuffled[:, :, :rows, :columns], expected)
    assert not shuffled[:, :, rows:].any()
    assert not shuffled[:, :, :, columns:].any()


@pytest.mark.problem("conv-subpixel")
def test_the_restricted_case_in_symbols_is_a_permutation_of_rows():
    w = symbol_array("w", (4, 1, 1, 1))
    convolution = symbolic_conv_matrix(w, (1, 2, 2))
    permutation = sympy.Matrix(pixel_shuffle_matrix((4, 2, 2), 2).toarray())
    assert permutation * permutation.T == sympy.eye(16)
    assert permutation * convolution == symbolic_conv_transpose_matrix(w.reshape(1, 1, 2, 2), (1, 2, 2), stride=2)


@pytest.mark.parametrize(("channels", "r"), [(4, 2), (8, 2), (9, 3), (3, 1)])
def test_the_shuffle_is_torch_s(channels, r):
    features = torch.arange(float(channels * 6)).reshape(1, channels, 2, 3)
    matrix = pixel_shuffle_matrix((channels, 2, 3), r)
    assert np.array_equal(matrix @ features.numpy().ravel(), F.pixel_shuffle(features, r).numpy().ravel())


@pytest.mark.parametrize(
    "kernel",
    [
        torch.arange(8.0).reshape(1, 2, 4).requires_grad_(),
        torch.arange(8.0, dtype=torch.bfloat16).reshape(1, 2, 4),
        torch.arange(8.0).to(torch.complex64).conj().reshape(1, 2, 4),  # numpy reads it only once it is copied
        np.arange(8.0).astype(">f8").reshape(1, 2, 4),
        np.arange(8).reshape(1, 2, 4).tolist(),
    ],
)
def test_every_form_of_a_kernel_is_read(kernel):
    numbers = np.arange(8).reshape(1, 2, 4)
    expected = conv_transpose_matrix(numbers, (1, 3), stride=2).toarray()
    assert np.array_equal(conv_transpose_matrix(kernel, (1, 3), stride=2).toarray(), expected)
    assert np.array_equal(subpixel_kernel(kernel, 2), subpixel_kernel(numbers, 2))
    assert np.array_equal(transposed_kernel(kernel, 1), transposed_kernel(numbers, 1))
    symbolic = symbolic_conv_transpose_matrix(kernel, (1, 3), stride=2)
    assert np.array_equal(np.array(symbolic).astype(complex), expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda kernel: conv_transpose_matrix(kernel, (1, 3)),
        lambda kernel: symbolic_conv_transpose_matrix(kernel, (1, 3)),
        lambda kernel: subpixel_kernel(kernel, 2),
        lambda kernel: transposed_kernel(kernel, 1),
    ],
)
def test_a_kernel_without_numbers_is_named(call):
    with pytest.raises(ValueError, match=r"^kernel is on the device meta"):
        call(torch.ones(1, 2, 4, device="meta"))
    with pytest.raises(ValueError, match=r"^kernel "):
        call([[["a", "b"]]])


def test_symbols_are_rearranged_as_numbers_are():
    w = symbol_array("w", (1, 2, 4))
    numbers = np.arange(8).reshape(1, 2, 4)
    assert subpixel_kernel(w, 2).ravel().tolist() == [w.ravel()[n] for n in subpixel_kernel(numbers, 2).ravel()]


NAN = float("nan")


@pytest.mark.parametrize(
    ("kernel", "input_shape", "options", "message"),
    [
        (np.ones((2, 2)), (2, 2), {"output_padding": 1}, r"output_padding=1 .* less than the stride or the dilation"),
        (np.ones((2, 2)), (2, 2), {"padding": 2}, r"padding=2 leaves nothing of the output"),
        (np.ones((2, 2)), (2, 2), {"stride": 0}, r"stride=.*0.*: accepted are .* at least 1"),
        (np.ones((2, 2)), (2, 2), {"stride": 1.5}, r"stride=1.5"),
        (np.ones((2, 2)), (2, 2), {"dilation": (1, 2, 3)}, r"dilation=\(1, 2, 3\)"),
        (np.ones((2, 2)), (NAN, 2), {}, r"input_shape=\(nan, 2\): accepted are"),
        (np.ones((2, 2)), (0, 2), {}, r"input_shape=\(0, 2\): accepted are .* at least 1"),
        (np.ones((3, 2, 2, 2)), (3, 5, 5), {"groups": 0}, r"groups=0: accepted is a whole number of at least 1"),
        (np.ones((2, 2)), (2, 2), {"groups": 2}, r"groups=2 with 1 input channels"),
        (np.ones((2, 2)), (2,), {}, r"does not go with"),
        (np.ones((3, 2, 2, 2)), (4, 5, 5), {}, r"groups=1 with 4 input channels .* axis 0 is the number of input"),
        (np.ones((3, 2, 2, 2)), (3, 5, 5), {"groups": 2}, r"groups that divide it"),
    ],
)
def test_bad_input_is_named(kernel, input_shape, options, message):
    with pytest.raises(ValueError, match=message):
        conv_transpose_matrix(kernel, input_shape, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: subpixel_kernel(np.ones((2, 2)), 2), r"kernel has shape \(2, 2\): accepted are two channel axes"),
        (lambda: subpixel_kernel(np.ones((1, 1, 2)), 0), r"factor=0: accepted is a whole number of at least 1"),
        (
            lambda: transposed_kernel(np.ones((3, 1, 2)), 2),
            r"3 output channels: .* multiples of factor\^1 = 2",
        ),
        (lambda: pixel_shuffle_matrix((4, 2.0), 2), r"input_shape=\(4, 2.0\): accepted are one or more whole"),
        (lambda: pixel_shuffle_matrix((4, 0), 2), r"input_shape=\(4, 0\): accepted are one or more whole"),
        (lambda: pixel_shuffle_matrix((4, 2), 2.0), r"factor=2.0: accepted is a whole number"),
        (lambda: pixel_shuffle_matrix((3, 2, 2), 2), r"input_shape=\(3, 2, 2\): .* factor\^d = 2\^2 divides"),
    ],
)
def test_bad_kernels_and_factors_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
