"""Measure how long four networks take for one image; write it to ``src/hwlib/conv/network_costs.json``.

``python -m experiments.network_costs`` runs it all, a minute on one core. Timed is the forward pass of one image of 224
by 224 pixels, without gradients, on one thread: the least processor time of many runs, which other work on the machine
disturbs least.
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

import torch
from torch import nn

from hwlib._core.results import checksum
from hwlib.conv import measured_costs
from hwlib.receptive.architectures import convnext_tiny, mobilenet_v1, resnet50, vgg16

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "conv" / "network_costs.json"
FULL: dict[str, Any] = {"runs": 20, "input_shape": [3, 224, 224], "threads": 1}


def networks() -> dict[str, nn.Sequential]:
    """The four networks with what turns their features into a thousand scores."""
    dense = [nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    mean = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return {
        "VGG-16": nn.Sequential(vgg16(), nn.Flatten(), *dense),
        "ResNet-50": nn.Sequential(resnet50("first 3x3"), *mean, nn.Linear(2048, 1000)),
        "MobileNet": nn.Sequential(mobilenet_v1(), *mean, nn.Linear(1024, 1000)),
        "ConvNeXt-T": nn.Sequential(convnext_tiny(), *mean, nn.LayerNorm(768), nn.Linear(768, 1000)),
    }


def seconds(model: nn.Module, input_shape: Sequence[int], runs: int) -> float:
    """Least processor time of a forward pass."""
    image, times = torch.zeros(1, *input_shape), []
    with torch.inference_mode():
        for _ in range(runs + 1):
            start = time.process_time()
            model(image)
            times.append(time.process_time() - start)
    return min(times[1:])


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Measure all networks, and say where the result comes from."""
    torch.set_num_threads(settings["threads"])
    results = []
    for name, model in networks().items():
        costs = measured_costs(model.eval(), settings["input_shape"])
        took = seconds(model, settings["input_shape"], settings["runs"])
        counted = {what: sum(getattr(cost, what) for cost in costs) for what in ("parameters", "multiplications")}
        results.append({"name": name} | counted | {"seconds": round(took, 4)})
    provenance = {
        "script": "experiments/network_costs.py",
        "settings": settings,
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch").split("+")[0],
        "machine": f"{platform.machine()}, one thread",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.network_costs", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result = run(FULL)
    options.out.write_text(json.dumps(result, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out}, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
