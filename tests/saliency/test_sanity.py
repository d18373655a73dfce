"""Occlusion, models with weights drawn anew, curves: closed forms of linear models, and every case by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import integrate, ndimage
from torch import nn

from hwlib.saliency import blurred, deletion_curve, efficientnet_lite0, gradient, insertion_curve, occlusion, randomized

from .models import convolutional, images, linear


@pytest.mark.parametrize(("window", "stride"), [(2, 1), (3, 2), ((2, 4), (2, 3)), ((7, 9), 1), (1, 1)])
def test_of_a_linear_model_occlusion_is_what_the_covered_weights_bring(window, stride):
    model, x, targets = linear((2, 7, 9)), images(), [4, 0, 2]
    found = occlusion(model, x, targets, window=window, stride=stride, baseline=0.25)
    wide = occlusion(model, x, targets, window=window, stride=stride, baseline=0.25, upsampled=True)
    parts = (model[1].weight.detach()[targets].reshape(3, 2, 7, 9) * (x - 0.25)).sum(1)
    (high, across), (down, right) = (pair if isinstance(pair, tuple) else (pair, pair) for pair in (window, stride))
    tops = sorted({*range(0, 7 - high, down), 7 - high})
    lefts = sorted({*range(0, 9 - across, right), 9 - across})
    assert found.shape == (3, len(tops), len(lefts))
    covering = torch.zeros(3, 7, 9, dtype=x.dtype), torch.zeros(7, 9, dtype=x.dtype)
    for (i, top), (j, left) in itertools.product(enumerate(tops), enumerate(lefts)):
        wanted = parts[:, top : top + high, left : left + across].sum((1, 2))
        torch.testing.assert_close(found[:, i, j], wanted)
        covering[0][:, top : top + high, left : left + across] += wanted[:, None, None]
        covering[1][top : top + high, left : left + across] += 1
    assert (covering[1] > 0).all()
    torch.testing.assert_close(wide, covering[0] / covering[1])


def test_small_windows_tend_to_the_gradient():
    """One pixel covered by what it nearly is: the drop is the derivative times the difference."""
    model, x = convolutional(nn.Tanh), images(1, 2, 5, 5)
    near = x - 1e-6
    drops = occlusion(model, x, 1, window=1, stride=1, baseline=near)
    torch.testing.assert_close(drops, gradient(model, x, 1).sum(1) * 1e-6, rtol=1e-4, atol=1e-13)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 8}, r"window=8: accepted are windows inside the images' \(7, 9\) pixels"),
        ({"window": 2, "stride": 3}, "stride=3: accepted are strides of at most the window 2"),
        ({"window": 0}, "window=0 for 2 spatial axes: accepted|window=0: accepted"),
        ({"window": 2, "stride": 1, "baseline": "grey"}, "baseline='grey': accepted is"),
    ],
)
def test_windows_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        occlusion(linear((2, 7, 9)), images(), [0, 1, 2], **options)


@pytest.mark.parametrize("layers", [0, 1, 2, 3, None])
def test_the_last_layers_forget_and_the_others_do_not(layers):
    model = convolutional()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    other = randomized(model, layers=layers, rng=0)
    changed = {name for name, weight in other.state_dict().items() if not torch.equal(weight, before[name])}
    last = ["0", "3", "7"][3 - (3 if layers is None else layers) :]
    assert changed == {f"{name}.{part}" for name in last for part in ("weight", "bias")}
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert type(other) is type(model)
    assert not {id(weight) for weight in model.parameters()} & {id(weight) for weight in other.parameters()}
    again, more = randomized(model, layers=layers, rng=0), randomized(model, rng=0)
    for name, weight in other.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
        if name in changed:
            assert torch.equal(weight, more.state_dict()[name]), "more layers, and the same last ones"


def test_what_is_drawn_has_the_mean_and_spread_of_what_was_learned():
    model = nn.Sequential(nn.Flatten(), nn.Linear(200, 300))
    with torch.no_grad():
        model[1].weight.uniform_(2, 5)
    drawn = randomized(model, rng=0)[1].weight
    assert abs(drawn.mean() - 3.5) < 4 * 0.87 / 60_000**0.5
    assert abs(drawn.std() - 3 / 12**0.5) < 0.02


def test_normalizations_are_kept_also_over_several_axes():
    model = nn.Sequential(nn.LayerNorm((3, 4)), nn.RMSNorm((3, 4)), nn.Flatten(), nn.Linear(12, 2))
    for norm in model[:2]:
        nn.init.normal_(norm.weight)
    other = randomized(model, rng=0)
    assert all(torch.equal(other[k].weight, model[k].weight) for k in (0, 1))
    assert not torch.equal(other[3].weight, model[3].weight)
    with pytest.raises(ValueError, match="layers=2: accepted are at most the model's 1"):
        randomized(model, layers=2)


def test_with_all_weights_drawn_anew_the_gradient_is_another():
    model, x = efficientnet_lite0(), torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    first, second = (gradient(one, x, 7).abs().flatten() for one in (model, randomized(model, rng=0)))
    assert second.isfinite().all()
    assert (second > 0).any()
    ranks = torch.stack([first.argsort().argsort(), second.argsort().argsort()]).double()
    assert abs(torch.corrcoef(ranks)[0, 1]) < 0.1
    kept = gradient(randomized(model, layers=0), x, 7).abs().flatten()
    assert torch.equal(kept, first)


def test_more_layers_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="layers=4: accepted are at most the model's 3"):
        randomized(convolutional(), layers=4)
    with pytest.raises(ValueError, match="layers=-1: accepted is a whole number"):
        randomized(convolutional(), layers=-1)
    with pytest.raises(ValueError, match="model=3: accepted is a torch module"):
        randomized(3)


def brute_force(model, x, target, ranking, starts, ends, steps):
    """One image, pixel after pixel."""
    found, image = [], starts.clone()
    order = sorted(range(ranking.numel()), key=lambda k: -ranking.flatten()[k].item())  # sorted is stable
    done = 0
    for step in range(steps + 1):
        while done < round(step * len(order) / steps):
            row, column = divmod(order[done], ranking.shape[1])
            image[:, row, column] = ends[:, row, column]
            done += 1
        with torch.no_grad():
            found.append(model(image[None]).softmax(1)[0, target].item())
    return found


@pytest.mark.parametrize("steps", [1, 5, 20, 63])
@pytest.mark.parametrize("deletes", [True, False])
def test_curves_are_what_pixel_after_pixel_gives(steps, deletes):
    model, x, targets = convolutional(), images(), [3, 0, 1]
    maps = torch.rand(3, 7, 9, generator=torch.Generator().manual_seed(0)).mul(10).round()  # with many ties
    maps[0] = 0
    ground = images(1, seed=5)
    curve = (deletion_curve if deletes else insertion_curve)(model, x, targets, maps, steps=steps, baseline=ground)
    for k, target in enumerate(targets):
        ends = (x[k], ground[0]) if deletes else (ground[0], x[k])
        wanted = brute_force(model, x[k], target, maps[k], *ends, steps)
        np.testing.assert_allclose(curve.probabilities[k].numpy(), wanted, rtol=1e-9)
    assert curve.shares[0] == 0
    assert curve.shares[-1] == 1
    np.testing.assert_allclose(curve.areas, integrate.trapezoid(curve.probabilities, curve.shares), rtol=1e-12)
    assert "Curve(3 images" in repr(curve)


def test_of_a_linear_model_no_order_deletes_faster_than_its_own_parts():
    """Two classes: the probability falls with the score's difference, fastest if the largest parts go first."""
    model, x = linear((1, 2, 3), classes=2), images(1, 1, 2, 3)
    weights = (model[1].weight[1] - model[1].weight[0]).detach().reshape(1, 2, 3)
    best = deletion_curve(model, x, 1, weights * x[:, 0], steps=6, baseline=0)
    for order in itertools.permutations(range(6)):
        ranking = torch.tensor(order, dtype=x.dtype).reshape(1, 2, 3)
        other = deletion_curve(model, x, 1, ranking, steps=6, baseline=0)
        assert (best.probabilities <= other.probabilities + 1e-12).all()


