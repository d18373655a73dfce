"""hwlib.optim: products against the dense Hessian of autograd, against SymPy, and where other tools go wrong."""

from __future__ import annotations

import copy
import itertools
import sys
import warnings

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hwlib.optim import (
    KinkWarning,
    follow,
    hessian_operator,
    hessian_size,
    network_errors,
    noisy_questions,
    r_operator,
    top_eigenvalues,
    trace_estimate,
)

from ..examples import examples

EXACT = ["double backward", "forward over reverse"]
DIFFERENCES = ["central difference", "one-sided difference"]
ACTIVATIONS = [nn.Tanh, nn.Sigmoid, nn.ReLU, nn.Softplus]


def mlp(*sizes, activation=nn.Tanh, bias=True, seed=0):
    torch.manual_seed(seed)
    layers = []
    for i, o in itertools.pairwise(sizes):
        layers += [nn.Linear(i, o, bias=bias), activation()]
    return nn.Sequential(*layers[:-1]).double()


def data(n, i, o, seed=1):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, i, generator=generator, dtype=torch.float64)
    return x, torch.randint(0, o, (n,), generator=generator)


def dense_hessian(loss, parameters):
    """Row by row: a gradient of every entry of the gradient."""
    gradients = torch.autograd.grad(loss(), parameters, create_graph=True, materialize_grads=True, allow_unused=True)
    entries = torch.cat([g.reshape(-1) for g in gradients])
    rows = []
    for entry in entries:
        if not entry.requires_grad:
            rows.append(torch.zeros(len(entries), dtype=entries.dtype))
            continue
        row = torch.autograd.grad(entry, parameters, retain_graph=True, materialize_grads=True, allow_unused=True)
        rows.append(torch.cat([part.reshape(-1) for part in row]))
    return torch.stack(rows).detach().numpy()


def problem(activation=nn.Tanh, targets="classes", bias=True):
    model = mlp(3, 5, 4, 2, activation=activation, bias=bias)
    x, y = data(6, 3, 2)
    if targets == "classes":
        return model, x, y, lambda: F.cross_entropy(model(x), y)
    values = torch.stack([y.double(), -y.double()], 1)
    return model, x, values, lambda: F.mse_loss(model(x), values)


@pytest.mark.problem("opt-r-operator")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("targets", ["classes", "numbers"])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.__name__)
def test_the_passes_of_pearlmutter_equal_the_dense_hessian_to_1e_10(activation, targets, bias):
    model, x, y, loss = problem(activation, targets, bias)
    dense = dense_hessian(loss, list(model.parameters()))
    operator = r_operator(model, x, y)
    assert abs(operator @ np.eye(len(dense)) - dense).max() < 1e-12
    assert np.allclose(operator.gradient(), hessian_operator(loss, model.parameters()).gradient(), rtol=0, atol=1e-14)


@examples(60)
@given(st.lists(st.integers(1, 7), min_size=2, max_size=5), st.integers(1, 9), st.integers(0, 10**6))
def test_the_passes_equal_double_backward_for_any_shape(sizes, samples, seed):
    model = mlp(*sizes, activation=ACTIVATIONS[seed % 4], seed=seed)
    x, y = data(samples, sizes[0], sizes[-1], seed)
    by_graph = hessian_operator(lambda: F.cross_entropy(model(x), y), model.parameters())
    v = np.random.default_rng(seed).normal(size=by_graph.shape[0])
    assert abs(r_operator(model, x, y) @ v - by_graph @ v).max() <= 1e-10


@pytest.mark.problem("opt-r-operator")
def test_linearity_and_the_product_rule_hold_for_symbols():
    """R{f} = d/dr f(w + r v) at r = 0, on functions that SymPy knows nothing else about."""
    r, c = sympy.symbols("r c")
    w, v = sympy.symbols("w0:2"), sympy.symbols("v0:2")
    f, g = (sympy.Function(name)(*(a + r * b for a, b in zip(w, v, strict=True))) for name in "fg")

    def derivative(expression):
        return sympy.diff(expression, r).subs(r, 0).doit()

    at = {r: 0}
    assert sympy.simplify(derivative(c * f) - c * derivative(f)) == 0
    assert sympy.simplify(derivative(f + g) - derivative(f) - derivative(g)) == 0
    assert sympy.simplify(derivative(f * g) - derivative(f) * g.subs(at) - f.subs(at) * derivative(g)) == 0


