"""What was measured on 20 photographs: stored as it was written, and measured again on one of them."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
from experiments import saliency_maps as experiment
from PIL import Image

from hwlib.saliency import efficientnet_lite0, photograph, stored_maps


@pytest.fixture(scope="module")
def stored():
    return stored_maps()


def test_every_measurement_has_a_row_for_each_photograph(stored):
    assert len(stored.photographs) == 20 == len(set(stored.photographs))
    assert stored.steps.shape == (20, len(stored.norms))
    for found in (stored.agreement, stored.other_class):
        assert {values.shape for values in found.values()} == {(20,)}
    assert {values.shape for values in stored.randomized.values()} == {(20, len(stored.levels))}
    assert stored.conventions.keys() == {"sizes", "values"}
    for name in ("gradient", "guided"):
        assert np.allclose(stored.conventions["sizes"][name], stored.randomized[name][:, 0], atol=1e-3)
    for name in ("gradient × input", "Grad-CAM"):
        assert np.allclose(stored.conventions["values"][name], stored.randomized[name][:, 0], atol=1e-3)
    for curves in (stored.deletion, stored.insertion):
        assert {values.shape for values in curves.values()} == {(20, len(stored.removed))}
        assert all(((values >= 0) & (values <= 1)).all() for values in curves.values())
    correlations = [*stored.agreement.values(), *stored.randomized.values(), *stored.other_class.values()]
    assert all((abs(values) <= 1).all() for values in correlations)


def test_deletion_begins_where_insertion_ends(stored):
    for order, deleted in stored.deletion.items():
        assert np.allclose(deleted[:, 0], stored.insertion[order][:, -1], atol=1e-3)
        assert np.allclose(deleted[:, 0], stored.deletion["by lot"][:, 0], atol=1e-3)


def test_one_photograph_is_measured_again(stored):
    place = 1
    photo = photograph(stored.photographs[place])
    model, image = efficientnet_lite0(), photo.image[None]
    target = int(model(image).argmax())
    norms = experiment.measure_steps(model, image, target)
    assert np.allclose(norms, stored.steps[place], atol=1e-3)
    found = {
        name: experiment.heats(experiment.as_map(name, experiment.METHODS[name](model, image, [target])))
        for name in ("guided", "Grad-CAM", "occlusion")
    }
    conventions = experiment.measure_conventions(model, image, target, seed=place)
    for kind, methods in conventions.items():
        assert all(abs(value - stored.conventions[kind][name][place]) < 0.01 for name, value in methods.items())
    for name in ("guided", "Grad-CAM"):
        assert abs(experiment.alike(found[name], found["occlusion"]) - stored.agreement[name][place]) < 0.02


def test_the_rank_correlation_is_pearson_s_of_the_ranks():
    first, second = np.array([3.0, 1, 2, 5]), np.array([10.0, -4, 0, -9])
    by_hand = np.corrcoef([2, 0, 1, 3], [3, 1, 2, 0])[0, 1]
    assert np.isclose(experiment.alike(first, second), by_hand)
    assert experiment.alike(first, np.ones(4)) == 0


def test_a_block_s_heat_is_the_sum_over_its_pixels():
    values = torch.zeros(224, 224)
    values[40, 10], values[223, 223] = 2, -3
    blocks = experiment.heats(values).reshape(7, 7)
    assert (blocks[1, 0], blocks[6, 6], abs(blocks).sum()) == (2, -3, 5)
    signed = torch.tensor([[[[1.0]], [[-2.0]]]])
    assert float(experiment.as_map("guided", signed)) == 3  # sizes
    assert float(experiment.as_map("gradient × input", signed)) == -1  # shares


def test_tiles_are_in_one_small_picture_with_its_checksum(stored, monkeypatch):
    picture = stored.picture()
    tiles = stored.tiles
    rows = len(tiles["photographs"]) * len(tiles["classes"])
    shape = ((len(tiles["methods"]) + 1) * experiment.TILE, rows * experiment.TILE)
    assert Image.open(io.BytesIO(picture)).size == shape
    assert len(picture) * 4 / 3 < 250_000
    monkeypatch.setitem(tiles, "sha256", "0")
    with pytest.raises(ValueError, match="was changed"):
        stored.picture()


def test_what_is_stored_is_what_the_script_writes(stored):
    assert tuple(experiment.LAYERS) == stored.levels
    assert list(experiment.NORMS) == stored.norms.tolist()
    assert json.loads(json.dumps(stored.provenance))["script"] == "experiments/saliency_maps.py"
