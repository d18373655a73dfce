"""Networks that enlarge: what holds for all weights, the stored runs, and one of them in part again."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from experiments import enlarge as experiment

from hwlib._core.results import checksum
from hwlib.conv import WAYS_TO_ENLARGE, enlarger, flat_contrast, phase_sums, stored_enlarging, train_enlarger


@pytest.mark.parametrize("way", WAYS_TO_ENLARGE)
def test_an_enlarger_doubles_images_and_a_seed_decides_its_weights(way):
    one, same, other = (enlarger(way, rng=seed) for seed in (3, 3, 4))
    assert one(torch.rand(2, 1, 5, 7)).shape == (2, 1, 10, 14)
    weights = [torch.nn.utils.parameters_to_vector(model.parameters()) for model in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_an_even_start_is_even_and_resizing_needs_no_start():
    (kernels,) = (
        layer.weight for layer in enlarger("even start", rng=0) if isinstance(layer, torch.nn.ConvTranspose2d)
    )
    for kernel in kernels[:, 0].detach().double().numpy():
        assert np.ptp(phase_sums(kernel, 2)) < 1e-6
    model = enlarger("resize", rng=0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn_like(weight) * 3)
    assert flat_contrast(model) < 1e-5


def test_the_contrast_is_that_of_a_network_whose_phases_are_known():
    layer = torch.nn.ConvTranspose2d(1, 1, 2, stride=2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert flat_contrast(layer) == pytest.approx(3 * np.linspace(0.1, 1, 10).mean())


@pytest.mark.parametrize("steps", [[0], [0, 2]])
def test_the_network_comes_back_as_it_was_measured(steps):
    photographs = np.random.default_rng(0).random((2, 12, 12))
    model, contrasts, _ = train_enlarger("transposed", photographs, steps=steps, side=4, rng=0)
    assert flat_contrast(model) == contrasts[-1]


def test_the_file_is_what_was_measured_and_a_run_of_it_can_be_repeated():
    stored = json.loads(experiment.TARGET.read_text("utf8"))
    assert stored["sha256"] == checksum(stored["results"])
    assert stored["provenance"]["settings"] == experiment.FULL
    assert {(run["way"], run["seed"]) for run in stored["results"]} == {
        (way, seed) for way in WAYS_TO_ENLARGE for seed in range(30)
    }
    runs = stored_enlarging()
    for way in WAYS_TO_ENLARGE:
        again = experiment.one_job(way, 7, [0, 10, 30])
        assert again["contrast"] == pytest.approx(runs.contrast[way][7, :3], abs=1e-4)
        assert again["error"] == pytest.approx(runs.error[way][7, :3], abs=1e-4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"way": "shuffle"}, "way='shuffle': accepted are transposed, even start, resize"),
        ({"batch": 0}, "batch=0: accepted is a whole number of at least 1"),
        ({"steps": [3, 1]}, r"steps=\[3, 1\]: accepted are increasing numbers"),
        ({"photographs": [np.zeros((40, 40))]}, "accepted are two, each higher and wider than 32"),
        ({"photographs": [np.zeros((40, 40)), np.zeros((40, 32))]}, r"\(40, 40\), \(40, 32\)"),
    ],
)
def test_what_cannot_be_is_refused(change, told):
    arguments = {"way": "resize", "photographs": [np.zeros((40, 40))] * 2, "steps": [0]} | change
    with pytest.raises(ValueError, match=told):
        train_enlarger(arguments.pop("way"), arguments.pop("photographs"), **arguments)
