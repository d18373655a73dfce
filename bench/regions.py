"""All regions against regioncam in the plane, and against linear programs in more dimensions. Prints ratios.

Both are asked for the same, each in its own form: shared corners, the numbers of the corners of every region, which
neurons are on, and the affine map. hwlib runs as machine code; the first column shows what it is
without that, in NumPy alone.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from bench._timing import medians
from hwlib.network import Network, folding_network
from hwlib.regions import count_regions, enumerate_regions, use_engine

HALF = 10.0
PLANE = [
    [2, 8, 8, 1],
    [2, 10, 10, 1],
    [2, 16, 16, 1],
    [2, 32, 32, 1],
    [2, 64, 64, 1],
    [2, 64, 64, 64, 1],
    [2, 200, 1],
    [2, 80, 80, 80, 1],
    [2, 128, 128, 128, 1],
]
SPACE = [[3, 8, 8, 1], [4, 8, 6, 1], [5, 8, 1]]


def random_network(widths: list[int]) -> Network:
    """Weights and biases as PyTorch's Linear draws them."""
    rng = np.random.default_rng(0)
    arrays = []
    for i, o in itertools.pairwise(widths):
        bound = 1 / np.sqrt(i)
        arrays.append((rng.uniform(-bound, bound, (o, i)), rng.uniform(-bound, bound, o)))
    return Network.from_arrays(arrays)


def by_hwlib(network: Network) -> tuple[int, Any]:
    """Regions, with their patterns and affine maps computed."""
    found = enumerate_regions(network, box=[(-HALF, HALF)] * 2)
    return len(found), (found.points, found.ring, found.start, found.patterns, found.affine_maps)


def in_numpy(function: Callable[[], Any]) -> Any:
    """The same without machine code."""
    with use_engine("numpy"):
        return function()


def regioncam_map(network: Network) -> Any:
    """The subdivision that regioncam makes, in float32, of the same square."""
    import regioncam

    made = regioncam.Regioncam(size=HALF)
    for number, layer in enumerate(network.layers):
        made.linear(layer.weight.T.astype(np.float32), layer.bias.astype(np.float32))
        if number < len(network.layers) - 1:
            made.relu()
    return made


def by_regioncam(network: Network) -> tuple[int, Any]:
    """The same from regioncam: its arrays of corners, activations and outputs, and each face's corners."""
    made = regioncam_map(network)
    polygons = [face.vertex_ids for face in made.faces]
    signs = [made.face_activations(layer) for layer in range(made.num_layers)]
    return made.num_faces, (made.vertex_inputs, polygons, signs, made.face_outputs)


def run() -> None:
    """Print the tables."""
    with use_engine("numba"):
        print_plane()
        print_folds()
        print_cells()


def print_plane() -> None:
    peers: dict[str, Callable[[Network], tuple[int, Any]]] = {
        "in NumPy": lambda network: in_numpy(lambda: by_hwlib(network))
    }
    if importlib.util.find_spec("regioncam") is None:
        print("regioncam is not installed, so it is left out: pip install regioncam")
    else:
        peers["regioncam"] = by_regioncam
        peers["(its map alone)"] = lambda network: (regioncam_map(network).num_faces, None)
    print(f"{'in the plane':24}{'regions':>10}{'hwlib ms':>10}" + "".join(f"{name:>18}" for name in peers))
    for widths in PLANE:
        network = random_network(widths)
        counts = [by_hwlib(network)[0], *(peer(network)[0] for peer in peers.values())]
        jobs: dict[str, Callable[[], Any]] = {"hwlib": lambda net=network: by_hwlib(net)}  # type: ignore[misc]
        for name, peer in peers.items():
            jobs[name] = lambda net=network, peer=peer: peer(net)  # type: ignore[misc]
        times = medians(jobs, rounds=5)
        ours = times.pop("hwlib")
        ratios = "".join(
            f"{time / ours:>10.1f}x {'' if count == counts[0] else f'({count})':>6}"
            for time, count in zip(times.values(), counts[1:], strict=True)
        )
        print(f"{'-'.join(map(str, widths)):24}{counts[0]:>10}{ours * 1e3:>10.2f}{ratios}")


def print_folds() -> None:
    print(f"\n{'folds, turned':24}{'regions':>10}{'hwlib ms':>10}   (4^L are right)")
    for layers in (4, 6):
        first, *rest = folding_network(layers, 2).as_floats().layers
        turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
        network = Network([type(first)(first.weight @ turn, first.bias, first.activation), *rest])
        times = medians({"hwlib": lambda net=network: by_hwlib(net)}, rounds=5)  # type: ignore[misc]
        print(f"{f'L = {layers}':24}{by_hwlib(network)[0]:>10}{times['hwlib'] * 1e3:>10.1f}")


def print_cells() -> None:
    print(f"\n{'in more dimensions':24}{'regions':>10}{'hwlib ms':>10}{'in NumPy':>18}{'linear programs':>18}")
    for widths in SPACE:
        network, box = random_network(widths), [(-2.0, 2.0)] * widths[0]
        found = functools.partial(lambda net, box: len(enumerate_regions(net, box=box)), network, box)
        contenders = {
            "hwlib": found,
            "in NumPy": functools.partial(in_numpy, found),
            "programs": functools.partial(count_regions, network, box=box, method="programs"),
        }
        assert found() == contenders["programs"]()
        times = medians(contenders, rounds=3)
        ours = times.pop("hwlib")
        ratios = "".join(f"{time / ours:>17.0f}x" for time in times.values())
        print(f"{'-'.join(map(str, widths)):24}{found():>10}{ours * 1e3:>10.2f}{ratios}")
