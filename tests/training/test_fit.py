"""Training over epochs: early stopping, and a process that is killed, started again, and ends with the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import hwlib
from hwlib.backprop import CrossEntropyLoss, Linear, ReLU, Sequential
from hwlib.training import SGD, Curves, Score, batches, evaluate, fit, load_checkpoint, save_checkpoint, train_epoch

from .tasks import blobs, equal, mlp, run, same_curves, values

ROOT = Path(__file__).parents[2]


class Doubled(CrossEntropyLoss):
    """Another loss."""


@pytest.mark.problem("train-loop")
def test_it_is_the_loop_written_out():
    curves, network = run(4, augment=lambda x, *, rng: x + rng.normal(size=x.shape))
    again = mlp()
    optimizer = SGD(again.parameters(), learning_rate=0.05, momentum=0.9, weight_decay=0.01)
    rng, loss, (inputs, targets) = np.random.default_rng(0), CrossEntropyLoss(), blobs(50)
    for epoch in range(4):
        order = rng.permutation(50)
        parts = [order[start : start + 8] for start in range(0, 50, 8)]
        data = ((inputs[part] + rng.normal(size=(len(part), 5)), targets[part]) for part in parts)
        learnt = train_epoch(again, data, loss=loss, optimizer=optimizer)
        seen = evaluate(again, batches(*blobs(20, seed=1), 500), loss=loss)
        expected = (learnt.loss, learnt.accuracy, seen.loss, seen.accuracy)
        names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
        assert expected == tuple(getattr(curves, name)[epoch] for name in names)
    assert equal(values(network), values(again))


@pytest.mark.problem("train-loop")
def test_validation_changes_nothing_without_a_patience():
    ends = []
    for validation in (blobs(20, seed=1), blobs(3, seed=2)):
        network = mlp()
        optimizer = SGD(network.parameters(), learning_rate=0.1)
        fit(network, blobs(50), validation, optimizer=optimizer, epochs=3, rng=0)
        ends.append(values(network))
    assert equal(*ends)


@pytest.mark.problem("train-curves")
@pytest.mark.parametrize("patience", [1, 2, 5])
def test_it_stops_when_patience_runs_out_and_returns_to_the_best_epoch(patience):
    whole, _ = run(40)
    curves, network = run(40, patience=patience)
    best, since, epoch = np.inf, 0, 0
    while since < patience and epoch < 40:  # the rule, as one would say it
        loss = whole.validation_loss[epoch]
        since = 0 if loss < best else since + 1
        best, epoch = min(best, loss), epoch + 1
    assert curves.epochs == epoch
    assert curves.validation_loss.tolist() == whole.validation_loss[:epoch].tolist()
    assert curves.best_epoch == epoch - since
    _, at_best = run(int(curves.best_epoch))
    assert equal(values(network), values(at_best))


@pytest.mark.problem("train-loop")
@pytest.mark.parametrize("patience", [None, 3])
@pytest.mark.parametrize("stops", [[0, 1, 2, 9], [5, 40], [3, 3]])
def test_going_on_in_pieces_gives_the_same_bits(tmp_path, stops, patience):
    noise = {"augment": lambda x, *, rng: x + rng.normal(size=x.shape), "patience": patience}
    for stop in stops:
        curves, network = run(stop, checkpoint=tmp_path / "run.npz", **noise)
    alone, other = run(stops[-1], **noise)
    assert same_curves(curves, alone)
    assert equal(values(network), values(other))


@pytest.mark.problem("train-loop")
def test_inputs_are_prepared_and_only_those_of_training_augmented():
    seen = []

    def prepare(x):
        seen.append(x.copy())
        return x

    plain, _ = run(2)
    prepared, _ = run(2, prepare=prepare, augment=lambda x, *, rng: x + 1000)
    assert plain.epochs == prepared.epochs
    assert [len(x) for x in seen] == 2 * ([8] * 6 + [2] + [20])
    assert all((x.min() > 500) == (len(x) < 20) for x in seen)


def test_what_layers_keep_is_in_the_checkpoint(tmp_path):
    class Counting(Linear):
        def forward(self, x):
            self.running_count += self.training
            return super().forward(x)

    def counted(epochs):
        layer = Counting.random(5, 3, rng=0)
        layer.running_count = np.zeros(())
        run(epochs, network=layer, checkpoint=tmp_path / "run.npz")
        return float(layer.running_count)

    assert counted(2) == 14  # seven batches an epoch
    assert counted(5) == 35


SCRIPT = """
import sys, time
from tests.training.tasks import run
run(9, checkpoint=sys.argv[1], augment=lambda x, *, rng: (time.sleep(0.002), x + rng.normal(size=x.shape))[1])
"""


@pytest.mark.slow
def test_a_killed_process_loses_nothing(tmp_path):
    """Killed again and again at moments that no epoch knows of, until it comes to its end."""
    path = tmp_path / "run.npz"
    library = Path(hwlib.__file__).parents[1]  # the one that is tested here
    environment = {**os.environ, "PYTHONPATH": f"{library}{os.pathsep}{ROOT}"}
    rng, killed, ended = np.random.default_rng(0), 0, False
    while not ended and killed < 60:
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], env=environment)
        written = path.stat().st_mtime_ns if path.exists() else 0
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:  # until it has written, then some time at random
            if path.exists() and path.stat().st_mtime_ns != written:
                time.sleep(rng.uniform(0, 0.06))
                break
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        ended = process.wait() == 0
        killed += not ended
        load_checkpoint(path)  # whole at every moment
    assert ended
    assert killed >= 3
    noise = {"augment": lambda x, *, rng: x + rng.normal(size=x.shape)}
    curves, network = run(9, checkpoint=path, **noise)
    alone, other = run(9, **noise)
    assert same_curves(curves, alone)
    assert equal(values(network), values(other))


@pytest.mark.problem("train-loop")
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    save_checkpoint(path, {"a": np.arange(3)}, {"epoch": 1})
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        save_checkpoint(path, {"a": np.arange(4)}, {"epoch": 2})
    arrays, note = load_checkpoint(path)
    assert note == {"epoch": 1}
    assert arrays["a"].tolist() == [0, 1, 2]


def test_nothing_in_a_checkpoint_is_run(tmp_path):
    class Hostile:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "was here"),))

    np.savez(tmp_path / "bad.npz", note=np.array([Hostile()], dtype=object))
    with pytest.raises(ValueError, match="accepted are checkpoints that are whole"):
        load_checkpoint(tmp_path / "bad.npz")
    assert not (tmp_path / "was here").exists()
    with pytest.raises(ValueError, match="accepted are arrays of numbers"):
        save_checkpoint(tmp_path / "a.npz", {"a": np.array([Hostile()], dtype=object)}, {})


def test_a_changed_byte_is_an_error_or_changes_nothing(tmp_path):
    path = tmp_path / "run.npz"
    save_checkpoint(path, {"a": np.arange(3)}, {"epoch": 1})
    content = path.read_bytes()
    for place in range(len(content)):
        for difference in (1, 0x10, 0x80, 0xFF):
            changed = bytearray(content)
            changed[place] ^= difference
            path.write_bytes(changed)
            try:
                arrays, note = load_checkpoint(path)
            except ValueError:
                continue
            assert note == {"epoch": 1}
            assert {name: values.tolist() for name, values in arrays.items()} == {"a": [0, 1, 2]}


def test_other_files_are_no_checkpoints(tmp_path):
    path = tmp_path / "run.npz"
    for note in ("[" * 100_000, '{"array": [1], "dtype": "none such"}', "3", '{"note": 1}'):
        np.savez(path, note=np.array(note))
        with pytest.raises(ValueError, match="accepted are checkpoints that are whole"):
            load_checkpoint(path)
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="accepted are checkpoints that are whole"):
        load_checkpoint(path)


@pytest.mark.parametrize("name", ["note", "file", "allow_pickle", "a.npy"])
def test_a_name_that_numpy_would_not_keep_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"none called .*{name}"):
        save_checkpoint(tmp_path / "a.npz", {name: np.ones(2)}, {})


def test_every_damaged_file_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    save_checkpoint(path, {"a": np.arange(3)}, {"epoch": 1})
    content = path.read_bytes()
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match="accepted are checkpoints that are whole"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    "source", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64], ids=lambda kind: kind.__name__
)
def test_every_source_of_random_numbers_goes_on(tmp_path, source):
    def trained(epochs, checkpoint):
        network = mlp()
        optimizer = SGD(network.parameters(), learning_rate=0.1)
        rng = np.random.Generator(source(5))
        options = {"optimizer": optimizer, "epochs": epochs, "rng": rng, "checkpoint": checkpoint}
        return fit(network, blobs(50), blobs(9), **options)

    trained(2, tmp_path / "run.npz")
    assert same_curves(trained(4, tmp_path / "run.npz"), trained(4, None))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rng": 1}, "rng"),
        ({"batch_size": 9}, "batch_size"),
        ({"patience": 2}, "patience"),
        ({"augment": lambda x, *, rng: x}, "augment"),
        ({"train": blobs(50, seed=5)}, "train"),
        ({"validation": blobs(20, seed=5)}, "validation"),
        ({"learning_rate": 0.2}, "learning_rate"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, change, named):
    def trained(**change):
        network = mlp()
        rate = change.pop("learning_rate", 0.1)
        given = {"train": blobs(50), "validation": blobs(20, seed=1), "rng": 0, **change}
        optimizer = SGD(network.parameters(), learning_rate=rate)
        data, validation = given.pop("train"), given.pop("validation")
        return fit(network, data, validation, optimizer=optimizer, epochs=1, checkpoint=tmp_path / "run.npz", **given)

    trained()
    with pytest.raises(ValueError, match=f"is of another run: accepted is one with the same {named}$"):
        trained(**change)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"prepare": lambda x: 100 * x}, "same prepare$"),
        ({"loss": Doubled()}, "same loss$"),
        ({"layers": [Linear.random(5, 3, rng=0), ReLU(), ReLU()]}, "same layers$"),
        ({"learns": slice(1)}, "same optimizer$"),
    ],
)
def test_what_is_no_number_makes_another_run_too(tmp_path, change, named):
    def trained(**change):
        network = Sequential(*change.pop("layers", [Linear.random(5, 3, rng=0), ReLU()]))
        optimizer = SGD(network.parameters()[change.pop("learns", slice(None))], learning_rate=0.1)
        options = {"optimizer": optimizer, "epochs": 1, "rng": 0, "checkpoint": tmp_path / "run.npz"}
        return fit(network, blobs(50), blobs(20, seed=1), **options, **change)

    trained()
    with pytest.raises(ValueError, match=named):
        trained(**change)


def test_an_optimizer_of_another_network_is_refused():
    network, other = mlp(0), mlp(1)
    optimizer = SGD([*network.parameters(), other.parameters()[0]], learning_rate=0.1)
    with pytest.raises(ValueError, match="changes other parameters: accepted are those of the network"):
        fit(network, blobs(50), blobs(9), optimizer=optimizer, epochs=1)


def test_samples_stay_as_they_are_whatever_prepares_them():
    def halved(x, **_):
        x /= 2
        return x

    train, validation = blobs(50), blobs(20, seed=1)
    for options in ({"prepare": halved}, {"augment": halved}):
        network = mlp()
        optimizer = SGD(network.parameters(), learning_rate=0.1)
        fit(network, train, validation, optimizer=optimizer, epochs=2, **options)
    assert equal([train[0], validation[0]], [blobs(50)[0], blobs(20, seed=1)[0]])


def test_a_file_that_another_wrote_is_refused(tmp_path):
    save_checkpoint(tmp_path / "run.npz", {}, {"epoch": 1})
    with pytest.raises(ValueError, match="accepted are files that fit wrote"):
        run(1, checkpoint=tmp_path / "run.npz")


def test_a_run_that_diverges_says_so_in_its_curves():
    network = mlp()
    curves = fit(network, blobs(50), blobs(9), optimizer=SGD(network.parameters(), learning_rate=1e9), epochs=20, rng=0)
    assert not np.isfinite(curves.validation_loss[-1])
    assert 1 <= curves.best_epoch <= 20


@pytest.mark.problem("train-curves")
def test_curves_are_frozen_and_stack():
    one = Curves.of([Score(2.0, 0.1, 9), Score(1.0, 0.5, 9)], [Score(1.5, 0.4, 3), Score(1.6, 0.3, 3)])
    assert one.best_epoch == 1
    with pytest.raises(AttributeError):
        one.train_loss = np.zeros(2)
    several = Curves.stack([one, one])
    assert several.best_epoch.tolist() == [1, 1]
    assert repr(several).startswith("Curves(2 runs, 2 epochs: train loss 1,")
    assert repr(Curves.of([], [])) == "Curves(0 epochs)"
    with pytest.raises(ValueError, match="the same number of epochs"):
        Curves.stack([one, Curves.of([], [])])
    with pytest.raises(ValueError, match="has no best epoch"):
        _ = Curves.of([], []).best_epoch


def test_a_bar_is_shown_where_it_is_wanted(capsys):
    run(3)
    assert not capsys.readouterr().err
    run(3, progress=True)
    assert "training" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: run(-1), "epochs=-1"),
        (lambda: run(1, patience=0), "patience=0"),
        (lambda: run(1, checkpoint="run.pickle"), "end in .npz"),
    ],
)
def test_errors_say_what_is_accepted(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_fewer_epochs_than_the_checkpoint_has_are_refused_and_change_nothing(tmp_path):
    def trained(epochs):
        network = mlp()
        before = [parameter.value.copy() for parameter in network.parameters()]
        optimizer = SGD(network.parameters(), learning_rate=0.1)
        options = {"epochs": epochs, "checkpoint": tmp_path / "run.npz", "rng": 0}
        try:
            return fit(network, blobs(50), blobs(20, seed=1), optimizer=optimizer, **options).epochs
        except ValueError:
            assert all((p.value == b).all() for p, b in zip(network.parameters(), before, strict=True))
            raise

    assert trained(3) == 3
    with pytest.raises(ValueError, match=r"epochs=2, but checkpoint=.*run.npz' has 3: accepted are no fewer"):
        trained(2)
    assert trained(3) == 3