@pytest.mark.problem("opt-r-operator")
def test_the_hessian_by_hand_is_every_method_s():
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    for method in EXACT + DIFFERENCES:
        product = hessian_operator(lambda: 0.5 * (w[0] * w[1] - 3) ** 2, [w], method=method) @ np.eye(2)
        assert np.allclose(product, [[4, 1], [1, 1]], rtol=0, atol=1e-6 if method in DIFFERENCES else 0)


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.__name__)
def test_exact_methods_equal_the_dense_hessian(method, activation):
    model, _, _, loss = problem(activation)
    dense = dense_hessian(loss, list(model.parameters()))
    operator = hessian_operator(loss, model.parameters(), method=method)
    assert abs(operator @ np.eye(len(dense)) - dense).max() < 1e-13
    before = [p.clone() for p in model.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.problem("opt-hvp-finite")
def test_errors_of_differences_fall_with_r_and_with_its_square():
    model, x, y, loss = problem()
    exact = r_operator(model, x, y)
    v = np.random.default_rng(0).normal(size=exact.shape[0])
    v /= np.linalg.norm(v)
    for method, order in (("one-sided difference", 1), ("central difference", 2)):
        errors = [
            np.linalg.norm(hessian_operator(loss, model.parameters(), method=method, step=r) @ v - exact @ v)
            for r in (1e-2, 1e-3)
        ]
        assert np.log10(errors[0] / errors[1]) == pytest.approx(order, abs=0.05)
        # Far below the best r, rounding takes over and the error grows again.
        tiny, best = (hessian_operator(loss, model.parameters(), method=method, step=r) for r in (1e-13, None))
        assert np.linalg.norm(best @ v - exact @ v) < 0.1 * np.linalg.norm(tiny @ v - exact @ v)


@pytest.mark.problem("opt-hvp-finite")
@pytest.mark.parametrize(("method", "bound"), [("central difference", 1e-8), ("one-sided difference", 1e-5)])
def test_the_step_that_is_chosen_is_good_whatever_the_length_of_v(method, bound):
    model, x, y, loss = problem()
    exact, difference = r_operator(model, x, y), hessian_operator(loss, model.parameters(), method=method)
    before = [p.detach().clone() for p in model.parameters()]
    for length in (1e-6, 1.0, 1e6):
        v = length * np.random.default_rng(0).normal(size=exact.shape[0])
        assert np.linalg.norm(difference @ v - exact @ v) < bound * np.linalg.norm(exact @ v)
    assert not (difference @ np.zeros(exact.shape[0])).any()
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)), "restored to the last bit"


SPELLINGS = {
    "nn.ReLU": nn.ReLU(),
    "F.relu": F.relu,
    "Tensor.relu": lambda x: x.relu(),
    "relu_": lambda x: (x * 1).relu_(),
    "clamp": lambda x: x.clamp(min=0),
    "clamp_min": lambda x: x.clamp_min(0),
    "maximum": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "leaky": lambda x: F.leaky_relu(x, 0.1),
    "abs": lambda x: x.abs() + x,
    "hardtanh": lambda x: F.hardtanh(x, 0.0, 9.0),
    "max": lambda x: torch.stack([x, 0 * x]).max(0)[0],
    "amax": lambda x: torch.stack([x, 0 * x]).amax(0),
    "pool": lambda x: F.max_pool2d(torch.stack([x, 0 * x], -1)[None], (1, 2))[0, ..., 0],
}


