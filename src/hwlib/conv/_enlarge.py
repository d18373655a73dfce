"""A small network that enlarges photographs, with a transposed convolution or without: does it draw checkerboards?

Source: Odena, Dumoulin and Olah, *Deconvolution and checkerboard artifacts* (2016), the comparison of two generators;
Aitken et al., *Checkerboard artifact free sub-pixel convolution* (2017), a start without a grid (there by copying one
phase to all, here by the nearest kernels).
Chapter: *A checkerboard is a difference of phases*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hwlib._core.arguments import generator, whole, whole_numbers
from hwlib._core.arrays import real_array
from hwlib._core.optional import require
from hwlib._core.results import stored_results
from hwlib._core.types import AnyArray, Array, RandomSource
from hwlib.conv._phases import nearest_even_kernel

if TYPE_CHECKING:
    import torch

__all__ = ["WAYS_TO_ENLARGE", "EnlargingRuns", "enlarger", "flat_contrast", "stored_enlarging", "train_enlarger"]

WAYS_TO_ENLARGE = ("transposed", "even start", "resize")
GREYS = np.linspace(0.1, 1, 10)
_BORDER = 4  # outputs that zeros around the image can reach; the phases inside are counted from an even place


def enlarger(way: str, *, channels: int = 8, rng: RandomSource = None) -> torch.nn.Sequential:
    """A network that doubles an image: a convolution, ReLU, and one more layer that enlarges.

    Args:
        way: ``"transposed"``, a transposed convolution of stride 2 with three by three weights; ``"even start"``, the
            same, which starts with the nearest kernels of equal phase sums; ``"resize"``, every pixel repeated twice
            along both axes, then a convolution with three by three weights.
        channels: of the hidden layer; at least 1.
        rng: seed or generator of the weights.

    Returns:
        From ``(n, 1, h, w)`` to ``(n, 1, 2h, 2w)``.

    Raises:
        ValueError: if an argument is not of these forms.
        ImportError: without torch.

    Example:
        >>> enlarger("resize", rng=0)(require("torch").ones(1, 1, 3, 4)).shape
        torch.Size([1, 1, 6, 8])
    """
    require("torch")
    import torch

    if way not in WAYS_TO_ENLARGE:
        raise ValueError(f"way={way!r}: accepted are {', '.join(WAYS_TO_ENLARGE)}")
    channels, random = whole("channels", channels, least=1), generator("rng", rng)
    gather = torch.nn.Conv2d(1, channels, 3, padding=1)
    last: torch.nn.Conv2d | torch.nn.ConvTranspose2d
    if way == "resize":
        last = torch.nn.Conv2d(channels, 1, 3, padding=1)
        layers = [gather, torch.nn.ReLU(), torch.nn.Upsample(scale_factor=2), last]
    else:
        last = torch.nn.ConvTranspose2d(channels, 1, 3, stride=2, padding=1, output_padding=1)
        layers = [gather, torch.nn.ReLU(), last]
    with torch.no_grad():
        for layer, inputs in ((gather, 1), (last, channels)):
            bound = 1 / np.sqrt(9 * inputs)  # as torch draws the weights of a convolution
            drawn = random.uniform(-bound, bound, tuple(layer.weight.shape))
            if layer is last and way == "even start":
                drawn = np.array([[nearest_even_kernel(kernel, 2) for kernel in row] for row in drawn])
            layer.weight.copy_(torch.from_numpy(drawn))
            torch.nn.init.zeros_(cast("torch.Tensor", layer.bias))
    return torch.nn.Sequential(*layers)


def flat_contrast(model: torch.nn.Module) -> float:
    """How far apart the phases of a network's answers to flat images are: zero if it draws no checkerboard of them.

    Args:
        model: from ``(n, 1, h, w)`` to ``(n, 1, 2h, 2w)``.

    Returns:
        The largest minus the smallest mean of the four phases away from the border, averaged over ten greys from 0.1
        to 1.

    Raises:
        ImportError: without torch.

    Example:
        >>> flat_contrast(enlarger("even start", rng=0)) < 1e-6 < flat_contrast(enlarger("transposed", rng=0))
        True
    """
    torch = require("torch")
    flat = torch.ones(len(GREYS), 1, 8, 8) * torch.from_numpy(GREYS).float()[:, None, None, None]
    with torch.no_grad():
        drawn = model(flat)[..., _BORDER:-_BORDER, _BORDER:-_BORDER]
    phases = torch.stack([drawn[..., u::2, v::2].mean(dim=(1, 2, 3)) for u in (0, 1) for v in (0, 1)])
    return float((phases.amax(0) - phases.amin(0)).mean())


def train_enlarger(
    way: str,
    photographs: Sequence[Any],
    *,
    steps: Sequence[int] = (0, 10, 30, 100, 300, 600),
    batch: int = 16,
    side: int = 16,
    learning_rate: float = 1e-2,
    rng: RandomSource = None,
) -> tuple[torch.nn.Sequential, list[float], list[float]]:
    """Train an :func:`enlarger` to make parts of a photograph out of the same parts at half their size.

    Half the size means the means of two by two pixels. Training takes parts of the first photograph, by Adam on the
    mean squared error; the test takes 64 fixed parts of the second.

    Args:
        way: see :func:`enlarger`.
        photographs: two, ``(h, w)`` each, grey values from 0 to 1.
        steps: after how many steps to measure, increasing; training ends with the last.
        batch: parts in a step.
        side: of a part at half its size; each photograph is larger than twice that.
        learning_rate: of Adam.
        rng: seed or generator of the weights and of the parts.

    Returns:
        The network, its :func:`flat_contrast` and its test errors at those steps.

    Raises:
        ValueError: if an argument is not of these forms.
        ImportError: without torch.

    Example:
        >>> pictures = np.random.default_rng(0).random((2, 12, 12))
        >>> network, contrasts, errors = train_enlarger("resize", pictures, steps=[0, 2], side=4, rng=0)
        >>> max(contrasts) < 1e-6, len(errors)
        (True, 2)
    """
    torch = require("torch")
    measured = whole_numbers("steps", steps, least=0)
    if list(measured) != sorted(set(measured)):
        raise ValueError(f"steps={list(steps)}: accepted are increasing numbers")
    learn, test = _pictures(photographs, 2 * whole("side", side, least=1))
    batch, random = whole("batch", batch, least=1), generator("rng", rng)
    model = enlarger(way, rng=random)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    unseen, contrasts, errors = _parts(test, 64, side, np.random.default_rng(0)), [], []
    for step in range(measured[-1] + 1):
        if step in measured:
            contrasts.append(flat_contrast(model))
            with torch.no_grad():
                errors.append(float(torch.nn.functional.mse_loss(model(unseen[0]), unseen[1])))
        if step == measured[-1]:  # the network is returned as it was measured
            break
        small, large = _parts(learn, batch, side, random)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(small), large).backward()
        optimizer.step()
    return model, contrasts, errors


def _pictures(photographs: Sequence[Any], smallest: int) -> tuple[Array, Array]:
    found = [real_array("photographs", photograph) for photograph in photographs]
    if len(found) != 2 or any(each.ndim != 2 or min(each.shape) <= smallest for each in found):
        shapes = ", ".join(str(each.shape) for each in found)
        raise ValueError(f"photographs of shapes {shapes}: accepted are two, each higher and wider than {smallest}")
    return found[0], found[1]


def _parts(photograph: Array, count: int, side: int, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts at half their size, and in full."""
    torch = require("torch")
    corners = random.integers(0, np.array(photograph.shape) - 2 * side, (count, 2))
    cut = np.stack([photograph[i : i + 2 * side, j : j + 2 * side] for i, j in corners])
    large = torch.from_numpy(cut).float()[:, None]
    return torch.nn.functional.avg_pool2d(large, 2), large


