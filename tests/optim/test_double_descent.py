"""hwlib.optim: the exact risk against draws, networks against PyTorch's own layers, the stored run redone."""

from __future__ import annotations

import hashlib
import itertools
import json

import numpy as np
import pytest
import torch
from experiments import double_descent as experiment
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hwlib._core import results
from hwlib._core.results import checksum
from hwlib.optim import (
    expected_risk,
    measured_networks,
    network_errors,
    noisy_questions,
    parameter_count,
    ridge_risk,
)

from ..examples import examples

QUESTIONS = noisy_questions([0], label_noise=0.0, samples=4, test_samples=4)


@pytest.mark.problem("opt-double-descent")
def test_by_hand():
    risks = [expected_risk(4, p, signal=p / 12, rest=1 - p / 12) for p in (0, 1, 2, 8, 12)]
    assert risks == pytest.approx([1, 11 / 8, 5 / 2, 10 / 9, 2 / 3])


@pytest.mark.problem("opt-double-descent")
@pytest.mark.parametrize(("n", "p"), [(5, 1), (12, 6), (12, 18), (3, 10), (20, 40), (1, 4)])
def test_the_exact_risk_is_the_mean_of_draws(n, p):
    weights = np.linspace(1, 0.2, 40) / 3
    mean, error = ridge_risk(n, p, weights=weights, noise=0.5, trials=6000, rng=n)
    risk = expected_risk(n, p, signal=float((weights[:p] ** 2).sum()), rest=float((weights[p:] ** 2).sum()) + 0.25)
    assert abs(mean - risk) < 4 * error
    assert error < 0.05 * risk


@pytest.mark.problem("opt-double-descent")
@examples(200)
@given(st.integers(4, 60), st.floats(0.1, 5), st.floats(0.05, 5))
def test_the_risk_rises_to_the_pole_and_falls_beyond_it_along_features_of_equal_weight(n, signal, noise):
    d = 5 * n
    risks = [expected_risk(n, p, signal=signal * p / d, rest=signal * (1 - p / d) + noise) for p in range(d + 1)]
    assert risks[n - 1] == risks[n] == risks[n + 1] == np.inf
    assert risks[n - 2] > risks[0]
    assert min(risks[n + 2 :]) < risks[n + 2]


@pytest.mark.problem("opt-double-descent")
def test_along_samples_there_is_a_stretch_where_more_data_hurt_and_the_best_penalty_takes_it_away():
    numbers = [10, 25, 40, 50]
    exact = [expected_risk(n, 60, signal=1, rest=0.25) for n in numbers]
    assert exact[3] > exact[2] > exact[1]
    options = {"weights": np.full(60, 60**-0.5), "noise": 0.5, "trials": 300}
    ridge = [ridge_risk(n, 60, rng=0, penalty=15.0, **options) for n in numbers]
    assert all(a[0] > b[0] + 3 * (a[1] + b[1]) for a, b in itertools.pairwise(ridge))


def test_the_fit_behind_a_sampled_risk_is_the_shortest_least_squares_solution():
    weights = np.arange(1.0, 6.0)
    mean, _ = ridge_risk(3, 4, weights=weights, noise=1.0, trials=2, rng=np.random.default_rng(3))
    again = np.random.default_rng(3)
    X = again.standard_normal((2, 3, 5))
    y = X @ weights + again.standard_normal((2, 3))
    errors = [np.linalg.lstsq(X[t, :, :4], y[t], rcond=None)[0] - weights[:4] for t in range(2)]
    assert mean == pytest.approx(np.mean([(e**2).sum() for e in errors]) + 25 + 1)
    penalised, _ = ridge_risk(3, 4, weights=weights, noise=1.0, trials=2, rng=3, penalty=2.0)
    errors = [
        np.linalg.solve(X[t, :, :4].T @ X[t, :, :4] + 2 * np.eye(4), X[t, :, :4].T @ y[t]) - weights[:4]
        for t in range(2)
    ]
    assert penalised == pytest.approx(np.mean([(e**2).sum() for e in errors]) + 25 + 1)


