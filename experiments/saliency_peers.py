"""What captum and grad-cam return for ReLU in every spelling; written to ``src/hwlib/saliency/peers.json``.

``python -m experiments.saliency_peers`` takes some seconds, with both packages and a torchvision for the same PyTorch
installed. Nothing of the book needs them: the result is stored, with their versions.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from hwlib._core.results import checksum
from hwlib.saliency import efficientnet_lite0, grad_cam, gradient, guided_backpropagation, photograph

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "saliency" / "peers.json"
PEERS = ("captum", "grad-cam")
SPELLINGS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "nn.ReLU()": nn.ReLU(),
    "nn.ReLU(inplace=True)": nn.ReLU(inplace=True),
    "F.relu(x)": functional.relu,
    "x.relu()": lambda x: x.relu(),
    "x.clamp(min=0)": lambda x: x.clamp(min=0),
    "x.clamp_min(0)": lambda x: x.clamp_min(0),
    "nn.ReLU6()": nn.ReLU6(),
    "F.relu6(x)": functional.relu6,
    "nn.Hardtanh(0, 6)": nn.Hardtanh(0, 6),
}


class Small(nn.Module):
    """Two convolutions with a ReLU after each, averages, a linear layer."""

    def __init__(self, relu: Callable[[torch.Tensor], torch.Tensor]):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Linear(8, 4)
        self.relu = relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 3, h, w) -> (n, 4)."""
        scores: torch.Tensor = self.last(self.relu(self.second(self.relu(self.first(x)))).mean((2, 3)))
        return scores


def guided_by(peer: str, model: nn.Module, image: torch.Tensor, target: int) -> torch.Tensor:
    """Guided backpropagation by one of the two, on one image."""
    if peer == "captum":
        from captum.attr import GuidedBackprop

        found: torch.Tensor = GuidedBackprop(model).attribute(image.clone().requires_grad_(), target=target).detach()
        return found
    from pytorch_grad_cam import GuidedBackpropReLUModel

    planes = GuidedBackpropReLUModel(model=model, device="cpu")(image.clone(), target_category=target)
    return torch.as_tensor(planes).permute(2, 0, 1)[None]


def cam_by_grad_cam(model: nn.Module, layer: nn.Module, images: torch.Tensor, targets: list[int]) -> torch.Tensor:
    """Its Grad-CAM, stretched to [0, 1] as it always is."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    classes = [ClassifierOutputTarget(target) for target in targets]
    return torch.as_tensor(GradCAM(model=model, target_layers=[layer])(input_tensor=images, targets=classes))


def row(name: str, model: nn.Module, image: torch.Tensor, target: int) -> dict[str, Any]:
    """How far each is from the guided and from the plain gradient, in units of that one's largest entry."""
    found: dict[str, Any] = {"relu": name}
    wanted = {"guided": guided_backpropagation(model, image, target), "plain": gradient(model, image, target)}
    for peer in PEERS:
        given = guided_by(peer, model, image, target)
        found[peer] = {
            kind: round(float((given - right).abs().max() / right.abs().max()), 4) for kind, right in wanted.items()
        }
    pair = torch.stack([gradient.flatten() for gradient in wanted.values()])
    found["correlation"] = round(float(torch.corrcoef(pair)[0, 1]), 4)
    return found


def measured() -> dict[str, Any]:
    """All that is stored."""
    torch.set_num_threads(1)
    image = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    guided = [row(name, Small(relu).eval(), image, 1) for name, relu in SPELLINGS.items()]
    model = efficientnet_lite0()
    photos = torch.stack([photograph(name).image for name in ("chelsea", "coffee", "flower")])
    with torch.no_grad():
        classes = model(photos).argmax(1).tolist()
    guided.append(row("EfficientNet-Lite0, nn.ReLU6()", model, photos[:1], classes[0]))
    maxima = {
        "one target": cam_by_grad_cam(model, model.head, photos, classes[:1]),
        "a target for each": cam_by_grad_cam(model, model.head, photos, classes),
        "hwlib, raw": grad_cam(model, photos, classes, layer="head"),
    }
    trained = Small(nn.ReLU()).train()
    cam_by_grad_cam(trained, trained.second, image, [1])
    return {
        "guided": guided,
        "cam_maxima": {
            name: [round(float(one), 4) for one in maps.flatten(1).amax(1)] for name, maps in maxima.items()
        },
        "left_behind": {
            "gradients": sum(weight.grad is not None for weight in trained.parameters()),
            "parameters": len(list(trained.parameters())),
            "still in training mode": trained.training,
        },
    }


def main() -> None:
    """Measure and write."""
    results = measured()
    provenance = {
        "script": "experiments/saliency_peers.py",
        **{peer: importlib.metadata.version(peer) for peer in PEERS},
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    stored = {"provenance": provenance, "results": results, "sha256": checksum(results)}
    TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf8")
    print(json.dumps(stored, indent=1))


if __name__ == "__main__":
    main()