def test_insertion_begins_with_the_blurred_image():
    model, x = convolutional(), images(1)
    curve = insertion_curve(model, x, 2, x[:, 0], steps=3)
    with torch.no_grad():
        ends = model(torch.cat([blurred(x), x])).softmax(1)[:, 2]
    torch.testing.assert_close(curve.probabilities[0, [0, -1]], ends)


@pytest.mark.parametrize("sigma", [0.5, 2, 10])
def test_blurring_is_scipy_s(sigma):
    x = images(1, 2, 12, 15)
    wanted = ndimage.gaussian_filter(
        x.numpy(), (0, 0, sigma, sigma), mode="nearest", truncate=np.ceil(3 * sigma) / sigma
    )
    np.testing.assert_allclose(blurred(x, sigma=sigma).numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("curve", [deletion_curve, insertion_curve])
@pytest.mark.parametrize(
    ("maps", "steps", "message"),
    [
        (torch.zeros(3, 2, 7, 9), 5, r"maps has the shape \(3, 2, 7, 9\): accepted is a tensor \(3, 7, 9\)"),
        (torch.zeros(7, 9), 5, r"maps has the shape \(7, 9\)"),
        (torch.full((3, 7, 9), float("nan")), 5, "maps has entries that are infinite or NaN"),
        (np.zeros((3, 7, 9)), 5, "maps=array.*: accepted is a tensor"),
        (torch.zeros(3, 7, 9), 0, "steps=0: accepted is a whole number of at least 1"),
        (torch.zeros(3, 7, 9), 64, "steps=64: accepted are at most the 63 pixels"),
    ],
)
def test_maps_and_steps_that_do_not_fit_are_refused(curve, maps, steps, message):
    with pytest.raises(ValueError, match=message):
        curve(convolutional(), images(), [0, 1, 2], maps, steps=steps)


def test_blurring_refuses_a_width_that_is_none():
    with pytest.raises(ValueError, match="sigma=0: accepted is"):
        blurred(images(), sigma=0)
