"""Statements of *A linear map that commutes with shifts is a convolution*, from their own text: loops and fields."""

from __future__ import annotations

import itertools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
import z3

from hwlib.conv import circular_conv_matrix, circular_kernel, commutes_with_shifts, conv_matrix, measured_convolutions

from .harness import Statement
from .prover import proved

# --- def-shifts-commutes ---------------------------------------------------------------------------------------


def shifted(x):
    """(Sx)(i) = x(i + 1), counted round the ring."""
    return tuple(x[(i + 1) % len(x)] for i in range(len(x)))


def convolved(w, x):
    """The sums of the definition."""
    n = len(x)
    return tuple(sum(w[a] * x[(i + a) % n] for a in range(n)) for i in range(n))


def times(matrix, x):
    return tuple(sum(entry * value for entry, value in zip(row, x, strict=True)) for row in matrix)


def small_matrices():
    for n in (1, 2, 3):
        for entries in itertools.product((0, 1), repeat=n * n):
            yield [entries[n * r : n * (r + 1)] for r in range(n)]


def says_what_is_defined(matrix):
    """The library's verdict, and its circulants, by the definition; both sides are linear, so single ones settle it."""
    n = len(matrix)
    units = [tuple(int(i == j) for i in range(n)) for j in range(n)]
    commutes = all(times(matrix, shifted(x)) == shifted(times(matrix, x)) for x in units)
    circulants = all(times(circular_conv_matrix(matrix[0], (n,)).tolist(), x) == convolved(matrix[0], x) for x in units)
    return commutes_with_shifts(matrix, (n,)) == commutes and circulants


definition = Statement(
    "def-shifts-commutes",
    text="5a1a40f9",
    cases=small_matrices,
    conclusion=says_what_is_defined,
    scope="matrices of zeros and ones, to 3 by 3",
)


def test_the_library_tests_what_is_defined():
    assert definition.verify().covered == 2 + 16 + 512


# --- thm-shifts-circular ---------------------------------------------------------------------------------------


def all_maps():
    """All maps of one pixel modulo 2 and 3 and of two pixels modulo 2; linear ones of two and three pixels modulo 3."""
    for n, q in ((1, 2), (1, 3), (2, 2)):
        signals = list(itertools.product(range(q), repeat=n))
        for made in itertools.product(signals, repeat=len(signals)):
            yield q, dict(zip(signals, made, strict=True))
    rng = np.random.default_rng(0)
    drawn = [[(2, 3), entries] for entries in itertools.product(range(3), repeat=4)]
    drawn += [[(3, 3), tuple(rng.integers(0, 3, 9).tolist())] for _ in range(100)]
    drawn += [[(3, 2), entries] for entries in itertools.product(range(2), repeat=9)]
    for (n, q), entries in drawn:
        matrix = [entries[n * r : n * (r + 1)] for r in range(n)]
        yield q, {x: tuple(v % q for v in times(matrix, x)) for x in itertools.product(range(q), repeat=n)}


def is_linear(case):
    """Sums; multiples are sums modulo a prime."""
    q, made = case
    return all(
        made[tuple((a + b) % q for a, b in zip(x, y, strict=True))]
        == tuple((a + b) % q for a, b in zip(made[x], made[y], strict=True))
        for x in made
        for y in made
    )


def commutes(case):
    _, made = case
    return all(made[shifted(x)] == shifted(made[x]) for x in made)


def kernels_of(case):
    """All kernels whose circular convolution it is."""
    q, made = case
    n = len(next(iter(made)))
    return [
        w
        for w in itertools.product(range(q), repeat=n)
        if all(tuple(v % q for v in convolved(w, x)) == image for x, image in made.items())
    ]


def is_one_circular_convolution(case):
    """Of exactly one kernel, the one of the formula."""
    _, made = case
    n = len(next(iter(made)))
    answer = made[tuple(int(i == 0) for i in range(n))]
    return kernels_of(case) == [tuple(answer[-a % n] for a in range(n))]


