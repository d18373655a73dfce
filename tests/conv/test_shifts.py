"""Circular convolutions, shifts and Fourier against loops, SciPy, PyTorch, SymPy and arithmetic without rounding."""

from __future__ import annotations

import itertools
import json
import re
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import sympy
import torch
import torch.nn.functional as F  # noqa: N812
from experiments import convolutions as experiment
from hypothesis import given
from hypothesis import strategies as st
from sympy.discrete.transforms import ntt

from hwlib._core.results import checksum
from hwlib.conv import (
    circular_conv_matrix,
    circular_eigenvalues,
    circular_kernel,
    commutes_with_shifts,
    conv_matrix,
    fourier_convolution,
    measured_convolutions,
    modular_convolution,
    modular_fourier,
    symbol_array,
)

from ..examples import examples


def looped(kernel, image, strides):
    """The sums of the definition, pixels counted round the ring."""
    sizes = [n // s for n, s in zip(image.shape, strides, strict=True)]
    made = np.zeros(sizes, image.dtype)
    for place in np.ndindex(*sizes):
        for tap in np.ndindex(*kernel.shape):
            pixel = tuple((r * s + a) % n for r, s, a, n in zip(place, strides, tap, image.shape, strict=True))
            made[place] += kernel[tap] * image[pixel]
    return made


@examples(100)
@given(data=st.data(), axes=st.integers(1, 3))
def test_the_matrix_is_the_sums_round_the_ring(data, axes):
    strides = data.draw(st.tuples(*[st.integers(1, 2)] * axes))
    shape = tuple(s * data.draw(st.integers(1, 3)) for s in strides)
    kernel_shape = data.draw(st.tuples(*[st.integers(1, 4)] * axes))  # also longer than the ring
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    kernel, image = rng.integers(-9, 10, kernel_shape), rng.integers(-9, 10, shape)
    matrix = circular_conv_matrix(kernel, shape, stride=strides)
    assert (matrix @ image.ravel()).tolist() == looped(kernel, image, strides).ravel().tolist()
    assert commutes_with_shifts(matrix, shape, stride=strides)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (2, 2), (5, 3), (6, 6)])
def test_on_one_axis_it_is_scipys_circulant(n, k):
    kernel = np.arange(1, k + 1)
    widened = np.pad(kernel, (0, n - k))
    assert np.array_equal(circular_conv_matrix(kernel, (n,)), scipy.linalg.circulant(widened).T)


def test_it_is_pytorchs_circular_padding():
    rng = np.random.default_rng(0)
    kernel, image = rng.integers(-9, 10, (3, 3)), rng.integers(-9, 10, (4, 5))
    tensor = F.pad(torch.tensor(image)[None, None].double(), (1, 1, 1, 1), mode="circular")
    expected = F.conv2d(tensor, torch.tensor(kernel)[None, None].double())[0, 0].numpy()
    centred = np.roll(image, (1, 1), (0, 1))  # the first weight meets the pixel up and left
    assert np.array_equal((circular_conv_matrix(kernel, (4, 5)) @ centred.ravel()).reshape(4, 5), expected)


def test_its_eigenvalues_are_those_of_circular_eigenvalues():
    kernel = np.random.default_rng(0).normal(size=(2, 3))
    found = np.sort_complex(np.linalg.eigvals(circular_conv_matrix(kernel, (3, 4))))
    expected = np.sort_complex(circular_eigenvalues(kernel, (3, 4)).ravel())
    assert all(abs(found - value).min() < 1e-9 for value in expected)


def test_fractions_and_symbols_stay_what_they_are():
    third, w = Fraction(1, 3), symbol_array("w", (2,))
    assert circular_conv_matrix([third, 1], (2,)).tolist() == [[third, 1], [1, third]]
    assert circular_conv_matrix(w, (3,)).tolist() == [[w[0], w[1], 0], [0, w[0], w[1]], [w[1], 0, w[0]]]
    assert commutes_with_shifts(circular_conv_matrix(w, (3,)), (3,))
    assert circular_kernel(circular_conv_matrix(w, (3,)), (3,)).tolist() == [*w, 0]


