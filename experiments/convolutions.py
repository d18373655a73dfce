"""Time four ways to convolve, and PyTorch's, over the size of the kernel; write ``src/hwlib/conv/convolutions.json``.

``python -m experiments.convolutions`` runs it all, under a minute. Everything runs in one thread, in a process of its
own. In each round every way runs twice in a row, and the second time counts: the processor's time for this process,
which other work on the machine does not prolong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import scipy
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)

from hwlib._core.results import checksum
from hwlib.conv import conv_matrix, fourier_convolution, im2col

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "conv" / "convolutions.json"
FULL: dict[str, Any] = {"side": 128, "kernels": [1, 3, 5, 7, 9, 11, 13, 15, 17, 21, 25, 29, 33], "rounds": 15}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Array = np.ndarray[Any, Any]
Way = Callable[[Array], Array]


def ways(kernel: Array, side: int) -> dict[str, Way]:
    """The ways to convolve a square image with a square kernel, with zeros around, so that the output is as large."""
    k = len(kernel)
    padding = k // 2
    matrix = conv_matrix(kernel, (side, side), padding=padding)
    tensor = torch.from_numpy(kernel)[None, None]

    def direct(image: Array) -> Array:
        padded, made = np.pad(image, padding), np.zeros_like(image)
        for a, b in np.ndindex(k, k):
            made += kernel[a, b] * padded[a : a + side, b : b + side]
        return made

    return {
        "direct": direct,
        "matrix": lambda image: (matrix @ image.ravel()).reshape(side, side),
        "im2col": lambda image: (kernel.ravel() @ im2col(image, (k, k), padding=padding)).reshape(side, side),
        "Fourier": lambda image: fourier_convolution(kernel, image, padding=padding),
        "PyTorch": lambda image: F.conv2d(torch.from_numpy(image)[None, None], tensor, padding=padding)[0, 0].numpy(),
    }


def one_size(k: int, side: int, rounds: int) -> dict[str, Any]:
    """Times of one kernel size, in seconds, the shortest first; after all ways gave the same output."""
    rng = np.random.default_rng(k)
    kernel, image = rng.normal(size=(k, k)), rng.normal(size=(side, side))
    begun = time.process_time()
    entries = conv_matrix(kernel, (side, side), padding=k // 2).nnz
    build = time.process_time() - begun
    contenders = ways(kernel, side)
    outputs = [way(image) for way in contenders.values()]
    largest = max(float(abs(outputs[0] - output).max()) for output in outputs)
    assert largest < 1e-9, f"k={k}: the ways differ by {largest}"
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, way in contenders.items():
            way(image)
            begun = time.process_time()
            way(image)
            times[name].append(round(time.process_time() - begun, 7))
    return {"k": k, "entries": entries, "build": round(build, 7), "seconds": {n: sorted(t) for n, t in times.items()}}


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Time all sizes in this process, and say where the result comes from."""
    torch.set_num_threads(1)
    begun = time.time()
    results = [one_size(k, settings["side"], settings["rounds"]) for k in settings["kernels"]]
    provenance = {
        "script": "experiments/convolutions.py",
        "settings": settings,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "torch": torch.__version__.split("+")[0],
        "machine": f"{platform.machine()}, {joblib.cpu_count()} cores",
        "threads": 1,
        "clock": "process_time",
        "date": time.strftime("%Y-%m-%d", time.gmtime(begun)),
        "minutes": round((time.time() - begun) / 60, 1),
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.convolutions", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    if any(os.environ.get(name) != "1" for name in THREADS):
        command = [sys.executable, "-m", "experiments.convolutions", "--out", str(options.out)]
        subprocess.run(command, env=os.environ | dict.fromkeys(THREADS, "1"), check=True)
        return
    result = run(FULL)
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
