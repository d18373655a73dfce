"""hwlib.conv against torch, against the definition by brute force, and against what the problems ask."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
from hypothesis import given
from hypothesis import strategies as st

from hwlib.conv import conv_matrix, output_shape, symbol_array, symbolic_conv_matrix

from ..examples import examples

TORCH_CONVOLUTION = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@st.composite
def configurations(draw):
    """Kernel, input (with channels; whole numbers, so that float64 sums are exact) and options."""
    dimensions = draw(st.integers(1, 3))

    def per_axis(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dimensions))

    largest = {1: 12, 2: 7, 3: 5}[dimensions]
    kernel, dilation, stride = per_axis(1, 4), per_axis(1, 3), per_axis(1, 4)
    pads = tuple((draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in range(dimensions))
    size = tuple(
        draw(st.integers(max(1, d * (k - 1) + 1 - sum(pad)), largest + d * (k - 1)))
        for k, d, pad in zip(kernel, dilation, pads, strict=True)
    )
    groups = draw(st.integers(1, 3))
    out_per_group, in_per_group = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.integers(-9, 10, (out_per_group * groups, in_per_group, *kernel)).astype(float)
    image = rng.integers(-9, 10, (in_per_group * groups, *size)).astype(float)
    return weights, image, {"stride": stride, "padding": pads, "dilation": dilation, "groups": groups}


def torch_convolution(weights, image, *, stride, padding, dilation, groups):
    flat_pads = [zeros for pair in reversed(padding) for zeros in pair]  # torch counts axes from the last
    padded = F.pad(torch.from_numpy(image), flat_pads)
    convolution = TORCH_CONVOLUTION[image.ndim - 1]
    kernel = torch.from_numpy(weights)
    return convolution(padded[None], kernel, stride=stride, dilation=dilation, groups=groups)[0].numpy()


@examples(1000)
@given(configurations())
def test_equals_torch_for_any_dimension_stride_padding_dilation_and_groups(configuration):
    weights, image, options = configuration
    matrix = conv_matrix(weights, image.shape, **options)
    expected = torch_convolution(weights, image, **options)
    assert output_shape(weights.shape, image.shape, **options) == expected.shape
    assert np.array_equal((matrix @ image.ravel()).reshape(expected.shape), expected)


@examples(200)
@given(configurations())
def test_the_sparse_format_is_canonical(configuration):
    weights, image, options = configuration
    matrix = conv_matrix(weights, image.shape, **options)
    matrix.check_format(full_check=True)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    assert np.all((np.diff(matrix.indices) > 0) | (np.diff(rows) > 0)), "columns sorted, none twice"


@examples(100)
@given(configurations())
def test_flip_is_the_convolution_of_mathematics(configuration):
    weights, image, options = configuration
    flipped = np.flip(weights, tuple(range(2, weights.ndim))).copy()
    expected = torch_convolution(flipped, image, **options)
    matrix = conv_matrix(weights, image.shape, flip=True, **options)
    assert np.array_equal((matrix @ image.ravel()).reshape(expected.shape), expected)


def test_flip_equals_scipy_convolution():
    from scipy.signal import convolve

    rng = np.random.default_rng(0)
    kernel, image = rng.integers(-9, 10, (2, 3)), rng.integers(-9, 10, (5, 6))
    matrix = conv_matrix(kernel, image.shape, flip=True)
    assert np.array_equal(
        (matrix @ image.ravel()).reshape(4, 4), convolve(image, kernel, mode="valid", method="direct")
    )


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("kernel", [(1,), (2,), (5,), (2, 3), (4, 4), (3, 2, 4)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_equals_torch_for_even_and_odd_kernels(kernel, dilation):
    rng = np.random.default_rng(1)
    weights = rng.integers(-9, 10, (2, 3, *kernel)).astype(float)
    image = rng.integers(-9, 10, (3, *(7, 6, 5)[: len(kernel)])).astype(float)
    convolution = TORCH_CONVOLUTION[len(kernel)]
    expected = convolution(torch.from_numpy(image)[None], torch.from_numpy(weights), padding="same", dilation=dilation)
    matrix = conv_matrix(weights, image.shape, padding="same", dilation=dilation)
    assert np.array_equal((matrix @ image.ravel()).reshape(expected.shape[1:]), expected[0].numpy())


@given(n=st.integers(1, 20), k=st.integers(1, 6), s=st.integers(1, 5), d=st.integers(1, 3))
def test_same_padding_gives_ceil_n_over_s(n, k, s, d):
    assert output_shape((k,), (n,), stride=s, dilation=d, padding="same") == (math.ceil(n / s),)


@given(n=st.integers(1, 12), k=st.integers(1, 5), s=st.integers(1, 4), p=st.integers(0, 3), d=st.integers(1, 3))
def test_output_shape_counts_the_places_where_the_kernel_fits(n, k, s, p, d):
    places = [m for m in range(0, n + 2 * p, s) if m + d * (k - 1) < n + 2 * p]
    if places:
        assert output_shape((k,), (n,), stride=s, padding=p, dilation=d) == (len(places),)
    else:
        with pytest.raises(ValueError, match="does not fit"):
            output_shape((k,), (n,), stride=s, padding=p, dilation=d)


def test_padding_is_accepted_in_every_form():
    forms = [1, (1, 1), [1, 1], ((1, 1), (1, 1)), np.array([1, 1]), np.int64(1), "same"]
    matrices = [conv_matrix(np.ones((3, 3)), (4, 5), padding=form).toarray() for form in forms]
    assert all(np.array_equal(matrix, matrices[0]) for matrix in matrices)
    assert output_shape((3, 3), (4, 5), padding=(0, 1)) == (2, 5)
    assert output_shape((3, 3), (4, 5), padding=((0, 1), (2, 0))) == (3, 5)
    assert output_shape((3, 3), (4, 5), padding="valid") == (2, 3)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.float32, np.float64, np.complex128])
def test_the_dtype_of_the_kernel_is_kept(dtype):
    assert conv_matrix(np.ones((2, 2), dtype), (3, 3), padding=1).dtype == dtype


def test_a_torch_parameter_is_taken_as_it_is():
    layer = torch.nn.Conv2d(3, 4, (2, 3), stride=2, padding=1, dtype=torch.float64)
    image = torch.randn(3, 8, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    matrix = conv_matrix(layer.weight, image.shape, stride=2, padding=1)
    expected = F.conv2d(image[None], layer.weight, stride=2, padding=1)[0].detach().numpy()
    np.testing.assert_allclose(matrix @ image.numpy().ravel(), expected.ravel(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", [">f8", ">i2", ">c16"])
def test_another_machine_s_byte_order_is_read(dtype):
    weights = np.array([[1, 2], [3, 4]], dtype)
    matrix = conv_matrix(weights, (3, 3))
    assert np.array_equal(matrix.toarray(), conv_matrix([[1, 2], [3, 4]], (3, 3)).toarray())
    assert str(matrix) == str(conv_matrix(weights.astype(weights.dtype.newbyteorder("=")), (3, 3)))


@pytest.mark.parametrize("kernel", [np.array([0.5, 3], np.float16), torch.tensor([0.5, 3], dtype=torch.bfloat16)])
def test_half_precision_becomes_single_exactly(kernel):
    matrix = conv_matrix(kernel, (3,))
    assert matrix.dtype == np.float32
    assert matrix.toarray().tolist() == [[0.5, 3, 0], [0, 0.5, 3]]


def test_symbolic_matrix_takes_tensors_and_mixed_numbers():
    weights = torch.tensor([0.5, 3], requires_grad=True)
    assert symbolic_conv_matrix(weights, (2,)) == sympy.Matrix([[0.5, 3.0]])
    assert symbolic_conv_matrix([1, Fraction(1, 3)], (2,)) == sympy.Matrix([[1, sympy.Rational(1, 3)]])
    first, second = symbolic_conv_matrix([2**70, 0.5], (2,))
    assert (first, second) == (sympy.Integer(2**70), sympy.Float(0.5)), "a float beside it rounds no whole number"
    assert symbolic_conv_matrix([True, False], (2,)) == sympy.Matrix([[1, 0]])


def test_numbers_of_numpy_are_whole_numbers():
    expected = conv_matrix(np.ones((2, 1, 3)), (2, 9), stride=2, padding=1, groups=2)
    options = {"stride": np.int64(2), "padding": np.int8(1), "groups": np.uint8(2), "dilation": torch.tensor(1)}
    assert (conv_matrix(np.ones((2, 1, 3)), np.array([2, 9]), **options) != expected).nnz == 0


def test_zero_weights_are_stored_so_the_pattern_depends_on_shapes_alone():
    assert conv_matrix(np.zeros((3, 3)), (5, 5), padding=1).nnz == conv_matrix(np.ones((3, 3)), (5, 5), padding=1).nnz


def test_an_output_that_sees_only_padding_is_an_empty_row():
    matrix = conv_matrix([1, 2], (3,), padding=2)
    assert matrix.toarray().tolist() == [[0, 0, 0], [2, 0, 0], [1, 2, 0], [0, 1, 2], [0, 0, 1], [0, 0, 0]]


def test_indices_are_32_bit_as_scipy_keeps_them():
    assert conv_matrix(np.ones((2, 2)), (9, 9)).indices.dtype == np.int32


# --- what the problems ask ---------------------------------------------------------------------------------------


def brute_force(kernel, image, *, stride, padding):
    """The definition, sum by sum, in whatever arithmetic the entries bring."""
    (kh, kw), (n_rows, n_columns) = kernel.shape, image.shape
    padded = {(r + padding, c + padding): image[r, c] for r, c in np.ndindex(n_rows, n_columns)}
    rows = range(0, n_rows + 2 * padding - kh + 1, stride)
    columns = range(0, n_columns + 2 * padding - kw + 1, stride)
    return [
        sum(kernel[a, b] * padded.get((r + a, c + b), 0) for a, b in itertools.product(range(kh), range(kw)))
        for r, c in itertools.product(rows, columns)
    ]


SYMBOLIC_CASES = [
    pytest.param((2, 2), 3, 1, marks=pytest.mark.problem("conv-matrix-stride3")),
    pytest.param((3, 3), 2, 1, marks=pytest.mark.problem("conv-matrix-stride2")),
    pytest.param((2, 3), 1, 2),
    pytest.param((3, 1), 2, 0),
]


@pytest.mark.parametrize(("kernel_shape", "stride", "padding"), SYMBOLIC_CASES)
def test_symbolic_matrix_times_symbolic_input_is_the_definition(kernel_shape, stride, padding):
    w, x = symbol_array("w", kernel_shape), symbol_array("x", (3, 3))
    product = symbolic_conv_matrix(w, x.shape, stride=stride, padding=padding) * sympy.Matrix(x.ravel())
    expected = brute_force(w, x, stride=stride, padding=padding)
    assert [sympy.expand(entry) for entry in product] == expected


@pytest.mark.parametrize(("kernel_shape", "stride", "padding"), SYMBOLIC_CASES)
@examples(50)
@given(seed=st.integers(0, 2**32 - 1))
def test_symbolic_matrix_with_numbers_put_in_equals_torch(kernel_shape, stride, padding, seed):
    rng = np.random.default_rng(seed)
    numbers, image = rng.integers(-9, 10, kernel_shape), rng.integers(-9, 10, (3, 3))
    w = symbol_array("w", kernel_shape)
    symbolic = symbolic_conv_matrix(w, (3, 3), stride=stride, padding=padding)
    matrix = np.array(symbolic.subs(dict(zip(w.ravel(), numbers.ravel().tolist(), strict=True)))).astype(float)
    as_torch = [torch.from_numpy(array.astype(float))[None, None] for array in (image, numbers)]
    expected = F.conv2d(*as_torch, stride=stride, padding=padding)
    assert np.array_equal(matrix @ image.ravel(), expected.numpy().ravel())


@pytest.mark.problem("conv-valid-by-hand")
def test_valid_convolution_of_the_source_against_the_definition():
    image = np.array([[0, 0, 0, 0, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0], [0, 3, 2, 3, 0], [0, 3, 2, 3, 0], [0] * 5])
    kernel = np.array([[1, -1], [1, -1]])
    z = (conv_matrix(kernel, image.shape) @ image.ravel()).reshape(output_shape(kernel.shape, image.shape))
    assert z.ravel().tolist() == brute_force(kernel, image, stride=1, padding=0)
    assert z.shape == (5, 4)


def test_symbolic_matrix_keeps_fractions_exact_and_takes_channels_groups_and_flip():
    rng = np.random.default_rng(2)
    numerators = rng.integers(-9, 10, (4, 1, 2, 3))
    thirds = np.array([Fraction(int(n), 3) for n in numerators.ravel()], dtype=object).reshape(numerators.shape)
    options = {"stride": 2, "padding": (1, 0), "dilation": (1, 2), "groups": 2, "flip": True}
    symbolic = symbolic_conv_matrix(thirds, (2, 4, 6), **options)
    numeric = conv_matrix(numerators, (2, 4, 6), **options).toarray()
    assert symbolic * 3 == sympy.Matrix(numeric)


# --- bad input ---------------------------------------------------------------------------------------------------

NAN = float("nan")


@pytest.mark.parametrize(
    ("kernel", "input_shape", "options", "message"),
    [
        (np.ones((5, 5)), (3, 3), {}, r"kernel does not fit along spatial axis 0: it spans 5 .* has 3"),
        (np.ones((2, 2)), (4, 2), {"dilation": 2}, r"axis 1: it spans 3 pixels \(size 2, dilation 2\)"),
        (np.ones((4, 2, 3, 3)), (3, 8, 8), {}, r"groups=1 with 3 input .* kernel whose axis 1 is in / groups = 3"),
        (np.ones((4, 2, 3, 3)), (5, 8, 8), {"groups": 2}, r"groups=2 with 5 input and 4 output channels"),
        (np.ones((3, 2, 3, 3)), (4, 8, 8), {"groups": 2}, r"groups that divide both"),
        (np.ones((2, 2)), (4, 4), {"groups": 2}, r"groups=2 with 1 input"),
        (np.ones((2, 2)), (4, 4), {"stride": -1}, r"stride=.*-1.*: accepted are .*at least 1"),
        (np.ones((2, 2)), (4, 4), {"stride": 0}, r"stride=.*0.*: accepted are .*at least 1"),
        (np.ones((2, 2)), (4, 4), {"stride": 1.5}, r"stride=1.5: accepted"),
        (np.ones((2, 2)), (4, 4), {"stride": (1, 2, 3)}, r"stride=\(1, 2, 3\) for 2 spatial axes"),
        (np.ones((2, 2)), (4, 4), {"dilation": 0}, r"dilation=.*: accepted"),
        (np.ones((2, 2)), (4, 4), {"padding": -1}, r'padding=.*: accepted are "valid", "same"'),
        (np.ones((2, 2)), (4, 4), {"padding": "full"}, r"padding='full': accepted are \"valid\", \"same\""),
        (np.ones((2, 2)), (4, 4), {"padding": ((0, 1),)}, r"padding=.* for 2 spatial axes"),
        (np.ones((2, 2)), (4, 4), {"padding": ((0, -1), (0, 0))}, r"padding=.*accepted"),
        (np.ones((2, 2)), (4,), {}, r"input_shape=\(4,\) does not go with a kernel of shape \(2, 2\)"),
        (np.ones((2, 2)), (1, 2, 3, 4), {}, r"input_shape=.* does not go with"),
        (np.ones((2, 2)), (NAN, 4), {}, r"input_shape=\(nan, 4\): accepted are"),
        (np.ones((2, 2)), (0, 4), {}, r"input_shape=\(0, 4\): accepted are .* at least 1"),
        (np.ones((2, 2)), 4, {}, r"input_shape=4: accepted are"),
        (np.ones((2, 2)), (), {}, r"input_shape=\(\): accepted are"),
        (np.float64(1), (4,), {}, r"kernel_shape=\(\): accepted are"),
        (np.ones((2, 2)), (4, 4), {"groups": 0}, r"groups=0: accepted is a whole number of at least 1"),
        (np.ones((2, 2)), (4, 4), {"groups": 1.0}, r"groups=1.0: accepted is a whole number"),
        (np.ones((2, 2)), (4, 4), {"stride": 2.0}, r"stride=2.0: accepted are one whole number or one per axis"),
        (np.ones((2, 2)), (4, 4), {"dilation": True}, r"dilation=True: accepted are one whole number"),
        (np.ones((2, 2)), (4, 4), {"padding": 1.0}, r"padding=1.0: accepted are"),
        (np.ones((2, 2)), (4.0, 4), {}, r"input_shape=\(4.0, 4\): accepted are one or more whole numbers"),
        ([[1, 2], [3]], (4, 4), {}, r"kernel is no array: accepted are numbers, in rows of one length"),
        (
            torch.ones(2, 2, device="meta"),
            (4, 4),
            {},
            r"kernel is on the device meta: accepted are tensors",
        ),
        (["1", "2"], (4,), {}, r"kernel has the type <U1: accepted"),
        ([[Fraction(1, 3)]], (4, 4), {}, r"kernel has the type object: .*symbolic_conv_matrix"),
        (np.ones((2, 2)), (2,), {}, r"does not go with"),
        (np.ones((1, 1)), (1,), {}, r"does not go with"),
    ],
)
def test_bad_input_names_the_argument_what_was_given_and_what_is_accepted(kernel, input_shape, options, message):
    with pytest.raises(ValueError, match=message):
        conv_matrix(kernel, input_shape, **options)


def test_symbolic_matrix_refuses_what_is_not_an_expression():
    with pytest.raises(ValueError, match="kernel must hold SymPy expressions"):
        symbolic_conv_matrix(np.array(["1 +"], dtype=object), (2,))


@pytest.mark.parametrize("kernel", [[None], [[1, 2], [3]], "12", torch.ones(2, device="meta")])
def test_symbolic_matrix_names_a_kernel_that_holds_none(kernel):
    with pytest.raises(ValueError, match=r"^kernel "):
        symbolic_conv_matrix(kernel, (4,))


def test_symbol_array_refuses_a_bad_shape():
    with pytest.raises(ValueError, match=r"shape=\(2, 0\)"):
        symbol_array("w", (2, 0))
