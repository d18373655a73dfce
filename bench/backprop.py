"""Backpropagation beside others, in the same run: the tape beside micrograd, layers beside PyTorch and micrograd."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench._backprop_layers import layers
from bench._timing import in_one_thread, medians
from hwlib.backprop import Value, count_multiplications, directional_derivative

ROUNDS = 7
SAMPLES, WIDTHS = 10, (2, 16, 16, 1)


def expression(a: Any, b: Any) -> Any:
    """The example of micrograd's first page."""
    c, d = a + b, a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    f = (c - d) ** 2
    return f / 2.0 + 10.0 / f


def weights(rng: np.random.Generator) -> list[float]:
    """Of the network of micrograd's demo, row by row, each with its bias."""
    count = sum((inputs + 1) * outputs for inputs, outputs in itertools.pairwise(WIDTHS))
    return [float(one) for one in rng.uniform(-1, 1, count)]


def demo(numbers: Sequence[Any], samples: Sequence[tuple[Sequence[float], int]]) -> Any:
    """The loss of micrograd's demo: a hinge for each sample, and weight decay."""
    total = 0.0
    for x, label in samples:
        layer: list[Any] = list(x)
        start = 0
        for depth, (inputs, outputs) in enumerate(itertools.pairwise(WIDTHS)):
            rows = [numbers[start + k * (inputs + 1) : start + (k + 1) * (inputs + 1)] for k in range(outputs)]
            sums = [sum((w * one for w, one in zip(row, layer, strict=False)), row[-1]) for row in rows]
            layer = [one.relu() for one in sums] if depth < len(WIDTHS) - 2 else sums
            start += outputs * (inputs + 1)
        total = (1 + -label * layer[0]).relu() + total
    return total * (1.0 / len(samples)) + 1e-4 * sum((w * w for w in numbers), 0.0)


def tape() -> None:
    """Print the part on tapes: times, counts and the longest chain."""
    rng = np.random.default_rng(0)
    start = weights(rng)
    points = rng.normal(size=(SAMPLES, 2))
    samples = [(point, 1 if point[0] * point[1] > 0 else -1) for point in points.tolist()]
    found = {"the tape": Value}
    if importlib.util.find_spec("micrograd") is None:
        print("micrograd is not installed, so it is left out: pip install micrograd")
    else:
        found["micrograd"] = importlib.import_module("micrograd.engine").Value
    gradients: dict[str, list[float]] = {}

    def gradient_of(kind: Any) -> list[float]:
        values = [kind(one) for one in start]
        demo(values, samples).backward()
        return [float(getattr(one, "gradient", getattr(one, "grad", 0.0))) for one in values]

    def pages_of(kind: Any) -> None:
        for _ in range(100):
            expression(kind(-4.0), kind(2.0)).backward()

    for name, kind in found.items():
        gradients[name] = gradient_of(kind)
    assert all(np.allclose(one, gradients["the tape"], rtol=1e-9) for one in gradients.values())
    contenders: dict[str, Callable[[], Any]] = {}
    for name, kind in found.items():
        contenders[f"{name}, first page"] = lambda kind=kind: pages_of(kind)  # type: ignore[misc]
        contenders[f"{name}, demo"] = lambda kind=kind: gradient_of(kind)  # type: ignore[misc]
    one_way = [1.0] + [0.0] * (len(start) - 1)
    contenders["evaluation"] = lambda: demo([_Number(one) for one in start], samples)
    contenders["forward sweep"] = lambda: directional_derivative(lambda w: demo(w, samples), start, one_way)
    times = medians(contenders, rounds=ROUNDS)
    for what, unit in (
        ("first page", "100 gradients"),
        ("demo", f"a gradient, {SAMPLES} samples, {len(start)} weights"),
    ):
        cells = "; ".join(f"{name} {times[f'{name}, {what}'] * 1e3:.1f} ms" for name in found)
        print(f"{what}: {unit}: {cells}")
    evaluation, reverse, sweep = (times[name] * 1e3 for name in ("evaluation", "the tape, demo", "forward sweep"))
    print(
        f"demo: evaluation {evaluation:.1f} ms, all derivatives by reverse mode {reverse:.1f} ms, "
        f"one of {len(start)} forward sweeps {sweep:.1f} ms: "
        f"forward mode takes {len(start) * sweep / reverse:.0f} times reverse mode"
    )
    few = count_multiplications(lambda w: demo(w, samples[:1]), start)
    print(
        f"demo, one sample, counted multiplications: evaluation {few.evaluation}, reverse {few.reverse} "
        f"({few.reverse / few.evaluation:.2f} evaluations), forward {few.forward} "
        f"({few.forward / few.evaluation:.0f} evaluations)"
    )
    for name, kind in found.items():
        print(f"longest chain: {name} {_longest(kind)}")


class _Number(float):
    """A plain number with a ReLU."""

    def relu(self) -> _Number:
        return _Number(max(self, 0.0))

    def __add__(self, other: float) -> _Number:
        return _Number(float(self) + other)

    def __mul__(self, other: float) -> _Number:
        return _Number(float(self) * other)

    __radd__, __rmul__ = __add__, __mul__


def _longest(kind: Any) -> str:
    """The longest chain of sums, of a few, that can be swept."""
    longest = 0
    for length in (500, 900, 5_000, 100_000):
        value = start = kind(1.0)
        for _ in range(length):
            value = value + start
        try:
            value.backward()
        except RecursionError:
            return f"{longest} operations; RecursionError at {length} (limit of the stack: {sys.getrecursionlimit()})"
        longest = length
    return f"{longest} operations, the most that was tried"


def run() -> None:
    """Measure in a process with one thread for matrix products."""
    in_one_thread("bench.backprop")


if __name__ == "__main__":
    tape()
    layers()
