"""Maps of gradients against what is known: linear models, differences, closed forms, one image at a time."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from hwlib.saliency import (
    gradient,
    gradient_times_input,
    guided_backpropagation,
    integrated_gradients,
    smooth_gradient,
)

from .models import convolutional, images, linear

FUNCTIONS = {
    "gradient": gradient,
    "gradient_times_input": gradient_times_input,
    "smooth_gradient": lambda *a: smooth_gradient(*a, samples=3, rng=0),
    "integrated_gradients": lambda *a: integrated_gradients(*a, tolerance=1e-3).attribution,
    "guided_backpropagation": guided_backpropagation,
}


def rows(model, targets, shape):
    """A linear model's gradients."""
    return model[1].weight.detach()[list(targets)].reshape(len(targets), *shape)


def test_of_a_linear_model_every_gradient_is_its_row_of_weights():
    model, x, targets = linear(), images(3, 2, 3, 4), [4, 0, 2]
    weights = rows(model, targets, (2, 3, 4))
    torch.testing.assert_close(gradient(model, x, targets), weights)
    torch.testing.assert_close(gradient_times_input(model, x, targets), weights * x)
    torch.testing.assert_close(gradient_times_input(model, x, targets, baseline=0.5), weights * (x - 0.5))
    torch.testing.assert_close(smooth_gradient(model, x, targets, rng=0), weights)
    result = integrated_gradients(model, x, targets, baseline=x[:1], tolerance=1e-9)
    torch.testing.assert_close(result.attribution, weights * (x - x[:1]))
    assert result.steps == (16, 16, 16)
    assert result.gap.abs().max() < 1e-12


def test_a_gradient_is_what_small_differences_say():
    model, x, targets = convolutional(nn.Tanh), images(2, 2, 5, 6), [3, 1]
    found = gradient(model, x, targets)
    step = 1e-6
    for place in range(x[0].numel()):
        change = torch.zeros_like(x)
        change.flatten(1)[:, place] = step
        with torch.no_grad():
            moved = (model(x + change) - model(x - change)) / (2 * step)
        torch.testing.assert_close(found.flatten(1)[:, place], moved[[0, 1], targets], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_batch_is_its_images_one_by_one(name):
    model, x, targets = convolutional(), images(), [3, 0, 3]
    together = FUNCTIONS[name](model, x, targets)
    assert together.shape == x.shape
    assert not together.requires_grad
    for k, target in enumerate(targets):
        torch.testing.assert_close(FUNCTIONS[name](model, x[k : k + 1], target)[0], together[k])
    torch.testing.assert_close(FUNCTIONS[name](model, x, torch.tensor(targets)), together)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_type_of_the_images_is_kept(name):
    model = convolutional().float()
    assert FUNCTIONS[name](model, images(1).float(), 0).dtype == torch.float32


def test_smooth_gradients_are_gradients_of_the_average_of_the_score():
    """E relu(x + s z) has the derivative P(z > -x/s): Phi(x/s)."""

    class Relu(nn.Module):
        def forward(self, x):
            return x.flatten(1).relu()

    x = torch.tensor([-0.3, 0.0, 0.2], dtype=torch.float64).reshape(3, 1, 1, 1)
    model = nn.Sequential(Relu())
    found = smooth_gradient(model, x, [0, 0, 0], samples=4000, noise=0.25, rng=0).flatten()
    wanted = torch.special.ndtr(x.flatten() / 0.25)
    assert (found - wanted).abs().max() < 3.5 * 0.5 / 4000**0.5
    torch.testing.assert_close(smooth_gradient(model, x, [0, 0, 0], noise=0, rng=0), gradient(model, x, [0, 0, 0]))


def test_integrated_gradients_of_a_square_are_the_closed_form():
    """f = sum w x^2: the average gradient from a to x is w (a + x), so a pixel adds w (x^2 - a^2)."""
    weights = torch.rand(1, 3, 2, 2, dtype=torch.float64)

    class Square(nn.Module):
        def forward(self, x):
            return (weights * x**2).sum((1, 2, 3))[:, None]

    x = images(2, 3, 2, 2)
    result = integrated_gradients(Square(), x, [0, 0], baseline=0.25, tolerance=1e-9)
    torch.testing.assert_close(result.attribution, weights * (x**2 - 0.25**2))
    torch.testing.assert_close(result.difference, result.attribution.sum((1, 2, 3)))


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6])
def test_integrated_gradients_are_refined_until_they_are_complete(tolerance):
    model, x, targets = convolutional(), images(), [0, 1, 2]
    result = integrated_gradients(model, x, targets, tolerance=tolerance, most_steps=5000)
    with torch.no_grad():
        wanted = (model(x) - model(torch.zeros_like(x)))[range(3), targets]
    torch.testing.assert_close(result.difference, wanted)
    torch.testing.assert_close(result.attribution.sum((1, 2, 3)) - wanted, result.gap, rtol=1e-6, atol=1e-12)
    assert result.gap.abs().max() <= tolerance
    assert max(result.steps) < 200, "pieces are halved where they are worst, not everywhere"


