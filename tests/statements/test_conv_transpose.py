"""Statements of *A transposed convolution is the transpose*, from their own text: loops, the framework, the prover."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
import z3

from hwlib.conv import (
    conv_matrix,
    conv_transpose_matrix,
    conv_transpose_output_shape,
    pixel_shuffle_matrix,
    subpixel_kernel,
    symbol_array,
    symbolic_conv_matrix,
    symbolic_conv_transpose_matrix,
    transposed_kernel,
)

from .harness import Statement
from .prover import proved

# A case along both axes: (k, k'), (n, n'), s, p, (e, e'); those first that are smallest.
PAIRS = list(itertools.product((1, 2), repeat=2))
GEOMETRIES = sorted(
    (
        (kernel, image, s, p, extra)
        for kernel in [*PAIRS, (3, 1), (3, 2)]
        for image in [*PAIRS, (3, 1), (1, 3)]
        for s, p in itertools.product((1, 2, 3), (0, 1))
        for extra in itertools.product(range(3), repeat=2)
        if all(s * (n - 1) + k - 2 * p + e > 0 for k, n, e in zip(kernel, image, extra, strict=True))
    ),
    key=lambda case: (sum(case[0]) + sum(case[1]) + case[2] + case[3] + sum(case[4]), case),
)
SCOPE = "kernels to 3 by 2 weights, images to 3 pixels a side, strides to 3, paddings to 1, output paddings to 2"


def output_size(kernel, image, s, p, extra):
    return tuple(s * (n - 1) + k - 2 * p + e for k, n, e in zip(kernel, image, extra, strict=True))


def stamp(w, x, s, p, size):
    """Stamps on a sheet: pixel (i, j) puts w at (si, sj), and the sheet's rows and columns from p on are shown."""
    sheet = {}
    for ((i, j), pixel), ((a, b), weight) in itertools.product(x.items(), w.items()):
        sheet.setdefault((s * i + a, s * j + b), []).append(pixel * weight)
    return {(R, C): sum(sheet.get((R + p, C + p), [])) for R, C in np.ndindex(*size)}


def as_dict(array):
    return dict(np.ndenumerate(np.asarray(array)))


def unit(shape, index):
    return {place: int(place == index) for place in np.ndindex(*shape)}


def numbered(shape):
    return {index: 1 + number for number, index in enumerate(np.ndindex(*shape))}


# --- def-transpose ---------------------------------------------------------------------------------------------


def is_the_sum(case):
    """The sum over pixels, as it stands, equals the stamps; and each weight is named by its number."""
    kernel, image, s, p, _ = case
    w, size = numbered(kernel), output_size(*case)
    for index in np.ndindex(*image):
        x = unit(image, index)
        sums = {
            (R, C): sum(x[i, j] * w.get((R + p - s * i, C + p - s * j), 0) for i, j in x) for R, C in np.ndindex(*size)
        }
        if sums != stamp(w, x, s, p, size):
            return False
    return True


definition = Statement("def-transpose", text="684605dd", cases=lambda: GEOMETRIES, conclusion=is_the_sum, scope=SCOPE)


def test_the_definition_is_stamping():
    definition.verify()


@pytest.mark.problem("conv-transpose-matrix")
def test_the_library_s_matrix_is_the_defined_one_and_so_is_the_framework_s():
    for kernel, image, s, p, extra in GEOMETRIES:
        if max(extra) >= s:
            continue
        w = np.reshape(list(numbered(kernel).values()), kernel)
        options = {"stride": s, "padding": p, "output_padding": extra}
        size = output_size(kernel, image, s, p, extra)
        assert conv_transpose_output_shape(kernel, image, **options) == size
        columns = [stamp(numbered(kernel), unit(image, index), s, p, size).values() for index in np.ndindex(*image)]
        matrix = np.array([list(column) for column in columns]).T
        assert np.array_equal(conv_transpose_matrix(w, image, **options).toarray(), matrix)
        if min(size) > max(extra):  # torch refuses what has no size without output padding
            units = torch.eye(math.prod(image)).double().reshape(-1, 1, *image)
            drawn = F.conv_transpose2d(units, torch.from_numpy(w).double()[None, None], **options)
            assert np.array_equal(drawn.flatten(1).T.numpy(), matrix)


