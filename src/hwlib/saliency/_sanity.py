"""What tells whether a map means something: models with weights drawn anew, and curves of deletion and insertion.

Chapter: *A saliency map shows a gradient, not a reason*.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hwlib._core.arguments import generator, instance, positive, whole
from hwlib._core.optional import require
from hwlib._core.types import RandomSource
from hwlib.saliency._guard import all_scores, as_targets, checked_images, unchanged
from hwlib.saliency._maps import as_baseline

if TYPE_CHECKING:
    import torch

    from hwlib.saliency._guard import Targets

_AT_ONCE = 8


def randomized(model: Any, *, layers: int | None = None, rng: RandomSource = None) -> Any:
    """A copy of a model whose last layers have forgotten what they learned.

    A layer is a module with a kernel or a matrix. Each of its parameters is drawn anew from the normal distribution
    that has the mean and the spread of its own entries, so that weights keep their scale; scores and gradients need
    not. What has no spread, such as the bias of a single output, stays as it is. Normalizations are kept. If a map is
    about what the model has learned, the copy's map is another.

    Args:
        model: a torch module.
        layers: how many, counted from the last in ``model.modules()``; None: all.
        rng: source of the parameters.

    Returns:
        A model of the same class; the one given is not changed.

    Raises:
        ValueError: if there are not as many layers.

    Source: Adebayo et al., *Sanity Checks for Saliency Maps* (2018).

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
        >>> other = randomized(model, layers=1, rng=0)
        >>> torch.equal(other[0].weight, model[0].weight), torch.equal(other[2].weight, model[2].weight)
        (True, False)
    """
    torch = require("torch")
    made = copy.deepcopy(instance("model", model, torch.nn.Module, "a torch module"))
    found = [part for part in made.modules() if _is_layer(part)]
    number = len(found) if layers is None else whole("layers", layers, least=0)
    if number > len(found):
        raise ValueError(f"layers={number}: accepted are at most the model's {len(found)}")
    draws = generator("rng", rng)
    with torch.no_grad():
        for part in reversed(found[len(found) - number :]):  # so that more layers forget the same of the last ones
            for weight in part.parameters(recurse=False):
                mean, spread = float(weight.mean()), float(weight.std(correction=0))
                weight.copy_(torch.as_tensor(draws.normal(mean, spread, weight.shape)))
    return made


def _is_layer(part: Any) -> bool:
    """A matrix of a normalization over several axes is none."""
    norms = require("torch").nn
    kept = isinstance(part, norms.LayerNorm | norms.RMSNorm)
    return not kept and any(weight.ndim > 1 for weight in part.parameters(recurse=False))


@dataclass(frozen=True, eq=False)
class Curve:
    """How sure a model is of each image's class as pixels are deleted or inserted.

    Attributes:
        shares: (steps + 1,): of the pixels, from 0 to 1.
        probabilities: (n, steps + 1): of the class, by softmax.
    """

    shares: torch.Tensor
    probabilities: torch.Tensor

    @property
    def areas(self) -> torch.Tensor:
        """The area below each curve, (n,)."""
        areas: torch.Tensor = require("torch").trapezoid(self.probabilities, self.shares)
        return areas

    def __repr__(self) -> str:
        areas = ", ".join(f"{float(area):.3f}" for area in self.areas)
        return f"Curve({self.probabilities.shape[0]} images, {len(self.shares) - 1} steps, areas {areas})"


def deletion_curve(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    maps: torch.Tensor,
    *,
    steps: int = 20,
    baseline: float | torch.Tensor = 0.5,
) -> Curve:
    """Probability of each image's class as its pixels are replaced, those first where the map is largest.

    If the map says what the class hangs on, the curve falls early: a small area speaks for the map.

    Args:
        model: as for :func:`hwlib.saliency.gradient`; nothing is differentiated.
        images: as for :func:`hwlib.saliency.gradient`.
        targets: as for :func:`hwlib.saliency.gradient`.
        maps: (n, height, width); where two entries are equal, the first in reading order is taken first.
        steps: in how many the pixels are replaced, as equal as can be.
        baseline: what replaces them: a number for all pixels, or an image that goes with ``images``.

    Returns:
        The curves.

    Raises:
        ValueError: as for :func:`hwlib.saliency.gradient`, and for maps of another shape.

    Source: Petsiuk, Das & Saenko, *RISE: Randomized Input Sampling for Explanation of Black-box Models* (2018).

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
        >>> image = torch.rand(1, 1, 4, 4)
        >>> deletion_curve(model, image, 0, image[:, 0], steps=4).shares
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    return _curve(model, images, targets, maps, steps, baseline, deletes=True)


