"""Statements of *The gradients of a convolution are convolutions*, from their text alone: sums, autograd, LAPACK."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
import sympy
import torch
import z3

from hwlib.conv import circular_eigenvalues, conv_matrix, input_gradient, kernel_gradient, sigmoid_gradient

from .harness import Statement
from .prover import proved, reals

# --- thm-gradients ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Shapes of the layer, the weight decay that its loss adds, and whether the loss is differentiable."""

    kernel: tuple[int, int]
    image: tuple[int, int]
    inputs: int
    outputs: int
    decay: int = 0
    smooth: bool = True

    @property
    def places(self):
        return [n - k + 1 for n, k in zip(self.image, self.kernel, strict=True)]


def indices(*sizes):
    return itertools.product(*map(range, sizes))


def forward(setting, w, x, b):
    """Z by its displayed sum; arrays are dicts, their entries of any kind."""
    return {
        (i, j, m): b[m]
        + sum(w[k1, k2, n, m] * x[i + k1, j + k2, n] for k1, k2, n in indices(*setting.kernel, setting.inputs))
        for i, j, m in indices(*setting.places, setting.outputs)
    }


def displayed(setting, w, x, dz):
    """The lines of the theorem for W, b and X, from dZ."""
    places, kernel = list(indices(*setting.places)), list(indices(*setting.kernel))
    channels = list(indices(setting.inputs, setting.outputs))
    dw = {
        (k1, k2, n, m): sum(dz[i, j, m] * x[i + k1, j + k2, n] for i, j in places)
        for k1, k2 in kernel
        for n, m in channels
    }
    db = {m: sum(dz[i, j, m] for i, j in places) for m in range(setting.outputs)}
    dx = {
        (i, j, n): sum(
            dz.get((i - k1, j - k2, m), 0) * w[k1, k2, n, m] for k1, k2 in kernel for m in range(setting.outputs)
        )
        for i, j, n in indices(*setting.image, setting.inputs)
    }
    return dw, db, dx


def arrays(setting, make):
    """W, X, b and dU with entries made one by one."""
    w = {index: make("w", index) for index in indices(*setting.kernel, setting.inputs, setting.outputs)}
    x = {index: make("x", index) for index in indices(*setting.image, setting.inputs)}
    b = {m: make("b", (m,)) for m in range(setting.outputs)}
    du = {index: make("g", index) for index in indices(*setting.places, setting.outputs)}
    return w, x, b, du


def gradients_are_as_displayed(setting):
    """Against automatic differentiation of the sums, with whole numbers from -2 to 2."""
    if not setting.smooth:
        return slope_of_the_bent_loss() == 0  # as displayed, for both partial derivatives are zero
    rng = np.random.default_rng(0)

    def leaf(name, index):
        return torch.tensor(float(rng.integers(-2, 3)), dtype=torch.float64, requires_grad=name != "g")

    w, x, b, du = arrays(setting, leaf)
    z = forward(setting, w, x, b)
    for value in z.values():
        value.retain_grad()
    u = {index: torch.sigmoid(value) for index, value in z.items()}
    loss = sum(du[index] * value for index, value in u.items())
    loss = loss + setting.decay * sum(value**2 for value in w.values()) / 2
    loss.backward()
    dz = {index: (u[index] * (1 - u[index]) * du[index]).detach() for index in z}
    w_, x_ = ({index: value.detach() for index, value in array.items()} for array in (w, x))
    pairs = [(dz, z), *zip(displayed(setting, w_, x_, dz), (w, b, x), strict=True)]
    return all(
        abs(float(found[index]) - float(variable[index].grad)) < 1e-12 for found, variable in pairs for index in found
    )


def slope_of_the_bent_loss():
    """Of J = a²b/(a² + b²), a = U(0) - 1/2, b = U(1) - 1/2, along one weight at 0 that meets two pixels 1.

    J is zero for a = 0 and for b = 0. Where a = b it is a/2, and a is the sigmoid of the weight, less a half.
    """
    a, b, w = sympy.symbols("a b w")
    loss = a**2 * b / (a**2 + b**2)
    assert loss.subs(a, 0) == loss.subs(b, 0) == 0
    along = sympy.simplify(loss.subs(b, a)).subs(a, 1 / (1 + sympy.exp(-w)) - sympy.Rational(1, 2))
    return along.diff(w).subs(w, 0)