@pytest.mark.parametrize(("shape", "stride"), [((1,), 1), ((2,), 1), ((3,), 1), ((2,), 2), ((4,), 2), ((1, 2), 1)])
def test_of_all_small_matrices_those_commute_that_say_so_of_every_image(shape, stride):
    """Images with a single 1 settle it: both ways are linear."""
    n = int(np.prod(shape))
    m = n // stride
    outputs = tuple(size // stride for size in shape)
    units = np.eye(n, dtype=int).reshape(n, *shape)
    for entries in itertools.product((0, 1), repeat=m * n):
        matrix = np.reshape(entries, (m, n))

        def layer(x, matrix=matrix):
            return (matrix @ x.ravel()).reshape(outputs)

        said = all(
            np.array_equal(layer(np.roll(x, -stride, axis)), np.roll(layer(x), -1, axis))
            for x in units
            for axis in range(len(shape))
        )
        assert commutes_with_shifts(matrix, shape, stride=stride) == said


def test_expressions_are_equal_in_any_form():
    x = sympy.Symbol("x")
    assert commutes_with_shifts([[x * (x + 1), 1], [1, x**2 + x]], (2,))
    assert commutes_with_shifts([[sympy.sin(x) ** 2, 0], [0, 1 - sympy.cos(x) ** 2]], (2,))
    assert not commutes_with_shifts([[x, 1], [1, x + 1]], (2,))


def test_weights_that_meet_do_not_overflow():
    assert circular_conv_matrix([2**62, 2**62], (1,)).tolist() == [[2**63]]


def test_kernels_come_back_and_other_matrices_have_none():
    kernel = np.random.default_rng(0).integers(-9, 10, (3, 4))
    assert np.array_equal(circular_kernel(circular_conv_matrix(kernel, (3, 4)), (3, 4)), kernel)
    sparse = conv_matrix(np.ones((1, 1)), (2, 2))  # the identity, sparse
    assert circular_kernel(sparse, (2, 2)).tolist() == [[1, 0], [0, 0]]
    with pytest.raises(ValueError, match="matrix does not commute with shifts"):
        circular_kernel([[1, 0], [0, 2]], (2,))
    assert commutes_with_shifts(np.roll(np.eye(6), 1, 1), (6,))
    assert not commutes_with_shifts(np.roll(np.eye(6), 1, 1), (2, 3))  # moves the end of a row to the next row


@examples(100)
@given(data=st.data(), axes=st.integers(1, 3), p=st.integers(0, 2), complex_=st.booleans())
def test_fourier_gives_scipys_direct_sums(data, axes, p, complex_):
    kernel_shape = data.draw(st.tuples(*[st.integers(1, 4)] * axes))
    shape = tuple(data.draw(st.integers(max(1, k - 2 * p), 6)) for k in kernel_shape)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    kernel, image = rng.normal(size=kernel_shape), rng.normal(size=shape)
    if complex_:
        kernel = kernel + 1j * rng.normal(size=kernel_shape)
    padded = np.pad(image, p)
    expected = scipy.signal.correlate(padded, kernel.conj(), mode="valid", method="direct")
    found = fourier_convolution(kernel, image, padding=p)
    assert found.dtype.kind == ("c" if complex_ else "f")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


@examples(100)
@given(data=st.data(), axes=st.integers(1, 2), p=st.integers(0, 1), size=st.sampled_from([1, 9, 10**6, 10**12]))
def test_modulo_a_prime_there_is_no_rounding(data, axes, p, size):
    kernel_shape = data.draw(st.tuples(*[st.integers(1, 3)] * axes))
    shape = tuple(data.draw(st.integers(max(1, k - 2 * p), 5)) for k in kernel_shape)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    kernel, image = rng.integers(-size, size + 1, kernel_shape), rng.integers(-size, size + 1, shape)
    padded = np.pad(image, p).astype(object)
    found = modular_convolution(kernel, image, padding=p)
    for place in np.ndindex(*found.shape):
        window = padded[tuple(slice(i, i + k) for i, k in zip(place, kernel_shape, strict=True))]
        assert found[place] == sum(int(w) * x for w, x in zip(kernel.ravel(), window.ravel(), strict=True))


def test_sums_beyond_64_bits_are_pythons_own():
    found = modular_convolution([2**62, 2**62, 2**62], [4, 4, 4])
    assert found.tolist() == [3 * 2**64]
    assert modular_convolution([0], [0, 0]).tolist() == [0, 0]


@pytest.mark.parametrize(("n", "root", "modulus"), [(1, 1, 2), (4, 2, 5), (4, 16, 257), (8, 4, 257)])
def test_the_transform_modulo_a_prime_is_the_sum_and_goes_back(n, root, modulus):
    signal = np.arange(3, 3 + n) ** 2
    spectrum = modular_fourier(signal, root=root, modulus=modulus)
    for f in range(n):
        total = sum(int(x) * pow(root, n - f * i % n, modulus) for i, x in enumerate(signal))
        assert spectrum[f] == total % modulus
    back = modular_fourier(spectrum, root=root, modulus=modulus, inverse=True)
    assert back.tolist() == (signal % modulus).tolist()


def test_its_values_are_those_of_sympy_up_to_the_choice_of_the_root():
    signal = [5, 1, 0, 2]
    theirs = ntt(signal, 257)
    assert any(modular_fourier(signal, root=root, modulus=257).tolist() == theirs for root in (16, 241))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: circular_conv_matrix([1, 2], (2, 2)), "input_shape=(2, 2): accepted is one number for each of"),
        (lambda: circular_conv_matrix([1], (5,), stride=2), "stride=2: accepted are divisors of (5,)"),
        (lambda: circular_conv_matrix(["a"], (5,)), "kernel has the type <U1"),
        (lambda: commutes_with_shifts([[1, 2]], (2,)), "matrix has shape (1, 2): accepted is (2, 2)"),
        (lambda: commutes_with_shifts([[1, 2]], (0,)), "input_shape=(0,)"),
        (lambda: circular_conv_matrix([], (3,)), "kernel has shape (0,): accepted is at least one weight"),
        (lambda: modular_fourier([Fraction(1, 2), 0], root=4, modulus=5), "signal holds Fraction(1, 2)"),
        (lambda: modular_fourier([sympy.Symbol("x"), 0], root=4, modulus=5), "signal holds x"),
        (lambda: modular_fourier([], root=4, modulus=5), "signal has shape (0,)"),
        (lambda: modular_fourier(3, root=4, modulus=5), "signal has shape ()"),
        (lambda: fourier_convolution([1, np.nan], [1, 2]), "kernel has entries that are infinite or NaN"),
        (lambda: fourier_convolution([1, 2, 3], [1, 2]), "kernel"),
        (
            lambda: fourier_convolution([1, 2, 3], [[1, 2, 3]]),
            "image has shape (1, 3): accepted is one axis for",
        ),
        (lambda: modular_convolution([0.5], [1, 2]), "kernel has entries that are no whole numbers"),
        (lambda: modular_fourier([1, 2], root=1, modulus=4), "modulus=4: accepted are prime numbers"),
        (lambda: modular_fourier([1, 2], root=1, modulus=5), "root=1: accepted are numbers whose power 2 is the first"),
        (lambda: modular_fourier([1, 2], root=2, modulus=5), "root=2"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_the_stored_times_are_what_was_measured():
    stored = measured_convolutions()
    assert stored == json.loads(experiment.TARGET.read_text("utf8"))
    assert stored["sha256"] == checksum(stored["results"])
    origin = stored["provenance"]
    assert origin["settings"] == experiment.FULL
    assert {"python", "numpy", "scipy", "torch", "machine", "date"} <= set(origin)
    assert re.fullmatch(r"\w+, \d+ cores", origin["machine"])
    assert [size["k"] for size in stored["results"]] == experiment.FULL["kernels"]
    for size in stored["results"]:
        k, side = size["k"], experiment.FULL["side"]
        assert size["entries"] == (k * side - (k // 2) * (k // 2 + 1)) ** 2  # k // 2 rows are cut off, and so on
        for times in size["seconds"].values():
            assert times == sorted(times)
            assert len(times) == experiment.FULL["rounds"]
            assert times[0] > 0


def test_the_experiment_times_ways_that_agree():
    found = experiment.run({"side": 8, "kernels": [1, 3], "rounds": 2})
    assert found["sha256"] == checksum(found["results"])
    assert set(found["results"][1]["seconds"]) == {"direct", "matrix", "im2col", "Fourier", "PyTorch"}
    kernel, image = np.arange(9.0).reshape(3, 3), np.random.default_rng(0).normal(size=(8, 8))
    expected = scipy.signal.correlate2d(image, kernel, mode="same")
    for way in experiment.ways(kernel, 8).values():
        np.testing.assert_allclose(way(image), expected, rtol=0, atol=1e-12)


def test_for_every_kernel_of_the_ring_of_three_waves_are_eigenvectors_in_symbols():
    w = symbol_array("w", (3,))
    root = sympy.Rational(-1, 2) + sympy.sqrt(3) * sympy.I / 2
    matrix = sympy.Matrix(circular_conv_matrix(w, (3,)))
    for f in range(3):
        wave = sympy.Matrix([root ** (f * i) for i in range(3)])
        value = sum(w[a] * root ** (f * a) for a in range(3))
        assert sympy.expand(matrix * wave - value * wave) == sympy.zeros(3, 1)