circular = Statement(
    "thm-shifts-circular",
    text="6148b0bf",
    cases=all_maps,
    hypotheses={"linear": is_linear, "commutes": commutes},
    conclusion=is_one_circular_convolution,
    scope="all maps of up to two pixels modulo 2 and of one modulo 3, linear ones of two and three pixels",
    kind="sampled",
)


def test_linear_maps_that_commute_with_shifts_are_circular_convolutions_of_one_kernel():
    without = circular.verify().without
    assert set(without) == {"linear", "commutes"}
    assert not is_linear(without["linear"])
    for case in all_maps():
        if kernels_of(case):  # the converse
            assert is_linear(case)
            assert commutes(case)


def test_the_page_s_two_counter_examples_modulo_2():
    signals = list(itertools.product((0, 1), repeat=2))
    largest = 2, {x: (max(x), max(x)) for x in signals}
    blind = 2, {x: (0, x[1]) for x in signals}
    assert (is_linear(largest), commutes(largest), kernels_of(largest)) == (False, True, [])
    assert (is_linear(blind), commutes(blind), kernels_of(blind)) == (True, False, [])


def test_for_all_real_matrices_commuting_leaves_only_circulants():
    for n in (1, 2, 3, 4):
        a = {(r, c): z3.Real(f"a{r}{c}") for r, c in np.ndindex(n, n)}
        # (A S x)(r) has x(c) with the weight A(r, c - 1); (S A x)(r) has it with A(r + 1, c).
        commuting = [a[r, (c - 1) % n] == a[(r + 1) % n, c] for r, c in np.ndindex(n, n)]
        circulant = z3.And([a[r, c] == a[0, (c - r) % n] for r, c in np.ndindex(n, n)])
        proved(circulant, given=commuting)
        proved(z3.And(commuting), given=[circulant])


def test_it_is_a_polynomial_in_the_shift():
    rng = np.random.default_rng(0)
    for n in range(1, 6):
        w = rng.integers(-9, 10, n)
        shift = np.array([shifted(row) for row in np.eye(n, dtype=int)]).T  # column j is S e_j
        powers = [np.linalg.matrix_power(shift, a) for a in range(n)]
        total = sum(weight * power for weight, power in zip(w, powers, strict=True))
        assert np.array_equal(circular_conv_matrix(w, (n,)), total)


# --- thm-shifts-line -------------------------------------------------------------------------------------------

REACH = range(-3, 4)


class Signal:
    """Numbers on the line: finitely many, and a constant from some place on."""

    def __init__(self, entries, limit=0, begins=10):
        self.entries, self.limit, self.begins = {i: v for i, v in entries.items() if v}, limit, begins

    def __call__(self, i):
        return self.entries.get(i, 0) + (self.limit if i >= self.begins else 0)

    def moved(self):
        return Signal({i - 1: v for i, v in self.entries.items()}, self.limit, self.begins - 1)

    def __add__(self, other):
        assert not other.limit or not self.limit or self.begins == other.begins
        keys = set(self.entries) | set(other.entries)
        begins = self.begins if self.limit else other.begins
        entries = {i: self.entries.get(i, 0) + other.entries.get(i, 0) for i in keys}
        return Signal(entries, self.limit + other.limit, begins)

    def times(self, number):
        return Signal({i: number * v for i, v in self.entries.items()}, number * self.limit, self.begins)