@pytest.mark.problem("opt-hvp-finite")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_kink_between_the_points_is_told_in_every_spelling(spelling):
    activation = SPELLINGS[spelling]
    w = torch.tensor([1e-3], dtype=torch.float64, requires_grad=True)

    def loss():
        return 3 * activation(w[None]).sum()

    for method in DIFFERENCES:
        with pytest.warns(KinkWarning, match="crosses [12] of"):
            hessian_operator(loss, [w], method=method, step=1e-2) @ np.array([-1.0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert not hessian_operator(loss, [w], method=method, step=1e-4) @ np.array([-1.0])


@pytest.mark.parametrize("method", ["one-sided difference", "central difference"])
@pytest.mark.parametrize("size", [1e-200, 1e-170, 1e170, 1e200])
def test_differences_take_vectors_of_every_size(method, size):
    """The square of a length once vanished or overflowed, and with it the product: zeros, or no numbers at all."""
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    H = hessian_operator(lambda: 0.5 * (w[0] * w[1] - 3) ** 2, [w], method=method)
    assert np.allclose(H @ np.array([size, 0.0]) / size, [4, 1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", [torch.int32, torch.uint8])
def test_class_numbers_may_be_of_any_whole_type(kind):
    model, x, y = nn.Sequential(nn.Linear(2, 3)), torch.ones(4, 2), torch.arange(4) % 3
    assert torch.equal(r_operator(model, x, y.to(kind)) @ torch.ones(9), r_operator(model, x, y) @ torch.ones(9))


def test_the_error_at_a_crossed_kink_is_the_jump_over_r():
    w = torch.tensor([1e-3], dtype=torch.float64, requires_grad=True)

    def loss():
        return (w**2 + 3 * F.relu(w)).sum()

    for r in (1e-2, 2e-3):
        with pytest.warns(KinkWarning):
            product = hessian_operator(loss, [w], method="one-sided difference", step=r) @ np.array([-1.0])
        assert product == pytest.approx(-2 - 3 / r)
    assert hessian_operator(loss, [w]) @ np.array([-1.0]) == -2


def test_smooth_functions_raise_no_false_alarm():
    model, _, _, loss = problem(nn.Tanh)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        operator = hessian_operator(loss, model.parameters(), method="central difference", step=0.5)
        assert np.isfinite(operator @ np.ones(operator.shape[0])).all()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("method", EXACT + DIFFERENCES)
def test_batch_normalization_keeps_its_mode_and_its_buffers(method, training):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2)).double().train(training)
    model[1].running_mean += 0.5
    x, y = data(8, 3, 2)
    untouched = copy.deepcopy(model)
    dense = dense_hessian(lambda: F.cross_entropy(untouched(x), y), list(untouched.parameters()))
    before = copy.deepcopy(model.state_dict())
    operator = hessian_operator(lambda: F.cross_entropy(model(x), y), model.parameters(), method=method)
    assert np.allclose(operator @ np.eye(len(dense)), dense, rtol=0, atol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(module.training == training for module in model.modules())


@pytest.mark.parametrize("method", EXACT + DIFFERENCES)
def test_a_parameter_that_the_loss_does_not_use_has_a_block_of_zeros(method):
    w, unused, linear = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([2.0], [1.0, 1.0], [3.0]))
    operator = hessian_operator(lambda: (w**3).sum() + 5 * linear.sum(), [unused, w, linear], method=method)
    assert np.allclose(operator @ np.eye(4), np.diag([0, 0, 12.0, 0]), rtol=0, atol=1e-5)
    assert np.allclose(operator.gradient(), [0, 0, 12, 5], rtol=0, atol=1e-12)
    flat = hessian_operator(lambda: 5 * linear.sum(), [linear, unused], method=method)
    assert np.allclose(flat @ np.ones(3), 0, rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", EXACT + DIFFERENCES)
def test_dropout_drops_the_same_units_in_every_run_and_leaves_the_random_numbers_alone(method):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 2)).double()
    x, y = data(5, 3, 2)
    state = torch.random.get_rng_state()
    operator = hessian_operator(lambda: F.cross_entropy(model(x), y), model.parameters(), method=method)
    products = [operator @ np.eye(operator.shape[0]) for _ in range(2)]
    assert np.array_equal(*products)
    assert np.allclose(products[0], products[0].T, rtol=0, atol=1e-5)
    assert torch.equal(state, torch.random.get_rng_state())


class Noise(nn.Module):
    """Multiplies by random numbers from a generator of its own."""

    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(5)

    def forward(self, x):
        return x * torch.rand(x.shape, generator=self.generator, dtype=x.dtype)


@pytest.mark.parametrize("method", EXACT + DIFFERENCES)
def test_a_model_s_own_generator_gives_the_same_numbers_in_every_run_and_is_left_alone(method):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), Noise(), nn.Linear(8, 2)).double()
    x, y = data(5, 3, 2)
    state = model[2].generator.get_state()
    operator = hessian_operator(lambda: F.cross_entropy(model(x), y), model.parameters(), method=method)
    products = [operator @ np.eye(operator.shape[0]) for _ in range(2)]
    assert np.array_equal(*products)
    # What the first run draws is what the generator holds: a copy that always starts there has the same Hessian.
    fixed = torch.rand(5, 8, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    dense = dense_hessian(
        lambda: F.cross_entropy(model[3](torch.tanh(model[0](x)) * fixed), y), list(model.parameters())
    )
    assert np.allclose(products[0], dense, rtol=0, atol=1e-5 if method in DIFFERENCES else 1e-12)
    assert torch.equal(state, model[2].generator.get_state())


@pytest.mark.parametrize("method", ["forward over reverse", *DIFFERENCES])
def test_a_loss_that_changes_from_run_to_run_is_refused(method):
    w, rng = torch.ones(2, requires_grad=True), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"loss returns .*, then .*: accepted is one that draws"):
        hessian_operator(lambda: (w**2).sum() * rng.random(), [w], method=method)


