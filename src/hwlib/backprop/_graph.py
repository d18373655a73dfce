"""The graph of a computation, with what is known in each step of the way forward and back.

Chapter: *A weight used twice gets two gradients*.

Source: problem ``backprop-loss``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hwlib._core.arguments import whole
from hwlib.backprop._operations import scaled
from hwlib.backprop._tape import Value, tape


@dataclass(frozen=True)
class Node:
    """A number of a computation.

    Attributes:
        name: of the Value, or else its operation.
        number: the number.
        level: most operations on a way to it from an input.
    """

    name: str
    number: Any
    level: int


@dataclass(frozen=True)
class Edge:
    """A use of a number.

    Attributes:
        start: place of the operand among the nodes.
        end: place of the result.
        slope: derivative of the result by this operand.
    """

    start: int
    end: int
    slope: Any


@dataclass(frozen=True)
class Frame:
    """What is known after some steps.

    Attributes:
        numbers: for each node its number, or None as long as it is not computed.
        gradients: for each node what its gradient has come to, or None before the sweep has got to it.
        passed: what has flowed in this step: place of an edge to the part that it carried.
    """

    numbers: tuple[Any, ...]
    gradients: tuple[Any, ...]
    passed: dict[int, Any]


@dataclass(frozen=True)
class Graph:
    """A computation as nodes and edges.

    Attributes:
        nodes: each after those that it is made from.
        edges: one for each use of a number, in the order of their ends.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def places(self) -> list[tuple[int, float]]:
        """Where to draw the nodes, the level of each and how far from the middle of its level it stands."""
        levels = [node.level for node in self.nodes]
        return [
            (level, levels[:place].count(level) - (levels.count(level) - 1) / 2) for place, level in enumerate(levels)
        ]

    @property
    def steps(self) -> int:
        """How many steps there are, one for each operation on the way forward, and one on the way back."""
        return 2 * len(self._operations)

    @property
    def _operations(self) -> list[int]:
        ends = {edge.end for edge in self.edges}
        return [place for place in range(len(self.nodes)) if place in ends]

    def frame(self, step: int, *, overwrite: bool = False) -> Frame:
        """What is known after a step.

        Args:
            step: 0 at the beginning, where only the inputs are known, to ``steps`` at the end.
            overwrite: make the mistake to put ``=`` for ``+=``, so that of several parts the last one stays.

        Returns:
            Numbers, gradients, and what flowed.

        Raises:
            ValueError: if there is no such step.

        Example:
            >>> a = Value(3, name="a")
            >>> graph = computation_graph(a * a)
            >>> [graph.frame(step).gradients for step in range(graph.steps + 1)]
            [(None, None), (None, None), (6, 1)]
        """
        count, order = whole("step", step, least=0), self._operations
        if count > self.steps:
            raise ValueError(f"step={step}: accepted are whole numbers from 0 to {self.steps}")
        hidden = set(order[count:])
        numbers = tuple(None if place in hidden else node.number for place, node in enumerate(self.nodes))
        gradients: list[Any] = [None] * len(self.nodes)
        passed: dict[int, Any] = {}
        if count > len(order):
            gradients[order[-1]] = 1
        for place in order[::-1][: max(0, count - len(order))]:
            passed = {}
            for use, edge in enumerate(self.edges):
                if edge.end == place:
                    passed[use] = part = scaled(edge.slope, gradients[place])
                    first = gradients[edge.start] is None or overwrite
                    gradients[edge.start] = part if first else gradients[edge.start] + part
        return Frame(numbers, tuple(gradients), passed)


def computation_graph(output: Value) -> Graph:
    """The graph of everything that a number was made from.

    Args:
        output: the last Value.

    Returns:
        Its nodes and edges.

    Raises:
        ValueError: if output is no Value.

    Example:
        >>> w = Value(2, name="w")
        >>> [(edge.start, edge.end, edge.slope) for edge in computation_graph(w * w.relu()).edges]
        [(0, 1, 1), (0, 2, 2), (1, 2, 2)]
    """
    order = tape(output)
    places = {value: place for place, value in enumerate(order)}
    levels: list[int] = []
    edges: list[Edge] = []
    for place, value in enumerate(order):
        starts = [places[parent] for parent in value.parents]
        levels.append(1 + max((levels[start] for start in starts), default=-1))
        edges += [Edge(start, place, slope) for start, slope in zip(starts, value.slopes, strict=True)]
    nodes = tuple(
        Node(value.name or value.operation or str(value.number), value.number, level)
        for value, level in zip(order, levels, strict=True)
    )
    return Graph(nodes, tuple(edges))


def weight_twice_graph(w: Any, x: Any) -> Graph:
    """The graph of y = w x, u = relu(y), v = u + w u and the loss v² / 2, for single numbers.

    Args:
        w: the weight.
        x: the input.

    Returns:
        The graph, with the names of the problem.

    Raises:
        ValueError: if one is no finite real number.

    Example:
        >>> [node.name for node in weight_twice_graph(2, 1).nodes]
        ['w', 'x', 'y', 'u', 'wu', 'v', 'v²', 'L']
    """
    weight, start = Value(w, name="w"), Value(x, name="x")
    y = weight * start
    u = y.relu()
    product = weight * u
    v = u + product
    square = v**2
    loss = square / 2
    for value, name in zip((y, u, product, v, square, loss), ("y", "u", "wu", "v", "v²", "L"), strict=True):
        value.name = name
    return computation_graph(loss)
