"""Statements of *Backwards, each layer applies its transpose*, from their text alone, in fractions and by a prover."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import torch
import z3

from hwlib import backprop
from hwlib.backprop import BatchNorm, Conv2d, CrossEntropyLoss, Linear, MaxPool2d, ReLU, Sequential

from .harness import Statement
from .prover import proved, reals, relu

pytestmark = pytest.mark.problem("backprop-layers")

SMALL = (0, 1, -1, 2, -2)
TINY = Q(1, 10**9)  # nothing here bends twice so near


def grids(rows, columns, values=SMALL):
    """All arrays of a shape with entries among some values, as tuples of rows."""
    for entries in itertools.product(values, repeat=rows * columns):
        yield tuple(entries[r * columns : (r + 1) * columns] for r in range(rows))


def drawn(rng, *shape):
    return rng.integers(-2, 3, shape)


# --- a layer ----------------------------------------------------------------------------------------------------------


def every_layer():
    """Each kind of layer of the library, with an input at which it is differentiable."""
    rng = np.random.default_rng(0)
    vectors, images = rng.standard_normal((3, 2)), rng.standard_normal((2, 2, 4, 5))
    for layer in (Linear.random(2, 3, rng=rng), ReLU(), backprop.Sigmoid(), backprop.Tanh(), BatchNorm(2)):
        yield layer, vectors
    for name in ("abs", "leaky_relu", "hard_tanh"):
        yield backprop.Pointwise(name), vectors
    for layer in (Conv2d.random(2, 3, 2, stride=2, padding=1, rng=rng), backprop.Flatten(), BatchNorm(2)):
        yield layer, images
    for kind, stride in itertools.product((MaxPool2d, backprop.AvgPool2d), (1, 2, 3)):
        yield kind(2, stride=stride), images
    yield Sequential(Linear.random(2, 4, rng=rng), backprop.Tanh(), Linear.random(4, 1, rng=rng)), vectors


def hands_back_the_transpose(case):
    """Backward against a matrix made by differences of forward, at the input and at every parameter."""
    layer, x = case
    y = layer.forward(x)
    units = np.eye(y.size).reshape(-1, *y.shape)
    found = [(layer.backward(unit), [p.gradient.copy() for p in layer.parameters()]) for unit in units]
    inputs = [x, *(p.value for p in layer.parameters())]
    for place, array in enumerate(inputs):
        transposed = np.array([first if not place else rest[place - 1] for first, rest in found]).reshape(y.size, -1)
        step = 1e-5
        for entry in range(array.size):
            old, change = array.flat[entry], []
            for moved in (old + step, old - step):
                array.flat[entry] = moved
                change.append(layer.forward(x).copy())
            array.flat[entry] = old
            column = (change[0] - change[1]).ravel() / (2 * step)
            if not np.allclose(transposed[:, entry], column, atol=1e-8):
                return False
    return True


layer_definition = Statement(
    "def-layers-layer",
    text="ea38bd34",
    cases=every_layer,
    conclusion=hands_back_the_transpose,
    scope="each kind of layer of the library, one input",
    kind="sampled",
)


def test_every_layer_of_the_library_is_a_layer():
    assert layer_definition.verify().covered == 18
    layer = Linear([[3.0]], [0.0])
    layer.forward([[5.0]])
    layer.forward([[7.0]])
    layer.backward([[1.0]])
    assert layer.weight.gradient == 7  # the latest forward


# --- the chain backwards: functions of one number with what their backward returns, and where they have no derivative -

FUNCTIONS = {
    "2x - 1": (lambda x: 2 * x - 1, lambda x: 2, ()),
    "-x": (lambda x: -x, lambda x: -1, ()),
    "x^2": (lambda x: x * x, lambda x: 2 * x, ()),
    "relu": (lambda x: max(x, Q(0)), lambda x: int(x > 0), (0,)),
    "abs": (abs, lambda x: (x > 0) - (x < 0), (0,)),
    "relu(x) - relu(-x)": (lambda x: x, lambda x: int(x > 0) + int(x < 0), (0,)),  # two units that meet at zero
}


def chains():
    for length in (1, 2, 3):
        for names in itertools.product(FUNCTIONS, repeat=length):
            for x in (-2, -1, Q(-1, 2), 0, Q(1, 2), 1, 2):
                yield names, Q(x)


def used_at(case):
    names, x = case
    for name in names:
        yield name, x
        x = FUNCTIONS[name][0](x)


def composed(case, step):
    names, x = case
    x += step
    for name in names:
        x = FUNCTIONS[name][0](x)
    return x


def product_is_the_derivative(case):
    product = math.prod(FUNCTIONS[name][1](x) for name, x in reversed(list(used_at(case))))
    quotients = [(composed(case, step) - composed(case, 0)) / step for step in (TINY, -TINY)]
    return all(abs(quotient - product) < Q(1, 10**5) for quotient in quotients)


chain = Statement(
    "thm-layers-chain",
    text="eb0f854c",
    cases=chains,
    hypotheses={
        "each function is differentiable where it is used": lambda case: all(
            x not in FUNCTIONS[name][2] for name, x in used_at(case)
        )
    },
    conclusion=product_is_the_derivative,
    scope="all chains of up to three of six functions at seven points",
)


def test_the_chain_backwards():
    report = chain.verify()
    assert report.covered > 700
    assert report.without["each function is differentiable where it is used"] == (("relu",), 0)
    names, x = ("relu(x) - relu(-x)",), Q(0)  # the counter-example of the page: a derivative that is not found
    assert composed((names, x), TINY) / TINY == 1 != FUNCTIONS[names[0]][1](x)


def test_matrices_are_transposed_in_reverse_order():
    """J1^T (J2^T dy) is the gradient of dy . f2(f1(x)) for linear maps, all 2 x 2 matrices of -1, 0, 1."""
    matrices = [np.array(grid) for grid in grids(2, 2, (0, 1, -1))]
    units = np.eye(2, dtype=int)
    for first, second in itertools.product(matrices, repeat=2):
        slopes = np.array([[dy @ (second @ (first @ x)) for x in units] for dy in units])
        assert all((first.T @ (second.T @ dy) == row).all() for dy, row in zip(units, slopes, strict=True))


# --- the linear layer: the loss is the sum of dY Y, which has the gradient dY, and perhaps a penalty beside it --------


def linear_cases():
    for x, w, b, g in itertools.product((1, 2), (1, -1), (0, 1), (1, 2)):
        for penalty in (0, 1):
            yield ((x,),), ((w,),), (b,), ((g,),), penalty
    rng = np.random.default_rng(0)
    for n, inputs, outputs in itertools.product((1, 2, 3), repeat=3):
        for penalty in (0, 1):
            yield (
                *(drawn(rng, *shape) for shape in ((n, inputs), (outputs, inputs), (outputs,), (n, outputs))),
                penalty,
            )


def loss_of(x, w, b, g, penalty):
    """In plain loops; the penalty sees the parameters and the input beside Y."""
    total = Q(0)
    for r, row in enumerate(x):
        for j, weights in enumerate(w):
            total += g[r][j] * (sum(a * c for a, c in zip(row, weights, strict=True)) + b[j])
    squares = sum(v * v for array in (x, w) for row in array for v in row) + sum(v * v for v in b)
    return total + penalty * Q(1, 2) * squares


def slopes_of_the_loss(case, which):
    """Exact derivatives by central differences: the loss is at most quadratic in each number."""
    arrays = [np.array(part, dtype=object) for part in case[:4]]
    found = np.zeros(arrays[which].shape, object)
    for place in np.ndindex(found.shape):
        values = []
        for step in (1, -1):
            moved = [array.copy() for array in arrays]
            moved[which][place] += step
            values.append(loss_of(*moved, case[4]))
        found[place] = (values[0] - values[1]) / 2
    return found


def three_products(case):
    x, w, _, g = (np.array(part, dtype=object) for part in case[:4])
    claims = g @ w, g.T @ x, g.T @ np.ones(len(x), int)
    return all((slopes_of_the_loss(case, which) == claim).all() for which, claim in enumerate(claims))


linear = Statement(
    "thm-layers-linear",
    text="29527690",
    cases=linear_cases,
    hypotheses={"L depends on them through Y only": lambda case: case[4] == 0},
    conclusion=three_products,
    scope="weights, inputs and biases of size one with small whole numbers, and drawn ones of all sizes up to three",
    kind="sampled",
)


def test_the_linear_layer():
    report = linear.verify()
    assert report.covered == 16 + 27
    x, w, b, g, _ = report.without["L depends on them through Y only"]
    assert (x, w, b, g) == (((1,),), ((1,),), (0,), ((1,),))  # the page's: w = x = 1, no bias
    case = (x, w, b, g, 1)
    assert slopes_of_the_loss(case, 1) == 2  # where the formula says 1
    for case in linear_cases():
        x, w, b, g = (np.array(part, float) for part in case[:4])
        layer = Linear(w, b)
        layer.forward(x)
        found = layer.backward(g), layer.weight.gradient, layer.bias.gradient
        for which, array in enumerate(found):
            assert (array == slopes_of_the_loss((*case[:4], 0), which)).all()


# --- ReLU -------------------------------------------------------------------------------------------------------------


def passes_where_positive(case):
    x, g = case
    slopes = [(max(x + step, Q(0)) - max(x, Q(0))) / step for step in (TINY, -TINY)]
    return all(g * slope == (g if x > 0 else 0) for slope in slopes)


relu_statement = Statement(
    "thm-layers-relu",
    text="4d7a1b0a",
    cases=lambda: itertools.product((Q(0), Q(1, 3), Q(1), Q(-1), Q(2), Q(-2)), (1, 0, -1, 2)),
    hypotheses={"no entry is zero": lambda case: case[0] != 0},
    conclusion=passes_where_positive,
    scope="six numbers and four gradients; the layer works entry by entry",
)


def test_relu():
    report = relu_statement.verify()
    assert report.without["no entry is zero"] == (0, 1)
    for x, g in itertools.product((0.5, -0.5, 2.0, -3.0), (1.0, -1.0)):
        layer = ReLU()
        layer.forward([[x]])
        assert layer.backward([[g]]) == (g if x > 0 else 0)
    layer.forward([[0.0]])
    assert layer.backward([[1.0]]) == 0 == torch.autograd.functional.jacobian(torch.relu, torch.zeros(()))


def test_relu_for_all_real_numbers():
    x, step = reals("x step")
    proved(relu(x + step) - relu(x) == z3.If(x > 0, step, 0), given=[z3.Or(x > 0, x < 0), step * step < x * x])


# --- cross-entropy ----------------------------------------------------------------------------------------------------


def loss_cases():
    for classes in (1, 2, 3):
        for row in itertools.product((0, 1, -2), repeat=classes):
            for target in range(classes):
                yield (row,), (target,)
    rng = np.random.default_rng(0)
    for n, classes in itertools.product((2, 3), (1, 2, 3, 4)):
        yield drawn(rng, n, classes).tolist(), rng.integers(classes, size=n).tolist()


def mean_loss(z, targets):
    rows = zip(z, targets, strict=True)
    return -sum(mpmath.log(mpmath.exp(row[t]) / sum(map(mpmath.exp, row))) for row, t in rows) / len(z)


def p_minus_t_over_n(case):
    z, targets = case
    n, loss, total = len(z), CrossEntropyLoss(), CrossEntropyLoss(reduction="sum")
    loss.forward(z, targets)
    total.forward(z, targets)
    with mpmath.workdps(40):
        for r, row in enumerate(z):
            p = [mpmath.exp(entry) / sum(map(mpmath.exp, row)) for entry in row]
            claim = [(p[c] - (c == targets[r])) / n for c in range(len(row))]
            for c, entry in enumerate(row):

                def moved(value, r=r, c=c):
                    rows = [list(each) for each in z]
                    rows[r][c] = value
                    return mean_loss(rows, targets)

                if abs(mpmath.diff(moved, entry) - claim[c]) > 1e-15:
                    return False
            if abs(sum(claim)) > 1e-30 or not np.allclose(loss.backward()[r], [float(c) for c in claim], atol=1e-15):
                return False
    return np.allclose(total.backward(), n * loss.backward(), rtol=1e-15)


cross_entropy = Statement(
    "thm-layers-loss",
    text="07da218f",
    cases=loss_cases,
    conclusion=p_minus_t_over_n,
    scope="all rows of up to three logits among 0, 1, -2 with every target, and eight drawn batches",
)


def test_cross_entropy():
    assert cross_entropy.verify().covered == 3 + 18 + 81 + 8


# --- max pooling: windows of a line, as sets of pixels ----------------------------------------------------------------

WINDOWS = {2: [(0, 1)], 3: [(0, 1), (1, 2)], 4: [(0, 1), (2, 3)]}


def pooling_cases():
    for length, windows in WINDOWS.items():
        for x in itertools.product((0, 1, 3) if length > 3 else (3, 0, 1, -1), repeat=length):
            for g in itertools.product((1, 2), repeat=len(windows)):
                yield x, g


def one_largest(case):
    x, _ = case
    return all(x[a] != x[b] for a, b in WINDOWS[len(x)])


def goes_to_the_largest(case):
    """Both one-sided slopes at each pixel are the sum of the gradients of the windows in which it is largest."""
    x, g = case

    def pooled(values):
        return sum(d * max(values[i] for i in window) for d, window in zip(g, WINDOWS[len(x)], strict=True))

    for pixel in range(len(x)):
        claim = sum(
            d
            for d, window in zip(g, WINDOWS[len(x)], strict=True)
            if pixel in window and x[pixel] == max(x[i] for i in window)
        )
        for step in (TINY, -TINY):
            moved = [Q(value) + (step if i == pixel else 0) for i, value in enumerate(x)]
            if (pooled(moved) - pooled(x)) / step != claim:
                return False
    return True


pooling = Statement(
    "thm-layers-pooling",
    text="9719db0e",
    cases=pooling_cases,
    hypotheses={"each window has one largest entry": one_largest},
    conclusion=goes_to_the_largest,
    scope="lines of up to four pixels among four numbers, apart and overlapping windows, two gradients",
)


def test_max_pooling():
    report = pooling.verify()
    assert report.without["each window has one largest entry"] == ((3, 3), (1,))
    for x, g in pooling_cases():
        if one_largest((x, g)) and len(x) < 4:  # the line, and a lower one below it
            layer = MaxPool2d(2, stride=1)
            layer.forward(np.array([[[x, np.array(x) - 0.5]]], float))
            found = layer.backward(np.array(g, float).reshape(1, 1, 1, -1))[0, 0]
            tensor = torch.tensor([[x, [v - 0.5 for v in x]]], dtype=torch.float64, requires_grad=True)
            torch.nn.functional.max_pool2d(tensor, 2, 1).backward(
                torch.tensor(g, dtype=torch.float64).reshape(1, 1, -1)
            )
            assert (found == tensor.grad[0].numpy()).all()


# --- batch normalization ----------------------------------------------------------------------------------------------


def norm_cases():
    for n in (1, 2, 3):
        for x in itertools.product((1, 0, -2), repeat=n):
            for epsilon in (0, 1):
                for g in itertools.product((1, -2), repeat=n):
                    yield x, epsilon, g


def variance(x):
    mean = Q(sum(x), len(x))
    return sum((v - mean) ** 2 for v in x) / len(x)


def normalized(x, epsilon):
    mean = mpmath.fsum(x) / len(x)
    spread = mpmath.sqrt(mpmath.fsum((v - mean) ** 2 for v in x) / len(x) + epsilon)
    return [(v - mean) / spread for v in x], spread


def norm_formula(case):
    x, epsilon, g = case
    gamma, beta, n = 3, 5, len(x)

    def loss(values, scale, shift):
        hat, _ = normalized(values, epsilon)
        return mpmath.fsum(d * (scale * h + shift) for d, h in zip(g, hat, strict=True))

    try:
        with mpmath.workdps(40):
            hat, spread = normalized([mpmath.mpf(v) for v in x], epsilon)
            at_beta, at_gamma = sum(g), mpmath.fsum(h * d for h, d in zip(hat, g, strict=True))
            claim = [gamma / spread * (d - (at_beta + h * at_gamma) / n) for d, h in zip(g, hat, strict=True)]
            slopes = [mpmath.diff(lambda t, r=r: loss([*x[:r], t, *x[r + 1 :]], gamma, beta), x[r]) for r in range(n)]
            right = all(abs(a - b) < 1e-12 for a, b in zip(slopes, claim, strict=True))
            right &= abs(mpmath.diff(lambda t: loss(x, gamma, t), beta) - at_beta) < 1e-12
            right &= abs(mpmath.diff(lambda t: loss(x, t, beta), gamma) - at_gamma) < 1e-12
            right &= abs(mpmath.fsum(claim)) < 1e-12
            right &= epsilon != 0 or abs(mpmath.fsum(v * c for v, c in zip(x, claim, strict=True))) < 1e-12
            right &= not (n == 1 or (n == 2 and epsilon == 0)) or max(abs(c) for c in claim) < 1e-12
    except ZeroDivisionError:
        return False
    return bool(right) and (n == 1 or library_agrees(case, [float(c) for c in claim]))


def library_agrees(case, claim):
    x, epsilon, g = case
    layer = BatchNorm(1, epsilon=epsilon)
    layer.weight.value[:], layer.bias.value[:] = 3, 5
    layer.forward(np.array(x, float)[:, None])
    return np.allclose(layer.backward(np.array(g, float)[:, None])[:, 0], claim, atol=1e-12)


norm = Statement(
    "thm-layers-norm",
    text="c2ac4b76",
    cases=norm_cases,
    hypotheses={"v + epsilon > 0": lambda case: variance(case[0]) + case[1] > 0},
    conclusion=norm_formula,
    scope="all of up to three samples among 1, 0, -2, epsilon 0 and 1, gradients 1 and -2",
)


def test_batch_normalization():
    report = norm.verify()
    assert report.without["v + epsilon > 0"] == ((1,), 0, (1,))
    assert not norm_formula(((1, 1), 0, (1, 1)))  # the page's constant feature


# --- central differences ----------------------------------------------------------------------------------------------


def difference_cases():
    """Cubics, and |t|: the function, its derivative, the bound M on the third derivative where it has one, x and h."""
    for a, b, c in itertools.product((0, 1, -2), (0, 1, -1), (0, 2)):
        for x, h in itertools.product((Q(0), Q(1, 2), Q(-1)), (Q(1), Q(1, 4))):
            yield ("cubic", (a, b, c)), x, h
    for x in (Q(1, 2), Q(-1, 2), Q(2)):
        for h in (Q(1), Q(1, 4)):
            yield ("abs", ()), x, h


def parts(which):
    kind, numbers = which
    if kind == "abs":
        return abs, lambda t: (t > 0) - (t < 0), 0
    a, b, c = numbers
    return lambda t: a * t**3 + b * t**2 + c * t, lambda t: 3 * a * t**2 + 2 * b * t + c, abs(6 * a)


def bounded(case):
    (kind, _), x, h = case
    return kind == "cubic" or abs(x) > h


def close(case):
    which, x, h = case
    f, slope, bound = parts(which)
    return abs((f(x + h) - f(x - h)) / (2 * h) - slope(x)) <= Q(bound) * h**2 / 6


differences = Statement(
    "prop-layers-differences",
    text="2d9f2ba6",
    cases=difference_cases,
    hypotheses={"|f'''| <= M on [x - h, x + h]": bounded},
    conclusion=close,
    scope="all cubics with small coefficients at three points, and the absolute value; two steps",
)


def test_central_differences():
    report = differences.verify()
    (which, x, h) = report.without["|f'''| <= M on [x - h, x + h]"]
    assert (which[0], x, h) == ("abs", Q(1, 2), 1)  # at h / 2
    assert (abs(x + h) - abs(x - h)) / (2 * h) == Q(1, 2)
    a_cubic = ("cubic", (1, 0, 0)), Q(0), Q(1)
    f, _, bound = parts(a_cubic[0])
    assert (f(1) - f(-1)) / 2 == Q(bound, 6)  # the bound is met


def test_the_ends_count():
    """Zero between x - h and x + h, and one at an end: there the third derivative would have to exist, too."""

    def f(t):
        return int(t == 1)

    x, h = 0, 1
    assert (f(x + h) - f(x - h)) / (2 * h) == 0.5  # f' is 0 at x, and the third derivative 0 inside


def test_one_sided_slopes_are_what_quotients_tend_to():
    for left, right in itertools.product(SMALL, repeat=2):

        def f(t, left=left, right=right):
            return (right if t > 0 else left) * t + t * t  # smooth on either side, bent beside its kink

        for exponent in range(1, 12):
            h = Q(1, 4**exponent)
            quotients = -f(-h) / h, f(h) / h, (f(h) - f(-h)) / (2 * h)
            wanted = left, right, Q(left + right, 2)
            assert all(abs(q - w) <= h for q, w in zip(quotients, wanted, strict=True))


def test_taylor_for_all_real_cubics():
    a, b, c, x, h = reals("a b c x h")

    def f(t):
        return a * t * t * t + b * t * t + c * t

    proved(f(x + h) - f(x - h) == 2 * h * (3 * a * x * x + 2 * b * x + c) + 2 * a * h * h * h)


# --- the exercise on the size of weights ------------------------------------------------------------------------------


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 1), (1, 3), (2, 2), (3, 2), (2, 4)])
def test_weights_of_variance_one_over_the_outputs_keep_a_gradient_on_average(inputs, outputs):
    gradient = [Q(k * k - 3, 2) for k in range(outputs)]
    before = sum(g * g for g in gradient) / outputs
    signs = list(itertools.product((1, -1), repeat=inputs * outputs))
    after = Q(0)
    for weights in signs:  # mean zero, variance one
        rows = [weights[j * inputs : (j + 1) * inputs] for j in range(outputs)]
        entries = [sum(g * row[k] for g, row in zip(gradient, rows, strict=True)) for k in range(inputs)]
        after += sum(e * e for e in entries) / inputs
    assert after / len(signs) == outputs * before
