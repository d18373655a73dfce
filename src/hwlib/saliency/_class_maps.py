"""Maps of a layer's features: which places of it speak for a class.

Chapter: *A saliency map shows a gradient, not a reason*.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hwlib._core.arguments import instance
from hwlib._core.optional import require
from hwlib.saliency._guard import as_targets, checked_images, differentiate, target_scores, unchanged

if TYPE_CHECKING:
    import torch

    from hwlib.saliency._guard import Targets


def grad_cam(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    *,
    layer: torch.nn.Module | str,
    positive: bool = False,
    upsampled: bool = False,
) -> torch.Tensor:
    """A layer's channels, each times the average derivative of the score with respect to it, added (Grad-CAM).

    The paper keeps what is positive; here the raw values come back, unless ``positive`` asks for that.

    Args:
        model: as for :func:`hwlib.saliency.gradient`.
        images: as for :func:`hwlib.saliency.gradient`.
        targets: as for :func:`hwlib.saliency.gradient`; there is one for each image, never one for all.
        layer: a part of the model that gives features (n, channels, rows, columns), or its name in
            ``model.named_modules()``; usually the last convolution with its activation.
        positive: whether to set negative values to zero.
        upsampled: whether to stretch the map to the images' size, bilinearly.

    Returns:
        (n, rows, columns) of the layer, or (n, height, width) of the images.

    Raises:
        ValueError: as for :func:`hwlib.saliency.gradient`, and if the layer is no part of the model, does not run once
            or gives something else.

    Source: Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization* (2017);
    problem ``input-gradients``.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3), torch.nn.Flatten(), torch.nn.Linear(180, 2))
        >>> grad_cam(model, torch.rand(1, 3, 8, 8), 0, layer="0").shape
        torch.Size([1, 6, 6])
    """
    with unchanged(model):
        at = checked_images(images)
        classes = as_targets(targets, len(at))
        with _features_of(model, layer, len(at)) as seen:
            scores = target_scores(model, at, classes)
        features = seen.features()
        slopes = differentiate(scores, features, "layer's features")
        raw = (slopes.mean((2, 3), keepdim=True) * features.detach()).sum(1)
    return _finished(raw, at, positive=positive, upsampled=upsampled)


def class_activation_map(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    *,
    layer: torch.nn.Module | str,
    classifier: torch.nn.Module | str,
    positive: bool = False,
    upsampled: bool = False,
) -> torch.Tensor:
    """A layer's channels, each times the weight that the classifier gives its average, added (CAM).

    It takes a model whose score is the classifier of the averages of the layer's channels. The average of the map, plus
    the bias, is then the score; and :func:`grad_cam` gives the same map, divided by the number of places.

    Args:
        model: as for :func:`hwlib.saliency.gradient`.
        images: as for :func:`hwlib.saliency.gradient`.
        targets: as for :func:`hwlib.saliency.gradient`.
        layer: as for :func:`grad_cam`.
        classifier: the linear layer after the averages, or its name.
        positive: whether to set negative values to zero.
        upsampled: whether to stretch the map to the images' size, bilinearly.

    Returns:
        (n, rows, columns) of the layer, or (n, height, width) of the images.

    Raises:
        ValueError: as for :func:`grad_cam`, and if scores are something else than the classifier of the averages.

    Source: Zhou, Khosla, Lapedriza, Oliva & Torralba, *Learning Deep Features for Discriminative Localization* (2016).

    Example:
        >>> import torch
        >>> parts = torch.nn.Conv2d(3, 5, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(5, 2)
        >>> model, image = torch.nn.Sequential(*parts), torch.rand(1, 3, 8, 8)
        >>> found = class_activation_map(model, image, 1, layer="0", classifier="3")
        >>> bool((found.mean() + model[3].bias[1]).isclose(model(image)[0, 1]))
        True
    """
    torch = require("torch")
    with unchanged(model):
        at = checked_images(images)
        classes = as_targets(targets, len(at))
        linear = instance("classifier", _part(model, "classifier", classifier), torch.nn.Linear, "a torch.nn.Linear")
        with torch.no_grad(), _features_of(model, layer, len(at), differentiable=False) as seen:
            scores = target_scores(model, at, classes)
        features = seen.features()
        if features.shape[1] != linear.in_features or max(classes) >= linear.out_features:
            raise ValueError(
                f"classifier takes {linear.in_features} numbers and gives {linear.out_features}: accepted is one that"
                f" takes the layer's {features.shape[1]} channels and gives a score for each class"
            )
        weights = linear.weight.detach()[classes][:, :, None, None]
        raw = (weights * features).sum(1)
        bias = 0 if linear.bias is None else linear.bias.detach()[classes]
        if not torch.allclose(raw.mean((1, 2)) + bias, scores, rtol=1e-3, atol=1e-3 * float(scores.abs().max())):
            raise ValueError(
                "the model's scores are not its classifier of the layer's averages: accepted are models that average"
                " the layer's channels and apply the classifier to them; grad_cam takes others, too"
            )
    return _finished(raw, at, positive=positive, upsampled=upsampled)


class _Seen:
    """What a layer gave in a run; with derivatives, the graph begins there."""

    def __init__(self, images: int, *, differentiable: bool):
        self._images, self._differentiable, self._outputs = images, differentiable, list[Any]()

    def hook(self, _module: Any, _inputs: Any, output: Any) -> Any:
        self._outputs.append(output)
        if not self._differentiable or getattr(output, "ndim", None) != 4:
            return None
        require("torch").set_grad_enabled(True)
        # The output itself, not a copy: a layer in place gives its input back, which the model may use again.
        return output.requires_grad_().clone()  # which the model may change in place

    def features(self) -> torch.Tensor:
        """The layer's features.

        Raises:
            ValueError: if it did not run exactly once, or gave something else.
        """
        if len(self._outputs) != 1:
            raise ValueError(f"layer ran {len(self._outputs)} times: accepted is a layer that the model runs once")
        (output,) = self._outputs
        if getattr(output, "ndim", None) != 4 or len(output) != self._images:
            told = tuple(output.shape) if hasattr(output, "shape") else type(output).__name__
            raise ValueError(f"layer gives {told}: accepted is a layer that gives (n, channels, rows, columns)")
        features: torch.Tensor = output
        return features


@contextlib.contextmanager
def _features_of(model: Any, layer: Any, images: int, *, differentiable: bool = True) -> Iterator[_Seen]:
    """Watch a layer. What comes before it leaves no graph, since derivatives are taken at its features."""
    torch = require("torch")
    seen = _Seen(images, differentiable=differentiable)
    handle = _part(model, "layer", layer).register_forward_hook(seen.hook)
    try:
        with torch.no_grad():
            yield seen
    finally:
        handle.remove()


def _part(model: Any, name: str, part: Any) -> Any:
    parts = dict(model.named_modules())
    if isinstance(part, str) and part in parts:
        return parts[part]
    if not isinstance(part, str) and any(part is one for one in parts.values()):
        return part
    told = repr(part) if isinstance(part, str) else f"a {type(part).__name__}"
    raise ValueError(f"{name}={told}: accepted is a part of the model, or its name, such as {list(parts)[-1]!r}")


def _finished(raw: torch.Tensor, images: torch.Tensor, *, positive: bool, upsampled: bool) -> torch.Tensor:
    found = raw.detach()
    if positive:
        found = found.clamp(min=0)
    if upsampled:
        found = resized(found, images.shape[2:])
    return found


def resized(maps: torch.Tensor, size: Any) -> torch.Tensor:
    """Maps (n, rows, columns) stretched to another size, bilinearly."""
    stretch = require("torch").nn.functional.interpolate
    stretched: torch.Tensor = stretch(maps[:, None], size=tuple(size), mode="bilinear", align_corners=False)[:, 0]
    return stretched
