"""Statements of *A convolution is a matrix*, tested from their own text: plain loops, the framework, the prover."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
import z3

from hwlib.conv import conv_matrix, output_shape, symbol_array, symbolic_conv_matrix

from .harness import Statement
from .prover import proved


def places(k, n, s, p):
    """All r at least 0 for which taps r s, ..., r s + k - 1 lie within n pixels and p zeros on both sides."""
    return [r for r in range(n + 2 * p + 1) if all(0 <= s * r + a < n + 2 * p for a in range(k))]


def convolution(w, x, s, p):
    """The sums of the definition: w and x are dicts from index pairs to values of any kind."""
    (k, kk), (n, m) = (tuple(1 + max(index[axis] for index in array) for axis in (0, 1)) for array in (w, x))
    y = {}
    for r, c in itertools.product(places(k, n, s, p), places(kk, m, s, p)):
        terms = [w[a, b] * x[s * r - p + a, s * c - p + b] for a, b in w if (s * r - p + a, s * c - p + b) in x]
        y[r, c] = sum(terms) if terms else 0
    return y


def as_dict(array):
    return dict(np.ndenumerate(np.asarray(array)))


def unit(shape, index):
    return {place: int(place == index) for place in np.ndindex(*shape)}


# Kernels and images to 3 by 2 pixels, strides to 3, paddings to 2; those first that are smallest.
GEOMETRIES = sorted(
    itertools.product(
        list(itertools.product(range(1, 4), range(1, 3))),
        list(itertools.product(range(1, 4), range(1, 3))),
        range(1, 4),
        range(3),
    ),
    key=lambda case: (sum(case[0]) + sum(case[1]) + case[2] + case[3], case),
)
FITTING = [
    (kernel, image, s, p)
    for kernel, image, s, p in GEOMETRIES
    if all(k <= n + 2 * p for k, n in zip(kernel, image, strict=True))
]
SCOPE = "kernels and images to 3 by 2 pixels, strides to 3, paddings to 2"


# --- def-conv --------------------------------------------------------------------------------------------------


def is_the_defined_one(case):
    """The library's matrix, applied to each image with a single 1, gives the sums; the sizes are those of the sums."""
    kernel, image, s, p = case
    w = np.arange(1, np.prod(kernel) + 1).reshape(kernel)
    matrix = conv_matrix(w, image, stride=s, padding=p).toarray()
    for column, index in enumerate(np.ndindex(*image)):
        y = convolution(as_dict(w), unit(image, index), s, p)
        rows, columns = (1 + max(place[axis] for place in y) for axis in (0, 1))
        if output_shape(kernel, image, stride=s, padding=p) != (rows, columns):
            return False
        if matrix[:, column].tolist() != [y[place] for place in np.ndindex(rows, columns)]:
            return False
    return True


definition = Statement(
    "def-conv",
    text="c1c2403f",
    cases=lambda: FITTING,
    conclusion=is_the_defined_one,
    scope=SCOPE,
)


@pytest.mark.problem("conv-matrix-stride3")
@pytest.mark.problem("conv-matrix-stride2")
def test_the_library_s_convolution_is_the_defined_one():
    assert definition.verify().covered == len(FITTING)


def test_the_defined_one_is_the_framework_s():
    rng = np.random.default_rng(0)
    for kernel, image, s, p in FITTING:
        w, x = rng.integers(-9, 10, kernel), rng.integers(-9, 10, image)
        tensors = (torch.from_numpy(array.astype(float))[None, None] for array in (x, w))
        expected = F.conv2d(*tensors, stride=s, padding=p)[0, 0].numpy()
        assert convolution(as_dict(w), as_dict(x), s, p) == as_dict(expected)


# --- prop-conv-size --------------------------------------------------------------------------------------------


def has_the_said_outputs(case):
    """All (r, c) of the definition, found by laying the kernel; the said rows and columns, one by one."""
    (k, kk), (n, m), s, p = case
    outputs = set(itertools.product(places(k, n, s, p), places(kk, m, s, p)))
    rows, columns = (n + 2 * p - k) // s + 1, (m + 2 * p - kk) // s + 1
    return outputs == set(itertools.product(range(rows), range(columns))) and min(rows, columns) >= 1


