"""The gradient check finds wrong gradients and kinks, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from hwlib.backprop import (
    BatchNorm,
    CrossEntropyLoss,
    Linear,
    MaxPool2d,
    Pointwise,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    gradient_check,
)

pytestmark = pytest.mark.problem("backprop-layers")


class Forgetful(Linear):
    """Without the transposition, on a square weight."""

    def backward(self, gradient):
        super().backward(gradient)
        return gradient @ self.weight.value.T


def test_right_gradients_pass():
    rng = np.random.default_rng(1)
    for layer in (Linear.random(3, 2, rng=rng), Sigmoid(), Tanh(), BatchNorm(3), Sequential()):
        check = gradient_check(layer, rng.standard_normal((4, 3)))
        assert check.error < 1e-7, (layer, check)
        assert not check.kinks
        assert check.checked == 12 + sum(p.value.size for p in layer.parameters())


def test_a_wrong_gradient_is_found_and_placed():
    check = gradient_check(Forgetful([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0]), [[1.0, 1.0]])
    assert check.error > 0.1
    assert check.worst.startswith("x[0, ")


def test_kinks_are_found_not_judged():
    check = gradient_check(ReLU(), [[0.0, -0.5, 1e-9, 0.3]])
    assert [kink.index for kink in check.kinks] == [(0, 0), (0, 2)]  # 1e-9 is nearer than any step
    assert check.checked == 2
    assert check.error < 1e-9
    assert all(kink.between for kink in check.kinks)


def test_near_a_kink_a_finer_step_is_taken():
    for distance in (0.9e-5, 2e-6, 1.1e-6, 0.9e-6, 2e-7, 1.1e-7):
        check = gradient_check(Pointwise("abs"), [[distance]])
        assert not check.kinks, distance
        assert check.error < 1e-6, distance


def test_ties_in_pooling_are_kinks():
    check = gradient_check(MaxPool2d(2), [[[[3.0, 1.0], [3.0, 2.0]]]])
    assert [kink.index for kink in check.kinks] == [(0, 0, 0, 0), (0, 0, 1, 0)]
    assert [kink.returned != 0 for kink in check.kinks] == [True, False]
    assert check.checked == 2


def test_strong_curvature_is_no_kink():
    model = Sequential(Linear([[200.0], [-200.0]], [0.0, 0.0]))
    check = gradient_check(model, [[0.001]], loss=CrossEntropyLoss(), targets=[0])
    assert not check.kinks
    assert check.error < 1e-6


def test_the_layer_stays_as_it_is():
    layer = BatchNorm(2, dtype=np.float32)
    gradient_check(layer, np.random.default_rng(0).standard_normal((3, 2)))
    assert layer.running_mean.tolist() == [0, 0]
    assert layer.weight.value.dtype == np.float32
    assert not layer.weight.gradient.any()


def test_wrong_use_is_told():
    with pytest.raises(ValueError, match="step=0"):
        gradient_check(ReLU(), [[1.0]], step=0)
    with pytest.raises(ValueError, match="x has entries"):
        gradient_check(ReLU(), [[np.nan]])