# --- thm-transpose ---------------------------------------------------------------------------------------------


def places(k, n, s, p):
    return [r for r in range(n + 2 * p) if s * r + k <= n + 2 * p]


def convolution_matrix(kernel, image, s, p):
    """Entries as numbers of weights, by the definition of a convolution, and the size of its output."""
    w = numbered(kernel)
    rows = [places(k, n, s, p) for k, n in zip(kernel, image, strict=True)]
    entries = {
        ((r, c), (i, j)): w.get((i - s * r + p, j - s * c + p), 0)
        for r, c in itertools.product(*rows)
        for i, j in np.ndindex(*image)
    }
    return tuple(len(axis) for axis in rows), entries


def is_the_transpose(case):
    kernel, image, s, p, _ = case
    size = output_size(*case)
    seen, entries = convolution_matrix(kernel, size, s, p)
    if seen != image:
        return False
    columns = {index: stamp(numbered(kernel), unit(image, index), s, p, size) for index in np.ndindex(*image)}
    return all(columns[row][column] == entry for (row, column), entry in entries.items())


transpose = Statement(
    "thm-transpose",
    text="18908f0a",
    cases=lambda: GEOMETRIES,
    hypotheses={"e, e' < s": lambda case: max(case[4]) < case[2]},
    conclusion=is_the_transpose,
    scope=SCOPE,
)


@pytest.mark.problem("conv-transpose-matrix")
def test_it_is_the_transpose_and_without_a_small_output_padding_no_matrix_fits():
    kernel, image, s, p, extra = transpose.verify().without["e, e' < s"]
    assert (kernel, image, s, p, sum(extra)) == ((1, 1), (1, 1), 1, 0, 1)


@pytest.mark.problem("conv-transpose-matrix")
def test_the_problem_s_matrix_in_symbols():
    w = symbol_array("w", (2, 2))
    shown = symbolic_conv_transpose_matrix(w, (2, 2), stride=2)
    columns = [stamp(as_dict(w), unit((2, 2), index), 2, 0, (4, 4)) for index in np.ndindex(2, 2)]
    assert shown.T.tolist() == [list(column.values()) for column in columns]


@pytest.mark.problem("conv-transpose-matrix")
def test_for_all_real_numbers_x_times_the_convolution_is_the_input_times_its_transpose():
    """The dot product of x with the convolution of z equals that of z with the stamps of x: that is the transpose."""
    for kernel, image, s, p, extra in [((2, 2), (2, 2), 2, 0, (0, 0)), ((3, 2), (2, 1), 2, 1, (1, 1))]:
        size = output_size(kernel, image, s, p, extra)
        w, x, z = (
            {index: z3.Real(f"{name}{index}") for index in np.ndindex(*shape)}
            for name, shape in (("w", kernel), ("x", image), ("z", size))
        )
        _, entries = convolution_matrix(kernel, size, s, p)
        weights = [z3.RealVal(0), *w.values()]
        forward = z3.Sum([x[row] * weights[entry] * z[column] for (row, column), entry in entries.items()])
        drawn = stamp(w, x, s, p, size)
        proved(forward == z3.Sum([z[index] * drawn[index] for index in z]))


# --- prop-transpose-padding ------------------------------------------------------------------------------------


def leads_back_only_so(case):
    n, k, s, p = case
    m = len(places(k, n, s, p))
    extras = [e for e in range(n + 2 * p + k + s + 1) if s * (m - 1) + k - 2 * p + e == n]
    return extras == [(n + 2 * p - k) % s]


padding = Statement(
    "prop-transpose-padding",
    text="cc87882d",
    cases=lambda: sorted(itertools.product(range(1, 8), range(1, 6), range(1, 5), range(3)), key=sum),
    hypotheses={"k <= n + 2p": lambda case: case[1] <= case[0] + 2 * case[3]},
    conclusion=leads_back_only_so,
    scope="inputs to 7, kernels to 5, strides to 4, paddings to 2",
)