FINITE = [Signal({}), *(Signal({j: v}) for j in REACH for v in (1, -1)), Signal({0: 2, 1: -1}), Signal({-2: 1, 2: 3})]
ENDLESS = [*FINITE, Signal({}, 1, 0), Signal({1: 5}, 1, 0)]
RULES = {
    "weights": lambda w, x, i: sum(v * x(i + a) for a, v in w.items()),
    "size": lambda w, x, i: sum(v * abs(x(i + a)) for a, v in w.items()),
    "relu": lambda w, x, i: sum(v * max(x(i + a), 0) for a, v in w.items()),
    "even": lambda w, x, i: sum(v * x(i + a) for a, v in w.items()) if i % 2 == 0 else 0,
    "place": lambda w, x, i: i * sum(v * x(i + a) for a, v in w.items()),
    "limit": lambda w, x, i: w.get(0, 0) * x.limit,
    "both": lambda w, x, i: sum(v * x(i + a) for a, v in w.items()) + x.limit,
}


def rules_on_the_line():
    for endless in (False, True):
        for name in RULES:
            for weights in itertools.product((0, 1, -2), repeat=3):
                yield endless, name, dict(zip((-1, 0, 1), weights, strict=True))


def signals_of(case):
    return ENDLESS if case[0] else FINITE


def applied(case, x, i):
    return RULES[case[1]](case[2], x, i)


def line_linear(case):
    xs = signals_of(case)
    return all(
        applied(case, x + y.times(3), i) == applied(case, x, i) + 3 * applied(case, y, i)
        for x in xs
        for y in (Signal({j: -1}) for j in (-1, 0, 1))
        for i in (-1, 0, 1)
    )


def line_commutes(case):
    return all(applied(case, x.moved(), i) == applied(case, x, i + 1) for x in signals_of(case) for i in REACH)


def has_weights(case):
    """Read off the answer to a single one, backwards; then it is the sum for every signal."""
    w = {a: applied(case, Signal({0: 1}), -a) for a in range(-8, 9)}
    sums = all(applied(case, x, i) == sum(v * x(i + a) for a, v in w.items()) for x in signals_of(case) for i in REACH)
    return sums and reads_two(case, w)


def reads_two(case, w):
    """If T(x)(0) depends on x(0) and x(1) only, the other weights are zero."""
    xs = signals_of(case)
    depends = all(applied(case, x, 0) == applied(case, y, 0) for x in xs for y in xs if (x(0), x(1)) == (y(0), y(1)))
    return not depends or not any(w[a] for a in w if a not in (0, 1))


line = Statement(
    "thm-shifts-line",
    text="3b9cc453",
    cases=rules_on_the_line,
    hypotheses={"linear": line_linear, "commutes": line_commutes, "finitely many entries": lambda case: not case[0]},
    conclusion=has_weights,
    scope="seven kinds of rules with weights 0, 1 and -2 at -1, 0 and 1, on finite signals and on some that never end",
    kind="sampled",
)


def test_on_the_line_they_are_sums_with_weights():
    without = line.verify().without
    assert without["linear"] == (False, "size", {-1: 0, 0: 0, 1: 1})
    assert without["commutes"] == (False, "even", {-1: 0, 0: 0, 1: 1})
    assert without["finitely many entries"] == (True, "limit", {-1: 0, 0: 1, 1: 0})


# --- prop-shifts-embedding -------------------------------------------------------------------------------------


def toeplitz_cases():
    sizes = sorted(itertools.product(range(1, 5), range(1, 5), range(1, 10)), key=sum)
    for m, n, ring in sizes:
        if ring >= max(m, n):  # so that there is an upper left block
            yield m, n, ring, tuple(range(1, m + n))
            yield m, n, ring, (0,) * (m + n - 1)


def is_the_upper_left_block(case):
    """The weights that the text names, each given once, on a ring that holds their indices."""
    m, n, ring, numbers = case
    t = dict(zip(range(1 - m, n), numbers, strict=True))
    w = {}
    for index, value in [*((a, t[a]) for a in range(n)), *((ring - b, t[-b]) for b in range(1, m))]:
        if w.setdefault(index, value) != value:
            return False
    weights = [w.get(a, 0) for a in range(ring)]
    block = [[weights[(c - r) % ring] for c in range(n)] for r in range(m)]
    x = list(range(3, 3 + n)) + [0] * (ring - n)
    product = [sum(t[c - r] * x[c] for c in range(n)) for r in range(m)]
    return block == [[t[c - r] for c in range(n)] for r in range(m)] and list(convolved(weights, x)[:m]) == product


