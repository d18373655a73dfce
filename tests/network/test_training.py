"""hwlib.network: runs repeat themselves, snapshots are the module, and the spirals are what they are called."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hwlib.network import initialise, relu_module, snapshots, snapshots_together, two_spirals


def test_a_run_repeats_itself_and_leaves_the_number_of_threads():
    points, labels = two_spirals(20)
    threads = torch.get_num_threads()
    first, second = (snapshots(relu_module(2, [5], rng=3), points, labels, steps=[0, 30]) for _ in range(2))
    assert np.array_equal(first[30](points), second[30](points))
    assert not np.array_equal(first[0](points), first[30](points))
    assert torch.get_num_threads() == threads


def test_snapshots_are_the_module_at_the_beginning_and_at_the_end():
    points, labels = two_spirals(10)
    module = relu_module(2, [4], rng=0)
    before = module(torch.from_numpy(points)).detach().numpy()
    found = snapshots(module, points, labels, steps=[0, 7])
    after = module(torch.from_numpy(points)).detach().numpy()
    assert np.allclose(found[0](points), before)
    assert np.allclose(found[7](points), after)
    assert not np.allclose(before, after)


def test_training_lowers_the_loss_of_torch_s_own_optimiser_step_by_step():
    points, labels = two_spirals(20)
    found = snapshots(relu_module(2, [8, 8], rng=1), points, labels, steps=[0, 50, 300])
    wanted = torch.from_numpy(labels).double()
    losses = [
        torch.nn.functional.binary_cross_entropy_with_logits(torch.from_numpy(network(points)[:, 0]), wanted).item()
        for network in found.values()
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 2


def test_several_classes_and_convolutions():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(12, 1, 4, 4))
    labels = np.repeat([0, 1, 2], 4)
    images[np.arange(12), 0, labels, 0] += 5
    layers = [torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 3)]
    module = initialise(torch.nn.Sequential(*layers), rng=0)
    found = snapshots(module, images, labels, steps=[200], learning_rate=0.05, input_shape=(1, 4, 4))
    assert (found[200](images.reshape(12, -1)).argmax(axis=1) == labels).all()


def test_a_new_module_is_the_same_for_the_same_rng_and_leaves_torch_s_random_numbers():
    state = torch.get_rng_state()
    made = [relu_module(2, [3], rng=rng) for rng in (5, np.random.default_rng(5), 6)]
    assert torch.equal(torch.get_rng_state(), state)
    first, second, third = (torch.cat([p.ravel() for p in module.parameters()]) for module in made)
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert all(parameter.requires_grad and parameter.dtype == torch.float64 for parameter in made[0].parameters())


def test_no_line_separates_the_spirals():
    points, labels = two_spirals()
    assert np.array_equal(points[labels == 1], -points[labels == 0])
    directions = np.linspace(0, np.pi, 360)
    heights = points @ np.stack([np.cos(directions), np.sin(directions)])
    for column in heights.T:
        assert min(column[labels == 0].max(), column[labels == 1].max()) > max(
            column[labels == 0].min(), column[labels == 1].min()
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_spirals(3), "positive even"),
        (lambda: relu_module(2, [0]), r"widths=\[0\]: accepted are whole numbers, each at least 1"),
        (lambda: initialise(3), "model=3: accepted is a torch module"),
        (lambda: relu_module(2, None), "widths=None: accepted are whole numbers, each at least 1"),
        (lambda: relu_module(2.0, [1]), "inputs=2.0: accepted is a whole number of at least 1"),
        (lambda: relu_module(2, [1], rng=-1), "rng=-1: accepted are None, a seed"),
        (lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [0, 1], steps=[0]), "equally many"),
        (lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [0], steps=[3, 1]), "increasing order"),
        (
            lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [0], steps=[]),
            r"steps=\[\]: accepted are one or more whole numbers",
        ),
        (lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [0], steps=[1.5]), r"steps=\[1.5\]: accepted are"),
        (lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [0.5], steps=[1]), "labels has entries that are no whole"),
        (lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [2], steps=[1]), "labels from 2 to 2: accepted are 0 to 1"),
        (lambda: snapshots(relu_module(2, [2]), [[0.0, 0]], [0], steps=[1], learning_rate=0), "learning_rate=0: accep"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_models_trained_side_by_side_become_what_each_becomes_alone():
    points, labels = two_spirals(20)
    alone = [snapshots(relu_module(2, [6, 5], rng=seed), points, labels, steps=[0, 40]) for seed in range(4)]
    models = [relu_module(2, [6, 5], rng=seed) for seed in range(4)]
    threads = torch.get_num_threads()
    together = snapshots_together(models, points, labels, steps=[0, 40])
    assert torch.get_num_threads() == threads
    for one, run, model in zip(alone, together, models, strict=True):
        assert list(run) == [0, 40]
        assert np.array_equal(one[0](points), run[0](points))
        assert np.allclose(one[40](points), run[40](points), rtol=1e-8)
        assert np.allclose(model(torch.from_numpy(points)).detach().numpy(), run[40](points))


def test_convolutions_are_trained_side_by_side_too():
    images, labels = np.random.default_rng(0).normal(size=(12, 1, 4, 4)), np.repeat([0, 1, 2], 4)

    def made(seed):
        layers = [torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 3)]
        return initialise(torch.nn.Sequential(*layers), rng=seed)

    options = {"steps": [30], "input_shape": (1, 4, 4)}
    together = snapshots_together([made(0), made(1)], images, labels, **options)
    for seed, run in enumerate(together):
        alone = snapshots(made(seed), images, labels, **options)[30]
        assert np.allclose(alone(images.reshape(12, -1)), run[30](images.reshape(12, -1)))


@pytest.mark.parametrize(
    "models",
    [[], [relu_module(1, [2], rng=0), relu_module(1, [3], rng=0)], [torch.nn.Linear(1, 1), torch.nn.Linear(1, 2)]],
)
def test_models_side_by_side_are_alike(models):
    with pytest.raises(ValueError, match="models="):
        snapshots_together(models, [[0.0], [1.0]], [0, 1], steps=[1])