size = Statement(
    "prop-conv-size",
    text="a18b4470",
    cases=lambda: GEOMETRIES,
    hypotheses={
        "k <= n + 2p": lambda case: case[0][0] <= case[1][0] + 2 * case[3],
        "k' <= n' + 2p": lambda case: case[0][1] <= case[1][1] + 2 * case[3],
    },
    conclusion=has_the_said_outputs,
    scope=SCOPE,
)


def test_the_formula_counts_the_outputs_and_without_a_kernel_that_fits_it_does_not():
    assert size.verify().without == {
        "k <= n + 2p": ((2, 1), (1, 1), 1, 0),
        "k' <= n' + 2p": ((1, 2), (1, 1), 1, 0),
    }
    assert not places(3, 1, 1, 0)  # the page's: n = 1 and k = 3, where the formula gives -1
    assert len(places(1, 3, 1, 0)) == 3  # a kernel of 1 x 3 on 3 x 1: three by the formula, but no place


def test_the_formula_along_one_axis_further_on():
    for n, k, s, p in itertools.product(range(1, 7), range(1, 7), range(1, 5), range(4)):
        if k <= n + 2 * p:
            assert len(places(k, n, s, p)) == (n + 2 * p - k) // s + 1


def test_the_formula_counts_the_places_of_the_framework_on_both_axes():
    for kernel, image, s, p in FITTING:
        y = F.conv2d(torch.ones(1, 1, *image), torch.ones(1, 1, *kernel), stride=s, padding=p)
        formula = [(n + 2 * p - k) // s + 1 for k, n in zip(kernel, image, strict=True)]
        assert list(y.shape[2:]) == formula


# --- thm-conv-matrix -------------------------------------------------------------------------------------------


def by_formula(kernel, image, s, p):
    """The entries as numbers of weights, from 1; 0 where the arguments are no index of the kernel."""
    number = {index: 1 + n for n, index in enumerate(np.ndindex(*kernel))}
    rows = itertools.product(*(places(k, n, s, p) for k, n in zip(kernel, image, strict=True)))
    return {
        ((r, c), (i, j)): number.get((i - s * r + p, j - s * c + p), 0) for r, c in rows for i, j in np.ndindex(*image)
    }


def the_matrix_does_it_and_no_other(case):
    """For every kernel with a single 1: the output of each image with a single 1 is the matrix's column.

    Outputs are sums of products of a weight and a pixel, so they are linear in both, and these images settle all.
    """
    kernel, image, s, p = case
    entries = by_formula(*case)
    for number, tap in enumerate(np.ndindex(*kernel), 1):
        for index in np.ndindex(*image):
            y = convolution(unit(kernel, tap), unit(image, index), s, p)
            if any(value != (entries[place, index] == number) for place, value in y.items()):
                return False
    return True


matrix = Statement(
    "thm-conv-matrix",
    text="c10e6d08",
    cases=lambda: FITTING,
    conclusion=the_matrix_does_it_and_no_other,
    scope=SCOPE,
)


@pytest.mark.problem("conv-matrix-stride3")
@pytest.mark.problem("conv-matrix-stride2")
def test_the_formula_gives_every_entry():
    assert matrix.verify().covered == len(FITTING)


@pytest.mark.problem("conv-matrix-stride3")
@pytest.mark.problem("conv-matrix-stride2")
@pytest.mark.parametrize(("kernel", "s"), [((2, 2), 3), ((3, 3), 2)])
def test_the_problems_matrices_in_symbols_have_the_entries_of_the_formula(kernel, s):
    w = symbol_array("w", kernel)
    shown = symbolic_conv_matrix(w, (3, 3), stride=s, padding=1)
    names = [0, *w.ravel()]
    entries = by_formula(kernel, (3, 3), s, 1)
    assert shown.shape == (4, 9)
    assert list(shown) == [names[number] for number in entries.values()]


@pytest.mark.problem("conv-matrix-stride3")
@pytest.mark.problem("conv-matrix-stride2")
@pytest.mark.parametrize(("kernel", "s"), [((2, 2), 3), ((3, 3), 2)])
def test_for_all_real_weights_and_pixels_the_library_s_matrix_gives_the_sums(kernel, s):
    w = {index: z3.Real(f"w{index}") for index in np.ndindex(*kernel)}
    x = {index: z3.Real(f"x{index}") for index in np.ndindex(3, 3)}
    numbers = np.arange(1, len(w) + 1).reshape(kernel)
    entries = conv_matrix(numbers, (3, 3), stride=s, padding=1).toarray()
    weights, pixels = [z3.RealVal(0), *w.values()], list(x.values())
    for row, value in zip(entries, convolution(w, x, s, 1).values(), strict=True):
        proved(z3.Sum([weights[entry] * pixel for entry, pixel in zip(row, pixels, strict=True)]) == value)


# --- prop-conv-repeat ------------------------------------------------------------------------------------------

# Kernel, image, stride and padding; all their matrices of zeros and ones are the cases.
SMALL = [
    ((1, 1), (1, 1), 1, 0),
    ((1, 1), (2, 1), 1, 0),
    ((2, 1), (2, 1), 1, 0),
    ((2, 1), (3, 1), 1, 0),
    ((2, 1), (1, 1), 1, 1),
    ((2, 1), (2, 1), 1, 1),
    ((1, 1), (3, 1), 2, 0),
    ((2, 1), (4, 1), 2, 0),
    ((3, 1), (3, 1), 2, 1),
    ((2, 1), (2, 2), 1, 0),
    ((1, 2), (2, 2), 1, 0),
    ((2, 2), (2, 2), 2, 1),
]


def shape_of(kernel, image, s, p):
    return [len(places(k, n, s, p)) for k, n in zip(kernel, image, strict=True)]


def all_matrices():
    for geometry in SMALL:
        (rows, columns), (n, m) = shape_of(*geometry), geometry[1]
        indices = list(itertools.product(np.ndindex(rows, columns), np.ndindex(n, m)))
        if len(indices) <= 9:
            for bits in itertools.product((0, 1), repeat=len(indices)):
                yield geometry, dict(zip(indices, bits, strict=True))
        else:
            yield from drawn_matrices(geometry, indices)


def drawn_matrices(geometry, indices):
    """Some of many: those of convolutions, the same with one entry changed, and ones at random."""
    rng = np.random.default_rng(0)
    for matrix in list(convolutions(geometry)):
        yield geometry, dict(zip(indices, matrix, strict=True))
        for place in range(len(indices)):
            yield geometry, dict(zip(indices, [e ^ (i == place) for i, e in enumerate(matrix)], strict=True))
    for bits in rng.integers(0, 2, (200, len(indices))).tolist():
        yield geometry, dict(zip(indices, bits, strict=True))


def convolutions(geometry):
    """The matrices of all kernels of zeros and ones, each as its entries, row by row: columns from the definition."""
    kernel, image, s, p = geometry
    for weights in itertools.product((0, 1), repeat=int(np.prod(kernel))):
        w = dict(zip(np.ndindex(*kernel), weights, strict=True))
        outputs = [convolution(w, unit(image, index), s, p) for index in np.ndindex(*image)]
        yield tuple(y[place] for place in np.ndindex(*shape_of(*geometry)) for y in outputs)


ALL_CONVOLUTIONS = {geometry: set(convolutions(geometry)) for geometry in SMALL}


def is_convolution(case):
    geometry, entries = case
    return tuple(entries.values()) in ALL_CONVOLUTIONS[geometry]


def is_local(case):
    ((k, kk), _, s, p), entries = case
    return all(
        value == 0 or (0 <= i - s * r + p < k and 0 <= j - s * c + p < kk)
        for ((r, c), (i, j)), value in entries.items()
    )


def is_shared(case):
    (_, _, s, _), entries = case
    return all(
        value == entries.get(moved, value)
        for ((r, c), (i, j)), value in entries.items()
        for moved in (((r + 1, c), (i + s, j)), ((r, c + 1), (i, j + s)))
    )


repeat = Statement(
    "prop-conv-repeat",
    text="76618fc7",
    cases=all_matrices,
    hypotheses={"local": is_local, "shared": is_shared},
    conclusion=is_convolution,
    scope="matrices of zeros and ones for twelve small geometries; all, or some where there are more than 512",
    kind="sampled",
)


def test_local_and_shared_matrices_are_those_of_convolutions():
    without = repeat.verify().without
    geometry, entries = without["local"]
    assert geometry == ((1, 1), (2, 1), 1, 0)
    assert list(entries.values()) == [0, 0, 1, 0]  # y(1) reads x(0), beyond a kernel of one weight
    geometry, entries = without["shared"]
    assert geometry == ((1, 1), (2, 1), 1, 0)
    assert list(entries.values()) == [0, 0, 0, 1]  # y(0) = 0, y(1) = x(1)
    assert all(is_local(case) and is_shared(case) for case in all_matrices() if is_convolution(case))


def test_the_page_s_two_counter_examples():
    geometry = ((2, 1), (3, 1), 1, 0)
    indices = list(itertools.product(np.ndindex(2, 1), np.ndindex(3, 1)))

    def verdict(rows):
        case = (geometry, dict(zip(indices, itertools.chain(*rows), strict=True)))
        return is_local(case), is_shared(case), is_convolution(case)

    assert verdict([(0, 0, 1), (0, 0, 0)]) == (False, True, False)
    assert verdict([(1, 0, 0), (0, 0, 1)]) == (True, False, False)
    found = Counter(verdict(np.reshape(bits, (2, 3)).tolist()) for bits in itertools.product((0, 1), repeat=6))
    assert found[True, True, True] == 4
    assert found[True, True, False] == found[True, False, True] == found[False, True, True] == 0


# --- sentences beside the statements ---------------------------------------------------------------------------


def test_sparse_with_repeated_entries_is_not_yet_a_convolution():
    """The takeaway once said that sparse and repeated is all that sets a convolution apart."""
    matrix = conv_matrix([1, 2], (3,)).toarray()
    permuted = matrix[:, [1, 0, 2]]
    assert Counter(permuted.ravel().tolist()) == Counter(matrix.ravel().tolist())
    kernels = itertools.product(range(-2, 3), repeat=2)
    assert not any(np.array_equal(permuted, conv_matrix(kernel, (3,)).toarray()) for kernel in kernels)


def test_average_pooling_is_linear_and_max_pooling_of_one_pixel_too():
    """A takeaway once said: with pooling a layer is neither linear nor affine."""
    x = torch.from_numpy(np.random.default_rng(0).integers(-9, 10, (1, 4, 4)).astype(float))
    assert torch.equal(F.max_pool2d(x, 1), x)
    mean = conv_matrix(np.full((2, 2), 0.25), (4, 4), stride=2) @ x.numpy().ravel()
    assert np.array_equal(F.avg_pool2d(x, 2).numpy().ravel(), mean)


def test_no_affine_map_is_the_maximum_of_two_real_numbers():
    a, b, c = z3.Reals("a b c")
    values = [(0, 0), (1, 0), (-1, 0)]
    proved(z3.Not(z3.And([a * x + b * y + c == max(x, y) for x, y in values])))


@pytest.mark.problem("conv-valid-by-hand")
def test_the_valid_convolution_of_the_problem_by_the_definition():
    x = [[0, 0, 0, 0, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0], [0, 3, 2, 3, 0], [0, 3, 2, 3, 0], [0, 0, 0, 0, 0]]
    w = [[1, -1], [1, -1]]
    z = convolution(as_dict(w), as_dict(x), 1, 0)
    shown = (conv_matrix(w, (6, 5)) @ np.ravel(x)).reshape(output_shape((2, 2), (6, 5)))
    assert as_dict(shown) == z
    by_value = {value: {place for place in z if z[place] == value} for value in (6, -6, 0)}
    assert (max(z.values()), min(z.values()), max(z)) == (6, -6, (4, 3))
    assert by_value == {
        6: {(1, 3), (2, 3), (3, 3)},
        -6: {(1, 0), (2, 0), (3, 0)},
        0: {(0, 1), (0, 2), (1, 1), (1, 2)},
    }


@pytest.mark.parametrize(("stride", "rows"), [(2, 1), (3, 1)])
def test_a_larger_stride_may_leave_as_many_rows(stride, rows):
    """Below the explorer it once said: a larger stride removes rows."""
    assert output_shape((3, 3), (4, 4), stride=stride) == (rows, rows)
    assert output_shape((1, 1), (4, 4), stride=3) == output_shape((1, 1), (4, 4), stride=3, padding=1)


def test_stored_entries_of_the_photograph_s_matrix_are_not_all_nonzero():
    """The share of zeros was once computed from the stored entries, zeros of the kernel among them."""
    matrix = conv_matrix(np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]), (5, 5), padding=1)
    assert matrix.nnz == 13**2  # 5 + 4 + 4 along each axis
    assert matrix.count_nonzero() == 13 * 8


