"""Small models whose maps are known, and what a model is, to see that nothing of it changes."""

from __future__ import annotations

import torch
from torch import nn


def linear(shape=(2, 3, 4), classes=5, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(int(torch.tensor(shape).prod()), classes)).double().eval()


def convolutional(activation=nn.ReLU, classes=4, seed=0):
    """Two convolutions with BatchNorm, averaged, and a linear layer."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        activation(),
        nn.Conv2d(6, 8, 3, stride=2),
        activation(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, classes),
    )
    with torch.no_grad():
        model[1].running_mean.normal_()
        model[1].running_var.uniform_(0.5, 2)
        model[1].weight.normal_()
        model[1].bias.normal_()
    return model.double().eval()


def images(number=3, channels=2, height=7, width=9, seed=1):
    return torch.rand(number, channels, height, width, dtype=torch.float64, generator=generator(seed))


def generator(seed):
    return torch.Generator().manual_seed(seed)


HOOKS = [name for name in vars(nn.Module()) if "hooks" in name]


def state(model):
    """Everything of a model that a function could leave changed, and torch's random state."""
    return {
        "modes": [module.training for module in model.modules()],
        "buffers": [(id(buffer), buffer.clone()) for buffer in model.buffers()],
        "weights": [
            (id(weight), weight.detach().clone(), weight.requires_grad, weight.grad) for weight in model.parameters()
        ],
        "hooks": [{name: dict(getattr(module, name)) for name in HOOKS} for module in model.modules()],
        "attributes": [sorted(vars(module)) for module in model.modules()],
        "random": torch.get_rng_state(),
        "grad": torch.is_grad_enabled(),
    }


def same(before, after):
    """Whether two states are the same, tensors by their entries."""
    if isinstance(before, torch.Tensor):
        return isinstance(after, torch.Tensor) and torch.equal(before, after)
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(same, before, after))
    return before == after
