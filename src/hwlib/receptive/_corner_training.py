"""Does training find the weights that compare corners? Many starts side by side, and what a stored experiment found.

Chapter: *Seeing is not enough: the corner problem*. Source: problem ``rf-diagonal-corners``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import positive, whole_numbers
from hwlib._core.optional import require
from hwlib._core.results import stored_results
from hwlib._core.statistics import wilson
from hwlib._core.types import Array, Integers
from hwlib.receptive.corners import corner_cases

__all__ = ["CORNER_KINDS", "CornerNetworks", "CornerRuns", "stored_corner_runs", "train_corner_networks"]


@dataclass(frozen=True)
class CornerNetworks:
    """What is trained: four 3 x 3 convolutions with padding 1, ReLU between them.

    Attributes:
        channels: of the inner layers.
        residual: whether what enters the second and the third layer is added to what comes out of it.
    """

    channels: int = 16
    residual: bool = False


# Fixed before any run that is stored.
CORNER_KINDS: Mapping[str, CornerNetworks] = {
    "plain": CornerNetworks(),
    "residual": CornerNetworks(residual=True),
    "wider": CornerNetworks(channels=24),
}


@dataclass(frozen=True, eq=False)
class CornerRuns:
    """How training went from many starts.

    Attributes:
        steps: after which it was looked at, ``(checkpoints,)``.
        solved: whether all pixels of all sixteen cases were right then, ``(starts, checkpoints)``.
        unseen: share of the images with all pixels drawn at random that came out right at the end, ``(starts,)``.
    """

    steps: Integers
    solved: npt.NDArray[np.bool_]
    unseen: Array

    @property
    def share(self) -> Array:
        """Share of the starts that were solved, ``(checkpoints,)``."""
        found: Array = self.solved.mean(axis=0)
        return found

    def interval(self, *, deviations: float = 1.96) -> Array:
        """Wilson's interval for the probability of being solved, ``(checkpoints, 2)``; 1.96 make about 95 %.

        Args:
            deviations: half the width in standard deviations.

        Returns:
            The ends for each checkpoint.

        Example:
            >>> runs = CornerRuns(np.array([10]), np.array([[True], [False]]), np.zeros(2))
            >>> runs.interval().round(2).tolist()
            [[0.09, 0.91]]
        """
        counts = self.solved.sum(axis=0).tolist()
        return np.array([wilson(count, len(self.solved), deviations=deviations) for count in counts])


def train_corner_networks(
    kind: str, *, seeds: Sequence[int], checkpoints: Sequence[int], learning_rate: float = 0.01
) -> CornerRuns:
    """Train networks on the sixteen cases, each from its own start, side by side as groups of one convolution.

    Adam descends the logistic loss of all pixels. Weights and biases begin as PyTorch draws those of a convolution,
    from a NumPy generator for each seed, so a start does not depend on which others are trained beside it.

    Args:
        kind: a key of ``CORNER_KINDS``.
        seeds: of the starts.
        checkpoints: increasing numbers of steps after which to look.
        learning_rate: of Adam.

    Returns:
        What was found.

    Raises:
        ValueError: if there is no such kind, or the numbers are not whole, not increasing or none.

    Example:
        >>> train_corner_networks("plain", seeds=[0, 1], checkpoints=[0, 5]).solved.tolist()
        [[False, False], [False, False]]
    """
    if kind not in CORNER_KINDS:
        raise ValueError(f"kind={kind!r}: accepted are {', '.join(map(repr, CORNER_KINDS))}")
    torch, rate = require("torch"), positive("learning_rate", learning_rate)
    starts = whole_numbers("seeds", seeds, least=0)
    looks = whole_numbers("checkpoints", checkpoints, least=0)
    if any(after <= before for before, after in itertools.pairwise(looks)):
        raise ValueError(f"checkpoints={list(checkpoints)}: accepted are increasing whole numbers")
    chosen = CORNER_KINDS[kind]
    parameters = [torch.tensor(part, requires_grad=True) for part in _drawn(chosen, starts)]
    optimizer = torch.optim.Adam(parameters, lr=rate)
    images, wanted = (torch.tensor(part, dtype=torch.float32)[:, None] for part in corner_cases())
    white, goal, solved = wanted == 1, wanted.expand(-1, len(starts), -1, -1), []
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits
    for step in range(looks[-1] + 1):
        out = _outputs(parameters, images, chosen)
        if step in looks:
            solved.append(((out >= 0) == white).all(-1).all(-1).all(0).numpy())
        if step < looks[-1]:
            optimizer.zero_grad()
            (len(starts) * loss_of(out, goal)).backward()
            optimizer.step()
    drawn, right = _random_images(500)
    with torch.no_grad():
        out = _outputs(parameters, torch.tensor(drawn, dtype=torch.float32)[:, None], chosen)
    unseen = ((out >= 0).numpy() == right[:, None]).all((2, 3)).mean(0)
    return CornerRuns(np.array(looks), np.stack(solved, axis=1), unseen)


def _drawn(chosen: CornerNetworks, seeds: Sequence[int]) -> list[Any]:
    """Weights and biases of all starts, layer by layer: uniform up to one over the root of what a unit reads."""
    generators = [np.random.default_rng(seed) for seed in seeds]
    channels, made = chosen.channels, []
    for inputs, outputs in itertools.pairwise([1, channels, channels, channels, 1]):
        bound = 1 / np.sqrt(9 * inputs)
        for shape in ((outputs, inputs, 3, 3), (outputs,)):
            drawn = [rng.uniform(-bound, bound, shape) for rng in generators]
            made.append(np.concatenate(drawn).astype(np.float32))
    return made


def _outputs(parameters: Sequence[Any], images: Any, chosen: CornerNetworks) -> Any:
    """``(n, 1, 5, 5)`` to ``(n, starts, 5, 5)``."""
    torch = require("torch")
    groups = len(parameters[-1])
    out = images.expand(-1, groups, -1, -1)
    for layer, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        new = torch.nn.functional.conv2d(out, weight, bias, padding=1, groups=groups)
        new = new.relu() if layer < 3 else new
        out = new + out if chosen.residual and layer in (1, 2) else new
    return out


def _random_images(count: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Images with every pixel drawn, and which pixels shall be white."""
    drawn = np.random.default_rng(0).integers(0, 2, (count, 5, 5))
    white = np.zeros(drawn.shape, dtype=bool)
    white[:, ::4, ::4] = (drawn == drawn[:, ::-1, ::-1])[:, ::4, ::4]
    return drawn, white


def stored_corner_runs() -> dict[str, CornerRuns]:
    """What ``experiments/corners.py`` found: one hundred starts of each kind.

    Returns:
        Each kind of ``CORNER_KINDS`` with its runs.

    Raises:
        FileNotFoundError: if the experiment was never run.
        ValueError: if the results are not those of the checksum.

    Example:
        >>> {kind: runs.solved.shape[0] for kind, runs in stored_corner_runs().items()}
        {'plain': 100, 'residual': 100, 'wider': 100}
    """
    stored = stored_results("hwlib.receptive", "corners", script="corners")
    return {
        kind: CornerRuns(
            np.array(found["steps"]), np.array(found["solved"], dtype=bool).T, np.array(found["unseen"], dtype=float)
        )
        for kind, found in stored["results"].items()
    }