def test_max_pooling_is_linear_where_each_window_covers_one_pixel():
    """It once said: as soon as the window has more than one pixel, no matrix computes it."""
    x = torch.from_numpy(np.random.default_rng(0).integers(-9, 10, (1, 2, 2)).astype(float))
    assert torch.equal(F.max_pool2d(x, 2, stride=2, padding=1), x)


def test_average_pooling_that_leaves_the_padding_out_is_no_convolution():
    """It once said: average pooling is a convolution. Equal weights v would give v in the corner, 4v in the middle."""
    options = {"stride": 1, "padding": 1}
    units = torch.eye(4, dtype=torch.float64).reshape(4, 1, 2, 2)
    apart = F.avg_pool2d(units, 2, count_include_pad=False, **options).flatten(1).T
    assert (apart[0, 0], apart[4, 0]) == (1, 1 / 4)  # both are the last weight's place for x(0,0)
    together = F.avg_pool2d(units, 2, **options).flatten(1).T.numpy()
    assert np.array_equal(together, conv_matrix(np.full((2, 2), 0.25), (2, 2), **options).toarray())


def test_the_photograph_s_kernel_has_nine_zeros_and_the_border_fewer_entries():
    """It once said three, and that an entry is stored for each weight of each place."""
    edge = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    kernel = np.array([0.299, 0.587, 0.114])[None, :, None, None] * edge
    assert (kernel == 0).sum() == 9
    assert conv_matrix(kernel, (3, 30, 45), padding=1).nnz == 3 * 88 * 133 < 30 * 45 * 27


