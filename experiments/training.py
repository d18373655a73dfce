"""Train on CIFAR-10 with and without random crops; write learning curves into files beside ``hwlib.training``.

``python -m experiments.training NETWORK ARCHIVE`` takes ``mlp`` or ``conv``, and an archive in the format of the
official one. With ``--checkpoints`` it goes on where an earlier call was interrupted: killed at any moment, it loses
the epoch it was in. One job is one seed with or without crops; with ``--jobs`` several run side by side. Validation
samples are the test images of the archive; nothing is chosen by them: networks, learning rates and epochs were fixed
beforehand.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import hashlib
import json
import platform
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from hwlib._core.results import checksum
from hwlib.backprop import Conv2d, CrossEntropyLoss, Flatten, Layer, Linear, ReLU, Sequential
from hwlib.datasets import Normalization, Split, cifar10, random_crop
from hwlib.training import SGD, batches, evaluate, fit

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "training"
_COMMON: dict[str, Any] = {
    "seeds": 20,
    "epochs": 30,
    "batch_size": 128,
    "momentum": 0.9,
    "padding": 4,
    "dtype": "float32",
}
FULL: dict[str, dict[str, Any]] = {
    "mlp": {"network": "mlp", "widths": [128], "learning_rate": 0.01, **_COMMON},
    "conv": {"network": "conv", "widths": [32, 64], "learning_rate": 0.02, **_COMMON},
}
# Archives that are known: what they are called, and whether their images are the originals.
KNOWN = {
    "c58f30108f718f92721af3b95e74349a": ("CIFAR-10", False),
    "f6d1291331481724b9432754f333217a": ("a sample of CIFAR-10", True),
}


def one_job(data: Split, seed: int, crops: bool, settings: dict[str, Any], folder: Path, mark: str) -> dict[str, Any]:
    """The run of one seed with or without crops; goes on from its checkpoint.

    The names of its files tell the archive, by its mark, and the settings: a folder may hold runs of several.
    """
    of_this = checksum([mark, {key: value for key, value in settings.items() if key != "seeds"}])[:12]
    done = folder / f"{settings['network']}-{seed}-{'crops' if crops else 'plain'}-{of_this}.json"
    if done.is_file():
        run: dict[str, Any] = json.loads(done.read_text("utf8"))
        return run
    begun, rng = time.process_time(), np.random.default_rng(seed)
    network = build(settings["network"], settings["widths"], rng)
    prepare = Normalization.of(data.train.images)
    optimizer = SGD(network.parameters(), learning_rate=settings["learning_rate"], momentum=settings["momentum"])
    curves = fit(
        network,
        (data.train.images, data.train.labels),
        (data.test.images, data.test.labels),
        optimizer=optimizer,
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        rng=rng,
        augment=functools.partial(random_crop, padding=settings["padding"]) if crops else None,
        prepare=prepare,
        checkpoint=done.with_suffix(".npz"),
    )
    as_they_are = batches(data.train.images, data.train.labels, 500)
    end = evaluate(network, ((prepare(images), labels) for images, labels in as_they_are), loss=CrossEntropyLoss())
    run = {
        "seed": seed,
        "crops": crops,
        **{field.name: getattr(curves, field.name).round(5).tolist() for field in dataclasses.fields(curves)},
        "end_accuracy": round(end.accuracy, 5),
        "seconds": round(time.process_time() - begun, 1),
    }
    part = done.with_suffix(".part")
    part.write_text(json.dumps(run), "utf8")
    part.replace(done)
    print(f"seed {seed}, {'with' if crops else 'without'} crops: {curves}, {run['seconds']} s", flush=True)
    return run


def build(network: str, widths: Sequence[int], rng: np.random.Generator) -> Sequential:
    """From images of 3 x 32 x 32 numbers to ten logits.

    ``mlp`` has a hidden layer of units that see the whole image. ``conv`` first looks at the 8 x 8 squares of 4 x 4
    pixels, all with the same weights, then at 4 x 4 squares of 2 x 2 of these.
    """
    options: dict[str, Any] = {"rng": rng, "dtype": np.float32}
    if network == "mlp":
        (hidden,) = widths
        layers: list[Layer] = [Flatten(), Linear.random(3 * 32 * 32, hidden, **options), ReLU()]
        return Sequential(*layers, Linear.random(hidden, 10, **options))
    first, second = widths
    layers = [Conv2d.random(3, first, 4, stride=4, **options), ReLU()]
    layers += [Conv2d.random(first, second, 2, stride=2, **options), ReLU(), Flatten()]
    return Sequential(*layers, Linear.random(second * 4 * 4, 10, **options))


def run_all(archive: Path, settings: dict[str, Any], folder: Path, *, jobs: int = 1) -> dict[str, Any]:
    """Run all jobs, and say where the result comes from."""
    begun = time.time()
    mark = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    name, jpeg = KNOWN.get(mark, ("an archive in the format of CIFAR-10", None))
    data = cifar10(archive=archive)
    folder.mkdir(parents=True, exist_ok=True)
    cases = [(seed, crops) for seed in range(settings["seeds"]) for crops in (False, True)]
    results = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(one_job)(data, seed, crops, settings, folder, mark) for seed, crops in cases
    )
    seconds = sum(run.pop("seconds") for run in results)
    provenance = {
        "script": "experiments/training.py",
        "data": {
            "name": name,
            "md5": mark,
            "training": len(data.train),
            "validation": len(data.test),
            "jpeg": jpeg,  # whether the images went through JPEG once, null: not known
        },
        "settings": settings,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {joblib.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d", time.gmtime(begun)),
        "minutes": round(seconds / 60, 1),  # of one core
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.training", description=__doc__)
    parser.add_argument("network", choices=sorted(FULL))
    parser.add_argument("archive", type=Path, help="cifar-10-python.tar.gz, or another in its format")
    parser.add_argument("--jobs", type=int, default=1, help="jobs side by side; give each one thread")
    parser.add_argument("--checkpoints", type=Path, help="folder to go on from; by default a new one")
    parser.add_argument("--out", type=Path, help="file to write; by default the stored one")
    options = parser.parse_args(arguments)
    folder = options.checkpoints or Path(tempfile.mkdtemp(prefix="training-"))
    print(f"checkpoints in {folder}", flush=True)
    result = run_all(options.archive, FULL[options.network], folder, jobs=options.jobs)
    out = options.out or TARGET / f"training_{options.network}.json"
    part = out.with_suffix(".part")
    part.write_text(json.dumps(result, separators=(",", ":")) + "\n", "utf8")
    part.replace(out)
    print(f"wrote {out} after {result['provenance']['minutes']} minutes of one core, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
