"""The stored costs of whole networks: those that are published, and of the models that the experiment names."""

from __future__ import annotations

import json

import pytest
import torch
from experiments import network_costs as experiment

from hwlib._core.results import checksum
from hwlib.conv import measured_costs, stored_network_costs

# Parameters and multiplications, in millions, as torchvision's documentation and the papers round them.
PUBLISHED = {"VGG-16": (138.4, 15470), "ResNet-50": (25.6, 4090), "MobileNet": (4.2, 569), "ConvNeXt-T": (28.6, 4460)}


def test_the_counts_are_those_that_are_published():
    for cost in stored_network_costs():
        millions, work = PUBLISHED[cost.name]
        assert cost.parameters / 1e6 == pytest.approx(millions, abs=0.06)
        assert cost.multiplications / 1e6 == pytest.approx(work, rel=2e-3)
        assert 0 < cost.seconds < 60


def test_what_the_page_says_of_the_two_bars_of_a_network_holds():
    vgg, resnet, mobilenet, convnext = stored_network_costs()
    longer = {
        cost.name: (cost.seconds / vgg.seconds) / (cost.multiplications / vgg.multiplications)
        for cost in (resnet, mobilenet, convnext)
    }
    assert min(longer.values()) > 1  # "the bar of seconds is longer"
    assert 1.8 < longer["MobileNet"] < 2.3  # "about twice as long"
    assert resnet.multiplications > 4e9  # not the published 3.8 billion: the strides are in the 3 by 3 kernels


def test_the_file_is_what_was_measured_and_the_networks_are_those_of_the_experiment():
    stored = json.loads(experiment.TARGET.read_text("utf8"))
    assert stored["sha256"] == checksum(stored["results"])
    assert stored["provenance"]["settings"] == experiment.FULL
    with torch.device("meta"):
        networks = experiment.networks()
    for cost in stored_network_costs():
        costs = measured_costs(networks[cost.name], (3, 224, 224))
        assert sum(part.parameters for part in costs) == cost.parameters
        assert sum(part.multiplications for part in costs) == cost.multiplications


def test_the_later_networks_take_longer_for_each_multiplication_than_vgg():
    """What the figure of *A layer's cost can be counted* shows."""
    vgg, *later = stored_network_costs()
    longer = {c.name: (c.seconds / vgg.seconds) / (c.multiplications / vgg.multiplications) for c in later}
    assert all(ratio > 1 for ratio in longer.values())
    assert max(longer, key=longer.__getitem__) == "MobileNet"


def test_a_run_is_timed_in_seconds_of_the_processor():
    assert 0 <= experiment.seconds(torch.nn.Conv2d(1, 1, 3), [1, 8, 8], 2) < 5
