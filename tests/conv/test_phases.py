"""Phase sums, the nearest kernel with equal ones, and the factor of a kernel that repeats and convolves."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hwlib.conv import nearest_even_kernel, phase_sums, resize_factor

whole_kernels = arrays.arrays(np.int64, arrays.array_shapes(max_dims=3, max_side=5), elements=st.integers(-9, 9))


@given(whole_kernels, st.integers(1, 4))
def test_a_phase_sum_is_what_a_flat_image_becomes_inside(kernel, stride):
    layer = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[kernel.ndim - 1]
    image = torch.ones(1, 1, *[-(-k // stride) + 1 for k in kernel.shape]).double()
    drawn = layer(image, torch.from_numpy(kernel).double()[None, None], stride=stride)[0, 0].numpy()
    sums = phase_sums(kernel, stride)
    met = [  # along each axis the outputs of which every weight of the phase meets a pixel
        [R for R in range(size) if all(0 <= R - a < stride * n for a in range(R % stride, k, stride))]
        for size, k, n in zip(drawn.shape, kernel.shape, image.shape[2:], strict=True)
    ]
    for place in itertools.product(*met):
        assert drawn[place] == sums[tuple(R % stride for R in place)]
    assert sums.sum() == kernel.sum()


@given(whole_kernels, st.integers(1, 3))
def test_the_nearest_even_kernel_solves_the_least_squares_problem(kernel, stride):
    """An independent way: the change that SVD's least-norm solution gives, with the common sum as a further unknown."""
    if min(kernel.shape) < stride:
        with pytest.raises(ValueError, match="accepted are at least stride"):
            nearest_even_kernel(kernel, stride)
        return
    even = nearest_even_kernel(kernel, stride)
    assert len(set(phase_sums(even, stride).ravel())) == 1  # exactly
    phases = np.ravel_multi_index(np.indices(kernel.shape) % stride, (stride,) * kernel.ndim).ravel()
    member = (phases == np.arange(stride**kernel.ndim)[:, None]).astype(float)
    differences = member[1:] - member[0]  # times the kernel: zero exactly for an even one
    change = np.linalg.pinv(differences) @ (-differences @ kernel.ravel()) if len(differences) else 0 * kernel.ravel()
    assert np.allclose((even - kernel).ravel().astype(float), change, atol=1e-9)
    assert np.allclose(nearest_even_kernel(kernel.astype(float), stride), even.astype(float))


def test_large_weights_do_not_overflow():
    assert phase_sums([2**62] * 4, 1).tolist() == [2**64]
    assert nearest_even_kernel([1e308, 1e308, -1e308, 1e308], 1).tolist() == [1e308, 1e308, -1e308, 1e308]


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(1, 4))
def test_the_factor_times_ones_is_the_kernel(factor, stride):
    kernel = np.convolve(factor, np.ones(stride, dtype=int))
    assert resize_factor(kernel, stride).tolist() == factor


def test_there_is_a_factor_exactly_where_the_polynomial_of_ones_divides():
    z = sympy.Symbol("z")
    for k, stride in itertools.product(range(1, 5), range(1, 4)):
        for kernel in itertools.product(range(-1, 2), repeat=k):
            ones = sympy.Poly([1] * stride, z)
            remainder = sympy.Poly(list(reversed(kernel)), z).rem(ones)
            try:
                found = resize_factor(kernel, stride)
            except ValueError:
                found = None
            if k < stride:
                assert found is None
            else:
                assert (found is not None) == remainder.is_zero, (kernel, stride)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: phase_sums(3, 2), "kernel=3: accepted is an array with an axis"),
        (lambda: phase_sums([1, 2], 0), "stride=0: accepted is a whole number"),
        (lambda: phase_sums([1, float("nan")], 2), "kernel"),
        (lambda: nearest_even_kernel([[1, 2]], 2), r"shape \(1, 2\): accepted are at least stride=2 weights"),
        (lambda: resize_factor([[1, 2]], 1), "accepted is one axis"),
        (lambda: resize_factor([1, 2, 3], 2), "phase sums 4, 2: accepted are equal ones"),
    ],
)
def test_what_cannot_be_is_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_arguments_stay_as_they_are_and_fractions_stay_fractions():
    kernel = np.array([1, 1, 1])
    even = nearest_even_kernel(kernel, 2)
    assert kernel.tolist() == [1, 1, 1]
    assert even.tolist() == [Fraction(2, 3), Fraction(4, 3), Fraction(2, 3)]