@pytest.mark.parametrize("method", EXACT + DIFFERENCES)
def test_parameters_may_differ_in_precision(method):
    a = torch.tensor([2.0], dtype=torch.float32, requires_grad=True)
    b = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    operator = hessian_operator(lambda: (a.double() ** 2 * b).sum(), [a, b], method=method)
    product = operator @ np.eye(2)
    assert product.dtype == np.float64
    assert np.allclose(product, [[6, 4], [4, 0]], rtol=0, atol=0.05 if method in DIFFERENCES else 1e-6)


def test_the_size_of_a_hessian_of_two_precisions_is_that_of_the_wider_one():
    narrow, wide = torch.zeros(3), torch.zeros(3, dtype=torch.float64)
    assert hessian_size([narrow, wide]).bytes == hessian_size([wide, narrow]).bytes == 36 * 8
    assert hessian_size([narrow.half(), narrow.bfloat16()]).bytes == 36 * 4


def test_a_hessian_of_zeros_has_eigenvalues_zero():
    w = torch.zeros(4, requires_grad=True)
    values, vectors = top_eigenvalues(hessian_operator(lambda: w.sum(), [w]), 2)
    assert values.tolist() == [0, 0]
    assert np.array_equal(vectors.T @ vectors, np.eye(2))


def test_two_samples_are_enough_for_a_trace_with_its_error():
    w = torch.zeros(2, requires_grad=True)
    values = [trace_estimate(hessian_operator(lambda: w[0] * w[1], [w]), samples=2, rng=seed) for seed in range(20)]
    assert {estimate for estimate, _ in values} == {-2.0, 0.0, 2.0}
    assert all(error == 0 if estimate else error == pytest.approx(2) for estimate, error in values)


@pytest.mark.parametrize(
    "call",
    [
        lambda: hessian_operator(lambda: None, []),
        lambda: r_operator(None, None, None),
        lambda: hessian_size([1]),
        lambda: follow(None, None, [1.0], steps=1),
        lambda: network_errors(1, noisy_questions([0], label_noise=0), epochs=1),
    ],
)
def test_a_missing_torch_is_told_with_the_command_that_installs_it(monkeypatch, call):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"torch is missing: pip install"):
        call()