embedding = Statement(
    "prop-shifts-embedding",
    text="81c6f685",
    cases=toeplitz_cases,
    hypotheses={"N >= m + n - 1": lambda case: case[2] >= case[0] + case[1] - 1},
    conclusion=is_the_upper_left_block,
    scope="m and n to 4, N to 9, an own number on each diagonal, or zeros",
)


def test_a_toeplitz_matrix_is_a_block_of_a_circulant():
    assert embedding.verify().without == {"N >= m + n - 1": (2, 2, 2, (1, 2, 3))}
    # the page's: rows (1, 2) and (3, 1)
    assert not is_the_upper_left_block((2, 2, 2, (3, 1, 2)))


def test_the_matrix_of_a_padded_convolution_is_such_a_block():
    for n, k, p in itertools.product(range(1, 5), range(1, 5), range(3)):
        if (m := n + 2 * p - k + 1) >= 1:
            matrix = conv_matrix(np.arange(1, k + 1), (n,), padding=p).toarray()
            t = [1 + d + p if 0 <= d + p < k else 0 for d in range(1 - m, n)]
            assert is_the_upper_left_block((m, n, m + n - 1, tuple(t)))
            assert matrix.tolist() == [[t[c - r + m - 1] for c in range(n)] for r in range(m)]


# --- thm-shifts-fourier ----------------------------------------------------------------------------------------


def roots():
    for q, n in itertools.product((2, 3, 5, 7, 11, 13), range(1, 7)):
        for omega in range(1, q):
            yield q, n, omega


def powers(case):
    """omega to the f, for whole f, also negative."""
    q, _, omega = case
    return lambda f: pow(omega, f % (q - 1), q)


def all_three_hold(case):
    """Of unit signals and unit kernels: each side is linear in both. Dividing by n must be possible."""
    q, n, _ = case
    power = powers(case)
    if n % q == 0:
        return False
    units = [tuple(int(i == j) for i in range(n)) for j in range(n)]

    def hat(x):
        return [sum(x[i] * power(-f * i) for i in range(n)) % q for f in range(n)]

    for x in units:
        back = [pow(n, -1, q) * sum(v * power(f * i) for f, v in enumerate(hat(x))) % q for i in range(n)]
        if tuple(back) != x:
            return False
    for w in units:
        values = [sum(w[a] * power(f * a) for a in range(n)) % q for f in range(n)]
        for f in range(n):
            wave = tuple(power(f * i) for i in range(n))
            if tuple(v % q for v in convolved(w, wave)) != tuple(values[f] * v % q for v in wave):
                return False
        for x in units:
            if hat(convolved(w, x)) != [a * b % q for a, b in zip(values, hat(x), strict=True)]:
                return False
    return True


fourier = Statement(
    "thm-shifts-fourier",
    text="ce27a859",
    cases=roots,
    hypotheses={
        "omega^n = 1": lambda case: powers(case)(case[1]) == 1,
        "omega^t != 1": lambda case: all(powers(case)(t) != 1 for t in range(1, case[1])),
    },
    conclusion=all_three_hold,
    scope="all numbers but zero modulo the primes to 13, n to 6, unit kernels and signals",
)


def test_the_convolution_theorem_in_all_small_fields():
    without = fourier.verify().without
    assert without == {"omega^n = 1": (5, 2, 2), "omega^t != 1": (2, 2, 1)}
    assert not all_three_hold((3, 2, 1))


def test_the_convolution_theorem_in_the_complex_numbers():
    rng = np.random.default_rng(0)
    for n in range(1, 9):
        w, x = rng.normal(size=n), rng.normal(size=n)
        y = np.array(convolved(w, x))
        values = [sum(w[a] * np.exp(2j * np.pi * f * a / n) for a in range(n)) for f in range(n)]
        np.testing.assert_allclose(np.fft.fft(y), values * np.fft.fft(x), rtol=0, atol=1e-10)


