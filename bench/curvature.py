"""Hessian-vector products of an MLP 32-512-512-10, in gradients, against curvlinops in the same run."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any, get_args

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from bench._timing import medians
from hwlib.optim import HessianMethod, hessian_operator, r_operator

ROUNDS = 41


def model() -> nn.Sequential:
    """The model of the problem ``opt-hessian-size``."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(32, 512), nn.Tanh(), nn.Linear(512, 512), nn.Tanh(), nn.Linear(512, 10))


def _curvlinops(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from curvlinops import HessianLinearOperator

        return HessianLinearOperator(
            network, nn.CrossEntropyLoss(), list(network.parameters()), [(x, y)], check_deterministic=False
        )


def run() -> None:
    """Print the table."""
    with_peer = importlib.util.find_spec("curvlinops") is not None
    if not with_peer:
        print("curvlinops is not installed, so it is left out: pip install curvlinops-for-pytorch")
    print(f"{torch.get_num_threads()} threads; a product in gradients, median of {ROUNDS} rounds")
    print(f"{'batch':>5} {'gradient':>11}  products")
    for batch in (32, 256):
        network = model()
        x, y = torch.randn(batch, 32), torch.randint(0, 10, (batch,))
        parameters = list(network.parameters())

        def loss(network: nn.Module = network, x: torch.Tensor = x, y: torch.Tensor = y) -> torch.Tensor:
            return F.cross_entropy(network(x), y)

        operators = {method: hessian_operator(loss, parameters, method=method) for method in get_args(HessianMethod)}
        operators["R-operator"] = r_operator(network, x, y)
        if with_peer:
            operators["curvlinops"] = _curvlinops(network, x, y)
        v = torch.randn(operators["R-operator"].shape[0])
        exact = operators["R-operator"] @ v
        for name, operator in operators.items():
            error = float((operator @ v - exact).norm() / exact.norm())
            assert error < (0.05 if "difference" in name else 1e-4), f"{name} is off by {error:.1e}"

        def bind(operator: Any, v: torch.Tensor = v) -> Callable[[], Any]:
            return lambda: operator @ v

        contenders: dict[str, Callable[[], Any]] = {
            "gradient": lambda loss=loss, parameters=parameters: torch.autograd.grad(loss(), parameters)  # type: ignore[misc]
        }
        contenders |= {name: bind(operator) for name, operator in operators.items()}
        times = medians(contenders, rounds=ROUNDS)
        gradient = times.pop("gradient")
        cells = "; ".join(f"{name} {time / gradient:.2f}" for name, time in times.items())
        print(f"{batch:5} {gradient * 1e3:8.2f} ms  {cells}")
        if with_peer:
            print(
                f"{'':20} curvlinops takes {times['curvlinops'] / times['double backward']:.1f} times double backward"
            )
    print("Goals: double backward at most 2.1 gradients; curvlinops at least 2 times that at 256, 4 times at 32.")