def test_integrated_gradients_give_up_rather_than_miss_the_difference():
    with pytest.raises(ValueError, match=r"tolerance=1e-09: image 0 misses .* after 20 steps; accepted are"):
        integrated_gradients(convolutional(), images(), [0, 1, 2], tolerance=1e-9, most_steps=20)


class Undefined(nn.Module):
    def forward(self, x):
        return x.flatten(1).log()


def test_integrals_of_what_is_undefined_are_an_error():
    with pytest.raises(ValueError, match=r"image 0 misses its difference by (nan|inf) after 20 steps"):
        integrated_gradients(Undefined(), images(1), 0, most_steps=20)


class Spelled(nn.Module):
    """Two convolutions with a ReLU after each, written in one way or another."""

    def __init__(self, relu):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.last = nn.Conv2d(2, 6, 3), nn.Conv2d(6, 6, 3), nn.Linear(6, 4)
        self.relu = relu
        self.double()

    def forward(self, x):
        x = self.relu(self.second(self.relu(self.first(3 * x - 1))))
        return self.last(x.mean((2, 3)))


def guided_by_hand(model, x, targets):
    """Springenberg et al., figure 1: R = (a > 0) * (R' > 0) * R'; with the convolutions' own transposes."""
    before = functional.conv2d(3 * x - 1, model.first.weight, model.first.bias)
    after = functional.conv2d(before.clamp(min=0), model.second.weight, model.second.bias)
    back = model.last.weight[targets][:, :, None, None].expand_as(after) / after[0, 0].numel()
    back = back * (after > 0) * (back > 0)
    back = functional.conv_transpose2d(back, model.second.weight)
    back = back * (before > 0) * (back > 0)
    return 3 * functional.conv_transpose2d(back, model.first.weight).detach()


SPELLINGS = {
    "nn.ReLU": nn.ReLU(),
    "nn.ReLU in place": nn.ReLU(inplace=True),
    "F.relu": functional.relu,
    "F.relu in place": lambda x: functional.relu(x, inplace=True),
    "torch.relu": torch.relu,
    "method": lambda x: x.relu(),
    "method in place": lambda x: x.relu_(),
    "clamp": lambda x: torch.clamp(x, min=0),
    "clamp method": lambda x: x.clamp(0),
    "clamp in place": lambda x: x.clamp_(min=0.0),
    "clamp at a tensor": lambda x: x.clamp(min=torch.zeros((), dtype=x.dtype)),
    "clamp_min": lambda x: x.clamp_min(0),
    "clamp_min in place": lambda x: x.clamp_min_(0),
    "clip": lambda x: x.clip(0),
    "maximum": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "maximum the other way": lambda x: torch.maximum(torch.zeros((), dtype=x.dtype), x),
    "threshold": lambda x: functional.threshold(x, 0.0, 0.0),
    "leaky with slope 0": nn.LeakyReLU(0.0),
    "ReLU6": nn.ReLU6(),
    "F.relu6": functional.relu6,
    "hardtanh": lambda x: functional.hardtanh(x, 0.0, 50.0),
    "hardtanh in place": nn.Hardtanh(0.0, 50.0, inplace=True),
    "clamp on both sides": lambda x: x.clamp(0, 50),
    "script": torch.jit.script(nn.ReLU()),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_guided_backpropagation_sees_every_spelling_of_relu(spelling):
    model, x, targets = Spelled(SPELLINGS[spelling]), images(), [0, 3, 1]
    wanted = guided_by_hand(model, x, targets)
    found = guided_backpropagation(model, x, targets)
    torch.testing.assert_close(found, wanted)
    assert (found - gradient(model, x, targets)).abs().max() > 0.01, "the case tells the two apart"


def test_relu6_stops_the_gradient_above_six_as_well():
    model = nn.Sequential(nn.Flatten(), nn.ReLU6())
    x = torch.tensor([-1.0, 3.0, 7.0]).reshape(3, 1, 1, 1)
    assert guided_backpropagation(model, x, [0, 0, 0]).flatten().tolist() == [0, 1, 0]


def test_with_positive_weights_guided_backpropagation_is_the_plain_gradient():
    model = convolutional()
    with torch.no_grad():
        for weight in model.parameters():
            weight.abs_()
    x, targets = images(), [0, 3, 1]
    torch.testing.assert_close(guided_backpropagation(model, x, targets), gradient(model, x, targets))


@pytest.mark.parametrize(
    "activation",
    [nn.Tanh, nn.GELU, nn.LeakyReLU, nn.Hardtanh, nn.Identity],
    ids=["tanh", "gelu", "leaky", "hardtanh from -1", "none"],
)
def test_where_nothing_is_guided_there_is_an_error_and_no_plain_gradient(activation):
    with pytest.raises(ValueError, match="model has no ReLU between its images and its scores"):
        guided_backpropagation(convolutional(activation), images(), [0, 3, 1])


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x**3

    @staticmethod
    def backward(context, slope):
        return slope


def part_in_place(x):
    x[:, :3].relu_()
    return x


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Spelled(part_in_place), "CopySlices"),
        (lambda: Spelled(lambda x: Cube.apply(x.relu())), "CubeBackward"),
    ],
)
def test_where_a_relu_may_be_hidden_there_is_an_error(make, name):
    with pytest.raises(ValueError, match=f"model has a step whose inside cannot be seen, .*{name}"):
        guided_backpropagation(make(), images(), [0, 3, 1])