def drawn_by_hand(seed, width):
    """Samples, right labels, which are turned round, and initial weights, as the docstrings tell them."""
    rng = np.random.default_rng(seed)
    x, turn, question = rng.standard_normal((90, 6)), rng.random(90), rng.standard_normal((6, 2))
    question[4:] *= 4
    labels = x @ question[:, 0] < x @ question[:, 1]
    x[:, 4:] /= 20
    weights = rng.standard_normal((6, width)) / np.sqrt(3), rng.standard_normal((width, 2)) * np.sqrt(2 / width)
    return x, labels, turn < 0.3, weights


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_networks_side_by_side_learn_as_each_would_alone_by_pytorch_s_own_layers(optimizer):
    questions = noisy_questions([3, 8], label_noise=0.3, samples=40, inputs=6, test_samples=50, slow_inputs=2)
    together = network_errors(5, questions, epochs=30, optimizer=optimizer)
    for number, seed in enumerate((3, 8)):
        x, labels, turned, (first, second) = drawn_by_hand(seed, 5)
        assert np.allclose(questions.train[number], x[:40], rtol=1e-15, atol=0)
        assert np.array_equal(questions.train_labels[number], labels[:40] != turned[:40])
        model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2))
        with torch.no_grad():
            model[0].weight.copy_(torch.from_numpy(first.T))
            model[2].weight.copy_(torch.from_numpy(second.T))
            model[0].bias.zero_()
            model[2].bias.zero_()
        samples = torch.from_numpy(x).float()
        noisy = torch.from_numpy(np.where(turned[:40], ~labels[:40], labels[:40])).long()
        parameters = model.parameters()
        stepper = (
            torch.optim.Adam(parameters, lr=0.01)
            if optimizer == "adam"
            else torch.optim.SGD(parameters, lr=0.01, momentum=0.9)
        )
        for _ in range(30):
            stepper.zero_grad()
            ((model(samples[:40]) - nn.functional.one_hot(noisy, 2)) ** 2).sum(1).mean().backward()
            stepper.step()
        outputs = model(samples[40:]).detach()
        clean = torch.from_numpy(labels[40:]).long()
        assert together.test[number, -1] == pytest.approx(
            float((outputs.argmax(1) != clean).double().mean()), abs=0.021
        )
        loss = ((outputs - nn.functional.one_hot(clean, 2)) ** 2).sum(1).mean()
        assert together.test_loss[number, -1] == pytest.approx(float(loss), rel=1e-3)


def test_networks_of_all_widths_get_the_same_samples_and_slow_inputs_are_small_but_count():
    questions = noisy_questions([1], label_noise=0.1, samples=5000, inputs=10, slow_inputs=3)
    again = noisy_questions([1], label_noise=0.0, samples=5000, inputs=10, slow_inputs=3)
    network_errors(2, questions, epochs=1)
    first, second = (network_errors(3, q, epochs=1) for q in (questions, noisy_questions([1], label_noise=0.1)))
    assert not np.array_equal(first.test, second.test)
    assert np.array_equal(network_errors(3, questions, epochs=1).test, first.test), "weights do not use the source up"
    assert np.array_equal(questions.train, again.train)
    assert (questions.train_labels != again.train_labels).mean() == pytest.approx(0.1, abs=0.02)
    assert questions.train[..., 7:].std() == pytest.approx(0.05, rel=0.05)
    assert questions.train[..., :7].std() == pytest.approx(1, rel=0.05)
    assert parameter_count(9, inputs=10) == sum(
        p.numel() for p in [*nn.Linear(10, 9).parameters(), *nn.Linear(9, 2).parameters()]
    )


@pytest.mark.problem("opt-double-descent")
def test_the_stored_run_has_its_checksum_and_its_provenance():
    stored = measured_networks()
    text = json.dumps(stored["results"], sort_keys=True, separators=(",", ":"))
    assert stored["sha256"] == hashlib.sha256(text.encode()).hexdigest() == checksum(stored["results"])
    origin = stored["provenance"]
    assert origin["settings"] == experiment.FULL
    assert {"python", "numpy", "torch", "machine", "date", "minutes"} <= set(origin)
    assert len(stored["results"]) == len(experiment.FULL["widths"]) * len(experiment.FULL["label_noise"])
    assert json.loads(experiment.TARGET.read_text("utf8")) == stored


