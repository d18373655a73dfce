"""Train networks of many widths with label noise; write their errors to ``src/hwlib/optim/double_descent.json``.

``python -m experiments.double_descent`` runs it all, some minutes on two cores. One job is one width at one level of
noise. They are sharded by joblib: with ``--backend dask`` or ``--backend ray`` (after connecting to a cluster) they go
to other machines.
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
from hwlib.optim import network_errors, noisy_questions

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "optim" / "double_descent.json"
FULL: dict[str, Any] = {
    "widths": [1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 40, 80, 160, 300],
    "label_noise": [0.0, 0.1, 0.2],
    "seeds": 12,
    "epochs": 4000,
}


def one_job(width: int, label_noise: float, seeds: int, epochs: int) -> dict[str, Any]:
    """Mean errors of one width at one level of noise, with standard errors over the seeds."""
    torch.set_num_threads(1)  # jobs run side by side; and sums do not depend on the number of threads
    errors = network_errors(width, noisy_questions(range(seeds), label_noise=label_noise), epochs=epochs)
    job: dict[str, Any] = {"width": width, "label_noise": label_noise, "epochs": errors.epochs.tolist()}
    for name, values in (("train", errors.train), ("test", errors.test)):
        job[name] = values.mean(0).round(4).tolist()
        job[f"{name}_error"] = (values.std(0, ddof=1) / np.sqrt(seeds)).round(4).tolist()
    return job


def run(settings: dict[str, Any], *, jobs: int = 1, backend: str = "loky") -> dict[str, Any]:
    """Run all jobs, and say where the result comes from."""
    begun = time.time()
    cases = [(width, noise) for noise in settings["label_noise"] for width in settings["widths"]]
    with joblib.parallel_config(backend=backend, n_jobs=jobs):
        results = joblib.Parallel()(
            joblib.delayed(one_job)(width, noise, settings["seeds"], settings["epochs"]) for width, noise in cases
        )
    provenance = {
        "script": "experiments/double_descent.py",
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
    parser = argparse.ArgumentParser(prog="python -m experiments.double_descent", description=__doc__)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="jobs side by side")
    parser.add_argument("--backend", default="loky", help="joblib's backend: loky, threading, dask, ray")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result = run(FULL, jobs=options.jobs, backend=options.backend)
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
