"""Images that a model takes for something else: the smallest change that was found, and every step to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.arguments import positive, whole
from hwlib._core.types import Array
from hwlib.saliency._least_norm import least_norm_in_box
from hwlib.saliency._scores import image_scores, probabilities, tangent

if TYPE_CHECKING:
    import torch

__all__ = ["FoolingImage", "fooling_image"]

_OVERSHOOT = 0.02  # a step ends a little beyond the border of the tangent, as in DeepFool
_SPARE = 0.1  # a rival that is left behind by more, as a share of the largest need, is dropped
_TURNS = 10  # so often at most are new rivals taken in at one end
_ENOUGH = 1e-3  # a round that shortens the way by a smaller share is the last


@dataclass(frozen=True, repr=False, eq=False)
class FoolingImage:
    """An image that a model gives another class, with the steps that led to it.

    Attributes:
        image: ``(1, ...)``, the nearest image found to which the model gives the target.
        original: ``(1, ...)``.
        label: class of the original.
        target: class of the image.
        images: ``(k, ...)``: the original, the steps until the target was reached, and from then on each shorter way.
        norms: ``(k,)``: Euclidean distance of each from the original.
        probabilities: ``(k, classes)``.
        box: ends of the pixels' range.
    """

    image: torch.Tensor
    original: torch.Tensor
    label: int
    target: int
    images: torch.Tensor
    norms: torch.Tensor
    probabilities: torch.Tensor
    box: tuple[float, float] = (0.0, 1.0)

    @property
    def perturbation(self) -> torch.Tensor:
        """What was added to the original, ``(1, ...)``."""
        return self.image - self.original

    @property
    def norm(self) -> float:
        """Its Euclidean norm, the least that was found; there may be a shorter one."""
        return float(self.perturbation.double().norm())

    def scaled(self, factor: float, *, box: tuple[float, float] | None = None) -> torch.Tensor:
        """The original with a multiple of the perturbation.

        Args:
            factor: 1 for the image itself, which is just beyond the border; more goes further beyond it.
            box: ends of the range at which pixels are cut off; without it those that the image was made with.

        Returns:
            ``(1, ...)``.

        Example:
            >>> import torch
            >>> model = torch.nn.Linear(2, 2).requires_grad_(False)
            >>> _ = model.weight.copy_(torch.eye(2)), model.bias.zero_()
            >>> fooling_image(model, torch.tensor([[0.6, 0.2]]), 1).scaled(2).round(decimals=2)
            tensor([[0.2000, 0.6000]])
        """
        return (self.original + factor * self.perturbation).clamp(*(self.box if box is None else box))

    def __repr__(self) -> str:
        return f"FoolingImage({self.label} to {self.target}, norm {self.norm:.4g}, {len(self.images) - 1} steps)"


def fooling_image(
    model: torch.nn.Module,
    image: torch.Tensor,
    target: int,
    *,
    lead: float = 0.0,
    steps: int = 50,
    rounds: int = 12,
    resolution: float = 1e-4,
    box: tuple[float, float] = (0.0, 1.0),
) -> FoolingImage:
    """An image close to a given one to which a model gives a chosen class.

    First steps go to where the tangents at the present image say that the target has the highest score, until it has
    (Moosavi-Dezfooli et al. 2016 for the nearest class). Then each round takes the tangent on the border that was
    found, goes from the *original* the shortest way to the border of this tangent, and looks along that line for the
    true border; only shorter ways are kept. For a linear classifier the tangent is the truth, and the norm is that of
    :func:`linear_distance` up to the resolution. For others it is the least that was found, an upper bound.

    Args:
        model: from images to scores, ``(n, classes)``; it is not changed.
        image: ``(1, ...)``, inside the box.
        target: class to reach.
        lead: by how much the target's score has to be above every other. Zero gives an image on the border, which
            the smallest change puts back; more gives one that the model is surer of.
        steps: how many steps may be taken until the target is reached.
        rounds: how many times a shorter way is looked for.
        resolution: how near to the border to stop, as a share of the way.
        box: ends of the pixels' range; no pixel leaves it.

    Returns:
        The image found, its norm, and the steps. If the image has the class, and the lead, already, it is returned as
        it is.

    Raises:
        ValueError: if the target is not reached in so many steps, or an argument is not as above.

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``; Szegedy et al. (2014); Moosavi-Dezfooli, Fawzi, Frossard (2016); Croce, Hein
    (2020), who also project the original.

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(2, 2).requires_grad_(False)
        >>> _ = model.weight.copy_(torch.eye(2)), model.bias.zero_()
        >>> fooling_image(model, torch.tensor([[0.6, 0.2]]), 1)
        FoolingImage(0 to 1, norm 0.2828, 2 steps)
    """
    whole("steps", steps, least=0)
    whole("rounds", rounds, least=0)
    positive("resolution", resolution)
    positive("lead", lead, zero=True)
    if len(image) != 1 or not (box[0] <= float(image.min()) and float(image.max()) <= box[1]):
        raise ValueError(f"image has shape {tuple(image.shape)}: accepted is (1, ...), with pixels in {box}")
    search = _Search(model, image.detach().clone(), _goal(model, image, target), lead, box, resolution)
    search.reach(steps)
    for _ in range(rounds):
        if not search.shorten():
            break
    return search.result()


def _goal(model: torch.nn.Module, image: torch.Tensor, target: int) -> int:
    goal, classes = whole("target", target, least=0), image_scores(model, image).shape[1]
    if goal >= classes:
        raise ValueError(f"target={target}: accepted is a class from 0 to {classes - 1}")
    return goal


class _Search:
    """What is known while an image is searched for; images are flat arrays in float64 here."""

    def __init__(
        self,
        model: torch.nn.Module,
        image: torch.Tensor,
        goal: int,
        lead: float,
        box: tuple[float, float],
        resolution: float,
    ):
        self.model, self.start, self.goal, self.lead, self.box = model, image, goal, lead, box
        self.resolution = resolution
        self.origin = self._flat(image)
        scores = image_scores(model, image)
        self.label = int(scores.argmax())
        self.rivals: list[int] = []  # classes that the target has to be ahead of
        self.kept, self.scores = [image], [scores]
        self.best = self.origin
        self.first = self._margin(self.origin)
        self.done = self.first > 0

    def reach(self, steps: int) -> None:
        """Follow the tangents until the target is reached."""
        if self.done:
            return
        here = self.origin
        for _ in range(steps):
            here = np.clip(here + self._way(here, here, _OVERSHOOT), *self.box)
            margin = self._keep(here)
            if margin > 0:
                self.best = self._shortened(here, margin)
                self._keep(self.best)
                return
        raise ValueError(f"steps={steps}: class {self.goal} was not reached; accepted are more steps, or another image")

    def shorten(self) -> bool:
        """Look for a shorter way from the original, by the tangent at the end of the best; whether there was one."""
        if self.done:
            return False
        length = float(np.linalg.norm(self.best - self.origin))
        aim = self._aim()
        share = 1.0
        while share > 0.1:  # towards the aim as far as the tangent can be trusted
            end = (1 - share) * self.best + share * aim
            reach = float(np.linalg.norm(end - self.origin))
            longest = length * (1 - _ENOUGH) / max(reach, 1e-300)  # beyond that nothing is gained
            for factor in (1.0, longest) if longest > 1 else (1.0,):
                trial = np.clip(self.origin + factor * (end - self.origin), *self.box)
                margin = self._margin(trial)
                if margin > 0:
                    found = self._shortened(trial, margin)
                    gain = 1 - float(np.linalg.norm(found - self.origin)) / length
                    if gain > 0:
                        self.best = found
                        self._keep(found)
                    return gain > _ENOUGH
            share /= 2
        return False

    def _aim(self) -> Array:
        """Where the tangents at the best end say that the shortest way leads; with all who turn out to be rivals."""
        for _ in range(_TURNS):
            aim = np.clip(self.origin + self._way(self.best, self.origin, self.resolution), *self.box)
            known = list(self.rivals)
            if self._margin(aim) > 0 or self.rivals == known:
                break
        return aim

    def result(self) -> FoolingImage:
        import torch

        images = torch.cat(self.kept)
        norms = (images - self.start).double().flatten(1).norm(dim=1)
        found = probabilities(torch.cat(self.scores))
        return FoolingImage(self._image(self.best), self.start, self.label, self.goal, images, norms, found, self.box)

    def _way(self, here: Array, origin: Array, margin: float) -> Array:
        """The shortest way from an origin to where, by the tangents here, the target is ahead of its rivals.

        Ahead by a small share of what was missing, and not only level: a longer step in the same direction may lose to
        a rival that the target was ahead of from the beginning.
        """
        _, gaps, slopes = tangent(self.model, self._image(here), self.goal, self.rivals)
        needs = gaps + self.lead + slopes @ (origin - here)  # what is missing at the origin, by the tangent here
        # From a tie almost nothing is missing: then a thousandth of the range, lest rounding lose the step.
        least = 1e-3 * min(1.0, self.box[1] - self.box[0]) * np.linalg.norm(slopes, axis=1).max()
        needs = needs + margin * max(abs(needs).max(), least)
        way = least_norm_in_box(-slopes, needs, self.box[0] - origin, self.box[1] - origin)
        # Whom the tangents leave well behind costs a gradient in each step; it comes back when it overtakes.
        spare = -slopes @ way - needs > _SPARE * abs(needs).max()
        self.rivals = [rival for rival, far in zip(self.rivals, spare, strict=True) if not far]
        return way

    def _margin(self, here: Array, *, keep: bool = False) -> float:
        """How far beyond the lead the target is ahead of all others; a class that keeps it below becomes a rival."""
        import torch

        image = self._image(here)
        scores = image_scores(self.model, image)
        if keep:
            self.kept.append(image)
            self.scores.append(scores)
        others = scores[0].double().clone()
        others[self.goal] = -torch.inf
        top = int(others.argmax())
        margin = float(scores[0, self.goal].double() - others[top]) - self.lead
        if margin <= 0 and top not in self.rivals:
            self.rivals.append(top)
        return margin

    def _keep(self, here: Array) -> float:
        return self._margin(here, keep=True)

    def _shortened(self, end: Array, margin: float) -> Array:
        """The last place on the straight way from the end to the original that still has the target, or almost."""
        way = end - self.origin
        share = last_positive(
            lambda share: self._margin(self.origin + share * way), self.first, margin, self.resolution
        )
        return self.origin + share * way

    def _flat(self, image: torch.Tensor) -> Array:
        return np.asarray(image.double().cpu().numpy().reshape(-1))

    def _image(self, flat: Array) -> torch.Tensor:
        import torch

        return torch.as_tensor(flat.reshape(self.start.shape)).to(self.start).clamp(*self.box)


def last_positive(function: Callable[[float], float], at_zero: float, at_one: float, resolution: float) -> float:
    """A place where a function begins to be positive, within the resolution; positive there itself.

    The root next to one is looked for: by ever longer steps down from one, and then by false position with the Illinois
    rule, halving at every third turn.

    Args:
        function: on [0, 1].
        at_zero: its value at zero.
        at_one: its value at one, positive.
        resolution: width of the last bracket, as a share of the place.

    Returns:
        Zero, if no place was found at which the function is not positive.
    """
    high, at_high, width = 1.0, at_one, max(0.01, resolution)
    while True:
        low = max(0.0, 1 - width)
        at_low = function(low) if low else at_zero
        if at_low <= 0:
            break
        if not low:
            return low
        high, at_high, width = low, at_low, 3 * width
    turn = 0
    while high - low > resolution * high:
        turn += 1
        width = high - low
        # A guess lands beyond the root by half the resolution, so that the bracket closes from above.
        guess = (low * at_high - high * at_low) / (at_high - at_low) + resolution * high / 2
        inside = min(max(guess, low + 1e-3 * width), high - 1e-3 * width)
        place = (low + high) / 2 if turn % 3 == 0 else inside
        value = function(place)
        if value > 0:
            high, at_high, at_low = place, value, at_low / 2
        else:
            low, at_low, at_high = place, value, at_high / 2
    return high