def test_a_matrix_may_have_no_zeros_and_a_weight_stands_in_some_blocks_only():
    """A takeaway once said that the matrix is sparse, the explorer that each weight has a diagonal in every block."""
    assert conv_matrix(np.ones((3, 3)), (3, 3)).toarray().all()
    matrix = conv_matrix([[1, 2], [3, 4]], (4, 4)).toarray()
    assert matrix[:3, :4].any()
    assert not matrix[:3, 8:12].any()
    larger = [(conv_matrix(np.ones((k, k)), (4, 4), stride=3, padding=1).toarray() != 0).sum(1).max() for k in (2, 3)]
    assert larger == [4, 4]


def test_of_the_explorer_s_sliders_padding_adds_rows_and_the_two_others_remove_them():
    """Above the explorer it once asked which slider removes rows, as if there were one."""

    def falls(sizes):
        return sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]

    sizes = {
        (k, s, p): output_shape((k, k), (4, 4), stride=s, padding=p)[0]
        for k, s, p in itertools.product((1, 2, 3), (1, 2, 3), (0, 1, 2))
    }
    assert falls([sizes[k, 1, 0] for k in (1, 2, 3)])
    assert falls([sizes[1, s, 0] for s in (1, 2, 3)])
    assert falls([sizes[1, 1, p] for p in (2, 1, 0)])
    for (k, s, p), size in sizes.items():
        others = [sizes.get(case, size) for case in ((k + 1, s, p), (k, s + 1, p), (k, s, p - 1))]
        assert max(others) <= size  # fewer rows, or as many


