"""One function against boofun's linear program; all functions of four variables; counts. Prints ratios."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog

from bench._timing import medians
from hwlib.logic import (
    BooleanFunction,
    boolean_function,
    classify_functions,
    corners,
    count_threshold_functions,
    separate,
)

_FUNCTIONS = 20


def by_linear_program(function: BooleanFunction) -> bool:
    """What a user would do today: feasibility by HiGHS, yes or no, without a proof."""
    points = np.hstack([corners(function.arity), np.ones((2**function.arity, 1))])
    signs = np.where(np.array(function.values) == 1, -1.0, 1.0)
    limits = np.where(signs < 0, 0.0, -1.0)
    return linprog(np.zeros(points.shape[1]), signs[:, None] * points, limits, bounds=(None, None)).status == 0


def _by_boofun(functions: list[BooleanFunction]) -> Callable[[], Any]:
    import boofun
    from boofun.analysis.ltf_analysis import is_ltf

    made = [boofun.create(list(function.values)) for function in functions]
    return lambda: [is_ltf(function) for function in made]


def _samples(arity: int) -> dict[str, list[BooleanFunction]]:
    rng = np.random.default_rng(arity)
    points = corners(arity, coding=(-1, 1))
    neurons = [(points @ rng.normal(size=arity) + rng.normal() >= 0).astype(int) for _ in range(_FUNCTIONS)]
    anything = [rng.integers(0, 2, 2**arity) for _ in range(_FUNCTIONS)]
    return {
        name: [boolean_function(values.tolist()) for values in tables]
        for name, tables in [("of a neuron", neurons), ("random", anything)]
    }


def run() -> None:
    """Print the tables."""
    with_boofun = importlib.util.find_spec("boofun") is not None
    if not with_boofun:
        print("boofun is not installed, so it is left out: pip install boofun")
    print(f"{'one function, with proof':28}{'hwlib':>10}{'LP':>10}{'boofun':>10}   (ms, and times hwlib's)")
    for arity in (2, 4, 6, 8):
        for name, functions in _samples(arity).items():
            contenders: dict[str, Callable[[], Any]] = {
                "hwlib": lambda chosen=functions: [separate(f) for f in chosen],  # type: ignore[misc]
                "LP": lambda chosen=functions: [by_linear_program(f) for f in chosen],  # type: ignore[misc]
            }
            if with_boofun:
                contenders["boofun"] = _by_boofun(functions)
            times = medians(contenders, rounds=3)
            ours = times.pop("hwlib")
            ratios = "".join(f"{time / ours:>9.1f}x" for time in times.values())
            print(f"{f'{arity} variables, {name}':28}{ours / _FUNCTIONS * 1e3:>10.3f}{ratios}")
    for text, job in {
        "all functions of 4 variables": lambda: classify_functions(4),
        "count for 6 variables": lambda: count_threshold_functions(6),
        "count for 7 variables": lambda: count_threshold_functions(7),
    }.items():
        print(f"{text:28}{medians({'hwlib': job}, rounds=3)['hwlib'] * 1e3:>10.1f} ms")
