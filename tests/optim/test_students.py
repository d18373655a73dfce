"""hwlib.optim: students against PyTorch's own layers, and the stored runs redone in part."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from experiments import edge as edge_experiment
from experiments import students as experiment
from torch import nn

from hwlib._core.results import checksum
from hwlib.optim import measured_edge, measured_students, student_errors


def by_layers(seed, width, samples, epochs, noise):
    """One student, trained with PyTorch's own layers on what the docstring describes."""
    streams = [np.random.default_rng([seed, part]) for part in range(6)]
    into, out = streams[0].standard_normal((10, 5)), streams[0].standard_normal((5, 1))
    new, x = streams[1].standard_normal((1000, 10)), streams[2].standard_normal((samples, 10))
    right, answers = (np.where(batch @ into > 0, batch @ into, 0) @ out for batch in (new, x))
    answers = (answers - right.mean()) / right.std() + noise * streams[3].standard_normal((samples, 1))
    model = nn.Sequential(nn.Linear(10, width), nn.ReLU(), nn.Linear(width, 1))
    with torch.no_grad():
        model[0].weight.copy_(torch.from_numpy(streams[4].standard_normal((width, 10)) / np.sqrt(5)))
        model[2].weight.copy_(torch.from_numpy(streams[5].standard_normal((1, width)) / np.sqrt(width)))
        model[0].bias.zero_()
        model[2].bias.zero_()
    stepper, (a, b) = torch.optim.Adam(model.parameters(), lr=0.01), (torch.from_numpy(v).float() for v in (x, answers))
    for _ in range(epochs):
        stepper.zero_grad()
        ((model(a) - b) ** 2).mean().backward()
        stepper.step()
    right = (right - right.mean()) / right.std()
    test = ((model(torch.from_numpy(new).float()).detach().numpy() - right) ** 2).mean()
    return float(((model(a) - b) ** 2).mean().detach()), float(test)


def test_students_side_by_side_learn_as_each_would_alone_by_pytorch_s_own_layers():
    together = student_errors(5, seeds=[3, 8], samples=30, epochs=25, noise=0.5)
    for number, seed in enumerate((3, 8)):
        train, test = by_layers(seed, 5, 30, 25, 0.5)
        assert together.train[number, -1] == pytest.approx(train, rel=1e-3)
        assert together.test[number, -1] == pytest.approx(test, rel=1e-3)
    assert together.epochs.tolist()[-1] == 25


def test_more_samples_begin_with_the_same_ones_and_all_widths_learn_from_the_same():
    few, more = (student_errors(2, seeds=[0], samples=n, epochs=1, noise=0.0, learning_rate=1e-9) for n in (1, 2))
    assert few.test == pytest.approx(more.test)
    alone = [by_layers(0, 2, n, 0, 0.0)[0] for n in (1, 2)]
    assert (few.train[0, 0], more.train[0, 0]) == pytest.approx(tuple(alone), rel=1e-4)


@pytest.mark.parametrize(("measured", "made"), [(measured_students, experiment), (measured_edge, edge_experiment)])
def test_stored_runs_have_their_checksum_and_their_provenance(measured, made):
    stored = measured()
    assert stored["sha256"] == checksum(stored["results"])
    assert json.loads(made.TARGET.read_text("utf8")) == stored
    assert json.loads(json.dumps(made.FULL)) == stored["provenance"]["settings"]
    assert {"python", "numpy", "torch", "machine", "date", "minutes"} <= set(stored["provenance"])


@pytest.mark.parametrize(("width", "samples", "inputs"), [(1, 100, 5), (8, 100, 5), (20, 40, 10)])
def test_a_part_of_the_students_comes_out_again(width, samples, inputs):
    full = experiment.FULL
    found = {(run["width"], run["samples"], run["inputs"]): run for run in measured_students()["results"]}
    stored = found[width, samples, inputs]
    at = stored["epochs"][10]
    again = experiment.one_job(width, samples, inputs, full["noise"], full["seeds"], at)
    for key in ("train", "test"):
        assert again[key][-1] == pytest.approx(stored[key][10], rel=5e-3)


def test_a_part_of_the_edge_comes_out_again():
    stored = next(run for run in measured_edge()["results"] if run["hidden"] == 64 and run["seed"] == 0)
    again = edge_experiment.one_job(64, stored["rate"], 0, stored["every"], stored["every"])
    assert again["loss"] == pytest.approx(stored["loss"][: stored["every"] + 1], abs=2e-4)
    assert again["largest"] == pytest.approx(stored["largest"][:2], rel=0.03)


def test_all_jobs_are_run_and_the_command_lines_write_files(monkeypatch, tmp_path, capsys):
    small = experiment.FULL | {
        "widths": [1, 2],
        "width": 2,
        "samples": [4, 5],
        "map_samples": 4,
        "epochs": 2,
        "seeds": [0, 2],
    }
    monkeypatch.setattr(experiment, "FULL", small)
    part = {"hidden": 2, "rates": [0.1], "seeds": 2, "every": 1}
    monkeypatch.setattr(edge_experiment, "FULL", {"steps": 1, "runs": [part]})
    for made, count in ((experiment, 4), (edge_experiment, 2)):
        made.main(["--out", str(tmp_path / "out.json")])
        written = json.loads((tmp_path / "out.json").read_text("utf8"))
        assert checksum(written["results"]) == written["sha256"]
        assert len(written["results"]) == count
        assert written["sha256"] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"samples": 0}, "samples=0"),
        ({"noise": -1}, "noise=-1"),
        ({"seeds": []}, r"seeds=\[\]"),
        ({"width": 0}, "width=0"),
    ],
)
def test_bad_input_is_named(options, told):
    good = {"width": 1, "seeds": [0], "samples": 1, "epochs": 1, "noise": 0.0}
    with pytest.raises(ValueError, match=told):
        student_errors(**good | options)


def test_results_are_told_in_a_line():
    assert repr(student_errors(1, seeds=[0], samples=2, epochs=3, noise=0)) == "StudentErrors(1 seeds, epochs 1 to 3)"


def test_a_teacher_with_a_single_answer_is_told():
    with pytest.raises(ValueError, match="seed 6: its teacher has the same answer"):
        student_errors(1, seeds=range(7), samples=3, epochs=1, noise=0.0, inputs=1, teacher=1, test_samples=2)