def test_a_scripted_model_is_guided_right_or_not_at_all():
    """PyTorch may fuse steps of a script into one when it runs again."""
    model, x, targets = Spelled(nn.ReLU()), images(), [0, 3, 1]
    wanted, scripted = guided_by_hand(model, x, targets), torch.jit.script(model)
    for _ in range(4):
        try:
            found = guided_backpropagation(scripted, x, targets)
        except ValueError as error:
            assert "whose inside cannot be seen" in str(error)  # noqa: PT017
        else:
            torch.testing.assert_close(found, wanted)


def set_to_zero(x):
    x = x.clone()
    x[x < 0] = 0
    return x


HIDDEN = {
    "mask": lambda x: x * (x > 0),
    "mask of numbers": lambda x: (x > 0).to(x.dtype) * x,
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "masked_fill": lambda x: x.masked_fill(x < 0, 0),
    "indices": set_to_zero,
    "minimum": lambda x: -torch.minimum(-x, torch.zeros_like(x)),
    "fmin": lambda x: -torch.fmin(torch.zeros_like(x), -x),
    "clamp from above": lambda x: -(-x).clamp(max=0),
    "clamp_max": lambda x: -(-x).clamp_max(0),
    "abs": lambda x: (x + x.abs()) / 2,
    "prelu with slope 0": lambda x: functional.prelu(x, torch.zeros(1, dtype=x.dtype)),
}


class OneHidden(nn.Module):
    """A ReLU that is seen, behind one that is not."""

    def __init__(self, hidden):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.last = nn.Linear(126, 8), nn.Linear(8, 8), nn.Linear(8, 4)
        self.hidden = hidden
        self.double()

    def forward(self, x):
        return self.last(self.second(self.hidden(self.first(x.flatten(1)))).relu())


@pytest.mark.parametrize("spelling", HIDDEN)
def test_a_relu_put_together_from_other_steps_is_an_error_also_beside_one_that_is_seen(spelling):
    hidden = HIDDEN[spelling]
    x = torch.linspace(-1, 1, 8, dtype=torch.float64)
    torch.testing.assert_close(hidden(x), x.relu())
    with pytest.raises(ValueError, match=r"model has a step that may be a part of a ReLU, .*Backward"):
        guided_backpropagation(OneHidden(hidden), images(), [0, 3, 1])


def test_factors_that_are_no_masks_are_accepted():
    for factor in (
        2.0,
        0.0,
        torch.tensor(2.0).double(),
        torch.ones(8).double(),
        torch.zeros(8).double(),
        torch.tensor([0, 0.5] * 4).double(),
    ):
        guided_backpropagation(OneHidden(lambda x, factor=factor: (factor * x).relu()), images(), [0, 3, 1])


class PositiveWeights(nn.Module):
    """The only ReLU is one of weights."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Linear(126, 8), nn.Linear(8, 4)
        self.double()

    def forward(self, x):
        return self.last(functional.linear(x.flatten(1), self.first.weight.relu()).tanh())


def test_a_relu_that_the_images_do_not_come_through_does_not_count():
    with pytest.raises(ValueError, match="model has no ReLU between its images and its scores"):
        guided_backpropagation(PositiveWeights(), images(), [0, 3, 1])


class Keeping(nn.Module):
    """Keeps a tensor together with its graph."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()).double())

    def forward(self, x):
        self.kept = (self.scale * x.flatten(1)).relu()
        return -self.kept


def test_a_graph_that_the_model_keeps_has_no_hooks_afterwards(monkeypatch):
    grad = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: grad(*a, retain_graph=True, **k))
    model, x = Keeping(), images()
    assert not guided_backpropagation(model, x, [0, 3, 1]).any()
    (slope,) = grad(-model.kept.sum(), model.scale)
    torch.testing.assert_close(slope, -x.sum())
