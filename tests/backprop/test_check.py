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
    SquaredErrorLoss,
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


class NotANumber(Linear):
    def backward(self, gradient):
        return super().backward(gradient) * np.nan


class Adds(Linear):
    """Adds to the gradients of its parameters in place of writing over them."""

    def backward(self, gradient):
        self.weight.gradient += gradient.T @ self.x
        self.bias.gradient += gradient.sum(axis=0)
        return gradient @ self.weight.value


class Row(Linear):
    """One row in place of a batch of one."""

    def backward(self, gradient):
        return super().backward(gradient)[0]


@pytest.mark.parametrize("kind", [NotANumber, Adds])
def test_gradients_that_are_no_numbers_or_added_to_old_ones_do_not_pass(kind):
    check = gradient_check(kind([[1.0, 2.0]], [3.0]), [[4.0, 5.0]])
    assert check.error == np.inf
    assert check.worst.startswith("x[" if kind is NotANumber else "parameter 0[")


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"x has shape \(1, 2\), and its gradient \(2,\)"):
        gradient_check(Row([[1.0, 2.0]], [3.0]), [[4.0, 5.0]])


def test_an_output_that_is_not_finite_is_refused_not_called_a_kink():
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the output has entries that are infinite or NaN"):
        gradient_check(BatchNorm(1, epsilon=0), [[1.0], [1.0]])


@pytest.mark.parametrize("large", [1e2, 1e3, 1e4, 1e5])
def test_rounding_of_a_large_loss_is_no_kink(large):
    """tanh has none, wherever its outputs and targets lie."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        model = Sequential(Linear.random(3, 4, rng=rng), Tanh(), Linear.random(4, 2, rng=rng))
        x, targets = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
        targets[0] *= large
        far = gradient_check(model, x, loss=SquaredErrorLoss(), targets=targets)
        model.layers[2].bias.value += large
        high = gradient_check(model, x)
        assert not far.kinks + high.kinks
        assert max(far.error, high.error) < 1e-9 * large


def test_kinks_are_found_beside_a_large_output():
    model = Sequential(Linear([[1.0], [1.0]], [0.0, 1e4]), ReLU())
    check = gradient_check(model, [[0.0]])
    assert [(kink.name, kink.index) for kink in check.kinks] == [("x", (0, 0)), ("parameter 1", (0,))]


class Nothing(BatchNorm):
    def backward(self, gradient):
        return 0 * super().backward(gradient)


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_of_the_outputs_are_not_the_input_itself(seed):
    """Batch normalization hands nothing back of a gradient that is its own input: any multiple would be right."""
    x = np.random.default_rng(seed).standard_normal((5, 2))
    assert gradient_check(BatchNorm(2, epsilon=0), x).error < 1e-7
    assert gradient_check(Nothing(2, epsilon=0), x).error > 0.9