@pytest.mark.problem("opt-double-descent")
@pytest.mark.parametrize(("width", "label_noise"), [(2, 0.2), (10, 0.2), (24, 0.0)])
def test_a_part_of_the_stored_run_comes_out_again(width, label_noise):
    (stored,) = [r for r in measured_networks()["results"] if (r["width"], r["label_noise"]) == (width, label_noise)]
    epochs = stored["epochs"][6]
    again = experiment.one_job(width, label_noise, experiment.FULL["seeds"], epochs)
    # The marks of a shorter run are others, but it ends in one of the stored ones. Sums are rounded differently on
    # other machines, so a few of the 24,000 samples may change sides.
    for key in ("train", "test"):
        assert again[key][-1] == pytest.approx(stored[key][6], abs=5e-3)


def test_shards_by_another_backend_give_the_same_results():
    small = {"widths": [1, 2], "label_noise": [0.2], "seeds": 2, "epochs": 5}
    alone, sharded = experiment.run(small), experiment.run(small, jobs=2, backend="threading")
    assert alone["results"] == sharded["results"]
    assert alone["sha256"] == sharded["sha256"]


def test_a_changed_file_is_told(monkeypatch, tmp_path):

    changed = json.loads(experiment.TARGET.read_text("utf8"))
    changed["results"][0]["test"][0] += 0.001
    (tmp_path / "double_descent.json").write_text(json.dumps(changed), "utf8")
    monkeypatch.setattr(results.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=r"was changed: accepted is what experiments/double_descent\.py wrote"):
        measured_networks()


def test_the_command_line_writes_a_file(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(experiment, "FULL", {"widths": [1], "label_noise": [0.0], "seeds": 2, "epochs": 2})
    experiment.main(["--jobs", "1", "--out", str(tmp_path / "out.json")])
    written = json.loads((tmp_path / "out.json").read_text("utf8"))
    assert checksum(written["results"]) == written["sha256"]
    assert written["sha256"] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: expected_risk(0, 1, signal=1, rest=1), "n=0: accepted is a whole number of at least 1"),
        (lambda: expected_risk(2.5, 1, signal=1, rest=1), "n=2.5: accepted is a whole number of at least 1"),
        (lambda: expected_risk(2, 1, signal=-1, rest=1), "signal=-1: accepted is a number that is not negative"),
        (lambda: expected_risk(2, 1, signal=1, rest=np.nan), "rest=nan"),
        (
            lambda: ridge_risk(2, 3, weights=[1.0], noise=0, trials=2),
            r"p=3, weights of shape \(1,\): accepted are p from",
        ),
        (lambda: ridge_risk(2, 1, weights=[1.0], noise=0, trials=1), "trials=1"),
        (lambda: ridge_risk(0, 1, weights=[1.0], noise=0, trials=2), "n=0"),
        (lambda: ridge_risk(2, 1, weights=[1.0], noise=-1, trials=2), "noise=-1"),
        (lambda: ridge_risk(2, 1, weights=[1.0], noise=0, trials=2, penalty=-1), "penalty=-1"),
        (lambda: ridge_risk(2, 1, weights=[1j], noise=0, trials=2), "weights has the type complex128"),
        (lambda: ridge_risk(2, 1, weights=[1.0], noise=0, trials=2, rng="0"), "rng='0': accepted are None, a seed"),
        (lambda: parameter_count(-1), "width=-1"),
        (lambda: noisy_questions([], label_noise=0), r"seeds=\[\]"),
        (lambda: noisy_questions([1], label_noise=2), "label_noise=2"),
        (lambda: noisy_questions([1], label_noise=0, slow_inputs=21), "slow_inputs=21: accepted are .* 0 to 20"),
        (lambda: noisy_questions([1], label_noise=0, samples=0), "samples=0"),
        (lambda: network_errors(0, QUESTIONS, epochs=1), "width=0"),
        (lambda: network_errors(1, QUESTIONS, epochs=0), "epochs=0"),
        (lambda: network_errors(1, QUESTIONS, epochs=1, learning_rate=0), "learning_rate=0"),
        (lambda: network_errors(1, QUESTIONS, epochs=1, optimizer="sgd"), "optimizer='sgd': accepted are 'adam', 'mom"),
    ],
)
def test_bad_input_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_a_network_without_hidden_units_has_two_biases():
    assert parameter_count(0) == 2


def test_results_are_told_in_a_line():
    assert repr(QUESTIONS) == "NoisyQuestions(1 seeds, 4 + 4 samples, 20 inputs)"
    assert repr(network_errors(1, QUESTIONS, epochs=3)) == "NetworkErrors(1 seeds, epochs 1 to 3)"