# --- prop-shifts-stride ----------------------------------------------------------------------------------------

SPOTS = range(-14, 15)
EVERYWHERE = "everywhere"  # the weight 1 at all places


def strided_layers():
    kernels = [{0: 1}, {}, {0: 1, 1: 1}, {-1: 2, 1: -1}, {2: 1}, {0: 1, 2: 1}, EVERYWHERE]
    moves = sorted(itertools.product(range(1, 4), range(-3, 4), range(-3, 4)), key=lambda move: sum(map(abs, move)))
    for s, t, u in moves:
        for w in kernels:
            yield "sum", w, s, t, u
        for k in (1, 2, 3):
            yield "max", dict.fromkeys(range(k), 1), s, t, u


def moving_agrees_exactly(case):
    """T(S^t x) = S^u T(x) for all signals with a single one or minus one, at outputs where it may be seen."""
    kind, w, s, t, u = case

    def layer(j, sign, r, by):
        """The output at r, of the signal that is one at j alone, read further on by so many pixels."""
        if w == EVERYWHERE:
            return sign
        values = [(sign * (s * r + by + a == j)) * weight for a, weight in w.items()]
        return sum(values) if kind == "sum" else max(values)

    same = all(
        layer(j, sign, r, t) == layer(j, sign, r + u, 0) for j in SPOTS for sign in (1, -1) for r in range(-2, 3)
    )
    return same == (t == s * u)


stride = Statement(
    "prop-shifts-stride",
    text="106812df",
    cases=strided_layers,
    hypotheses={
        "finitely many weights": lambda case: case[1] != EVERYWHERE,
        "not only zeros": lambda case: case[1] != {},
    },
    conclusion=moving_agrees_exactly,
    scope="six kernels and three windows, strides to 3, moves from -3 to 3",
)


def test_only_multiples_of_the_stride_survive():
    without = stride.verify().without
    assert without["finitely many weights"][1:] == (EVERYWHERE, 1, -1, 0)
    assert without["not only zeros"][1:] == ({}, 1, -1, 0)


