"""Grad-CAM and CAM: the same up to a factor where both are defined, by hand elsewhere, and a layer that is one."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from hwlib.saliency import class_activation_map, efficientnet_lite0, grad_cam, photograph

from .models import convolutional, images


def test_with_averages_cam_is_grad_cam_times_the_places_and_its_mean_is_the_score():
    model, x, targets = convolutional(), images(), [3, 0, 3]
    cam = class_activation_map(model, x, targets, layer="4", classifier="7")
    assert cam.shape == (3, 3, 4)
    torch.testing.assert_close(grad_cam(model, x, targets, layer="4") * 12, cam)
    with torch.no_grad():
        scores = model(x)[range(3), targets]
        features = model[:5](x)
    torch.testing.assert_close(cam.mean((1, 2)) + model[7].bias[targets], scores)
    for k, target in enumerate(targets):
        torch.testing.assert_close(cam[k], torch.tensordot(model[7].weight[target].detach(), features[k], 1))


def test_on_the_pretrained_network_too():
    model, x = efficientnet_lite0(), photograph("chelsea").image[None]
    cam = class_activation_map(model, x, 282, layer="head", classifier=model.classifier)
    torch.testing.assert_close(grad_cam(model, x, 282, layer=model.head) * 49, cam, rtol=1e-4, atol=1e-4)
    assert cam.shape == (1, 7, 7)
    torch.testing.assert_close(cam.mean() + model.classifier.bias[282], model(x)[0, 282], rtol=1e-4, atol=1e-4)


class Branched(nn.Module):
    """A layer in the middle, beside which something goes past, and a ReLU in place after it."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.layer, self.last = (
            nn.Conv2d(2, 4, 3, padding=1),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.Linear(4, 3),
        )
        self.double()

    def forward(self, x):
        before = self.first(x).tanh()
        return self.last((before + self.layer(before).relu_()).mean((2, 3)))


class InPlace(nn.Module):
    """Uses what a layer in place was given, which is then what it gave."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.layer, self.last = nn.Conv2d(2, 4, 3), nn.ReLU(inplace=True), nn.Linear(4, 3)
        self.double()

    def forward(self, x):
        before = self.first(x)
        return self.last((self.layer(before) + before).mean((2, 3)))


def test_a_layer_in_place_counts_by_all_ways_that_go_on_from_it():
    model, x, targets = InPlace(), images(), [2, 0, 1]
    with torch.no_grad():
        features = model.first(x).relu()
        wanted = (2 * model.last.weight[targets][:, :, None, None] / 35 * features).sum(1)
    torch.testing.assert_close(grad_cam(model, x, targets, layer="layer"), wanted)


def test_grad_cam_is_what_the_paper_says():
    """Its equations 1 and 2, with the derivative written out by hand; a ReLU in place does not spoil the features."""
    model, x, targets = Branched(), images(), [2, 0, 1]
    with torch.no_grad():
        features = model.layer(model.first(x).tanh())
        slope = (features > 0) * model.last.weight[targets][:, :, None, None] / 63
        wanted = (slope.mean((2, 3), keepdim=True) * features).sum(1)
    found = grad_cam(model, x, targets, layer="layer")
    torch.testing.assert_close(found, wanted)
    assert (found < 0).any()
    assert (found > 0).any(), "raw values have both signs"
    torch.testing.assert_close(grad_cam(model, x, targets, layer="layer", positive=True), wanted.clamp(min=0))


def test_a_batch_is_its_images_one_by_one():
    model, x, targets = convolutional(), images(), [3, 0, 1]
    together = grad_cam(model, x, targets, layer="2")
    for k, target in enumerate(targets):
        torch.testing.assert_close(grad_cam(model, x[k : k + 1], target, layer="2")[0], together[k])


def test_maps_are_stretched_to_the_images_if_asked():
    model, x = convolutional(), images()
    raw = grad_cam(model, x, [0, 1, 2], layer="4")
    wide = grad_cam(model, x, [0, 1, 2], layer="4", upsampled=True)
    wanted = functional.interpolate(raw[:, None], size=(7, 9), mode="bilinear", align_corners=False)[:, 0]
    assert torch.equal(wide, wanted)
    both = grad_cam(model, x, [0, 1, 2], layer="4", upsampled=True, positive=True)
    assert both.shape == (3, 7, 9)
    assert both.min() >= 0


def test_frozen_weights_do_not_matter():
    model, x = convolutional(), images()
    wanted = grad_cam(model, x, [0, 1, 2], layer="4")
    for weight in model.parameters():
        weight.requires_grad_(False)
    assert torch.equal(grad_cam(model, x, [0, 1, 2], layer="4"), wanted)


class Twice(nn.Module):
    def __init__(self, runs):
        super().__init__()
        self.layer, self.runs = nn.Conv2d(2, 2, 3, padding=1).double(), runs

    def forward(self, x):
        for _ in range(self.runs):
            x = self.layer(x)
        return x.flatten(1)


class Pair(nn.Module):
    def forward(self, x):
        return x, x


class Paired(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = Pair()

    def forward(self, x):
        return self.layer(x)[0].flatten(1)


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(2, 2, 1).double()

    def forward(self, x):
        return x.flatten(1) + self.layer(x).detach().flatten(1)


@pytest.mark.parametrize(
    ("model", "layer", "message"),
    [
        (Twice(0), "layer", "layer ran 0 times: accepted is a layer that the model runs once"),
        (Twice(2), "layer", "layer ran 2 times"),
        (Paired(), "layer", "layer gives tuple: accepted is a layer that gives"),
        (convolutional(), "6", r"layer gives \(3, 8\): accepted"),
        (Detached(), "layer", "the model's scores do not depend on the layer's features"),
        (convolutional(), "head", "layer='head': accepted is a part of the model, or its name, such as '7'"),
        (convolutional(), nn.ReLU(), "layer=a ReLU: accepted is a part of the model"),
        (convolutional(), 4, "layer=a int: accepted is a part of the model"),
    ],
)
def test_a_layer_is_a_part_that_runs_once_and_gives_features(model, layer, message):
    with pytest.raises(ValueError, match=message):
        grad_cam(model, images(), [0, 1, 2], layer=layer)


@pytest.mark.parametrize(
    ("layer", "classifier", "message"),
    [
        ("4", "4", "classifier=ReLU.*: accepted is a torch.nn.Linear"),
        ("2", "7", "classifier takes 8 numbers and gives 4: accepted is one that takes the layer's 6 channels"),
        ("3", "7", "the model's scores are not its classifier of the layer's averages"),
    ],
)
def test_cam_is_refused_where_scores_are_no_weighted_averages(layer, classifier, message):
    with pytest.raises(ValueError, match=message):
        class_activation_map(convolutional(), images(), [0, 1, 2], layer=layer, classifier=classifier)