def insertion_curve(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    maps: torch.Tensor,
    *,
    steps: int = 20,
    baseline: float | torch.Tensor | None = None,
) -> Curve:
    """Probability of each image's class as its pixels are put in, those first where the map is largest.

    If the map says what the class hangs on, the curve rises early: a large area speaks for the map.

    Args:
        model: as for :func:`deletion_curve`.
        images: as for :func:`deletion_curve`.
        targets: as for :func:`deletion_curve`.
        maps: as for :func:`deletion_curve`.
        steps: in how many the pixels are put in.
        baseline: what is there before: a number for all pixels, or an image that goes with ``images``. None: the images
            themselves, :func:`blurred`, since on a bare ground the first pixels would make shapes of their own.

    Returns:
        The curves.

    Raises:
        ValueError: as for :func:`deletion_curve`.

    Source: Petsiuk, Das & Saenko (2018), as for :func:`deletion_curve`.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
        >>> image = torch.rand(1, 1, 4, 4)
        >>> insertion_curve(model, image, 0, image[:, 0], steps=4).probabilities.shape
        torch.Size([1, 5])
    """
    if baseline is None:
        baseline = blurred(images)
    return _curve(model, images, targets, maps, steps, baseline, deletes=False)


def blurred(images: torch.Tensor, *, sigma: float = 10.0) -> torch.Tensor:
    """Images through a Gaussian filter; beyond its border an image goes on with its last pixels.

    Args:
        images: (n, channels, height, width), float32 or float64.
        sigma: standard deviation of the filter in pixels.

    Returns:
        Images of the same shape.

    Raises:
        ValueError: for images of another form, and if sigma is not above zero.

    Example:
        >>> import torch
        >>> bool(blurred(torch.full((1, 3, 8, 8), 0.25)).allclose(torch.tensor(0.25)))
        True
    """
    torch = require("torch")
    positive("sigma", sigma)
    found = checked_images(images)
    reach = math.ceil(3 * sigma)
    offsets = torch.arange(-reach, reach + 1, dtype=found.dtype, device=found.device)
    kernel = (-((offsets / sigma) ** 2) / 2).exp()
    kernel /= kernel.sum()
    for _ in range(2):
        lines = torch.nn.functional.pad(found, (reach, reach, 0, 0), mode="replicate")
        summed = lines.unfold(3, 2 * reach + 1, 1) @ kernel
        found = summed.transpose(2, 3)
    return found.contiguous()


def _curve(
    model: Any, images: torch.Tensor, targets: Targets, maps: Any, steps: int, baseline: Any, *, deletes: bool
) -> Curve:
    torch = require("torch")
    with unchanged(model), torch.no_grad():
        at = checked_images(images)
        classes = as_targets(targets, len(at))
        order = _order(maps, at)
        pixels = order.shape[1]
        if (number := whole("steps", steps, least=1)) > pixels:
            raise ValueError(f"steps={number}: accepted are at most the {pixels} pixels of an image")
        ends = as_baseline(baseline, at).expand_as(at)
        starts, ends = (at, ends) if deletes else (ends, at)
        counts = [round(step * pixels / number) for step in range(number + 1)]
        found = at.new_zeros(len(at), number + 1)
        for image, target in enumerate(classes):
            rank = torch.empty_like(order[image])
            rank[order[image]] = torch.arange(pixels, device=at.device)
            for first in range(0, len(counts), _AT_ONCE):
                some = torch.tensor(counts[first : first + _AT_ONCE], device=at.device)
                changed = (rank < some[:, None]).reshape(-1, 1, *at.shape[2:])
                mixed = torch.where(changed, ends[image], starts[image])
                scores = all_scores(model, mixed, [target])
                found[image, first : first + len(some)] = scores.softmax(1)[:, target]
        shares = at.new_tensor(counts) / pixels
    return Curve(shares, found)


def _order(maps: Any, images: torch.Tensor) -> torch.Tensor:
    """Pixels of each image, the map's largest first."""
    torch = require("torch")
    accepted = f"a tensor {(len(images), *images.shape[2:])}, one number for each pixel"
    instance("maps", maps, torch.Tensor, accepted)
    if maps.shape != (len(images), *images.shape[2:]):
        raise ValueError(f"maps has the shape {tuple(maps.shape)}: accepted is {accepted}")
    if not bool(maps.isfinite().all()):
        raise ValueError("maps has entries that are infinite or NaN: accepted are finite numbers")
    order = maps.detach().flatten(1).argsort(dim=1, descending=True, stable=True)
    return order.to(images.device)  # type: ignore[no-any-return]
