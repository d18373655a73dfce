"""Try ideas for a better training accuracy on scikit-learn's digits; write ``src/hwlib/training/ideas.json``.

``python -m experiments.ideas`` runs it all, about a minute on two cores.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from hwlib._core.results import checksum
from hwlib.datasets import digits
from hwlib.training import IDEAS, try_idea

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "training" / "ideas.json"
SEEDS = 20


def one_job(name: str, seeds: int) -> dict[str, list[float]]:
    """Accuracies of one idea."""
    found = try_idea(digits(), IDEAS[name], seeds=range(seeds))
    return {key: values.round(6).tolist() for key, values in vars(found).items()}


def run(names: Sequence[str], *, seeds: int = SEEDS, jobs: int = 1) -> dict[str, Any]:
    """Try ideas, and say where the result comes from."""
    begun = time.time()
    found = joblib.Parallel(n_jobs=jobs)(joblib.delayed(one_job)(name, seeds) for name in names)
    results = dict(zip(names, found, strict=True))
    provenance = {
        "script": "experiments/ideas.py",
        "data": "scikit-learn's digits, 300 of 1,797 to train on",
        "ideas": {name: asdict(IDEAS[name]) for name in names},
        "seeds": seeds,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": metadata.version("scikit-learn"),
        "machine": f"{platform.machine()}, {joblib.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d", time.gmtime(begun)),
        "minutes": round((time.time() - begun) / 60, 1),
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.ideas", description=__doc__)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="jobs side by side")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result = run(list(IDEAS), jobs=options.jobs)
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
