"""Maps of a pretrained network against one gradient at the input, and against captum and grad-cam where installed."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from bench._timing import in_one_thread, medians
from hwlib.saliency import efficientnet_lite0, grad_cam, gradient, guided_backpropagation, photographs

ROUNDS = 9
BATCHES = (1, 4)


def one_gradient(model: torch.nn.Module, images: torch.Tensor, targets: list[int]) -> torch.Tensor:
    """What the ratios are of: forward, and backward to the images alone."""
    at = images.clone().requires_grad_()
    scores = model(at)[range(len(targets)), targets]
    return torch.autograd.grad(scores.sum(), at)[0]


def captum(model: torch.nn.Module, images: torch.Tensor, targets: list[int]) -> dict[str, Callable[[], Any]]:
    """Its three maps; none where it is not installed."""
    try:
        attr = importlib.import_module("captum.attr")
    except ImportError:
        return {}
    at = images.clone().requires_grad_()
    methods = {
        "gradient": attr.Saliency(model).attribute,
        "guided": attr.GuidedBackprop(model).attribute,
        "Grad-CAM": attr.LayerGradCam(model, model.head).attribute,
    }
    return {f"{name}, captum": partial(method, at, target=targets) for name, method in methods.items()}


def pytorch_grad_cam(model: torch.nn.Module, images: torch.Tensor, targets: list[int]) -> dict[str, Callable[[], Any]]:
    """Its two maps; none where it is not installed. Guided backpropagation takes one image at a time."""
    try:
        package = importlib.import_module("pytorch_grad_cam")
        kinds = importlib.import_module("pytorch_grad_cam.utils.model_targets")
    except (ImportError, RuntimeError):  # RuntimeError: torchvision was built for another PyTorch
        return {}
    model = copy.deepcopy(model)  # it leaves hooks and gradients behind
    classes = [kinds.ClassifierOutputTarget(target) for target in targets]
    cam = package.GradCAM(model=model, target_layers=[model.head])
    guided = package.GuidedBackpropReLUModel(model=model, device="cpu")

    def each() -> None:
        for image, target in zip(images, targets, strict=True):
            guided(image[None].clone(), target_category=target)

    return {
        "guided, grad-cam": each,
        "Grad-CAM, grad-cam": lambda: cam(input_tensor=images, targets=classes),
    }


def run() -> None:
    """Print times and ratios, in a process with one thread."""
    in_one_thread("bench.saliency")


def _table() -> None:
    torch.set_num_threads(1)
    model = efficientnet_lite0()
    print(f"{'EfficientNet-Lite0, 224 x 224':30}" + "".join(f"{f'{number} image(s)':>24}" for number in BATCHES))
    columns: list[dict[str, float]] = []
    for number in BATCHES:
        images = torch.stack([photo.image for photo in photographs()[:number]])
        with torch.no_grad():
            targets: list[int] = model(images).argmax(1).tolist()
        contenders: dict[str, Callable[[], Any]] = {
            "one gradient": partial(one_gradient, model, images, targets),
            "gradient": partial(gradient, model, images, targets),
            "guided": partial(guided_backpropagation, model, images, targets),
            "Grad-CAM": partial(grad_cam, model, images, targets, layer="head"),
        }
        others = captum(model, images, targets) | pytorch_grad_cam(model, images, targets)
        columns.append(medians(contenders | others, rounds=ROUNDS))
    for name in columns[0]:
        cells = (f"{times[name] * 1e3:9.1f} ms {times[name] / times['one gradient']:6.2f} grad." for times in columns)
        print(f"{name:30}" + "".join(f"{cell:>24}" for cell in cells))
    print("Goals: gradient and Grad-CAM at most 1.1 gradients, guided at most 1.3.")
    print("The other packages do not see ReLU6, so that here their guided maps are plain gradients.")


if __name__ == "__main__":
    _table()