def test_the_framework_s_layers_agree_on_a_ring():
    """Random signals rather than single ones, and the framework's own layers."""
    rng = np.random.default_rng(0)
    w = torch.from_numpy(rng.integers(1, 9, (1, 1, 3))).double()
    for s in (1, 2, 3):
        x = torch.from_numpy(rng.integers(-99, 100, (1, 1, 12))).double()
        for layer in (lambda x, s=s: F.conv1d(x, w, stride=s), lambda x, s=s: F.max_pool1d(x, 3, s)):

            def ring(x, layer=layer, s=s):
                return layer(torch.cat([x, x[..., :2]], 2))[..., : 12 // s]

            for t in range(12):
                fits = [u for u in range(12 // s) if torch.equal(ring(x.roll(-t, 2)), ring(x).roll(-u, 2))]
                assert fits == ([t // s] if t % s == 0 else [])


# --- prop-shifts-border ----------------------------------------------------------------------------------------


def zero_shift(n):
    return [[int(c == r + 1) for c in range(n)] for r in range(n)]


def product(a, b):
    n = len(a)
    return [[sum(a[r][k] * b[k][c] for k in range(n)) for c in range(n)] for r in range(n)]


def commutes_exactly_if_one_sided(matrix):
    matrix = [list(row) for row in matrix]
    n = len(matrix)
    z = zero_shift(n)
    back = [list(row) for row in zip(*z, strict=True)]
    one = product(matrix, z) == product(z, matrix)
    other = product(matrix, back) == product(back, matrix)
    toeplitz = all(matrix[r][c] == (matrix[0][c - r] if c >= r else 0) for r in range(n) for c in range(n))
    identity = matrix == [[matrix[0][0] * (r == c) for c in range(n)] for r in range(n)]
    power, total = [[int(r == c) for c in range(n)] for r in range(n)], [[0] * n for _ in range(n)]
    for a in range(n):
        total = [[total[r][c] + matrix[0][a] * power[r][c] for c in range(n)] for r in range(n)]
        power = product(power, z)
    return one == toeplitz == (matrix == total) and (one and other) == identity


border = Statement(
    "prop-shifts-border",
    text="02154ba1",
    cases=small_matrices,
    conclusion=commutes_exactly_if_one_sided,
    scope="matrices of zeros and ones, to 3 by 3",
)


def test_a_border_of_zeros_leaves_what_looks_to_one_side():
    assert border.verify().covered == 2 + 16 + 512


def test_for_all_real_matrices_a_border_of_zeros_leaves_what_looks_to_one_side():
    for n in (1, 2, 3, 4):
        a = [[z3.Real(f"a{r}{c}") for c in range(n)] for r in range(n)]
        z = zero_shift(n)
        back = [list(row) for row in zip(*z, strict=True)]

        def equal(one, other, n=n):
            return z3.And([z3.simplify(one[r][c] - other[r][c]) == 0 for r in range(n) for c in range(n)])

        one, other = equal(product(a, z), product(z, a)), equal(product(a, back), product(back, a))
        toeplitz = z3.And([a[r][c] == (a[0][c - r] if c >= r else 0) for r in range(n) for c in range(n)])
        proved(one == toeplitz)
        identity = z3.And([a[r][c] == (a[0][0] if r == c else 0) for r in range(n) for c in range(n)])
        proved(z3.And(one, other) == identity)


# --- sentences beside the statements ---------------------------------------------------------------------------


def test_one_answer_is_enough_by_hand():
    """The columns are the answer, moved; the kernel is the answer backwards."""
    answer = [2, 3, 0, 1]
    matrix = [[answer[(i - j) % 4] for j in range(4)] for i in range(4)]
    assert times(matrix, (5, 1, 0, 0)) == (11, 17, 3, 5)
    assert circular_kernel(matrix, (4,)).tolist() == [answer[-a % 4] for a in range(4)] == [2, 1, 0, 3]


def test_a_blur_with_a_border_of_zeros_by_hand():
    blur = [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    assert conv_matrix([1, 1, 1], (3,), padding=1).toarray().tolist() == blur
    z = zero_shift(3)
    assert times(blur, times(z, (1, 0, 0))) == (0, 0, 0)
    assert times(z, times(blur, (1, 0, 0))) == (1, 0, 0)


def test_the_mean_of_two_pixels_erases_the_hum_and_keeps_constants():
    kernel = [1, 0, 1, 0, 0, 0, 0, 0]  # twice the design
    for moved in range(4):
        hum = tuple(np.roll([1, 0, -1, 0] * 2, moved).tolist())
        assert not any(convolved(kernel, hum))
    assert convolved(kernel, (1,) * 8) == (2,) * 8


def test_an_odd_ring_is_gone_round_in_steps_of_two_and_an_even_one_is_not():
    for n in range(1, 12):
        reached = {2 * i % n for i in range(n)}
        assert (len(reached) == n) == (n % 2 == 1)


def test_what_is_said_of_the_measured_times():
    """Fourier is the fastest of the five from a size on, not at three by three; it stays below a millisecond."""
    sizes = measured_convolutions()["results"]
    middle = [{name: sorted(times)[len(times) // 2] for name, times in size["seconds"].items()} for size in sizes]
    fastest = [min(times, key=times.get) for times in middle]
    first = fastest.index("Fourier")
    assert set(fastest[first:]) == {"Fourier"}
    assert "Fourier" not in fastest[:first]
    assert sizes[1]["k"] == 3
    assert first > 1
    assert sizes[first]["k"] == 7  # the figure's text says so
    assert max(times["Fourier"] for times in middle) < 1e-3