def settings():
    yield Setting((1, 1), (1, 1), 1, 1, decay=1)
    yield Setting((1, 1), (2, 1), 1, 1, smooth=False)
    for k, kk, n, nn, i, o in itertools.product((1, 2), (1, 2), (1, 2, 3), (1, 2), (1, 2), (1, 2)):
        if k <= n and kk <= nn:
            yield Setting((k, kk), (n, nn), i, o)


gradients = Statement(
    "thm-gradients",
    text="cb43ab8f",
    cases=settings,
    hypotheses={
        "differentiable": lambda setting: setting.smooth,
        "through U only": lambda setting: setting.decay == 0,
    },
    conclusion=gradients_are_as_displayed,
    scope="kernels to 2 by 2, images to 3 by 2, two channels on either side, values from -2 to 2",
)


@pytest.mark.problem("conv-gradients")
def test_the_gradients_are_autograd_s_and_without_the_penalty_s():
    assert gradients.verify().without == {
        "differentiable": Setting((1, 1), (2, 1), 1, 1, smooth=False),
        "through U only": Setting((1, 1), (1, 1), 1, 1, decay=1),
    }
    assert slope_of_the_bent_loss() == sympy.Rational(1, 8)  # the page's


@pytest.mark.problem("conv-gradients")
def test_the_gradients_for_all_numbers_by_symbols():
    for setting in (Setting((2, 2), (3, 2), 2, 2), Setting((1, 2), (2, 3), 1, 2)):
        w, x, b, dz = arrays(setting, lambda name, index: sympy.Symbol(name + "_".join(map(str, index))))
        z = forward(setting, w, x, b)
        linear = sympy.expand(sum(dz[index] * z[index] for index in z))  # the loss to first order
        for found, variable in zip(displayed(setting, w, x, dz), (w, b, x), strict=True):
            assert all(sympy.expand(linear.diff(variable[index]) - found[index]) == 0 for index in found)
    z = sympy.Symbol("z")
    u = 1 / (1 + sympy.exp(-z))
    assert sympy.simplify(u.diff(z) - u * (1 - u)) == 0


@pytest.mark.problem("conv-gradients")
def test_the_library_s_gradients_are_the_displayed_ones():
    for setting in itertools.islice(settings(), 2, None):
        rng = np.random.default_rng(1)
        w, x, _, dz = arrays(setting, lambda *_: int(rng.integers(-2, 3)))  # noqa: B023 (called at once)
        dw, _, dx = displayed(setting, w, x, dz)

        def first(array, *order):  # channels first
            shape = [1 + max(index[axis] for index in array) for axis in range(len(order))]
            return np.reshape([array[index] for index in indices(*shape)], shape).transpose(order)

        kernel, image, gradient = first(w, 3, 2, 0, 1), first(x, 2, 0, 1), first(dz, 2, 0, 1)
        assert np.array_equal(kernel_gradient(image, gradient, kernel.shape), first(dw, 3, 2, 0, 1))
        assert np.array_equal(input_gradient(kernel, gradient, image.shape), first(dx, 2, 0, 1))


@pytest.mark.problem("conv-gradients")
def test_the_factor_of_the_sigmoid_is_at_most_a_quarter_for_all_numbers():
    u, t = reals("u t")
    proved(u * (1 - u) <= z3.Q(1, 4))
    proved(u * (1 - u) * ((u - t) / (u * (1 - u))) == u - t, given=[u > 0, u < 1])  # the cross-entropy's error
    assert sigmoid_gradient([0.5, 0.25], [1, 1]).tolist() == [0.25, 0.1875]
    v = sympy.Symbol("v")  # half the squared error has the derivative v - t, the whole one twice that
    assert sympy.expand(((v - 3) ** 2 / 2).diff(v)) == v - 3


# --- prop-gradients-places -------------------------------------------------------------------------------------


def plain(x, w, stride, dilation):
    """A convolution along one axis by its sums, without padding."""
    found = []
    while all(stride * len(found) + dilation * a < len(x) for a in range(len(w))):
        found.append(sum(w[a] * x[stride * len(found) + dilation * a] for a in range(len(w))))
    return found


def unit(n, at):
    return [int(t == at) for t in range(n)]