def test_the_remainder_is_the_number_of_rows_behind_the_last_place():
    """Below the output size; and with stride two, two weights leave the last of three pixels unread."""
    for n, k, s, p in itertools.product(range(1, 7), range(1, 5), range(1, 5), range(3)):
        if k <= n + 2 * p:
            last = max(places(k, n, s, p)) * s + k - 1
            assert n + 2 * p - 1 - last == (n + 2 * p - k) % s
    assert conv_matrix([1, 2], (3,), stride=2).toarray().tolist() == [[1, 2, 0]]


def test_without_padding_and_with_a_stride_that_fits_only_a_remainder_is_unread():
    """The exercise's sentence is right but for its last step."""
    for n, k, s in itertools.product(range(1, 8), range(1, 5), range(1, 5)):
        if s <= k <= n:
            read = {r * s + a for r in places(k, n, s, 0) for a in range(k)}
            assert read == set(range(n - (n - k) % s))


def test_for_all_slopes_the_kernel_of_the_design_gives_zero():
    alpha, beta, gamma, i, j = z3.Reals("alpha beta gamma i j")

    def slope(down, right):
        return alpha + beta * (i + down) + gamma * (j + right)

    neighbours = slope(-1, 0) + slope(1, 0) + slope(0, -1) + slope(0, 1)
    proved(neighbours - 4 * slope(0, 0) == 0)
    image = [[3 + 2 * r - 5 * c for c in range(5)] for r in range(4)]
    kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert not (conv_matrix(kernel, (4, 5)) @ np.ravel(image)).any()
