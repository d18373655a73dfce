"""hwlib.mixture: the marginal, its network, and which networks are mixtures, in Fractions and by other means."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.mixture import (
    Mixture,
    SigmoidNetwork,
    align,
    as_mixture,
    draw_labels,
    marginal_network,
    normal_form,
    random_mixture,
)
from tests.examples import examples

LOG2 = np.log(2)


def sigma(m):
    """The sigmoid of m log 2, exactly."""
    return Q(2) ** m / (Q(2) ** m + 1)


@pytest.mark.problem("mixture-as-network")
def test_the_marginal_is_the_sum_over_components_and_labels_in_fractions():
    for shares in ([Q(1)], [Q(1, 4), Q(3, 4)], [Q(0), Q(1)], [Q(1, 2), Q(1, 4), Q(1, 4)]):
        for weights in itertools.islice(itertools.product((-2, 0, 1), repeat=2 * len(shares)), 0, 729, 29):
            rows = [weights[2 * k : 2 * k + 2] for k in range(len(shares))]
            mixture = Mixture([float(s) for s in shares], LOG2 * np.array(rows))
            for x in itertools.product((-1, 0, 2), repeat=2):
                m = [sum(w * c for w, c in zip(row, x, strict=True)) for row in rows]
                joint = {
                    (k, y): s * (sigma(m[k]) if y else 1 - sigma(m[k])) for k, s in enumerate(shares) for y in (0, 1)
                }
                expected = sum(value for (_, y), value in joint.items() if y)
                assert abs(mixture.probability(x) - float(expected)) < 1e-14
                assert abs(marginal_network(mixture)(x) - float(expected)) < 1e-14
                for y in (0, 1):
                    known = mixture.responsibilities([x], [y])[0]
                    total = sum(joint[k, y] for k in range(len(shares)))
                    assert np.allclose(known, [float(joint[k, y] / total) for k in range(len(shares))], atol=1e-14)


@pytest.mark.problem("mixture-as-network")
@pytest.mark.parametrize("K", [1, 2, 5])
def test_torch_s_layers_have_the_same_values(K):
    mixture = random_mixture(K, 3, rng=K)
    X = np.random.default_rng(0).standard_normal((50, 3))
    model = marginal_network(mixture).to_torch()
    assert [type(layer).__name__ for layer in model] == ["Linear", "Sigmoid", "Linear"]
    assert sum(p.numel() for p in model.parameters()) == 3 * K + K  # weights and no biases
    assert np.allclose(model(torch.tensor(X)).detach().numpy()[:, 0], mixture.probability(X), atol=1e-15)
    shifted = SigmoidNetwork([[1.0]], [2.0], -0.5)
    assert shifted.to_torch()(torch.zeros(1, 1, dtype=torch.float64)).item() == shifted([0.0]) == 0.5


@pytest.mark.problem("mixture-as-network")
def test_log_probabilities_are_exact_where_probabilities_underflow():
    mpmath.mp.dps = 50
    mixture = Mixture([0.25, 0.75, 0.0], [[900.0], [-800.0], [3.0]])
    places = [-2.0, -1.0, -1e-3, 0.0, 1e-9, 0.5, 2.0]
    for x, y in itertools.product(places, (0, 1)):
        terms = [
            mpmath.mpf(s) / (1 + mpmath.e ** (-(2 * y - 1) * mpmath.mpf(float(w)) * mpmath.mpf(x)))
            for s, w in zip(mixture.shares.tolist(), mixture.weights[:, 0].tolist(), strict=True)
        ]
        exact = mpmath.log(mpmath.fsum(terms))
        got = mixture.log_probabilities([[x]], [y])[0]
        assert abs(got - float(exact)) <= 4e-16 * max(1, abs(float(exact)))
    only = Mixture([1.0], [[1.0]])
    assert only.log_probabilities([[1e5]], [0])[0] == -1e5  # the probability itself is 0.0
    assert only.log_probabilities([[-1e5]], [0])[0] == 0.0


numbers = st.integers(-2, 2)


@examples(200)
@given(
    st.lists(st.tuples(numbers, numbers, st.integers(-4, 4)), min_size=0, max_size=5),
    st.integers(-4, 4),
    st.booleans(),
)
def test_normal_form_has_the_same_values_and_no_unit_to_spare(units, constant, constant_input):
    hidden = np.array([unit[:2] for unit in units], float).reshape(len(units), 2)
    network = SigmoidNetwork(hidden, [unit[2] / 4 for unit in units], constant / 4)
    form = normal_form(network, constant_input=constant_input)
    X = np.random.default_rng(0).standard_normal((20, 2))
    if constant_input:
        X[:, 0] = 1
    assert np.allclose(form(X), network(X), atol=1e-12)
    rows = [tuple(row) for row in form.hidden.tolist()]
    assert len({*rows, *(tuple(-w + 0.0 for w in row) for row in rows)}) == 2 * len(rows)
    assert all(any(row[int(constant_input) :]) for row in rows)
    assert form.output.all()
    again = normal_form(form, constant_input=constant_input)
    assert (again.hidden == form.hidden).all()
    assert (again.output == form.output).all()


@pytest.mark.problem("mixture-as-network")
@examples(200)
@given(
    st.lists(st.tuples(st.integers(0, 4), numbers, numbers), min_size=1, max_size=4).filter(
        lambda units: sum(unit[0] for unit in units)
    ),
    st.booleans(),
)
def test_every_mixture_is_found_to_be_one_with_no_more_components(units, constant_input):
    total = sum(unit[0] for unit in units)
    mixture = Mixture([unit[0] / total for unit in units], np.array([unit[1:] for unit in units], float))
    found = as_mixture(marginal_network(mixture), constant_input=constant_input)
    assert found is not None
    assert found.components <= mixture.components
    X = np.random.default_rng(0).standard_normal((20, 2))
    if constant_input:
        X[:, 0] = 1
    assert np.allclose(found.probability(X), mixture.probability(X), atol=1e-9)


@pytest.mark.problem("mixture-as-network")
def test_what_is_no_mixture_is_told():
    # Values outside zero to one, not one half at zero, and weights that add up to more than one.
    for units, constant in [([(1.0, 2.0)], 0.0), ([(1.0, 0.5)], 0.0), ([(1.0, 2.0), (2.0, -2.0)], 0.5)]:
        network = SigmoidNetwork([[w] for w, _ in units], [v for _, v in units], constant)
        assert as_mixture(network) is None
    # With biases: sigma/2 falls to zero, so no constant component has a share, and half of the shares is missing.
    assert as_mixture(SigmoidNetwork([[0.0, 1.0]], [0.5]), constant_input=True) is None
    lifted = as_mixture(SigmoidNetwork([[0.0, 1.0]], [0.5], 0.01), constant_input=True)
    assert lifted is not None
    assert lifted.components == 2
    assert np.isclose(lifted.probability([1.0, 3.0]), 0.01 + 0.5 / (1 + np.exp(-3)))


def test_output_weights_that_cancel_leave_no_component():
    network = SigmoidNetwork(
        [[1.0], [1.0], [1.0], [2.0]], [0.1, 0.2, -0.3, 1.0]
    )  # 0.1 + 0.2 - 0.3 is 5.6e-17 in floats
    found = as_mixture(network)
    assert found is not None
    assert found.shares.tolist() == [1.0]
    assert found.weights.tolist() == [[2.0]]
    biased = as_mixture(SigmoidNetwork([[0.0, 1.0]] * 3 + [[1.0, 2.0]], [0.1, 0.2, -0.3, 1.0]), constant_input=True)
    assert biased is not None
    assert biased.components == 1


def test_labels_are_drawn_as_often_as_the_mixture_says():
    mixture = Mixture([0.3, 0.7], [[2.0], [-1.0]])
    X = np.repeat([[1.0], [-1.0]], 40_000, axis=0)
    y = draw_labels(mixture, X, rng=0)
    shares = y.reshape(2, -1).mean(1)
    assert abs(shares - mixture.probability([[1.0], [-1.0]])).max() < 4 * 0.5 / 200  # four standard errors


@pytest.mark.problem("mixture-as-network")
@pytest.mark.parametrize("K", [1, 2, 3, 4])
def test_align_finds_the_best_of_all_orders(K):
    one, other = random_mixture(K, 2, rng=1), random_mixture(K, 2, rng=2)
    costs = [((other.weights[list(order)] - one.weights) ** 2).sum() for order in itertools.permutations(range(K))]
    assert np.isclose(((align(other, one).weights - one.weights) ** 2).sum(), min(costs))
    shuffled = one.reordered(np.random.default_rng(0).permutation(K))
    assert (align(shuffled, one).weights == one.weights).all()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Mixture([0.5, 0.6], [[1.0], [2.0]]), "shares="),
        (lambda: Mixture([1.5, -0.5], [[1.0], [2.0]]), "shares="),
        (lambda: Mixture([1.0], [[1.0], [2.0]]), r"accepted are \(K,\) and \(K, d\)"),
        (lambda: Mixture([1.0], [[np.nan]]), "weights"),
        (lambda: Mixture.from_logits([], np.zeros((0, 1))), "accepted are"),
        (lambda: Mixture([1.0], [[1.0]]).probability([[1.0, 2.0]]), "X has shape"),
        (lambda: Mixture([1.0], [[1.0]]).log_likelihood([[1.0]], [2]), "each 0 or 1"),
        (lambda: align("one", random_mixture(1, 1)), "mixture='one': accepted is a Mixture"),
        (lambda: marginal_network("one"), "mixture='one': accepted is a Mixture"),
        (lambda: as_mixture("one"), "network='one': accepted is a SigmoidNetwork"),
        (lambda: draw_labels(Mixture([1.0], [[1e308, -1e308]]), [[10.0, 10.0]]), "beyond the largest float"),
        (lambda: Mixture([1.0], [[1e300]]).responsibilities([[1e300]], [0]), "beyond the largest float"),
        (lambda: Mixture([1.0], [[1e308, -1e308]]).probability([10.0, 10.0]), "beyond the largest float"),
        (lambda: Mixture([1.0], [[1.0]]).log_likelihood([[1.0, 2.0]], [1]), "X has shape"),
        (lambda: Mixture([1.0], [[1.0]]).log_likelihood(np.zeros((0, 1)), []), "one or more samples"),
        (lambda: Mixture([1.0], [[1.0]]).reordered([1]), "each once"),
        (lambda: random_mixture(0, 1), "components=0"),
        (lambda: random_mixture(1, 1, scale=0.0), "scale=0.0"),
        (lambda: draw_labels(Mixture([1.0], [[1.0]]), [[1.0, 2.0]]), "X has shape"),
        (lambda: align(random_mixture(1, 1), random_mixture(2, 1)), "mixture has weights"),
        (lambda: SigmoidNetwork([[1.0]], [1.0, 2.0]), "accepted are"),
        (lambda: SigmoidNetwork([[1.0]], [1.0])([1.0, 2.0]), "X has shape"),
        (lambda: as_mixture(SigmoidNetwork([[1.0]], [1.0]), tolerance=-1), "tolerance=-1"),
    ],
)
def test_wrong_input_is_refused_by_its_name(make, told):
    with pytest.raises(ValueError, match=told):
        make()


def test_normal_form_with_only_a_constant_input_is_a_constant():
    form = normal_form(SigmoidNetwork([[LOG2]], [3.0]), constant_input=True)
    assert form.hidden.shape == (0, 1)
    assert np.isclose(form.constant, 2)
