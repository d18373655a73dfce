"""conv_matrix against three ways that users build the matrix today, and against copying the finished matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from scipy import sparse

from bench._timing import medians
from hwlib.conv import conv_matrix, output_shape

Array = np.ndarray[Any, Any]


class Options(TypedDict):
    """How the kernel moves."""

    stride: int
    padding: int


@dataclass(frozen=True)
class Case:
    """One convolution to build, and which of the slow ways can be waited for."""

    name: str
    kernel_shape: tuple[int, int, int, int]
    input_shape: tuple[int, int, int]
    stride: int
    padding: int
    slow_ways: bool

    @property
    def options(self) -> Options:
        """What every way of building it takes."""
        return {"stride": self.stride, "padding": self.padding}


CASES = [
    Case("1 ch, 2x2 s3 p1, 3x3", (1, 1, 2, 2), (1, 3, 3), 3, 1, True),
    Case("1 ch, 3x3, 32x32", (1, 1, 3, 3), (1, 32, 32), 1, 0, True),
    Case("3 to 16, 3x3 p1, 32x32", (16, 3, 3, 3), (3, 32, 32), 1, 1, True),
    Case("8 to 16, 3x3 p1, 32x32", (16, 8, 3, 3), (8, 32, 32), 1, 1, False),
    Case("16 to 32, 3x3 s2 p1, 64x64", (32, 16, 3, 3), (16, 64, 64), 2, 1, False),
    Case("16 to 32, 3x3 p1, 64x64", (32, 16, 3, 3), (16, 64, 64), 1, 1, False),
    Case("64 to 1, 5x5 p2, 64x64", (1, 64, 5, 5), (64, 64, 64), 1, 2, False),
]


def by_unfold(kernel: Array, case: Case) -> sparse.csr_array:
    """The columns of ``F.unfold`` applied to pixel numbers are column indices: then scipy sorts them into CSR."""
    pixels = int(np.prod(case.input_shape))
    numbered = torch.arange(1, pixels + 1, dtype=torch.float64).reshape(1, *case.input_shape)  # 0 is padding
    columns = F.unfold(numbered, kernel.shape[2:], **case.options)[0].numpy().T.astype(np.int64) - 1  # (pixel, tap)
    outputs, taps = columns.shape
    rows = np.arange(kernel.shape[0] * outputs).reshape(-1, outputs, 1)
    rows, columns, data = np.broadcast_arrays(rows, columns, kernel.reshape(-1, 1, taps))
    inside = columns >= 0
    triplets = (data[inside], (rows[inside], columns[inside]))
    return sparse.coo_array(triplets, shape=(kernel.shape[0] * outputs, pixels)).tocsr()


def by_identity(kernel: Array, case: Case) -> sparse.csr_array:
    """Convolve every unit image; the outputs are the columns."""
    pixels = int(np.prod(case.input_shape))
    images = torch.eye(pixels, dtype=torch.float64).reshape(pixels, *case.input_shape)
    return sparse.csr_array(F.conv2d(images, torch.from_numpy(kernel), **case.options).reshape(pixels, -1).numpy().T)


def by_loops(kernel: Array, case: Case) -> sparse.csr_array:
    """The definition, entry by entry."""
    _, height, width = case.input_shape
    shape = output_shape(kernel.shape, case.input_shape, **case.options)
    rows, columns, data = [], [], []
    for row, (o, r, c) in enumerate(np.ndindex(*shape)):
        for i, a, b in np.ndindex(*kernel.shape[1:]):
            y, x = r * case.stride - case.padding + a, c * case.stride - case.padding + b
            if 0 <= y < height and 0 <= x < width:
                rows.append(row)
                columns.append((i * height + y) * width + x)
                data.append(kernel[o, i, a, b])
    return sparse.coo_array((data, (rows, columns)), shape=(np.prod(shape), np.prod(case.input_shape))).tocsr()


def copied(matrix: sparse.csr_array) -> tuple[Array, Array]:
    """What the finished matrix costs to copy."""
    return matrix.data.copy(), matrix.indices.copy()


def run() -> None:
    """Print times and ratios; every contender is first checked to build the same matrix."""
    print(f"{'case':28} {'nonzeros':>10} {'hwlib ms':>9} {'copy':>6}  {'unfold':>8} {'identity':>8} {'loops':>8}")
    for case in CASES:
        kernel = np.random.default_rng(0).standard_normal(case.kernel_shape)
        matrix = conv_matrix(kernel, case.input_shape, **case.options)
        data, indices = np.empty_like(matrix.data), np.empty_like(matrix.indices)

        def warm_copy(data: Array = data, indices: Array = indices, matrix: sparse.csr_array = matrix) -> None:
            np.copyto(data, matrix.data)
            np.copyto(indices, matrix.indices)

        contenders: dict[str, Callable[[], Any]] = {
            "hwlib": partial(conv_matrix, kernel, case.input_shape, **case.options),
            "unfold": partial(by_unfold, kernel, case),
        }
        if case.slow_ways:
            contenders |= {"identity": partial(by_identity, kernel, case), "loops": partial(by_loops, kernel, case)}
        for name, build in contenders.items():
            difference = abs(build() - matrix)
            assert difference.nnz == 0 or difference.max() < 1e-12, f"{name} builds another matrix for {case.name}"
        contenders |= {
            "copy": partial(copied, matrix),
            "warm copy": warm_copy,
        }
        times = medians(contenders, rounds=9 if matrix.nnz > 10**5 else 101)
        ours = times.pop("hwlib")
        cells = [f"{times[name] / ours:.1f}x" if name in times else "-" for name in ("unfold", "identity", "loops")]
        copies = f"{ours / times['copy']:.1f}"
        print(
            f"{case.name:28} {matrix.nnz:10,} {ours * 1e3:9.3f} {copies:>6} {cells[0]:>7} {cells[1]:>9} {cells[2]:>7}"
        )
        if matrix.nnz >= 4 * 10**6:
            print(f"{'':28} into memory that is already mapped, a copy is {ours / times['warm copy']:.1f} times faster")
    print("copy: hwlib's time over that of copying the finished matrix. Others: their time over hwlib's.")
    print("Goals: unfold at least 10x from 1M nonzeros; copy at most 2 from 4M; the smallest case within 1 ms.")
