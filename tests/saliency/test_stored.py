"""What ``experiments/images.py`` stored: it is whole, hangs together, and a part of it comes out again."""

import json
from dataclasses import fields
from importlib import resources

import numpy as np
import pytest
import torch
from experiments import images as experiment

from hwlib.saliency import (
    class_names,
    efficientnet_lite0,
    imagenet_photographs,
    linear_prediction,
    made_images,
    photograph,
    photographs,
    style_transfer,
)

pytestmark = pytest.mark.problem("input-gradients")


@pytest.fixture(scope="module")
def made():
    return made_images()


@pytest.fixture(scope="module")
def model():
    return efficientnet_lite0()


def test_the_table_is_whole(made):
    table = made.fooling
    rows, factors, changes = len(table.names), len(table.factors), len(table.changes)
    assert rows >= 20
    assert set(table.names) == {photo.name for photo in (*photographs(), *imagenet_photographs())}
    for field in fields(table):
        shape = np.shape(getattr(table, field.name))
        assert shape == {
            "factors": (factors,),
            "changes": (changes,),
            "keeps": (changes, rows),
            "holds": (factors, changes, rows),
            "returns": (factors, changes, rows),
        }.get(field.name, (rows,))
    assert (table.label != table.target).all()
    assert not (table.holds & table.returns).any()
    assert table.holds[0, 0].all()  # the fooling image itself has the target
    assert table.keeps[0].all()  # and the photograph its label
    assert (table.found > 0).all()
    assert (table.straight <= table.level * (1 + 2e-3)).all()  # before the target is level, some class may be ahead
    assert ((table.reached == -1) == np.isinf(table.straight)).all()


def test_predictions_and_labels_come_out_again(made, model):
    table = made.fooling
    assert experiment.targets_of(table.label) == table.target.tolist()
    for row in (0, 3, 11, 25):
        image = photograph(table.names[row]).image[None]
        assert int(model(image).argmax()) == table.label[row]
        predicted = float(linear_prediction(model, image, int(table.target[row])))
        assert predicted == pytest.approx(table.predicted[row], rel=1e-3)
        kept = np.array(experiment.changed(model, image)) == table.label[row]
        assert (kept == table.keeps[:, row]).mean() >= 0.9  # a change may end on a border, within rounding


@pytest.mark.slow
def test_a_row_comes_out_again(made, model):
    table = made.fooling
    row = table.names.index("rocket")
    again = experiment.measured(model, photograph("rocket").image[None], int(table.target[row]))
    for name in ("predicted", "straight", "level"):
        value = np.inf if again[name] is None else again[name]
        assert value == pytest.approx(getattr(table, name)[row], rel=5e-3)
    # Steps of a search may go elsewhere by rounding; both are upper bounds.
    assert again["found"] == pytest.approx(table.found[row], rel=0.1)


def test_stages_hang_together(made):
    names = class_names()
    for title, stages in made.class_images.items():
        assert title == names[stages.target]
        assert stages.classes[0] == stages.target
        assert len(stages.pictures) == len(stages.at) == len(stages.probabilities) == 9
        assert stages.probabilities.shape[1] == len(stages.classes)
        assert (stages.probabilities.sum(axis=1) <= 1 + 1e-4).all()
        assert stages.probabilities[0, 0] < 0.1 < 0.9 < stages.probabilities[-1, 0]
    steps = made.fooling_steps
    assert len(steps.pictures) == len(steps.differences) == len(steps.at) == len(steps.norms)
    assert steps.norms[0] == 0
    assert steps.probabilities[0, 0] == steps.probabilities[0].max()
    assert steps.probabilities[-1, 1] == steps.probabilities[-1].max()
    assert steps.classes[1] == steps.target


def test_pictures_are_small_and_have_words(made):
    stages = (made.fooling_steps, *made.class_images.values())
    small = [picture for one in stages for picture in (*one.pictures, *one.differences)]
    for picture in (*small, *made.gallery.values()):
        assert picture.pixels().shape == (160, 160, 3)
        assert len(picture.webp) < 16_000
        assert picture.alt
    for one in made.styles:
        assert one.image.pixels().shape == (224, 224, 3)
        assert photograph(one.content).may_be_shown
        assert photograph(one.style).may_be_shown
        assert one.style_loss[1] < 0.5 * one.style_loss[0]
        assert one.image.data_uri().startswith("data:image/webp;base64,UklG")  # RIFF


@pytest.mark.slow
def test_a_variant_comes_out_again(made, model, monkeypatch):
    monkeypatch.setattr(experiment, "VARIANTS", {"none": experiment.VARIANTS["none"]})
    assert list(made.variants) == ["all", "no jitter", "no blur", "no decay", "one octave", "none"]
    again, stored = experiment.variants(model)["none"], made.variants["none"]
    # Other processors add up in another order, and a climb goes elsewhere then; where it ends up stays alike.
    assert again["score"] == pytest.approx(stored.score, rel=0.2)
    assert again["score"] > 1.5 * max(one.score for name, one in made.variants.items() if name != "none")
    assert again["probability"] > 0.999
    assert again["cropped"] < 0.1 < min(one.cropped for name, one in made.variants.items() if name != "none")


def test_what_was_made_when_is_known_of_each_part(made, monkeypatch):
    assert set(made.provenance["parts"]) == set(experiment.PARTS)
    for origin in made.provenance["parts"].values():
        assert {"python", "torch", "numpy", "pillow", "machine", "date"} <= set(origin)
    kept = {"provenance": {"parts": {"styles": {"date": "then"}}}, "results": {"styles": []}}
    monkeypatch.setitem(experiment.PARTS, "gallery", lambda _model: {"a": 1})
    written = experiment.run(["gallery"], kept)
    assert written["results"] == {"styles": [], "gallery": {"a": 1}}
    assert written["provenance"]["parts"]["styles"] == {"date": "then"}  # what is kept was not made now
    assert written["provenance"]["parts"]["gallery"]["cpu_minutes"] < 1


@pytest.mark.slow
def test_the_first_steps_of_a_style_come_out_again(made, model):
    one = made.styles[0]
    content, style = (photograph(name).image[None] for name in (one.content, one.style))
    found = style_transfer(model, content, style, steps=3)
    assert float(found.style_loss[0]) == pytest.approx(one.style_loss[0], rel=1e-3)
    assert (torch.diff(found.style_loss) < 0).all()


def test_changed_results_are_noticed(tmp_path, monkeypatch):
    stored = json.loads((resources.files("hwlib.saliency") / "images.json").read_text("utf8"))
    stored["results"]["fooling"]["found"][0] += 0.001
    (tmp_path / "images.json").write_text(json.dumps(stored), "utf8")
    monkeypatch.setattr("hwlib._core.results.resources.files", lambda _package: tmp_path)
    with pytest.raises(ValueError, match=r"images\.json was changed"):
        made_images()
