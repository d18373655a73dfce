"""receptive_field against rfa-toolbox, where that is installed and runs, and against one gradient of the network."""

from __future__ import annotations

import collections
import collections.abc
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from bench._timing import medians
from hwlib.receptive import architectures, receptive_field


def rfa_toolbox() -> Callable[[nn.Module, int], int] | None:
    """Its receptive field of a model at an input size: the largest of its graph's last node."""
    # Its last version takes names from `collections` that left there with Python 3.10.
    collections.Sequence = collections.abc.Sequence  # type: ignore[attr-defined]
    try:
        from rfa_toolbox.encodings.pytorch.ingest_architecture import create_graph_from_model
    except ImportError:
        return None
    finally:
        del collections.Sequence  # type: ignore[attr-defined]

    def size(model: nn.Module, pixels: int) -> int:
        output = create_graph_from_model(model, input_res=(1, 3, pixels, pixels))
        return int(max(max(sizes) for sizes in output.receptive_field_sizes))

    return size


def by_gradient(model: nn.Module, pixels: int) -> int:
    """Extent of the gradient of one unit: what one would try first; it needs the real forward and backward pass."""
    x = torch.rand(1, 3, pixels, pixels, requires_grad=True)
    y = model(x)
    middle = [n // 2 for n in y.shape[2:]]
    (gradient,) = torch.autograd.grad(y[0, :, middle[0], middle[1]].sum(), x)
    rows = gradient.abs().sum((0, 1, 3)).nonzero()
    return int(rows.max() - rows.min()) + 1


def dilated() -> nn.Module:
    return nn.Sequential(*(nn.Conv2d(3, 3, 3, dilation=2**n, padding=2**n) for n in range(4)))


def upsampling() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1), nn.ConvTranspose2d(8, 1, 4, 2, 1))


CASES: dict[str, Callable[[], nn.Module]] = {
    "AlexNet": architectures.alexnet,
    "VGG-16": architectures.vgg16,
    "ResNet-50": lambda: architectures.resnet50("first 3x3"),
    "dilated": dilated,
    "down and up": upsampling,
}


def size_of(model: nn.Module) -> tuple[float, ...]:
    """The size of a field, with the search for an input that shows it."""
    return receptive_field(model).size


def outputs_of(model: nn.Module, pixels: int) -> tuple[int, ...]:
    """The shape of the outputs for an image of a size, with all that is found on the way."""
    return receptive_field(model, pixels).output_shape


def run() -> None:
    """Print sizes, times and ratios. A size that differs from ours is printed: it is not made to agree."""
    toolbox = rfa_toolbox()
    print(f"{'network':12} {'size':>5} {'hwlib ms':>9} {'at 224':>7}  {'rfa-toolbox':>22}  {'one gradient':>22}")
    for name, make in CASES.items():
        torch.manual_seed(0)
        model = make().eval()
        contenders: dict[str, Callable[[], Any]] = {
            "hwlib": partial(size_of, model),
            "at 224": partial(outputs_of, model, 224),
        }
        pixels = receptive_field(model).input_shape[0]
        contenders["gradient"] = partial(by_gradient, model, pixels)
        if toolbox is not None:
            contenders["toolbox"] = partial(toolbox, model, 224)
        size = contenders["hwlib"]()[0]
        says = {other: contenders[other]() for other in ("toolbox", "gradient") if other in contenders}
        times = medians({other: contenders[other] for other in ("hwlib", "at 224")}, rounds=21)
        times |= medians({other: contenders[other] for other in says}, rounds=1)
        cells = []
        for other in ("toolbox", "gradient"):
            if other in says:
                wrong = "" if says[other] == size else f", says {says[other]}"
                cells.append(f"{times[other] / times['hwlib']:.0f}x{wrong}")
            else:
                cells.append("not installed")
        ours = f"{times['hwlib'] * 1e3:9.2f} {times['at 224'] * 1e3:7.2f}"
        print(f"{name:12} {size:5} {ours}  {cells[0]:>22}  {cells[1]:>22}")
    print("hwlib: with the search for an input that shows interior units. Others: their time over hwlib's.")
    print("One gradient sees where a ReLU or a maximum lets it through, so it may come out smaller.")
    print("Goals: rfa-toolbox at least 5x, on ResNet-50 at least 10x.")