def change_places(case):
    """For all unit vectors: the gradients are linear in w, x and dz, so this settles all numbers at one size.

    The derivative of output r by weight a is the output r of the unit kernel a, and likewise for pixels.
    """
    n, k, s, d, p = case
    zeros = [0] * p
    outputs = {
        (i, a): plain([*zeros, *unit(n, i), *zeros], unit(k, a), s, d) for i, a in itertools.product(range(n), range(k))
    }
    m, e = len(outputs[0, 0]), (n + 2 * p - d * (k - 1) - 1) % s
    for r in range(m):
        dz = unit(m, r)
        for i in range(n):
            by_weights = plain([*zeros, *unit(n, i), *zeros], dz, d, s)[:k]
            if by_weights != [outputs[i, a][r] for a in range(k)]:
                return False
        spread = [dz[t // s] if t % s == 0 else 0 for t in range(s * (m - 1) + 1)]
        ends = [0] * (d * (k - 1))
        for a in range(k):
            full = plain([*ends, *spread, *ends], unit(k, a)[::-1], 1, d) + [0] * e
            if full[p : len(full) - p] != [outputs[i, a][r] for i in range(n)]:
                return False
    return True


places = Statement(
    "prop-gradients-places",
    text="df2a895a",
    cases=lambda: [
        (n, k, s, d, p)
        for n, k, s, d, p in itertools.product(range(1, 6), range(1, 4), range(1, 4), range(1, 4), range(3))
        if d * (k - 1) + 1 <= n + 2 * p
    ],
    conclusion=change_places,
    scope="inputs to 5, kernels, strides and dilations to 3, paddings to 2; all unit vectors",
    kind="proved",
)


@pytest.mark.problem("conv-gradients")
def test_stride_and_dilation_change_places():
    assert places.verify().covered > 300


def test_with_a_stride_the_gradient_at_the_input_is_no_full_convolution():
    """The glossary once said so of every convolution."""
    assert plain([0, 5, 0], [2, 1], 1, 1) == [5, 10] == input_gradient([1, 2], [5], (2,)).tolist()
    full = plain([0, 5, 7, 0], [2, 1], 1, 1)
    assert full == [5, 17, 14]
    assert input_gradient([1, 2], [5, 7], (4,), stride=2).tolist() == [5, 10, 7, 14]


def test_the_table_s_padding_needs_the_e_places_at_the_end():
    """It once said padding d(k - 1) - p at both ends; with n = 2, k = 1 and s = 2 one entry would be missing."""
    for n, k, s, d, p in places.cases():
        w, reach, e = [2, -1, 3][:k], d * (k - 1), (n + 2 * p - d * (k - 1) - 1) % s
        m = (n + 2 * p - reach - 1) // s + 1
        dz = list(range(1, m + 1))
        spread = [dz[t // s] if t % s == 0 else 0 for t in range(s * (m - 1) + 1)]
        for ends in ((reach - p, reach - p + e), (reach - p, reach - p)):
            start, stop = (max(end, 0) for end in ends)
            padded = [0] * start + spread + [0] * stop
            padded = padded[max(-ends[0], 0) : len(padded) - max(-ends[1], 0)]
            found = plain(padded, w[::-1], 1, d)
            assert (found == input_gradient(w, dz, (n,), stride=s, dilation=d, padding=p).tolist()) == (
                ends[1] == reach - p + e
            )


def test_with_a_stride_the_gradient_at_the_weights_is_no_plain_convolution():
    x, dz = [1, 2, 3, 4, 5], [1, 1]
    assert plain(x, dz, 1, 2)[:2] == [4, 6] == kernel_gradient(x, dz, (2,), stride=2)[:2].tolist()
    assert plain(x, dz, 1, 1)[:2] == [3, 5]  # "nothing changes but the positions" said so
    assert plain([1, 2], [1], 1, 2) == [1, 2]  # a kernel of one weight, stride 2: only the first output counts


@pytest.mark.problem("conv-gradients")
def test_the_library_s_gradients_with_options_are_sums():
    for n, k, s, d, p in itertools.product((4, 5), (1, 2, 3), (1, 2, 3), (1, 2), (0, 1)):
        if d * (k - 1) + 1 <= n + 2 * p:
            x, w = [3 * t % 7 - 2 for t in range(n)], [2, -1, 3][:k]
            padded = [0] * p + x + [0] * p
            dz = [t + 1 for t in range(len(plain(padded, w, s, d)))]
            options = {"stride": s, "dilation": d, "padding": p}
            dw = [sum(g * padded[s * r + d * a] for r, g in enumerate(dz)) for a in range(k)]
            dx = [0] * len(padded)
            for (r, g), (a, weight) in itertools.product(enumerate(dz), enumerate(w)):
                dx[s * r + d * a] += g * weight
            assert kernel_gradient(x, dz, (k,), **options).tolist() == dw
            assert input_gradient(w, dz, (n,), **options).tolist() == dx[p : p + n]


def test_pixels_that_nobody_reads_have_columns_of_zeros():
    for n, k, s, d in itertools.product(range(1, 8), range(1, 4), range(1, 5), range(1, 4)):
        if d * (k - 1) + 1 <= n:
            starts = range(0, n - d * (k - 1), s)
            read = {start + d * a for start in starts for a in range(k)}
            matrix = conv_matrix([1] * k, (n,), stride=s, dilation=d).toarray()
            assert np.flatnonzero(~matrix.any(0)).tolist() == sorted(set(range(n)) - read)
    assert conv_matrix([1, 1], (3,), stride=2).toarray().tolist() == [[1, 1, 0]]  # the stride equals the kernel
    assert conv_matrix([1], (1,), stride=2).toarray().tolist() == [[1]]  # it is larger, and all is read


# --- prop-gradients-waves --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Circle:
    """A convolution along one axis of n pixels, and a frequency."""

    w: tuple[int, ...]
    n: int
    f: float = 1
    channels: int = 1  # inputs, all through the same weights
    stride: int = 1
    dilation: int = 1
    wraps: bool = True

    def matrix(self):
        made = np.zeros((-(-self.n // self.stride), self.channels, self.n))
        for row, channel in itertools.product(range(len(made)), range(self.channels)):
            for a, weight in enumerate(self.w):
                pixel = self.stride * row + self.dilation * a
                if self.wraps or pixel < self.n:
                    made[row, channel, pixel % self.n] += weight
        return made.reshape(len(made), -1)

    def eigenvalue(self, f):
        return sum(weight * np.exp(2j * np.pi * f * self.dilation * a / self.n) for a, weight in enumerate(self.w))


def is_eigenvector(case):
    wave = np.tile(np.exp(2j * np.pi * case.f * np.arange(case.n) / case.n), case.channels)
    moved = case.matrix() @ wave
    return len(moved) == len(wave) and np.allclose(moved, case.eigenvalue(case.f) * wave, rtol=0, atol=1e-9)


def norm_is_largest(case):
    largest = max(abs(case.eigenvalue(f)) for f in range(case.n))
    return abs(np.linalg.norm(case.matrix(), 2) - largest) < 1e-9


def kernels(longest=3, values=(1, 0, -1, 2, -2)):
    for k in range(1, longest + 1):
        yield from itertools.product(values, repeat=k)


def circles():
    for n, w in itertools.product(range(1, 5), kernels()):
        for f in (1, 0, -1, 2, 5):
            yield Circle(w, n, f)
        yield Circle(w, n, 2, dilation=2)
        yield Circle(w, n, 1, dilation=3)
    for n, w in itertools.product(range(1, 5), [(1, 1), *kernels(2)]):
        for change in ({"f": 0.5}, {"channels": 2}, {"stride": 2}, {"wraps": False}):
            yield Circle(w, n, **change)
    yield Circle((1, 1), 8, stride=2)


HYPOTHESES = {
    "one channel": lambda case: case.channels == 1,
    "stride one": lambda case: case.stride == 1,
    "wraps round": lambda case: case.wraps,
}
ALL_KERNELS = "pixels to 4, kernels to three weights from -2 to 2, whole and half frequencies, dilation to 3"

waves = Statement(
    "prop-gradients-waves",
    text="e312e63f",
    cases=circles,
    hypotheses=HYPOTHESES | {"whole f": lambda case: case.f == int(case.f)},
    conclusion=lambda case: is_eigenvector(case) and norm_is_largest(case),
    scope=ALL_KERNELS,
)
norms = Statement(
    "prop-gradients-waves",
    text="e312e63f",
    cases=circles,
    hypotheses=HYPOTHESES,
    conclusion=norm_is_largest,
    scope=ALL_KERNELS,
)


@pytest.mark.problem("conv-gradients")
def test_waves_are_eigenvectors():
    report = waves.verify()
    assert report.covered > 2000
    assert report.without["whole f"] == Circle((1, 1), 1, 0.5)  # an eigenvector, but of another eigenvalue
    shown = Circle((1, 1), 2, 0.5)
    assert not is_eigenvector(shown)
    assert (shown.matrix() @ [1, 1j]).tolist() == [1 + 1j, 1 + 1j]


@pytest.mark.problem("conv-gradients")
def test_the_norm_is_the_largest_eigenvalue_in_absolute_value():
    assert norms.verify().without == {
        "one channel": Circle((1, 1), 1, channels=2),
        "stride one": Circle((1, 1), 2, stride=2),
        "wraps round": Circle((1, 1), 1, wraps=False),
    }
    shown = Circle((1,), 1, channels=2), Circle((1, 1), 8, stride=2), Circle((1, 1), 2, wraps=False)
    expected = 2**0.5, 2**0.5, (1 + 5**0.5) / 2
    assert [np.linalg.norm(case.matrix(), 2) for case in shown] == pytest.approx(expected)
    assert not any(norm_is_largest(case) for case in shown)


@pytest.mark.problem("conv-gradients")
def test_the_library_s_eigenvalues_are_the_displayed_ones():
    for n, w in itertools.product(range(1, 5), kernels()):
        if len(w) <= n:
            expected = [Circle(w, n).eigenvalue(f) for f in range(n)]
            np.testing.assert_allclose(circular_eigenvalues(w, (n,)), expected, rtol=0, atol=1e-12)


# --- prop-gradients-border -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bordered:
    """A convolution with zeros round its border, along one axis."""

    w: tuple[int, ...]
    n: int
    stride: int = 1
    dilation: int = 1
    padding: int = 0
    channels: int = 1  # inputs, all through the same weights
    zeros: bool = True  # or the last pixel on either side once more

    def matrix(self):
        padded = np.eye(self.n + 2 * self.padding)[:, self.padding : self.padding + self.n]  # columns are inputs
        if not self.zeros:
            padded = np.eye(self.n)[np.clip(np.arange(-self.padding, self.n + self.padding), 0, self.n - 1)]
        rows = np.array(plain(list(padded), self.w, self.stride, self.dilation))
        return np.tile(rows, self.channels)


def below_the_waves(case):
    circle = Circle(case.w, case.n + 2 * case.padding)
    largest = max(abs(circle.eigenvalue(f)) for f in range(circle.n))
    return np.linalg.norm(case.matrix(), 2) <= largest + 1e-9


def bordered():
    yield Bordered((1,), 1, channels=2)
    yield Bordered((1,), 1, padding=1, zeros=False)
    for w, n, s, d, p in itertools.product(kernels(), range(1, 5), (1, 2, 3), (1, 2, 3), (0, 1, 2)):
        if d * (len(w) - 1) + 1 <= n + 2 * p:
            yield Bordered(w, n, s, d, p)


border = Statement(
    "prop-gradients-border",
    text="c4b6f2fa",
    cases=bordered,
    hypotheses={"one channel": lambda case: case.channels == 1, "zeros": lambda case: case.zeros},
    conclusion=below_the_waves,
    scope="kernels to three weights from -2 to 2, pixels to 4, strides and dilations to 3, paddings to 2",
)


def test_waves_bound_the_norm_with_zeros_round_the_border():
    without = border.verify().without
    assert without == {"one channel": Bordered((1,), 1, channels=2), "zeros": Bordered((1,), 1, padding=1, zeros=False)}
    assert np.linalg.norm(without["zeros"].matrix(), 2) == pytest.approx(3**0.5)  # the page's


def test_the_bound_holds_on_two_axes():
    weights = itertools.product((0, 1, -1), repeat=4)
    for w, n, s, p in itertools.product(weights, ((2, 2), (2, 3)), (1, 2), (0, 1)):
        kernel = np.reshape(w, (2, 2))
        above = abs(circular_eigenvalues(kernel, (n[0] + 2 * p, n[1] + 2 * p))).max()
        assert np.linalg.norm(conv_matrix(kernel, n, stride=s, padding=p).toarray(), 2) <= above + 1e-9


def test_the_norm_is_an_absolute_value():
    """The takeaway once said: the largest value of the Fourier transform. For w = (-3) that is -3."""
    case = Circle((-3,), 2)
    assert {case.eigenvalue(f) for f in range(2)} == {-3}
    assert np.linalg.norm(case.matrix(), 2) == 3


def test_the_bordered_matrix_is_the_library_s():
    for case in (Bordered((1, 2), 4, 2, 1, 1), Bordered((2, -1, 1), 4, 1, 2, 1)):
        expected = conv_matrix(case.w, (case.n,), stride=case.stride, dilation=case.dilation, padding=case.padding)
        assert np.array_equal(case.matrix(), expected.toarray())