def test_vectors_may_have_gradients_and_operators_are_told_in_a_line():
    w = torch.ones(2, requires_grad=True)
    operator = hessian_operator(lambda: (w**3).sum(), [w])
    product = operator @ w
    assert product.tolist() == [6, 6]
    assert not product.requires_grad
    assert repr(operator) == "HessianOperator(2 parameters, 'double backward')"


@pytest.mark.parametrize("method", [*EXACT, *DIFFERENCES, "R-operator"])
def test_after_a_step_of_an_optimizer_products_are_those_of_the_new_point(method):
    model, x, y, loss = problem()
    if method == "R-operator":
        operator = r_operator(model, x, y)
    else:
        operator = hessian_operator(loss, model.parameters(), method=method)
    v = np.ones(operator.shape[0])
    old = operator @ v
    with torch.no_grad():
        model[0].bias.add_(0.5)  # a bias is not saved in the graph, so autograd alone would not notice
    fresh = hessian_operator(loss, model.parameters()) @ v
    assert np.allclose(operator @ v, fresh, rtol=0, atol=1e-5)
    assert not np.allclose(old, fresh, rtol=0, atol=1e-3)


def test_vectors_come_back_as_they_went_in_and_scipy_takes_the_operator():
    model, x, y, _ = problem()
    operator = r_operator(model, x, y)
    v = torch.ones(operator.shape[0], dtype=torch.float64)
    assert torch.is_tensor(operator @ v)
    assert np.array_equal(operator @ v.numpy(), (operator @ v).numpy())
    assert (operator @ np.zeros((operator.shape[0], 0))).shape == (operator.shape[0], 0)
    assert np.array_equal(operator.linear_operator() @ v.numpy(), operator @ v.numpy())


@pytest.mark.problem("opt-hessian-size")
def test_the_model_of_the_problem_has_its_parameters_counted_by_hand():
    size = hessian_size(mlp(32, 512, 512, 10).float().parameters())
    assert size.parameters == (32 * 512 + 512) + (512 * 512 + 512) + (512 * 10 + 10) == 284_682
    assert size.entries == 284_682**2
    assert size.distinct == sum(range(284_682 + 1))
    assert size.bytes == 4 * 284_682**2


def test_eigenvalues_and_trace_agree_with_the_dense_hessian():
    model, _, _, loss = problem()
    dense = dense_hessian(loss, list(model.parameters()))
    operator = hessian_operator(loss, model.parameters())
    values, vectors = top_eigenvalues(operator, 3)
    expected = np.linalg.eigvalsh(dense)
    expected = expected[np.argsort(-abs(expected))][:3]
    assert np.allclose(values, expected, rtol=1e-5, atol=0)
    assert np.allclose(dense @ vectors, vectors * values, rtol=0, atol=1e-5)
    estimate, error = trace_estimate(operator, samples=400, rng=0)
    assert trace_estimate(operator, samples=400, rng=np.random.default_rng(0)) == (estimate, error)
    assert abs(estimate - np.trace(dense)) < 3 * error
    # The variance of v^T H v over signs is twice the sum of squares off the diagonal.
    off = dense - np.diag(np.diag(dense))
    assert error == pytest.approx(np.sqrt(2 * (off**2).sum() / 400), rel=0.15)


