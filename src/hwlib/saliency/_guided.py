"""Guided backpropagation by hooks on the graph that a run leaves behind, not on modules.

However ReLU is written, as a module, a function, a method, in place or not, or as a clamp at zero, PyTorch records the
same few kinds of nodes. Hooks there see all of them, change nothing in the model, and go away with the graph.

Chapter: *A saliency map shows a gradient, not a reason*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from hwlib._core.optional import require
from hwlib.saliency._guard import as_images, as_targets, differentiate, target_scores, unchanged

if TYPE_CHECKING:
    import torch

    from hwlib.saliency._guard import Targets

# Kind of node, and whether one of this kind is a ReLU: zero below zero, the number itself above, up to a limit or not.
_KINDS: dict[str, Callable[[Any], bool]] = {
    "ReluBackward": lambda node: True,
    "HardtanhBackward": lambda node: _is_zero(node._saved_min_val),
    "ThresholdBackward": lambda node: _is_zero(node._saved_threshold),
    "LeakyReluBackward": lambda node: _is_zero(node._saved_negative_slope),
    "RreluWithNoiseBackward": lambda node: _is_zero(node._saved_lower) and _is_zero(node._saved_upper),
    "ClampBackward": lambda node: _is_zero(node._saved_min),
    "ClampMinBackward": lambda node: _is_zero(node._saved_min),
    "MaximumBackward": lambda node: _has_zero(node),
    "FmaxBackward": lambda node: _has_zero(node),
}
# Kinds that ReLU can be put together from, and whether one of this kind may be a part of it: it sets to zero, or keeps,
# what a condition says.
_PARTS: dict[str, Callable[[Any], bool]] = {
    "WhereBackward": lambda node: True,
    "MaskedFillBackward": lambda node: True,
    "IndexPutBackward": lambda node: True,
    "MulBackward": lambda node: _has_mask(node),
    "ClampBackward": lambda node: node._saved_min is None and _is_zero(node._saved_max),
    "ClampMaxBackward": lambda node: _is_zero(node._saved_max),
    "MinimumBackward": lambda node: _has_zero(node),
    "FminBackward": lambda node: _has_zero(node),
    "PreluKernelBackward": lambda node: _is_zero(node._saved_weight),
    "AbsBackward": lambda node: True,
    "CudnnRnnBackward": lambda node: True,
    "MiopenRnnBackward": lambda node: True,
}


def guided_backpropagation(model: Any, images: torch.Tensor, targets: Targets) -> torch.Tensor:
    """The gradient, with what is negative set to zero wherever it comes back to a ReLU.

    In general this is not the gradient of any function. ReLU6 and other clamps from zero on count as ReLU; other
    activations let pass what their derivative lets pass. A ReLU that the images do not come through, as one of weights,
    is left as it is.

    Args:
        model: as for :func:`hwlib.saliency.gradient`.
        images: as for :func:`hwlib.saliency.gradient`.
        targets: as for :func:`hwlib.saliency.gradient`.

    Returns:
        (n, channels, height, width), with both signs.

    Raises:
        ValueError: as for :func:`hwlib.saliency.gradient`, and if there was no ReLU on the way back, so that the result
            would be the plain gradient, or a step that may hide one or be a part of one, such as ``x * (x > 0)``,
            ``torch.where``, ``abs`` or ``-(-x).clamp(max=0)``. What is overlooked is a ReLU that is written as the
            largest of several numbers, as pooling is: ``torch.stack([x, torch.zeros_like(x)]).amax(0)``.

    Source: Springenberg, Dosovitskiy, Brox & Riedmiller, *Striving for Simplicity: The All Convolutional Net* (2015);
    problem ``input-gradients``.

    Example:
        >>> import torch
        >>> from hwlib.saliency import gradient
        >>> class Model(torch.nn.Module):
        ...     def forward(self, images):
        ...         x = images.flatten(1)
        ...         return x.relu() + 3 * (1 - x.relu()).relu()  # 3 - 2x between 0 and 1
        >>> image = torch.tensor([[[[0.5]]]])
        >>> gradient(Model(), image, 0).item(), guided_backpropagation(Model(), image, 0).item()
        (-2.0, 1.0)
    """
    with unchanged(model):
        at = as_images(images)
        scores = target_scores(model, at, as_targets(targets, len(at)))
        nodes = _nodes_between(scores.grad_fn, at)
        if hidden := next(filter(_hides_nodes, nodes), None):
            raise ValueError(
                f"model has a step whose inside cannot be seen, {hidden.name()}: accepted are models without scripted"
                " or compiled parts, autograd functions of their own, and changes of parts of tensors in place"
            )
        if part := next(filter(_is_part, nodes), None):
            raise ValueError(
                f"model has a step that may be a part of a ReLU, {part.name()}: accepted are models that write ReLU as"
                " relu, clamp(min=0), maximum or hardtanh, and have no masks"
            )
        found = [node for node in nodes if _is_relu(node)]
        hooks = [node.register_prehook(_keep_positive) for node in found]
        try:
            guided = differentiate(scores, at)
        finally:
            for hook in hooks:  # the model may keep a part of the graph
                hook.remove()
    if not found:
        raise ValueError("model has no ReLU between its images and its scores: accepted are models with one")
    return guided


def _nodes(end: Any) -> Iterator[Any]:
    """All nodes of a graph, each once."""
    seen, waiting = {end}, [end]
    while waiting:
        if (node := waiting.pop()) is not None:
            yield node
            before = {other for other, _ in node.next_functions} - seen
            seen |= before
            waiting += before


def _nodes_between(end: Any, start: torch.Tensor) -> list[Any]:
    """The nodes of a graph by which a leaf comes to its end."""
    after: dict[Any, list[Any]] = {}
    waiting: list[Any] = []
    for node in _nodes(end):
        if getattr(node, "variable", None) is start:
            waiting.append(node)
        for other, _ in node.next_functions:
            after.setdefault(other, []).append(node)
    found = dict.fromkeys(waiting)  # in order, and each once
    while waiting:
        later = [node for node in after.get(waiting.pop(), ()) if node not in found]
        found.update(dict.fromkeys(later))
        waiting += later
    return list(found)


def _is_relu(node: Any) -> bool:
    return _is_one_of(_KINDS, node)


def _is_part(node: Any) -> bool:
    return _is_one_of(_PARTS, node)


def _is_one_of(kinds: dict[str, Callable[[Any], bool]], node: Any) -> bool:
    test = kinds.get(node.name().rstrip("0123456789"))
    return test is not None and test(node)


def _hides_nodes(node: Any) -> bool:
    """Whether a node stands for several steps, or for one that only its author knows."""
    known = require("torch").autograd.function.BackwardCFunction  # of Python's own: compiled parts, too
    return isinstance(node, known) or any(word in node.name() for word in ("DifferentiableGraph", "CopySlices"))


def _is_zero(limit: Any) -> bool:
    return limit is not None and not bool((limit != 0).any() if hasattr(limit, "any") else limit)


def _has_zero(node: Any) -> bool:
    """Whether one of the two is zero everywhere, and not computed from anything."""
    values = (node._saved_self, node._saved_other)
    return any(above is None and _is_zero(value) for (above, _), value in zip(node.next_functions, values, strict=True))


def _has_mask(node: Any) -> bool:
    """Whether one factor is a condition, or zeros and ones, and not computed by steps that have derivatives."""
    if len(node.next_functions) < 2:  # one factor is a Python number
        return False
    values = (node._saved_self, node._saved_other)
    fixed = [value for (above, _), value in zip(node.next_functions, values, strict=True) if above is None]
    return any(value is not None and _is_mask(value) for value in fixed)


def _is_mask(value: torch.Tensor) -> bool:
    zeros, ones = value == 0, value == 1
    return value.dtype == require("torch").bool or bool((zeros | ones).all() and zeros.any() and ones.any())


def _keep_positive(gradients: tuple[torch.Tensor | None, ...]) -> tuple[torch.Tensor | None, ...]:
    return tuple(None if gradient is None else gradient.clamp(min=0) for gradient in gradients)
