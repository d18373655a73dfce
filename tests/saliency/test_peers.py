"""The stored comparison: whole, without traces of a machine, and repeated where it needs neither of the packages."""

from __future__ import annotations

import json
import re

import pytest
import torch
from experiments import saliency_peers as experiment
from torch import nn

from hwlib._core.results import checksum
from hwlib.saliency import gradient, guided_backpropagation, peers_measured

STORED = json.loads(experiment.TARGET.read_text("utf8"))
ROWS = {row["relu"]: row for row in STORED["results"]["guided"]}


def test_the_stored_file_is_whole_and_says_where_it_comes_from():
    assert STORED["sha256"] == checksum(STORED["results"])
    assert set(STORED["provenance"]) == {"script", "captum", "grad-cam", "torch", "python", "date"}
    assert not re.search(r"[/\\]|home|tmp", json.dumps(STORED).replace("experiments/saliency_peers.py", ""))
    assert peers_measured() == {key: STORED[key] for key in ("provenance", "results")}


def test_every_spelling_is_in_it_and_each_package_returned_one_of_the_two():
    assert set(ROWS) == {*experiment.SPELLINGS, "EfficientNet-Lite0, nn.ReLU6()"}
    for name, row in ROWS.items():
        right = name.startswith("nn.ReLU(")
        for peer in experiment.PEERS:
            assert row[peer]["guided" if right else "plain"] == 0
            assert row[peer]["plain" if right else "guided"] > 0.1


@pytest.mark.parametrize("name", experiment.SPELLINGS)
def test_hooks_on_modules_alone_do_what_the_packages_did(name):
    """A sketch of their method: the gradient at modules of class ReLU is cut. It shows why the other spellings fail."""
    model = experiment.Small(experiment.SPELLINGS[name]).eval()
    image = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    wanted = {"guided": guided_backpropagation(model, image, 1), "plain": gradient(model, image, 1)}
    handles = [
        module.register_full_backward_hook(lambda module, into, out: (into[0].clamp(min=0),))
        for module in model.modules()
        if isinstance(module, nn.ReLU) and not module.inplace
    ]
    at = image.clone().requires_grad_()
    (given,) = torch.autograd.grad(model(at)[0, 1], at)
    for handle in handles:
        handle.remove()
    if name != "nn.ReLU(inplace=True)":  # hooks of whole modules do not go with it; the packages use others there
        for kind, right in wanted.items():
            distance = float((given - right).abs().max() / right.abs().max())
            assert round(distance, 4) == pytest.approx(ROWS[name]["captum"][kind], abs=2e-4)
    pair = torch.stack([one.flatten() for one in wanted.values()])
    assert float(torch.corrcoef(pair)[0, 1]) == pytest.approx(ROWS[name]["correlation"], abs=1e-3)


def test_grad_cam_with_one_target_for_three_images_gave_empty_maps():
    maxima = STORED["results"]["cam_maxima"]
    assert maxima["one target"][1:] == [0, 0]
    assert maxima["a target for each"] == [1, 1, 1]
    assert min(maxima["hwlib, raw"]) > 0
    assert STORED["results"]["left_behind"] == {"gradients": 6, "parameters": 6, "still in training mode": False}
