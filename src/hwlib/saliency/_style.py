"""One photograph in the style of another: which features occur together, wherever they are (Gatys et al. 2016)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.arguments import positive, whole
from hwlib._core.types import Integers
from hwlib.saliency._guard import unchanged

if TYPE_CHECKING:
    import torch

__all__ = ["StyledImage", "features", "gram", "style_transfer"]

# Of efficientnet_lite0: from edges to small patterns; where things are is kept by the one content layer.
_STYLE = ("stem", "blocks.0", "blocks.2", "blocks.4", "blocks.7")
_CONTENT = "blocks.4"


@dataclass(frozen=True, repr=False, eq=False)
class StyledImage:
    """A photograph that took on the style of another.

    Attributes:
        image: ``(1, 3, h, w)``, the last stage.
        stages: ``(k, 3, h, w)``, the content photograph and later stages.
        at: ``(k,)``: after how many steps each was taken.
        content_loss: ``(steps + 1,)``, before each step and at the end.
        style_loss: ``(steps + 1,)``.
    """

    image: torch.Tensor
    stages: torch.Tensor
    at: Integers
    content_loss: torch.Tensor
    style_loss: torch.Tensor

    def __repr__(self) -> str:
        first, last = float(self.style_loss[0]), float(self.style_loss[-1])
        return f"StyledImage({len(self.style_loss) - 1} steps, style loss {first:.3g} to {last:.3g})"


def style_transfer(
    model: torch.nn.Module,
    content: torch.Tensor,
    style: torch.Tensor,
    *,
    layers: Sequence[str] = _STYLE,
    content_layer: str = _CONTENT,
    content_weight: float = 0.1,
    smoothness: float = 1.0,
    steps: int = 120,
    learning_rate: float = 0.03,
    stages: int = 5,
) -> StyledImage:
    """The content photograph, changed until its features occur together as in the style photograph.

    What is made small by Adam's method is the sum of the style loss, the content loss and the smoothness loss. The
    style loss of a layer is the squared difference of the two Gram matrices over the squared size of the style's,
    averaged over layers; the content loss is that of the features themselves; the smoothness loss is the mean squared
    difference of neighbouring pixels beyond that of the content photograph's own.

    Args:
        model: from images to scores; it is not changed.
        content: ``(1, 3, h, w)``, pixels in [0, 1]; the image begins as this photograph.
        style: ``(1, 3, h, w)``, of any size.
        layers: names of modules whose features make up the style.
        content_layer: name of the module whose features are kept.
        content_weight: of the content loss.
        smoothness: weight of the smoothness loss.
        steps: of Adam's method.
        learning_rate: how far a pixel moves in one of the first steps.
        stages: how many to keep, the content photograph and the end among them.

    Returns:
        The image, its stages and losses.

    Raises:
        ValueError: if there is no such layer, its features are all zero where they are to be reached or kept, or an
            argument is not as above.

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``; Gatys, Ecker, Bethge (2016).

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
        >>> content, style = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 12, 12) ** 3
        >>> found = style_transfer(model, content, style, layers=["1"], content_layer="0", content_weight=0)
        >>> bool(found.style_loss[-1] < 0.1 * found.style_loss[0])
        True
    """
    import torch

    for name, value in (("content_weight", content_weight), ("smoothness", smoothness)):
        positive(name, value, zero=True)
    positive("learning_rate", learning_rate)
    total = whole("steps", steps, least=1)
    kept_at = np.unique(np.linspace(0, total, whole("stages", stages, least=2)).round().astype(np.int64))
    names = list(layers)
    if not names:
        raise ValueError(f"layers={layers!r}: accepted are one or more names of modules")
    for name, image in (("content", content), ("style", style)):
        if image.ndim != 4 or len(image) != 1:
            raise ValueError(f"{name} has shape {tuple(image.shape)}: accepted is (1, 3, h, w)")
    with torch.no_grad():
        grams = {name: gram(found) for name, found in features(model, style, names).items()}
        kept = features(model, content, [content_layer])[content_layer]
        for picture, name, wanted in (("content", content_layer, kept), *(("style", *one) for one in grams.items())):
            if not bool(wanted.any()):
                raise ValueError(f"layer {name!r}: the features of the {picture} are all zero; accepted are other ones")
        rough = _roughness(content)
    image = content.detach().clone().requires_grad_(True)
    climb = torch.optim.Adam([image], lr=learning_rate)
    losses, shown = [], []
    for step in range(total + 1):
        if step in kept_at:
            shown.append(image.detach().clone())
        with torch.enable_grad():
            found = features(model, image, [*names, content_layer])
            parts = [_share(gram(found[name]), grams[name]) for name in names]
            style_loss, content_loss = torch.stack(parts).mean(), _share(found[content_layer], kept)
            loss = style_loss + content_weight * content_loss + smoothness * (_roughness(image) - rough).relu()
        losses.append((float(content_loss.detach()), float(style_loss.detach())))
        if step < total:
            (image.grad,) = torch.autograd.grad(loss, image)
            climb.step()
            with torch.no_grad():
                image.clamp_(0, 1)
    content_losses, style_losses = torch.tensor(losses).T
    return StyledImage(shown[-1], torch.cat(shown), kept_at, content_losses, style_losses)


def gram(features: torch.Tensor) -> torch.Tensor:
    """How much any two features occur together, averaged over all places.

    Args:
        features: ``(n, c, h, w)``.

    Returns:
        ``(n, c, c)``: the mean over all places of the product of features i and j. Where they occur is lost: the same
        features in another order of places have the same matrix.

    Example:
        >>> import torch
        >>> gram(torch.tensor([[[[1.0, 2.0]], [[0.0, 3.0]]]]))
        tensor([[[2.5000, 3.0000],
                 [3.0000, 4.5000]]])
    """
    flat = features.flatten(2)
    product: torch.Tensor = flat @ flat.transpose(1, 2) / flat.shape[2]
    return product


def features(model: torch.nn.Module, images: torch.Tensor, layers: Sequence[str]) -> dict[str, torch.Tensor]:
    """What modules inside a model give.

    Args:
        model: it is not changed.
        images: ``(n, 3, h, w)``.
        layers: names, as in ``model.named_modules()``.

    Returns:
        What each gives when the model runs, with its graph if there is one.

    Raises:
        ValueError: if there is no such module, or it is not used.

    Example:
        >>> import torch
        >>> features(torch.nn.Sequential(torch.nn.ReLU()), torch.tensor([[-1.0, 2.0]]), ["0"])
        {'0': tensor([[0., 2.]])}
    """
    modules: Mapping[str, Any] = dict(model.named_modules())
    missing = [name for name in layers if name not in modules]
    if missing:
        raise ValueError(f"layers={missing}: accepted are names of model.named_modules(), such as {list(modules)[1:4]}")
    found: dict[str, torch.Tensor] = {}
    import torch

    wanted = torch.is_grad_enabled()
    with contextlib.ExitStack() as hooks, unchanged(model), torch.set_grad_enabled(wanted):
        for name in layers:
            hooks.callback(modules[name].register_forward_hook(_keeper(found, name)).remove)
        model(images)
    unused = [name for name in layers if name not in found]
    if unused:
        raise ValueError(f"layers={unused}: accepted are modules that the model uses")
    return found


def _keeper(found: dict[str, torch.Tensor], name: str) -> Any:
    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
        found[name] = output

    return keep


def _share(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The squared difference over the squared size of what is wanted."""
    return (found - wanted).square().sum() / wanted.square().sum()


def _roughness(image: torch.Tensor) -> torch.Tensor:
    """Sum of the mean squared differences of neighbours in rows and in columns, as a share of a tenth of full range."""
    steps = [image.diff(dim=axis).square() for axis in (2, 3)]
    return 100 * (steps[0].sum() / max(1, steps[0].numel()) + steps[1].sum() / max(1, steps[1].numel()))
