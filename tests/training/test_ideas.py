"""Ideas tried on digits: the stored outcomes are what runs give, and the runs are what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from experiments import ideas as experiment

from hwlib._core.results import checksum
from hwlib.datasets import ImageSet, digits
from hwlib.training import IDEAS, Idea, stored_ideas, train_idea, try_idea

pytestmark = pytest.mark.problem("train-universal")


def test_the_stored_outcomes_are_of_the_ideas_as_they_are_now():
    stored = json.loads(experiment.TARGET.read_text("utf8"))
    assert stored["sha256"] == checksum(stored["results"])
    assert stored["provenance"]["ideas"] == {name: vars(idea) for name, idea in IDEAS.items()}
    for outcomes in stored_ideas().values():
        assert {len(values) for values in vars(outcomes).values()} == {experiment.SEEDS} == {20}


@pytest.mark.parametrize("name", ["as it was", "wider", "crops", "random labels"])
def test_the_first_seeds_run_again_give_what_is_stored(name):
    """Sums of floats may round otherwise on another machine, so an image or two may fall to the other side."""
    again = experiment.run([name], seeds=2)["results"][name]
    for key, values in again.items():
        np.testing.assert_allclose(values, getattr(stored_ideas()[name], key)[:2], atol=0.03)


def test_a_run_is_what_torch_does_with_the_same_weights_and_images():
    """Full batches, so that no order matters: three steps in PyTorch from the same start."""
    train = digits().take(slice(0, 40))
    start = train_idea(Idea(epochs=0, width=5), train, batch_size=40, rng=0)
    ours = train_idea(Idea(epochs=3, width=5, learning_rate=0.2), train, batch_size=40, rng=0)
    shapes = [(64, 5), (5, 10)]
    layers = [torch.nn.Linear(*shapes[0]), torch.nn.ReLU(), torch.nn.Linear(*shapes[1])]
    model = torch.nn.Sequential(*layers).double()
    for parameter, ready in zip(model.parameters(), start.network.parameters(), strict=True):
        parameter.data = torch.from_numpy(ready.value).double()
    x, y = torch.from_numpy(start.prepare(train.images)).double(), torch.from_numpy(train.labels)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    for parameter, found in zip(model.parameters(), ours.network.parameters(), strict=True):
        np.testing.assert_allclose(found.value, parameter.detach().numpy(), atol=1e-5)


def test_with_a_seed_every_idea_has_the_same_images_and_other_labels_only_where_they_are_random(monkeypatch):
    seen = []

    def record(idea, train, *, rng):
        seen.append(train)
        return train_idea(Idea(epochs=0), train, rng=rng)

    monkeypatch.setattr("hwlib.training._ideas.train_idea", record)
    for idea in (Idea(), Idea(padding=1), Idea(random_labels=True)):
        try_idea(digits(), idea, seeds=[3])
    plain, cropped, drawn = seen
    assert plain.images.tobytes() == cropped.images.tobytes() == drawn.images.tobytes()
    assert (plain.labels == cropped.labels).all()
    assert 0 < (plain.labels == drawn.labels).mean() < 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Idea(width=0), "width=0"),
        (lambda: Idea(learning_rate=0), "learning_rate=0"),
        (lambda: Idea(padding=-1), "padding=-1"),
        (lambda: train_idea(Idea(), digits().images), "train="),
        (lambda: train_idea("wider", digits()), "idea="),
        (lambda: try_idea(digits(), Idea(), seeds=[]), "seeds="),
        (lambda: try_idea(digits(), Idea(), seeds=[0], samples=9999), "samples=9999"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_outcomes_and_classifiers_say_what_they_are():
    assert repr(stored_ideas()["all three"]).startswith("Outcomes(20 seeds: train 1.000 ± 0.000")
    some = digits().take(slice(0, 20))
    made = train_idea(Idea(width=64, epochs=30), some, rng=0)
    assert made.accuracy(some) == 1
    assert (made.labels(some.images) == some.labels).all()
    assert made.accuracy(ImageSet(some.images, (some.labels + 1) % 10, some.names)) == 0


@pytest.mark.parametrize("samples", [0, 1797])
def test_some_images_are_to_train_on_and_some_to_judge_by(samples):
    with pytest.raises(ValueError, match=f"samples={samples}"):
        try_idea(digits(), Idea(epochs=0), seeds=[0], samples=samples)
