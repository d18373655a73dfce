"""Maps made of gradients at the input: the gradient, its product with the image, and averages of gradients.

Chapter: *A saliency map shows a gradient, not a reason*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hwlib._core.arguments import generator, positive, whole
from hwlib._core.optional import require
from hwlib._core.types import RandomSource
from hwlib.saliency._guard import as_images, as_targets, differentiate, target_scores, unchanged

if TYPE_CHECKING:
    import torch

    from hwlib.saliency._guard import Targets

_AT_ONCE = 8  # images in one run of a model, so that many do not fill the memory
_FIRST = 16  # steps that integrated gradients begin with


def gradient(model: Any, images: torch.Tensor, targets: Targets) -> torch.Tensor:
    """Derivative of each image's score with respect to its pixels.

    Where the model is piecewise linear, the score near the image is exactly the score at the image plus the product of
    gradient and change, as long as the change does not leave the image's region.

    Args:
        model: a torch module from images to scores (n, classes), before softmax; it is not changed.
        images: (n, channels, height, width), float32 or float64.
        targets: the class of each image.

    Returns:
        (n, channels, height, width), with both signs.

    Raises:
        ValueError: for images or targets of another form, and models that cannot be differentiated, or have a Dropout
            in training mode or a BatchNorm that mixes images. A model that mixes them, or draws by lot, in a way of
            its own is not seen: give it one image, and switch the drawing off.

    Source: Simonyan, Vedaldi & Zisserman, *Deep Inside Convolutional Networks* (2014); problem ``input-gradients``.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
        >>> slope = gradient(model, torch.rand(1, 1, 2, 2), 2)
        >>> bool((slope.flatten() == model[1].weight[2]).all())
        True
    """
    with unchanged(model):
        at = as_images(images)
        return differentiate(target_scores(model, at, as_targets(targets, len(at))), at)


def gradient_times_input(
    model: Any, images: torch.Tensor, targets: Targets, *, baseline: float | torch.Tensor = 0.0
) -> torch.Tensor:
    """The gradient, each entry times its pixel's distance from a baseline.

    For a linear model with bias the sum of an image's entries is its score minus the baseline's. For others it need not
    be: see :func:`integrated_gradients`.

    Args:
        model: as for :func:`gradient`.
        images: as for :func:`gradient`.
        targets: as for :func:`gradient`.
        baseline: what stands for "nothing there": a number for all pixels, or an image that goes with ``images``.

    Returns:
        (n, channels, height, width), with both signs.

    Raises:
        ValueError: as for :func:`gradient`, and for a baseline of another shape.

    Source: Shrikumar, Greenside & Kundaje, *Learning Important Features Through Propagating Activation Differences*
    (2017).

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
        >>> image = torch.rand(1, 1, 2, 2)
        >>> parts = gradient_times_input(model, image, 2)
        >>> bool((parts.sum() + model[1].bias[2]).isclose(model(image)[0, 2]))
        True
    """
    slopes = gradient(model, images, targets)
    return slopes * (images.detach() - as_baseline(baseline, images))


def smooth_gradient(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    *,
    samples: int = 20,
    noise: float = 0.15,
    rng: RandomSource = None,
) -> torch.Tensor:
    """Average of the gradients at noisy copies of each image (SmoothGrad).

    It estimates the gradient of the score averaged over the noise, a function that is smooth also where the score has
    kinks. All images of a call get the same noise.

    Args:
        model: as for :func:`gradient`.
        images: as for :func:`gradient`.
        targets: as for :func:`gradient`.
        samples: number of noisy copies.
        noise: standard deviation of the noise, in the unit of the pixels.
        rng: source of the noise.

    Returns:
        (n, channels, height, width), with both signs.

    Raises:
        ValueError: as for :func:`gradient`, and for fewer samples than one or noise below zero.

    Source: Smilkov, Thorat, Kim, Viégas & Wattenberg, *SmoothGrad: Removing Noise by Adding Noise* (2017).

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.ReLU(), torch.nn.Linear(4, 3))
        >>> smooth_gradient(model, torch.rand(1, 1, 2, 2), 0, rng=0).shape
        torch.Size([1, 1, 2, 2])
    """
    samples = whole("samples", samples, least=1)
    positive("noise", noise, zero=True)
    draws = generator("rng", rng)
    with unchanged(model):
        at = as_images(images)
        classes = as_targets(targets, len(at))
        total = at.new_zeros(at.shape)
        for _ in range(samples):
            shift = at.new_tensor(draws.normal(0.0, noise, at.shape[1:]))
            noisy = (at + shift).detach().requires_grad_()
            total += differentiate(target_scores(model, noisy, classes), noisy)
        return total / samples


@dataclass(frozen=True, eq=False)
class IntegratedGradients:
    """What :func:`integrated_gradients` gives.

    Attributes:
        attribution: (n, channels, height, width): what each pixel adds.
        difference: (n,): score of each image minus score of its baseline.
        gap: (n,): sum of an image's attribution minus its difference; with exact integrals it would be zero.
        steps: into how many pieces the way from baseline to image was cut.
    """

    attribution: torch.Tensor = field(repr=False)
    difference: torch.Tensor
    gap: torch.Tensor
    steps: tuple[int, ...]


def integrated_gradients(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    *,
    baseline: float | torch.Tensor = 0.0,
    tolerance: float = 0.05,
    most_steps: int = 500,
) -> IntegratedGradients:
    """The gradient averaged along the straight way from a baseline to the image, times that way.

    What all pixels add is then the score's whole difference (*completeness*). The average is a sum over pieces of the
    way, by the trapezoidal rule. Since scores come along with gradients, each piece shows how far it is from complete;
    the worst are halved until all together miss the difference by no more than the tolerance.

    Args:
        model: as for :func:`gradient`.
        images: as for :func:`gradient`.
        targets: as for :func:`gradient`.
        baseline: what stands for "nothing there": a number for all pixels, or an image that goes with ``images``.
        tolerance: largest gap that is accepted, in the unit of the scores.
        most_steps: pieces after which it is given up.

    Returns:
        Attributions, with the gap that is left.

    Raises:
        ValueError: as for :func:`gradient_times_input`, and if the gap is still above the tolerance.

    Source: Sundararajan, Taly & Yan, *Axiomatic Attribution for Deep Networks* (2017).

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 1), torch.nn.Softplus())
        >>> result = integrated_gradients(model, torch.rand(1, 1, 2, 2), 0, tolerance=1e-3)
        >>> bool((result.attribution.sum() - result.difference).abs() < 1e-3), result.steps
        (True, (16,))
    """
    positive("tolerance", tolerance)
    most_steps = whole("most_steps", most_steps, least=_FIRST)
    torch = require("torch")
    with unchanged(model):
        ends = as_images(images).detach()
        starts = as_baseline(baseline, ends).expand_as(ends)
        classes = as_targets(targets, len(ends))
        ways = [_Way(model, *way) for way in zip(starts, ends, classes, strict=True)]
        for number, way in enumerate(ways):
            if not (gap := way.refine(tolerance, most_steps)) <= tolerance:  # NaN is not, either
                raise ValueError(
                    f"tolerance={tolerance}: image {number} misses its difference by {gap:.2g} after {way.steps} steps;"
                    " accepted are a larger tolerance and larger most_steps"
                )
        return IntegratedGradients(
            torch.stack([way.attribution() for way in ways]),
            torch.stack([way.scores[-1] - way.scores[0] for way in ways]),
            torch.stack([way.gaps().sum() for way in ways]),
            tuple(way.steps for way in ways),
        )


class _Way:
    """From a baseline to an image: scores and gradients at points between, in order."""

    def __init__(self, model: Any, start: torch.Tensor, end: torch.Tensor, target: int):
        self.model, self.start, self.change, self.target = model, start, end - start, target
        self.places: list[float] = []
        self.scores = start.new_zeros(0)
        self.slopes = start.new_zeros(0, *start.shape)
        self._add([step / _FIRST for step in range(_FIRST + 1)])

    @property
    def steps(self) -> int:
        return len(self.places) - 1

    def refine(self, tolerance: float, most: int) -> float:
        """Halve pieces, the worst first, until the gap is small; gives the gap that is left."""
        while not (gap := abs(float(self.gaps().sum()))) <= tolerance and self.steps < most:
            number = min(_AT_ONCE, most - self.steps, self.steps)
            worst = self.gaps().abs().topk(number).indices.tolist()
            self._add([(self.places[k] + self.places[k + 1]) / 2 for k in worst])
        return gap

    def gaps(self) -> torch.Tensor:
        """By how much each piece's attribution misses what the score changes there."""
        along = (self.slopes * self.change).flatten(1).sum(1)
        return (along[:-1] + along[1:]) / 2 * self._lengths() - self.scores.diff()

    def attribution(self) -> torch.Tensor:
        """The change times the average gradient."""
        middles = (self.slopes[:-1] + self.slopes[1:]) / 2
        return self.change * (middles * self._lengths()[:, None, None, None]).sum(0)

    def _lengths(self) -> torch.Tensor:
        return self.scores.new_tensor(self.places).diff()

    def _add(self, places: list[float]) -> None:
        torch = require("torch")
        for first in range(0, len(places), _AT_ONCE):
            some = places[first : first + _AT_ONCE]
            share = self.scores.new_tensor(some)[:, None, None, None]
            at = (self.start + share * self.change).requires_grad_()
            scores = target_scores(self.model, at, [self.target] * len(some))
            self.slopes = torch.cat([self.slopes, differentiate(scores, at)])
            self.scores = torch.cat([self.scores, scores.detach()])
            self.places += some
        order = sorted(range(len(self.places)), key=self.places.__getitem__)
        self.places = [self.places[k] for k in order]
        self.scores, self.slopes = self.scores[order], self.slopes[order]


def as_baseline(baseline: Any, images: torch.Tensor) -> torch.Tensor:
    """A number or image as a tensor that goes with the images.

    Raises:
        ValueError: if it does not.
    """
    pytorch = require("torch")
    accepted = f"a finite number, or an image that broadcasts to {tuple(images.shape)}"
    try:
        made: torch.Tensor = pytorch.as_tensor(baseline, dtype=images.dtype, device=images.device).detach()
        fits = pytorch.broadcast_shapes(made.shape, images.shape) == images.shape and bool(made.isfinite().all())
    except (TypeError, RuntimeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(f"baseline={_told(baseline)}: accepted is {accepted}")
    return made


def _told(value: Any) -> str:
    return f"a tensor {tuple(value.shape)}" if hasattr(value, "shape") else repr(value)
