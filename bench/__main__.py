"""Run every benchmark of this folder and print its table."""

from __future__ import annotations

import argparse

from bench import backprop, conv_matrix, curvature, datasets, imports, logic, pieces, receptive_field, regions, saliency

BENCHMARKS = {
    "conv_matrix": conv_matrix.run,
    "receptive_field": receptive_field.run,
    "logic": logic.run,
    "pieces": pieces.run,
    "regions": regions.run,
    "curvature": curvature.run,
    "backprop": backprop.run,
    "saliency": saliency.run,
    "datasets": datasets.run,
    "imports": imports.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}; all if none is given"
    )
    names = parser.parse_args().names
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"no benchmark is called {', '.join(unknown)}: there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"\n== {name}")
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