def test_all_eigenvalues_can_be_had_even_the_one_of_a_single_parameter():
    """One parameter was told to take "from 1 to 0" eigenvalues."""
    w = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    values, vectors = top_eigenvalues(hessian_operator(lambda: (w**3).sum(), [w]))
    assert values.tolist() == [12.0]
    assert abs(vectors).tolist() == [[1.0]]
    w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    values, vectors = top_eigenvalues(hessian_operator(lambda: w[0] * w[1] * w[2], [w]), 3)
    H = np.array([[0.0, 3, 2], [3, 0, 1], [2, 1, 0]])
    assert np.allclose(H @ vectors, vectors * values)
    assert (np.diff(abs(values)) <= 1e-12).all()
    assert np.allclose(vectors.T @ vectors, np.eye(3))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda w: hessian_operator(lambda: w.sum(), []), "parameters is empty"),
        (lambda w: hessian_operator(lambda: w.sum(), [torch.ones(1)]), "parameter 0 requires no gradient"),
        (lambda w: hessian_operator(lambda: w, [w]), r"loss returns shape \(2,\)"),
        (lambda w: hessian_operator(lambda: 1.0, [w]), "loss returns 1.0"),
        (lambda w: hessian_operator(lambda: torch.ones(()), [w]), "depends on none of the parameters"),
        (lambda w: hessian_operator(lambda: w.sum(), [w], method="magic"), "method='magic': accepted are 'double"),
        (lambda w: hessian_operator(lambda: w.sum(), [w], step=0), "step=0: accepted is a number above zero"),
        (lambda w: hessian_operator(lambda: w.sum(), [w, w]), "parameters has a tensor twice"),
        (
            lambda w: hessian_operator(lambda: w.sum(), [(1j * w).detach().requires_grad_()]),
            "parameter 0 is of torch.complex",
        ),
        (
            lambda w: hessian_operator(lambda: w.sum(), [w.detach().to("meta").requires_grad_()]),
            "parameter 0 is .* on meta",
        ),
        (lambda w: hessian_operator(lambda: w @ w, [w]) @ np.array([1j, 0]), "v has the type complex128: accepted"),
        (lambda w: hessian_operator(lambda: w @ w, [w]) @ torch.tensor([1j, 0]), "v has the type torch.complex64"),
        (lambda w: hessian_operator(lambda: w @ w, [w]) @ [np.inf, 0], "v has entries that are infinite or NaN"),
        (lambda w: top_eigenvalues(hessian_operator(lambda: w @ w, [w]), 1.0), "count=1.0: accepted is a whole number"),
        (lambda w: trace_estimate(hessian_operator(lambda: w @ w, [w]), samples=2, rng="0"), "rng='0': accepted are"),
        (lambda w: hessian_operator(lambda: w @ w, [w]) @ np.ones(3), r"v has shape \(3,\): accepted are \(2,\)"),
        (lambda w: top_eigenvalues(hessian_operator(lambda: w @ w, [w]), 3), "count=3: accepted are .* from 1 to 2"),
        (
            lambda w: trace_estimate(hessian_operator(lambda: w @ w, [w]), samples=1),
            "samples=1: accepted is a whole number of at least 2",
        ),
        (lambda w: hessian_size([]), "parameters is empty"),
        (lambda w: r_operator(nn.Linear(2, 2), w, w), "model is a Linear"),
        (lambda w: r_operator(nn.Sequential(nn.Linear(2, 2), nn.Dropout()), w, w), "model has Dropout"),
        (lambda w: r_operator(nn.Sequential(), w, w), "model is empty"),
        (lambda w: r_operator(nn.Sequential(nn.Softplus(2.0)), w, w), "model has Softplus"),
        (lambda w: r_operator(nn.Sequential(nn.Linear(2, 3)), w, w), r"inputs .* accepted is a tensor \(n, 2\)"),
        (lambda w: r_operator(nn.Sequential(nn.Linear(2, 3)), np.ones((4, 2)), w), r"inputs .* accepted is a tensor"),
        (lambda w: r_operator(nn.Sequential(nn.Linear(2, 3)), torch.ones(4, 2), np.ones(4)), "targets are a ndarray"),
        (
            lambda w: r_operator(nn.Sequential(nn.Linear(2, 3)), torch.ones(4, 2), torch.ones(4)),
            r"targets have shape \(4,\) and type torch.float32",
        ),
        (
            lambda w: r_operator(nn.Sequential(nn.Linear(2, 3)), torch.ones(2, 2), torch.tensor([-100, 3])),
            r"targets have the classes \[-100, 3\]: accepted are whole numbers from 0 to 2",
        ),
        (
            lambda w: r_operator(nn.Sequential(nn.Linear(2, 3)), torch.ones(2, 2), torch.tensor([True, False])),
            r"targets have the classes \[False, True\]",
        ),
    ],
)
def test_bad_input_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call(torch.ones(2, requires_grad=True))
