"""pieces_of against regioncam, which finds the pieces of a network of one number in float32.

Both run on one thread, in a process of their own: on a machine with other work the threads of a product of small
matrices wait for each other longer than they compute.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench._timing import in_one_thread, medians
from hwlib.network import Network
from hwlib.pieces import pieces_of

Array = np.ndarray[Any, Any]
CASES = [(16,) * 4, (64,) * 3, (256, 256), (300,) * 3, (1000,), (4000,), (1000, 1000)]
HALF_WIDTH = 10


def random_layers(hidden: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """Weights as they are before training, and biases that spread the kinks over the interval."""
    rng = np.random.default_rng(0)
    sizes = itertools.pairwise([1, *hidden, 1])
    return [(rng.standard_normal((b, a)) * np.sqrt(2 / a), rng.standard_normal(b)) for a, b in sizes]


def by_regioncam(layers: list[tuple[Array, Array]]) -> Callable[[], Any]:
    """The same network, given to regioncam; its edges are the pieces between switches."""
    from regioncam import Regioncam1D

    singles = [(np.ascontiguousarray(w.T, np.float32), b.astype(np.float32)) for w, b in layers]

    def run() -> Any:
        regions = Regioncam1D(size=2 * HALF_WIDTH)
        for number, (weight, bias) in enumerate(singles):
            regions.linear(weight, bias)
            if number < len(singles) - 1:
                regions.relu()
        return regions.num_edges, np.asarray(regions.outputs)

    return run


def run() -> None:
    """Measure in a process with one thread for matrix products."""
    in_one_thread("bench.pieces")


def main() -> None:
    """Print times, ratios, and how far each is from the network's own values in float64."""
    peer = importlib.util.find_spec("regioncam") is not None
    if not peer:
        print("regioncam is not installed, so it is not measured: pip install regioncam")
    print(f"{'hidden layers':18} {'pieces':>7} {'hwlib ms':>9} {'regioncam':>10} {'pieces':>7} {'their error':>12}")
    for hidden in CASES:
        layers = random_layers(hidden)
        network = Network.from_arrays(layers)
        f = pieces_of(network, -HALF_WIDTH, HALF_WIDTH)
        middles = (np.array([f.lower, *f.knots]) + np.array([*f.knots, f.upper])) / 2
        scale = abs(network(middles)).max()
        assert abs(f(middles) - network(middles)).max() <= 1e-12 * scale, "hwlib's pieces are not the network"
        contenders: dict[str, Callable[[], Any]] = {"hwlib": partial(pieces_of, network, -HALF_WIDTH, HALF_WIDTH)}
        if peer:
            contenders["regioncam"] = by_regioncam(layers)
        times = medians(contenders, rounds=15 if max(hidden) > 500 else 51)
        row = f"{'-'.join(map(str, hidden)):18} {len(f):7,} {times['hwlib'] * 1e3:9.2f}"
        if peer:
            count, outputs = contenders["regioncam"]()
            vertices = np.array([f.lower, *f.knots, f.upper])
            same = len(outputs) == len(vertices)
            error = f"{abs(outputs[:, 0] - f(vertices)).max() / scale:.0e}" if same else "other pieces"
            row += f" {times['regioncam'] / times['hwlib']:9.2f}x {count:7,} {error:>12}"
        print(row)
    print("regioncam: its time over hwlib's. Its error: of its outputs at the ends of pieces, relative to the largest.")
    print("hwlib computes in float64, and agrees with the network to 1e-12. Goal: at least 1x for wide networks.")


if __name__ == "__main__":
    main()
