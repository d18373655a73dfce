"""Follow the largest eigenvalue of the Hessian while descent runs; write it to ``src/hwlib/optim/edge.json``.

``python -m experiments.edge`` runs it all, some minutes on one core: the problem's network with two learning rates, and
a smaller one from twenty starts. They learn from which of ten photographs a patch of 32 pixels comes.
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
from skimage import data
from torch import nn

from hwlib._core.results import checksum
from hwlib.optim import hessian_operator, top_eigenvalues

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "optim" / "edge.json"
NAMES = ["astronaut", "brick", "camera", "chelsea", "coffee", "grass", "gravel", "hubble_deep_field", "moon", "rocket"]
FULL: dict[str, Any] = {
    "steps": 1000,
    "runs": [
        {"hidden": 512, "rates": [0.2, 0.5], "seeds": 1, "every": 10},
        {"hidden": 64, "rates": [0.5], "seeds": 20, "every": 25},
    ],
}


def photographs() -> tuple[torch.Tensor, torch.Tensor]:
    """Patches of 4 by 8 grey pixels, 25 of each photograph, and from which they come."""
    rng, patches = np.random.default_rng(0), []
    for image in (getattr(data, name)() for name in NAMES):
        grey = image.mean(axis=2) if image.ndim == 3 else image
        for row, column in rng.integers(0, [grey.shape[0] - 4, grey.shape[1] - 8], (25, 2)):
            patches.append(grey[row : row + 4, column : column + 8].ravel() / 128 - 1)
    return torch.from_numpy(np.array(patches)).float(), torch.arange(10).repeat_interleave(25)


def one_job(hidden: int, rate: float, seed: int, every: int, steps: int) -> dict[str, Any]:
    """Loss and largest eigenvalue along descent with all samples in each step."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    layers = [nn.Linear(32, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 10)]
    model, (inputs, classes) = nn.Sequential(*layers), photographs()
    stepper = torch.optim.SGD(model.parameters(), lr=rate)

    def loss() -> torch.Tensor:
        return nn.functional.cross_entropy(model(inputs), classes)

    hessian, losses, largest = hessian_operator(loss, model.parameters()), [], []
    for step in range(steps + 1):
        if step % every == 0:
            largest.append(round(float(top_eigenvalues(hessian, tolerance=1e-2)[0][0]), 3))
        stepper.zero_grad()
        now = loss()
        losses.append(round(now.item(), 5))
        torch.autograd.backward(now)
        stepper.step()
    return {"hidden": hidden, "rate": rate, "seed": seed, "every": every, "loss": losses, "largest": largest}


def run(settings: dict[str, Any], *, jobs: int = 1) -> dict[str, Any]:
    """Run all jobs, and say where the result comes from."""
    begun = time.time()
    cases = [
        (part["hidden"], rate, seed, part["every"], settings["steps"])
        for part in settings["runs"]
        for rate in part["rates"]
        for seed in range(part["seeds"])
    ]
    results = joblib.Parallel(n_jobs=jobs)(joblib.delayed(one_job)(*case) for case in cases)
    provenance = {
        "script": "experiments/edge.py",
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
    parser = argparse.ArgumentParser(prog="python -m experiments.edge", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="jobs side by side")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result = run(FULL, jobs=options.jobs)
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
