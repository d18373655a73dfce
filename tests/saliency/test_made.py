"""Class images and styles: the rules that the steps keep, Gram matrices by hand, and the model as it was."""

import numpy as np
import pytest
import torch

from hwlib.saliency import (
    boundary_bracket,
    class_image,
    features,
    fooling_image,
    gram,
    linear_prediction,
    style_transfer,
    transfer,
)

pytestmark = pytest.mark.problem("input-gradients")


class Redness(torch.nn.Module):
    """Three classes: how red, green and blue an image is on average."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def forward(self, images):
        return 40 * images.mean(dim=(2, 3)) * self.weight


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_picture_of_redness_is_red(target):
    found = class_image(Redness(), target, input_shape=(3, 32, 40), steps=12, rng=0)
    assert found.image.shape == (1, 3, 32, 40)
    assert found.stages.shape == (9, 3, 32, 40)
    assert torch.equal(found.stages[-1:], found.image)
    assert int(found.image.mean(dim=(2, 3)).argmax()) == target
    assert found.at.tolist() == np.linspace(0, 36, 9).round().tolist()
    assert torch.allclose(found.probabilities, Redness()(found.stages).softmax(dim=1))
    assert found.probabilities[-1, target] > 0.9 > found.probabilities[0, target]
    assert 0 <= float(found.stages.min()) <= float(found.stages.max()) <= 1


def test_the_same_seed_makes_the_same_picture():
    make = [class_image(Redness(), 0, input_shape=(3, 24, 24), steps=4, rng=rng).image for rng in (3, 3, 4)]
    assert torch.equal(make[0], make[1])
    assert not torch.equal(make[0], make[2])


def test_the_window_leaves_the_corners_grey():
    sides = {}
    for window in (0.3, np.inf):
        image = class_image(Redness(), 0, input_shape=(3, 32, 32), octaves=1, window=window, rng=0).image[0, 0]
        sides[window] = float(image[:4, :4].mean()), float(image[14:18, 14:18].mean())
    assert sides[0.3][1] - sides[0.3][0] > 0.2
    assert abs(sides[np.inf][1] - sides[np.inf][0]) < 0.1


def test_a_gradient_as_it_is_keeps_its_grain():
    class Grain(torch.nn.Module):
        """How much of a checkerboard there is in an image."""

        def forward(self, images):
            rows, columns = torch.meshgrid(*map(torch.arange, images.shape[2:]), indexing="ij")
            found = (images * (1 - 2 * ((rows + columns) % 2))).mean(dim=(1, 2, 3))
            return torch.stack([found, 0 * found], dim=1)

    options = {"input_shape": (3, 16, 16), "octaves": 1, "steps": 6, "jitter": 0, "zoom": 0.0, "blur": (0.0, 0.0)}
    share = {}
    for natural in (True, False):
        change = class_image(Grain(), 0, natural=natural, window=np.inf, rng=0, **options).image - 0.5
        share[natural] = float(Grain()(change)[0, 0].square() / change.square().mean())
    assert share[False] > 0.9 > share[True]


def test_decay_alone_goes_to_grey():
    class Constant(torch.nn.Module):
        def forward(self, images):
            return images.mean(dim=(2, 3)) * 0

    image = class_image(Constant(), 0, input_shape=(3, 16, 16), octaves=1, decay=0.5, rng=0).image
    assert float((image - 0.5).abs().max()) < 1e-6


@pytest.mark.parametrize(
    "options",
    [
        {"target": 3},
        {"target": -1},
        {"input_shape": (32, 32)},
        {"octaves": 0},
        {"octaves": 9},
        {"steps": 0},
        {"stages": 1},
        {"learning_rate": 0},
        {"decay": 1},
        {"zoom": 1},
        {"window": 0},
        {"blur": (-1, 1)},
        {"blur": 1.0},
        {"blur": (1.0,)},
        {"jitter": -1},
        {"rng": -1},
    ],
)
def test_class_images_refuse_what_makes_none(options):
    with pytest.raises(ValueError, match="accepted"):
        class_image(Redness(), **{"target": 0, "input_shape": (3, 32, 32), **options})


def test_a_zoom_to_almost_nothing_leaves_a_pixel():
    for seed in range(5):
        found = class_image(Redness(), 0, input_shape=(3, 8, 8), octaves=1, steps=8, zoom=0.99, rng=seed)
        assert found.image.isfinite().all()


def test_a_gram_matrix_is_a_mean_of_products_and_forgets_places():
    maps = torch.as_tensor(np.random.default_rng(0).normal(size=(2, 3, 4, 5)))
    found = gram(maps)
    for n in range(2):
        for i in range(3):
            for j in range(3):
                product = sum(float(maps[n, i, y, x] * maps[n, j, y, x]) for y in range(4) for x in range(5)) / 20
                assert float(found[n, i, j]) == pytest.approx(product)
    order = torch.as_tensor(np.random.default_rng(1).permutation(20))
    assert torch.allclose(gram(maps.flatten(2)[..., order].reshape(maps.shape)), found)


def small_model():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 3, padding=1),
        torch.nn.BatchNorm2d(6),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
    ).eval()


def photos():
    rng = np.random.default_rng(0)
    content = torch.as_tensor(rng.uniform(size=(1, 3, 20, 20))).float()
    return content, torch.as_tensor(rng.uniform(size=(1, 3, 16, 24)) ** 3).float()


def test_styles_come_nearer_and_content_is_kept_by_its_weight():
    model, (content, style) = small_model(), photos()
    runs = {
        weight: style_transfer(model, content, style, layers=["2"], content_layer="0", content_weight=weight, steps=40)
        for weight in (0.0, 10.0)
    }
    for found in runs.values():
        assert torch.equal(found.stages[:1], content)
        assert torch.equal(found.stages[-1:], found.image)
        assert len(found.style_loss) == len(found.content_loss) == 41
        assert float(found.content_loss[0]) == 0
        assert 0 <= float(found.image.min()) <= float(found.image.max()) <= 1
        wanted, given = (gram(features(model, image, ["2"])["2"]).detach() for image in (style, found.image))
        share = float(((given - wanted) ** 2).sum() / (wanted**2).sum())
        assert float(found.style_loss[-1]) == pytest.approx(share, rel=1e-4)
    assert runs[0.0].style_loss[-1] < 0.2 * runs[0.0].style_loss[0]
    assert runs[10.0].content_loss[-1] < runs[0.0].content_loss[-1]


def test_a_photograph_in_its_own_style_stays_as_it_is():
    model, (content, _) = small_model(), photos()
    found = style_transfer(model, content, content, layers=["2"], content_layer="0", steps=5)
    assert torch.equal(found.image, content)


def test_models_are_afterwards_what_they_were():
    model, (content, style) = small_model(), photos()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    style_transfer(model, content, style, layers=["2"], content_layer="0", steps=2)
    class_image(model, 0, input_shape=(3, 16, 16), octaves=1, steps=2, rng=0)
    linear_prediction(model, content, 1)
    boundary_bracket(model, content, torch.ones_like(content), farthest=1, samples=3)
    transfer(model, content, 0)
    with pytest.raises(ValueError, match="was not reached"):
        fooling_image(model, content, int(model(content).argmin()), lead=1e6, steps=2)
    for layers in (["nothing"], ["0", "nothing"]):
        with pytest.raises(ValueError, match="named_modules"):
            features(model, content, layers)
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())
    assert not model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


def test_a_layer_that_is_not_used_is_named():
    class Half(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = torch.nn.Identity(), torch.nn.Identity()

        def forward(self, images):
            return self.used(images)

    model, (content, _) = Half(), photos()
    with pytest.raises(ValueError, match="idle"):
        features(model, content, ["used", "idle"])
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize(
    "options",
    [{"steps": 0}, {"learning_rate": 0}, {"content_weight": -1}, {"smoothness": -1}, {"stages": 1}, {"layers": ["x"]}],
)
def test_styles_refuse_what_makes_none(options):
    content, style = photos()
    with pytest.raises(ValueError, match="accepted"):
        style_transfer(small_model(), content, style, **{"layers": ["2"], "content_layer": "0", **options})


def test_styles_of_what_has_no_features_are_refused():
    """A quotient by nothing, which would make all pixels NaN."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1, bias=False), torch.nn.ReLU())
    content, style = photos()
    for pair, words in [((content, 0 * style), "of the style are all zero"), ((0 * content, style), "of the content")]:
        with pytest.raises(ValueError, match=words):
            style_transfer(model, *pair, layers=["1"], content_layer="0", steps=2)
    for pair, words in [((content, style.repeat(2, 1, 1, 1)), "style has shape"), ((content[0], style), "content has")]:
        with pytest.raises(ValueError, match=words):
            style_transfer(model, *pair, layers=["1"], content_layer="0", steps=2)
    with pytest.raises(ValueError, match="one or more names"):
        style_transfer(model, content, style, layers=[], content_layer="0", steps=2)


@pytest.mark.parametrize("sides", [(1, 8), (8, 1), (1, 1)])
def test_images_of_one_row_or_column_have_a_style(sides):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.ReLU())
    content, style = (image[:, :, : sides[0], : sides[1]] for image in photos())
    found = style_transfer(model, content, style, layers=["0"], content_layer="0", steps=3)
    assert found.image.isfinite().all()
    assert found.style_loss[-1] < found.style_loss[0]