@dataclass(frozen=True)
class EnlargingRuns:
    """What came of training enlargers from many seeds.

    Attributes:
        steps: ``(t,)``, when it was measured.
        contrast: way to ``(seeds, t)``, see :func:`flat_contrast`.
        error: way to ``(seeds, t)``, mean squared errors on parts of a photograph that was not trained on.
        provenance: where the numbers come from.
    """

    steps: AnyArray
    contrast: dict[str, Array]
    error: dict[str, Array]
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        seeds = len(next(iter(self.contrast.values())))
        return f"EnlargingRuns({seeds} seeds of {len(self.contrast)} ways, {self.steps[-1]} steps)"


def stored_enlarging() -> EnlargingRuns:
    """The runs of ``experiments/enlarge.py``.

    Returns:
        Contrasts and errors for each way to enlarge.

    Raises:
        FileNotFoundError: if the experiment was never run.
        ValueError: if its file was changed.

    Example:
        >>> stored_enlarging()
        EnlargingRuns(30 seeds of 3 ways, 600 steps)
    """
    stored = stored_results("hwlib.conv", "enlarging", script="enlarge")
    contrast, error = (
        {way: np.array([run[name] for run in stored["results"] if run["way"] == way]) for way in WAYS_TO_ENLARGE}
        for name in ("contrast", "error")
    )
    return EnlargingRuns(np.array(stored["provenance"]["settings"]["steps"]), contrast, error, stored["provenance"])
