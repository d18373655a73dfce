"""Train students over width, time and samples; write their errors to ``src/hwlib/optim/students.json``.

``python -m experiments.students`` runs it all, some minutes on one core. Two families of runs: *map*, all widths on a
fixed number of samples, at many epochs; and *samples*, one width on more and more samples.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch

from hwlib._core.results import checksum
from hwlib.optim import student_errors

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "optim" / "students.json"
FULL: dict[str, Any] = {
    "widths": [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 50, 80, 160],
    "map_inputs": 5,
    "map_samples": 100,
    "samples": [10, 20, 40, 60, 80, 100, 130, 160, 200, 240, 300, 400, 800],
    "samples_inputs": 10,
    "samples_width": 20,
    "noise": 0.5,
    "seeds": [3000, 3024],  # from, and up to; what to look at was chosen on others
    "epochs": 4000,
}


def one_job(width: int, samples: int, inputs: int, noise: float, seeds: Sequence[int], epochs: int) -> dict[str, Any]:
    """Mean errors of one width on so many samples, with standard errors over the seeds."""
    torch.set_num_threads(1)  # sums do not depend on the number of threads
    errors = student_errors(width, seeds=range(*seeds), samples=samples, inputs=inputs, noise=noise, epochs=epochs)
    job: dict[str, Any] = {"width": width, "samples": samples, "inputs": inputs, "epochs": errors.epochs.tolist()}
    for name, values in (("train", errors.train), ("test", errors.test)):
        job[name] = values.mean(0).round(4).tolist()
        job[f"{name}_error"] = (values.std(0, ddof=1) / np.sqrt(len(values))).round(4).tolist()
    job["test_each"] = errors.test[:, -1].round(4).tolist()
    return job


def run(settings: dict[str, Any], *, jobs: int = 1) -> dict[str, Any]:
    """Run all jobs, and say where the result comes from."""
    begun = time.time()
    cases = [(width, settings["map_samples"], settings["map_inputs"]) for width in settings["widths"]]
    cases += [(settings["samples_width"], samples, settings["samples_inputs"]) for samples in settings["samples"]]
    shared = {name: settings[name] for name in ("noise", "seeds", "epochs")}
    results = joblib.Parallel(n_jobs=jobs)(joblib.delayed(one_job)(*case, **shared) for case in cases)
    provenance = {
        "script": "experiments/students.py",
        "settings": settings,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__.split("+")[0],
        "machine": f"{platform.machine()}, {joblib.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d", time.gmtime(begun)),
        "minutes": round((time.time() - begun) / 60, 1),
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.students", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="jobs side by side")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result = run(FULL, jobs=options.jobs)
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
