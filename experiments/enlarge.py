"""Train networks that enlarge photographs, three ways; write what they draw to ``src/hwlib/conv/enlarging.json``.

``python -m experiments.enlarge`` runs it all, some minutes on two cores. One job is one seed of one way.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from skimage.data import chelsea, coffee

from hwlib._core.results import checksum
from hwlib._core.types import Array
from hwlib.conv import WAYS_TO_ENLARGE, train_enlarger

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "conv" / "enlarging.json"
FULL: dict[str, Any] = {"seeds": 30, "steps": [0, 10, 30, 100, 300, 600]}


def photographs() -> list[Array]:
    """A cat to train on and a cup of coffee to test on, grey, at half their size."""
    return [photo()[::2, ::2].mean(axis=2) / 255 for photo in (chelsea, coffee)]


def one_job(way: str, seed: int, steps: Sequence[int]) -> dict[str, Any]:
    """Contrasts and errors of one run."""
    torch.set_num_threads(1)  # jobs run side by side; and sums do not depend on the number of threads
    _, contrasts, errors = train_enlarger(way, photographs(), steps=steps, rng=seed)
    rounded = {"contrast": contrasts, "error": errors}
    return {"way": way, "seed": seed} | {name: [round(x, 6) for x in values] for name, values in rounded.items()}


def run(settings: dict[str, Any], *, jobs: int = 1) -> dict[str, Any]:
    """Run all jobs, and say where the result comes from."""
    begun = time.time()
    cases = [(way, seed) for way in WAYS_TO_ENLARGE for seed in range(settings["seeds"])]
    results = joblib.Parallel(n_jobs=jobs)(joblib.delayed(one_job)(*case, settings["steps"]) for case in cases)
    provenance = {
        "script": "experiments/enlarge.py",
        "settings": settings,
        "data": f"chelsea and coffee of scikit-image {importlib.metadata.version('scikit-image')}, public domain",
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
    parser = argparse.ArgumentParser(prog="python -m experiments.enlarge", description=__doc__)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="jobs side by side")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result = run(FULL, jobs=options.jobs)
    options.out.write_text(json.dumps(result, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
