"""Descent with momentum and weight decay: equal to torch's step by step, and stable exactly below its limit."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.backprop import Parameter
from hwlib.training import SGD, stable_learning_rate

from ..examples import examples


@pytest.mark.problem("train-loop")
@examples(60)
@given(
    st.floats(1e-3, 1),
    st.sampled_from([0.0, 0.5, 0.9]),
    st.sampled_from([0.0, 0.01, 1.0]),
    st.integers(0, 99),
    st.sampled_from([np.float32, np.float64]),
)
def test_it_is_torchs_step_by_step(learning_rate, momentum, weight_decay, seed, dtype):
    rng = np.random.default_rng(seed)
    starts = [rng.normal(size=shape).astype(dtype) for shape in [(2, 3), (3,), ()]]
    ours = [Parameter.of(start) for start in starts]
    theirs = [torch.from_numpy(start.copy()).requires_grad_() for start in starts]
    options = {"momentum": momentum, "weight_decay": weight_decay}
    optimizer = SGD(ours, learning_rate=learning_rate, **options)
    peer = torch.optim.SGD(theirs, lr=learning_rate, **options)
    for _ in range(6):
        for mine, its in zip(ours, theirs, strict=True):
            gradient = rng.normal(size=mine.value.shape).astype(dtype)
            mine.gradient[...] = gradient
            its.grad = torch.from_numpy(gradient.copy()).reshape(its.shape)
        optimizer.step()
        peer.step()
        for mine, its in zip(ours, theirs, strict=True):
            assert mine.value.dtype == dtype
            tolerance = 20 * np.finfo(dtype).eps
            np.testing.assert_allclose(mine.value, its.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_the_arrays_stay_the_same_objects():
    parameter = Parameter.of(np.ones(2))
    value = parameter.value
    parameter.gradient[:] = 1
    SGD([parameter], learning_rate=0.5).step()
    assert parameter.value is value
    assert value.tolist() == [0.5, 0.5]


def amplitude(rate, momentum, steps):
    """The largest of the last steps' positions on w^2 / 2, in fractions, from both basic starts."""
    largest = Q(0)
    for w, v in [(Q(1), Q(0)), (Q(0), Q(1))]:
        seen = []
        for _ in range(steps):
            v = momentum * v + w
            w = w - rate * v
            seen.append(abs(w))
        largest = max(largest, *seen[-6:])
    return largest


@pytest.mark.problem("train-loop")
@pytest.mark.parametrize("momentum", [Q(0), Q(1, 2), Q(4, 5)])
def test_it_converges_just_below_the_limit_and_not_at_it(momentum):
    limit = 2 * (1 + momentum)
    assert stable_learning_rate(1.0, momentum=float(momentum)) == pytest.approx(float(limit))
    assert amplitude(limit * Q(9, 10), momentum, 200) < Q(1, 100)
    assert amplitude(limit, momentum, 200) > Q(1, 10)
    assert amplitude(limit * Q(11, 10), momentum, 200) > 100


def test_weight_decay_adds_to_the_curvature():
    assert stable_learning_rate(3.0, weight_decay=1.0) == stable_learning_rate(4.0) == 0.5


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: SGD([], learning_rate=1.0), "accepted are one or more parameters"),
        (lambda: SGD([Parameter.of([1.0])], learning_rate=0.0), "learning_rate=0.0"),
        (lambda: SGD([Parameter.of([1.0])], learning_rate=1.0, momentum=1.0), "momentum=1.0"),
        (lambda: SGD([Parameter.of([1.0])], learning_rate=1.0, weight_decay=-1.0), "weight_decay=-1.0"),
        (lambda: stable_learning_rate(0.0), "above zero"),
        (lambda: stable_learning_rate(1.0, momentum=1), "momentum=1"),
    ],
)
def test_errors_say_what_is_accepted(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_a_parameter_that_is_there_twice_is_refused():
    """It would be moved twice in each step."""
    w = Parameter.of([1.0])
    with pytest.raises(ValueError, match="accepted is each parameter once"):
        SGD([w, Parameter.of([1.0]), w], learning_rate=0.1)