def test_one_output_padding_leads_back_and_none_where_there_was_no_output():
    assert padding.verify().without == {"k <= n + 2p": (1, 3, 1, 0)}  # n, k, s, p


# --- thm-subpixel ----------------------------------------------------------------------------------------------


def split(O, I, k, s):  # noqa: E741 (the page's letters)
    """The number of the weight of W that each weight of V is."""
    number = numbered((I, O, k * s, k * s))
    return {
        (h * s * s + u * s + v, g, a, b): number[g, h, s * (k - 1 - a) + u, s * (k - 1 - b) + v]
        for h, g, u, v, a, b in np.ndindex(O, I, s, s, k, k)
    }


def is_subpixel(case):
    """Both matrices, entry by entry, as numbers of weights of W."""
    O, I, k, s, n, pad, step, crop = case  # noqa: E741
    wanted = {}
    size = s * (n - 1) + k * s - 2 * crop
    number = numbered((I, O, k * s, k * s))
    for h, R, C, g, i, j in np.ndindex(O, size, size, I, n, n):
        if entry := number.get((g, h, R + crop - s * i, C + crop - s * j), 0):
            wanted[(h, R, C), (g, i, j)] = entry
    V, rows = split(O, I, k, s), places(k, n, step, pad)
    if O * s * s * len(rows) ** 2 != O * size**2:
        return False
    found = {}
    for (channel, g, a, b), entry in V.items():
        (h, phase) = divmod(channel, s * s)
        u, v = divmod(phase, s)
        for q, r in itertools.product(rows, repeat=2):
            i, j = step * q - pad + a, step * r - pad + b
            if 0 <= i < n and 0 <= j < n:
                found[(h, s * q + u, s * r + v), (g, i, j)] = entry
    return found == wanted


subpixel = Statement(
    "thm-subpixel",
    text="823abb40",
    cases=lambda: sorted(
        (
            case
            for case in itertools.product((1, 2), (1, 2), (1, 2), (1, 2, 3), (1, 2), (0, 1, 2), (1, 2), (0, 1))
            if case[3] * (case[4] - 1) + case[2] * case[3] > 2 * case[7] and (case[7] == 0 or sum(case[5:7]) <= 2)
        ),
        key=lambda case: (sum(case), case),
    ),
    hypotheses={
        "without padding": lambda case: case[7] == 0,
        "padding k - 1": lambda case: case[5] == case[2] - 1,
        "stride 1": lambda case: case[6] == 1,
    },
    conclusion=is_subpixel,
    scope="O, I, k and n to 2, s to 3, paddings to 2, strides of the convolution to 2; its transpose's padding to 1",
)


@pytest.mark.problem("conv-subpixel")
def test_the_sub_pixel_identity_and_what_it_needs():
    assert subpixel.verify().without == {
        "without padding": (1, 1, 1, 2, 2, 0, 1, 1),  # the page's: 4 outputs against 16
        "padding k - 1": (1, 1, 1, 1, 1, 1, 1, 0),  # padding 1 for a kernel of one weight: nine outputs for one
        "stride 1": (1, 1, 1, 1, 2, 0, 2, 0),
    }
    assert not is_subpixel((1, 1, 2, 2, 2, 0, 1, 0))  # 4 outputs against 36
    assert not is_subpixel((1, 1, 1, 2, 2, 0, 2, 0))


@pytest.mark.problem("conv-subpixel")
def test_the_library_splits_a_kernel_as_the_identity_says():
    for O, I, k, s in np.ndindex(2, 2, 3, 3):  # noqa: E741
        O, I, k, s = O + 1, I + 1, k + 1, s + 1  # noqa: E741
        W = np.reshape(list(numbered((I, O, k * s, k * s)).values()), (I, O, k * s, k * s))
        V = subpixel_kernel(W, s)
        assert as_dict(V) == split(O, I, k, s)
        assert np.array_equal(transposed_kernel(V, s), W)


