"""A model is afterwards what it was, also after an error; what is no model, image or target is refused by its name."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hwlib.saliency import deletion_curve, grad_cam, gradient, insertion_curve, occlusion

from .models import convolutional, images, linear, same, state
from .test_maps import FUNCTIONS

EVERY = FUNCTIONS | {
    "grad_cam": lambda model, x, targets: grad_cam(model, x, targets, layer=getattr(model, "layer", "")),
    "occlusion": lambda *a: occlusion(*a, window=4, stride=3),
    "deletion_curve": lambda *a: deletion_curve(*a, torch.zeros(a[1].shape[0], *a[1].shape[-2:]), steps=3).areas,
    "insertion_curve": lambda *a: insertion_curve(*a, torch.zeros(a[1].shape[0], *a[1].shape[-2:]), steps=3).areas,
}


class Restless(nn.Module):
    """Does, when it runs, all that a model can do to itself; and may break off."""

    def __init__(self, fails=False):
        super().__init__()
        self.inside, self.fails = convolutional(), fails
        self.layer = self.inside[2]
        self.register_buffer("runs", torch.zeros((), dtype=torch.float64))
        self.frozen = nn.Parameter(torch.ones((), dtype=torch.float64), requires_grad=False)

    def forward(self, x):
        self.runs += 1
        torch.rand(3)
        scores = self.inside(x)
        self.inside[5].train()
        self.frozen.requires_grad_(True)
        self.inside[0].bias.grad = torch.ones(6, dtype=torch.float64)
        if self.fails:
            raise RuntimeError("broken off")
        return scores * self.frozen


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("switch", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("fails", [False, True])
def test_a_model_is_afterwards_what_it_was(name, switch, fails):
    model, x, targets = Restless(fails), images(), [0, 1, 2]
    next(model.inside.parameters()).grad = torch.ones(6, 2, 3, 3, dtype=torch.float64)
    model.inside[0].weight.requires_grad_(False)
    called = []
    handle = model.inside[0].register_forward_hook(lambda *_: called.append(1))
    copy, before = x.clone(), state(model)
    with switch():
        if fails:
            with pytest.raises(RuntimeError, match="broken off"):
                EVERY[name](model, x, targets)
        else:
            found = EVERY[name](model, x, targets)
            assert not found.requires_grad
    assert same(before, state(model))
    assert torch.equal(x, copy)
    assert called, "hooks of the user's are called"
    handle.remove()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_images_inside_a_graph_are_read_and_nothing_flows_into_it(name):
    x = images().requires_grad_()
    found = FUNCTIONS[name](convolutional(), 2 * x, [0, 1, 2])
    assert not found.requires_grad
    assert x.grad is None


def test_switched_off_gradients_change_nothing():
    model, x, targets = convolutional(), images(), [0, 1, 2]
    wanted = gradient(model, x, targets)
    for weight in model.parameters():
        weight.requires_grad_(False)
    with torch.inference_mode():
        assert torch.equal(gradient(model, x + 0, targets), wanted)


class Mixing(nn.Module):
    def forward(self, x):
        return x.flatten(1).softmax(0)[:1]


def training(module):
    return nn.Sequential(nn.Flatten(), module).double()


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("model", "x", "targets", "message"),
    [
        (linear((2, 7, 9)), images(), [0, 1], r"targets=\[0, 1\]: accepted are as many classes as images, 3"),
        (linear((2, 7, 9)), images(), 1, "targets=1: accepted are as many classes as images, 3"),
        (linear((2, 7, 9)), images(1), [0, 1], r"targets=\[0, 1\]: accepted are one class"),
        (linear((2, 7, 9)), images(1), 5, "targets holds 5: accepted are classes below 5"),
        (linear((2, 7, 9)), images(1), -1, "targets=-1: accepted are one class"),
        (linear((2, 7, 9)), images(1), 1.0, "targets=1.0: accepted are one class"),
        (linear((2, 7, 9)), images(1), True, "targets=True: accepted are one class"),
        (linear((2, 7, 9)), images(1), None, "targets=None: accepted are one class"),
        (linear((2, 7, 9)), images(1), torch.tensor([0.5]), "accepted are one class"),
        (linear((2, 7, 9)), images(1)[0], 0, r"images has the shape \(2, 7, 9\) .*: accepted are images \(n, "),
        (linear((2, 7, 9)), images(1)[:0], [], r"images has the shape \(0, 2, 7, 9\)"),
        (linear((2, 7, 9)), (images(1) * 255).byte(), 0, r"the type torch\.uint8: accepted are"),
        (linear((2, 7, 9)), images(1) / 0, 0, "images has entries that are infinite or NaN"),
        (linear((2, 7, 9)), images(1).numpy(), 0, "images=array.*: accepted is a torch tensor"),
        (lambda x: x.flatten(1), images(1), 0, "model=<function.*: accepted is a torch module"),
        (nn.Identity(), images(1), 0, r"model gives \(., 2, 7, 9\) for . images: accepted are models that give"),
        (Mixing(), images(), [0, 1, 2], r"model gives \(1, 126\) for . images"),
        (training(nn.BatchNorm1d(126)), images(), [0, 1, 2], "BatchNorm1d in training mode, '1': accepted are"),
        (training(nn.BatchNorm1d(126, track_running_stats=False)).eval(), images(), [0, 1, 2], "BatchNorm1d"),
        (training(nn.Dropout()), images(), [0, 1, 2], r"Dropout in training mode, '1': .* after model\.eval\(\)"),
    ],
)
def test_what_is_no_model_image_or_target_is_refused(name, model, x, targets, message):
    with pytest.raises(ValueError, match=message):
        EVERY[name](model, x, targets)


class Cut(nn.Module):
    def forward(self, x):
        return x.detach().flatten(1).relu()


class Constant(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(2, dtype=torch.float64))

    def forward(self, x):
        return self.bias.relu().expand(len(x), 2)


@pytest.mark.parametrize("model", [Cut(), Constant()])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_scores_that_do_not_depend_on_the_images_are_told(name, model):
    with pytest.raises(ValueError, match="the model's scores do not depend on the images"):
        FUNCTIONS[name](model, images(), [0, 1, 1])


@pytest.mark.parametrize("name", ["gradient_times_input", "integrated_gradients"])
@pytest.mark.parametrize("baseline", [float("nan"), "black", torch.zeros(2, 2, 7, 9), torch.zeros(4, 3, 2, 7, 9), None])
def test_a_baseline_has_to_go_with_the_images(name, baseline):
    from hwlib import saliency

    with pytest.raises(ValueError, match=r"baseline=.*: accepted is a finite number, or an image that broadcasts"):
        getattr(saliency, name)(linear((2, 7, 9)), images(), [0, 1, 2], baseline=baseline)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("smooth_gradient", {"samples": 0}, "samples=0: accepted is"),
        ("smooth_gradient", {"noise": -1}, "noise=-1: accepted is"),
        ("smooth_gradient", {"rng": "x"}, "rng='x': accepted are"),
        ("integrated_gradients", {"tolerance": 0}, "tolerance=0: accepted is"),
        ("integrated_gradients", {"most_steps": 3}, "most_steps=3: accepted is a whole number of at least 16"),
    ],
)
def test_options_out_of_range_are_refused(name, options, message):
    from hwlib import saliency

    with pytest.raises(ValueError, match=message):
        getattr(saliency, name)(linear((2, 7, 9)), images(), [0, 1, 2], **options)
