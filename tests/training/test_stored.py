"""The stored learning curves: unchanged, consistent, and what the script makes again where there is an archive."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from experiments import training as experiment

from hwlib._core import results
from hwlib._core.results import checksum
from hwlib.training import stored_curves

from ..datasets.archives import small_archive, small_files

ARCHIVE = os.environ.get("HWLIB_CIFAR10", "")
NAMES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


every_network = pytest.mark.parametrize("network", sorted(experiment.FULL))


def read(network):
    return json.loads((experiment.TARGET / f"training_{network}.json").read_text("utf8"))


@pytest.mark.problem("train-curves")
@every_network
def test_the_file_is_what_was_measured(network):
    stored, full = read(network), experiment.FULL[network]
    compact = json.dumps(stored["results"], sort_keys=True, separators=(",", ":"))
    assert stored["sha256"] == hashlib.sha256(compact.encode()).hexdigest() == checksum(stored["results"])
    origin = stored["provenance"]
    assert origin["settings"] == full
    assert {"python", "numpy", "machine", "date", "minutes"} <= set(origin)
    assert re.fullmatch(r"\w+, \d+ cores", origin["machine"])
    assert (origin["data"]["name"], origin["data"]["jpeg"]) == experiment.KNOWN[origin["data"]["md5"]]
    assert not re.search(r"[/\\]|home|tmp", json.dumps(origin).replace("experiments/training.py", ""))
    wanted = {(seed, crops) for seed in range(full["seeds"]) for crops in (False, True)}
    assert {(run["seed"], run["crops"]) for run in stored["results"]} == wanted
    assert len(stored["results"]) == len(wanted)


@pytest.mark.problem("train-curves")
@every_network
def test_its_numbers_can_be_what_they_are_said_to_be(network):
    stored = stored_curves(network)
    data = stored.provenance["data"]
    assert stored.seeds == tuple(range(20))
    assert repr(stored) == "StoredCurves(20 seeds, 30 epochs, a sample of CIFAR-10)"
    for curves, end in ((stored.plain, stored.plain_end), (stored.cropped, stored.cropped_end)):
        for name in NAMES:
            values = getattr(curves, name)
            assert values.shape == (20, 30)
            assert (values > 0).all()
            if "accuracy" in name:
                right = values * data[name.partition("_")[0].replace("train", "training")]
                np.testing.assert_allclose(right, right.round(), atol=0.11)  # whole images; five digits are kept
                assert (values <= 1).all()
        assert len({tuple(row) for row in curves.train_loss}) == 20  # every seed is a run of its own
        assert end.shape == (20,)
        assert ((end > 0.3) & (end <= 1)).all()


@every_network
def test_the_loader_takes_each_run_to_its_place(network):
    stored = stored_curves(network)
    for run in read(network)["results"]:
        curves, end = (stored.cropped, stored.cropped_end) if run["crops"] else (stored.plain, stored.plain_end)
        row = stored.seeds.index(run["seed"])
        assert all(getattr(curves, name)[row].tolist() == run[name] for name in NAMES)
        assert end[row] == run["end_accuracy"]


@pytest.mark.problem("train-curves")
@pytest.mark.slow
@pytest.mark.skipif(
    not Path(ARCHIVE).is_file(), reason="nothing repeated: the variable HWLIB_CIFAR10 names no archive of CIFAR-10"
)
@every_network
def test_a_part_comes_out_again(network, tmp_path):
    stored = stored_curves(network)
    mark = hashlib.md5(Path(ARCHIVE).read_bytes(), usedforsecurity=False).hexdigest()
    if mark != stored.provenance["data"]["md5"]:
        pytest.skip(f"nothing repeated: HWLIB_CIFAR10 names another archive than that of the stored curves, {mark}")
    again = experiment.run_all(Path(ARCHIVE), {**experiment.FULL[network], "seeds": 1, "epochs": 2}, tmp_path)
    for run, curves in zip(again["results"], (stored.plain, stored.cropped), strict=True):
        for name in NAMES:  # sums in float32 are rounded differently on other machines
            np.testing.assert_allclose(run[name], getattr(curves, name)[0, :2], rtol=0.02, atol=0.005)


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(small_archive())
    return path


@pytest.mark.parametrize(("network", "widths"), [("mlp", [3]), ("conv", [2, 3])])
def test_the_script_runs_on_any_archive_and_says_which(network, widths, archive, tmp_path, monkeypatch, capsys):
    small = {**experiment.FULL[network], "seeds": 2, "epochs": 2, "widths": widths}
    monkeypatch.setattr(experiment, "FULL", {network: small})
    target, checkpoints = tmp_path / "out.json", tmp_path / "checkpoints"
    call = [network, str(archive), "--out", str(target), "--checkpoints", str(checkpoints)]
    experiment.main(call)
    written = json.loads(target.read_text("utf8"))
    assert written["sha256"] == checksum(written["results"])
    assert written["sha256"] in capsys.readouterr().out
    assert written["provenance"]["data"] == {
        "name": "an archive in the format of CIFAR-10",
        "md5": hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest(),
        "training": 8,
        "validation": 3,
        "jpeg": None,
    }
    assert [(run["seed"], run["crops"]) for run in written["results"]] == [(0, False), (0, True), (1, False), (1, True)]
    experiment.main(call)  # all is done: nothing is trained
    assert json.loads(target.read_text("utf8"))["results"] == written["results"]
    for file in checkpoints.glob("*.json"):
        file.unlink()
    experiment.main(call)  # as if killed after the last epoch
    assert json.loads(target.read_text("utf8"))["results"] == written["results"]


@pytest.mark.problem("train-curves")
def test_crops_are_for_training_only(archive, tmp_path, monkeypatch):
    seen = []

    def marking(images, *, padding, rng):
        seen.append(images.shape)
        return images // 2

    monkeypatch.setattr(experiment, "random_crop", marking)
    settings = {**experiment.FULL["mlp"], "seeds": 1, "epochs": 2, "widths": [3]}
    experiment.run_all(archive, settings, tmp_path / "checkpoints")
    assert seen == [(8, 3, 32, 32)] * 2  # of the run with crops; the three images of validation are never there


def test_a_folder_of_checkpoints_may_hold_runs_of_other_settings_and_archives(archive, tmp_path):
    small = {**experiment.FULL["mlp"], "seeds": 1, "epochs": 1, "widths": [3]}
    other = tmp_path / "other.tar.gz"
    other.write_bytes(small_archive(small_files(train=6)))
    cases = [(archive, small), (archive, {**small, "padding": 1}), (archive, {**small, "epochs": 2}), (other, small)]
    for file, settings in cases:
        together = experiment.run_all(file, settings, tmp_path / "together")
        alone = experiment.run_all(file, settings, tmp_path / f"alone{len(list(tmp_path.iterdir()))}")
        assert together["results"] == alone["results"]


def test_a_changed_file_is_told(monkeypatch, tmp_path):
    changed = read("mlp")
    monkeypatch.setattr(results.resources, "files", lambda package: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"python -m experiments\.training writes it"):
        stored_curves()
    changed["results"][0]["train_loss"][0] += 0.001
    (tmp_path / "training_mlp.json").write_text(json.dumps(changed), "utf8")
    with pytest.raises(ValueError, match=r"was changed: accepted is what experiments/training\.py wrote"):
        stored_curves()
    del changed["results"][0]
    changed["sha256"] = checksum(changed["results"])
    (tmp_path / "training_mlp.json").write_text(json.dumps(changed), "utf8")
    with pytest.raises(ValueError, match="accepted are the same with and without crops"):
        stored_curves()
    with pytest.raises(ValueError, match="network='rnn': accepted are 'mlp', 'conv'"):
        stored_curves("rnn")