@pytest.mark.problem("conv-subpixel")
def test_the_problem_s_two_matrices_and_the_permutation_between_them():
    """A_V is the identity once for each weight; row (2i + u, 2j + v) of A_W is row (i, j) of the one with w(u,v)."""
    w = symbol_array("w", (4, 1, 1, 1))
    convolution = symbolic_conv_matrix(w, (1, 2, 2))
    assert convolution.tolist() == [[w[row // 4, 0, 0, 0] * int(row % 4 == c) for c in range(4)] for row in range(16)]
    order = pixel_shuffle_matrix((4, 2, 2), 2).toarray().argmax(axis=1)
    for (i, j), (u, v) in itertools.product(np.ndindex(2, 2), repeat=2):
        assert order[4 * (2 * i + u) + 2 * j + v] == 4 * (2 * u + v) + 2 * i + j
    transposed = symbolic_conv_transpose_matrix(w.reshape(1, 1, 2, 2), (1, 2, 2), stride=2)
    assert [convolution.row(int(row)) for row in order] == [transposed.row(row) for row in range(16)]


# --- def-transpose-phase, thm-transpose-even ---------------------------------------------------------------------

WEIGHTS = (-1, 0, 1)
KERNELS = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (1, 4)]


def flat_cases():
    """Kernel as a dict, image size, stride, padding, constant."""
    for c, kernel, s, p, n in itertools.product((1, 0), KERNELS, (1, 2), (0, 1), (1, 2, 3)):
        if min(s * (n - 1) + k - 2 * p for k in kernel) < 1:
            continue
        for weights in itertools.product(WEIGHTS, repeat=math.prod(kernel)):
            yield dict(zip(np.ndindex(*kernel), weights, strict=True)), kernel, (n, n), s, p, c


CASES = list(flat_cases())


def phase_of(place, s, p):
    return tuple((R + p) % s for R in place)


def meets(place, tap, image, s, p):
    """Whether in the sum some pixel (i, j) has this weight: R + p - si = a, C + p - sj = b."""
    return any((place[0] + p - s * i, place[1] + p - s * j) == tap for i, j in np.ndindex(*image))


def inside(kernel, image, s, p):
    """Outputs inside, each with its phase."""
    size = output_size(kernel, image, s, p, (0, 0))
    found = {}
    for place in np.ndindex(*size):
        taps = [tap for tap in np.ndindex(*kernel) if (tap[0] % s, tap[1] % s) == phase_of(place, s, p)]
        if all(meets(place, tap, image, s, p) for tap in taps):
            found[place] = phase_of(place, s, p)
    return found


INSIDE = {geometry: inside(*geometry) for geometry in {case[1:5] for case in CASES}}


def phase_sums(w, s):
    """By the definition's sum over a and b at least 0, as far as a kernel of up to 4 weights a side reaches."""
    steps = range(5)
    return {
        (u, v): sum(w.get((u + s * a, v + s * b), 0) for a, b in itertools.product(steps, steps))
        for u, v in np.ndindex(s, s)
    }


def only_the_phase_s_weights_are_met(case):
    """The definition's two halves agree: the weights that an output meets are among those of its phase."""
    w, kernel, image, s, p, _ = case
    size = output_size(kernel, image, s, p, (0, 0))
    met = {place: [tap for tap in w if meets(place, tap, image, s, p)] for place in np.ndindex(*size)}
    of_phase = {
        uv: sum(weight for tap, weight in w.items() if (tap[0] % s, tap[1] % s) == uv) for uv in np.ndindex(s, s)
    }
    return of_phase == phase_sums(w, s) and all(
        (a % s, b % s) == phase_of(place, s, p) for place, taps in met.items() for a, b in taps
    )


phase = Statement(
    "def-transpose-phase",
    text="9917a1ea",
    cases=lambda: CASES[:: len(CASES) // 300],
    conclusion=only_the_phase_s_weights_are_met,
    scope="some 300 of the cases of thm-transpose-even",
    kind="sampled",
)


def test_an_output_meets_only_weights_of_its_phase():
    phase.verify()


def test_an_output_s_phase_counts_the_padding():
    """The glossary once took the remainders of the indices alone."""
    matrix = conv_transpose_matrix([1, 2], (2,), stride=2, padding=1).toarray()
    assert matrix.tolist() == [[2, 0], [0, 1]]  # output 0 meets the weight with index 1


def flat_exactly_if_the_sums_are_equal(case):
    w, kernel, image, s, p, c = case
    y = stamp(w, dict.fromkeys(np.ndindex(*image), c), s, p, output_size(kernel, image, s, p, (0, 0)))
    sums, places_inside = phase_sums(w, s), INSIDE[case[1:5]]
    assert all(y[place] == c * sums[uv] for place, uv in places_inside.items())  # holds with no hypothesis
    flat = len({y[place] for place in places_inside}) <= 1
    return flat == (len(set(sums.values())) == 1)


even = Statement(
    "thm-transpose-even",
    text="859f1d5a",
    cases=lambda: CASES,
    hypotheses={
        "c is not 0": lambda case: case[5] != 0,
        "all phases occur inside": lambda case: len(set(INSIDE[case[1:5]].values())) == case[3] ** 2,
    },
    conclusion=flat_exactly_if_the_sums_are_equal,
    scope="kernels to 4 weights from -1 to 1, images to 3 by 3 pixels, strides and paddings to 2 and 1",
)


def test_flat_stays_flat_exactly_if_the_phase_sums_are_equal():
    without = even.verify().without
    _, kernel, image, s, p, c = without["all phases occur inside"]
    assert (kernel, image, s, p, c) == ((1, 1), (1, 1), 2, 0, 1)
    assert without["c is not 0"][-1] == 0


@pytest.mark.parametrize(("k", "s", "n"), [(2, 2, 2), (3, 2, 3), (4, 2, 3), (3, 3, 2), (4, 3, 4)])
def test_the_same_for_all_real_weights_and_constants(k, s, n):
    w, c = [z3.Real(f"w{a}") for a in range(k)], z3.Real("c")
    taps = {uv: z3.Sum([w[a] for a in range(k) if a % s == uv]) for uv in range(s)}
    y = [
        z3.Sum([c * w[R - s * i] for i in range(n) if 0 <= R - s * i < k])
        for R in range(s * (n - 1) + k)
        if all((R - a) // s in range(n) for a in range(k) if a % s == R % s)
    ]
    flat = z3.And([value == y[0] for value in y])
    equal = z3.And([total == taps[0] for total in taps.values()])
    proved(flat == equal, given=[c != 0])


@pytest.mark.parametrize(
    ("kernel", "s", "even_inside"),
    [
        (np.array([[1, 2], [3, 4]]), 2, False),  # 2 divides 2: the page once called this the cure
        (np.outer([1, 2, 1], [1, 2, 1]), 2, True),  # 2 does not divide 3
        (np.ones((4, 4), int), 2, True),
        (np.ones((3, 3), int), 2, False),
    ],
)
def test_divisibility_is_not_the_condition(kernel, s, even_inside):
    n = 5
    drawn = conv_transpose_matrix(kernel, (n, n), stride=s) @ np.ones(n * n, int)
    size = s * (n - 1) + len(kernel)
    inner = drawn.reshape(size, size)[len(kernel) - 1 : 1 - len(kernel), len(kernel) - 1 : 1 - len(kernel)]
    assert (np.ptp(inner) == 0) == even_inside


def test_random_kernels_that_the_stride_divides_are_uneven():
    """A takeaway once said: a kernel that the stride divides draws no checkerboard."""
    kernels = np.random.default_rng(0).standard_normal((20, 4, 4))
    assert all(len({round(kernel[u::2, v::2].sum(), 9) for u, v in np.ndindex(2, 2)}) == 4 for kernel in kernels)


# --- prop-transpose-ones ---------------------------------------------------------------------------------------


def kernels_of_few_weights():
    sizes = sorted(itertools.product(range(1, 5), repeat=2), key=sum)
    for (k, l), s in itertools.product(sizes, range(1, 4)):  # noqa: E741
        constant = [[c] * (k * l) for c in (1, -2, Fraction(1, 3), 0)]
        shown = {(2, 2): [[1, 2, 3, 4]], (3, 3): [[1, 2, 1, 2, 4, 2, 1, 2, 1]]}.get((k, l), [])
        others = itertools.product(range(3), repeat=k * l) if k * l <= 4 else []
        for weights in [*constant, *shown, *others]:
            yield dict(zip(np.ndindex(k, l), weights, strict=True)), k, l, s


ones = Statement(
    "prop-transpose-ones",
    text="ef5a5536",
    cases=kernels_of_few_weights,
    hypotheses={
        "the same number": lambda case: len(set(case[0].values())) == 1,
        "not zero": lambda case: any(case[0].values()),
    },
    conclusion=lambda case: (
        (len(set(phase_sums(case[0], case[3]).values())) == 1) == (case[1] % case[3] == case[2] % case[3] == 0)
    ),
    scope="constant kernels to 4 by 4, and all of up to 4 weights from 0 to 2; strides to 3",
)


def test_for_equal_weights_it_is_divisibility():
    assert set(phase_sums(as_dict(np.outer([1, 2, 1], [1, 2, 1])), 2).values()) == {4}  # 2 does not divide 3
    assert ones.verify().without == {
        "the same number": (as_dict([[1, 2], [3, 4]]), 2, 2, 2),
        "not zero": ({(0, 0): 0}, 1, 1, 2),
    }


# --- sentences beside the statements ---------------------------------------------------------------------------


def test_with_stride_1_the_way_back_is_an_inverse_for_one_weight_and_not_for_two():
    """The quiz once said that even with stride 1 it is no inverse, and gave overlap as the reason."""
    one, two = conv_matrix([1], (3,)), conv_matrix([1, 1], (2,))
    assert np.array_equal((one.T @ one).toarray(), np.eye(3))
    assert (two.T @ (two @ [3, 4])).tolist() == [7, 7]


def test_a_convolution_may_enlarge_and_need_not_keep_the_size():
    """The first question once said that a convolution makes images smaller, and later that it keeps their size."""
    assert [F.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 3), padding=p).shape[-1] for p in range(3)] == [2, 4, 6]
    strided = F.conv1d(torch.ones(1, 1, 2), torch.ones(1, 1, 1), stride=2, padding=2)
    assert strided.shape[-1] == 3  # "a convolution with a stride makes images smaller"


def test_flat_stays_flat_with_unequal_sums_if_it_is_black_or_too_small():
    """The takeaway and the quiz once said "exactly then", without the theorem's hypotheses."""
    uneven = np.array([[1, 2], [3, 4]])
    assert not (conv_transpose_matrix(uneven, (3, 3), stride=2) @ np.zeros(9)).any()
    assert (conv_transpose_matrix([[5]], (1, 1), stride=2) @ [1]).tolist() == [5]  # its phase sums are 5, 0, 0, 0


@pytest.mark.parametrize(("k", "s"), list(itertools.product(range(1, 5), range(1, 4))))
def test_of_the_explorer_s_weights_only_stride_1_has_equal_phase_sums(k, s):
    w = as_dict(np.arange(1, k * k + 1).reshape(k, k))
    assert (len(set(phase_sums(w, s).values())) == 1) == (s == 1)


def test_with_stride_1_a_kernel_larger_than_the_image_has_nothing_inside_and_an_uneven_middle():
    """Below the explorer it once said, of all its kernels: at stride 1 the output is even inside."""
    w = np.arange(1, 17).reshape(4, 4)
    stamps, y = (
        (conv_transpose_matrix(kernel, (3, 3)) @ np.ones(9, int)).reshape(6, 6) for kernel in (np.ones((4, 4), int), w)
    )
    assert stamps.max() == 9 < w.size  # no output meets all sixteen weights
    assert np.ptp(y[2:4, 2:4]) > 0
    for k in (1, 2, 3):
        stamps = conv_transpose_matrix(np.ones((k, k), int), (3, 3)) @ np.ones(9, int)
        y = conv_transpose_matrix(w[:k, :k], (3, 3)) @ np.ones(9, int)
        assert set(y[stamps == k * k]) == {w[:k, :k].sum()}
