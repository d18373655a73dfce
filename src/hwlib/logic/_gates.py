"""ReLU networks on the plane as gates: the sign of the output proved on every region, edge and corner."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from hwlib._core.text import affine_text
from hwlib.network import Network, NetworkLike, as_network
from hwlib.regions.exact import Cell, Ray, affine_maps, exact_cells, merged_layers

Affine = tuple[Fraction, Fraction, Fraction]  # coefficients of x1, x2 and 1
Relation = Literal["> 0", ">= 0"]
# Corners of the four quadrants, and the facets of each: the two axes, and the one at infinity.
_QUADRANTS = [Cell([(0, 0, 1), (p, 0, 0), (0, q, 0)], [0b011, 0b101, 0b110]) for p in (1, -1) for q in (1, -1)]


@dataclass(frozen=True)
class Face:
    """A region, an edge or a corner on which the network is one affine map.

    Attributes:
        corners: its corners, exactly.
        directions: the directions in which it goes on for ever.
        dimension: 2 for a region, 1 for an edge, 0 for a corner; without its border.
        signs: signs of x1 and x2 on it.
        affine: the network on it, as coefficients of x1, x2 and 1.
        wanted: whether the output is to satisfy the relation here.
    """

    corners: tuple[tuple[Fraction, Fraction], ...]
    directions: tuple[tuple[int, int], ...]
    dimension: int
    signs: tuple[int, int]
    affine: Affine
    wanted: bool

    def values(self) -> tuple[Fraction, ...]:
        """The output at the corners, then its slope in the directions."""
        a, b, c = self.affine
        return (*(a * x + b * y + c for x, y in self.corners), *(a * p + b * q for p, q in self.directions))

    def holds(self, relation: Relation) -> bool:
        """Whether the output has the wanted sign on the whole face.

        A point of the face, border left out, is a corner or an average of all corners plus positive multiples of all
        directions. So the output is positive there if no value is negative and one is positive, and so on.

        Args:
            relation: ``"> 0"`` or ``">= 0"``.

        Returns:
            Whether it has.
        """
        values = self.values()
        if self.wanted == (relation == "> 0"):  # a strict sign is needed
            sign = 1 if self.wanted else -1
            return all(sign * value >= 0 for value in values) and any(sign * value > 0 for value in values)
        sign = 1 if self.wanted else -1
        return all(sign * value >= 0 for value in values)

    def counterexample(self, relation: Relation) -> tuple[Fraction, Fraction]:
        """A point of the face with the wrong sign, for a face that does not hold.

        Args:
            relation: ``"> 0"`` or ``">= 0"``.

        Returns:
            Its coordinates.
        """
        sign = 1 if self.wanted else -1
        values = self.values()
        worst = min(range(len(values)), key=lambda k: sign * values[k])
        generators = [(x, y, 1) for x, y in self.corners] + [(Fraction(p), Fraction(q), 0) for p, q in self.directions]
        pull = 1
        while True:  # all generators once, the worst one ever more often
            shares = [pull if k == worst else 1 for k in range(len(values))]
            x, y, total = (
                sum((m * Fraction(g[axis]) for m, g in zip(shares, generators, strict=True)), Fraction(0))
                for axis in range(3)
            )
            a, b, c = self.affine
            value = (a * x + b * y) / total + c
            if (value > 0 if relation == "> 0" else value >= 0) != self.wanted:
                return x / total, y / total
            pull *= 2

    def __str__(self) -> str:
        kind = ("corner", "edge", "region")[self.dimension]
        corners = ", ".join(f"({x}, {y})" for x, y in self.corners)
        places = f"{kind} {corners}" if self.dimension == 0 else f"{kind} from {corners}"
        if self.directions:
            places += f" along {', '.join(map(str, self.directions))}"
        return f"{places}: f = {affine_text(self.affine, ('x1', 'x2', ''))}, {', '.join(map(str, self.values()))}"


@dataclass(frozen=True)
class SignProof:
    """Where the output of a ReLU network on the plane is positive, face by face.

    Attributes:
        network: the network, of Fractions.
        relation: what is claimed to hold exactly on the wanted set: ``"> 0"`` or ``">= 0"``.
        faces: regions, edges and corners without their borders; together they cover the plane.
    """

    network: Network
    relation: Relation
    faces: tuple[Face, ...]

    def verify(self) -> bool:
        """Whether the sign is right on every face, in exact arithmetic."""
        return all(face.holds(self.relation) for face in self.faces)

    def counterexample(self) -> tuple[Fraction, Fraction] | None:
        """A point where the sign is wrong, or None."""
        wrong = (face for face in self.faces if not face.holds(self.relation))
        return next((face.counterexample(self.relation) for face in wrong), None)

    def __repr__(self) -> str:
        claim = f"f {self.relation} where wanted"
        return f"SignProof({claim}: {'true' if self.verify() else 'false'}, on {len(self.faces)} faces)"

    def __str__(self) -> str:
        def line(face: Face) -> str:
            claim = f"f {self.relation}" if face.wanted else f"not f {self.relation}"
            return f"{face}; {claim}{'' if face.holds(self.relation) else ' IS WRONG'}"

        return "\n".join(line(face) for face in sorted(self.faces, key=lambda face: -face.dimension))


def prove_gate(network: NetworkLike, wanted: Callable[[int, int], Any], *, relation: Relation = "> 0") -> SignProof:
    """Establish the sign of a ReLU network's output on the whole plane, exactly.

    The plane is cut along the two axes and along every line where a neuron changes between zero and positive, layer
    by layer. On each piece the network is affine, so its signs at the corners and its slopes in the directions in
    which the piece is unbounded decide. Points are integers in homogeneous coordinates: nothing is rounded.

    Args:
        network: with two inputs and one output, as :func:`hwlib.network.as_network` takes it; floats are taken at
            their exact value.
        wanted: from the signs (-1, 0 or 1) of x1 and x2 to whether the relation is to hold.
        relation: ``"> 0"`` or ``">= 0"``.

    Returns:
        All faces. ``verify()`` says whether the claim is true, ``counterexample()`` where it is not.

    Raises:
        ValueError: if the network is not piecewise linear from the plane to a number, or the relation is unknown.

    Source: problems ``logic-relu-or``, ``logic-relu-xor``, ``logic-relu-nand``; chapter *Enough neurons decide
    everything*.

    Example:
        >>> either = [([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])]
        >>> prove_gate(either, lambda s1, s2: s1 > 0 or s2 > 0).verify()
        True
        >>> prove_gate(either, lambda s1, s2: s1 > 0 and s2 > 0).counterexample()
        (Fraction(1, 1), Fraction(0, 1))
    """
    if relation not in ("> 0", ">= 0"):
        raise ValueError(f"relation={relation!r}: accepted are '> 0' and '>= 0'")
    exact = as_network(network).as_fractions()
    if (exact.inputs, exact.outputs) != (2, 1):
        raise ValueError(f"{exact} has {exact.inputs} inputs and {exact.outputs} outputs: accepted is 2 and 1")
    faces: dict[frozenset[Ray], Face] = {}
    for cell in exact_cells(_QUADRANTS, merged_layers(exact)[:-1]):
        weight, bias = affine_maps(exact, [pieces[None] for pieces in cell.pattern])
        affine = (*weight[0, 0], bias[0, 0])
        for generators in _faces_of(cell):
            total = [sum(column) for column in zip(*generators, strict=True)]
            signs = (_sign(total[0]), _sign(total[1]))
            faces.setdefault(
                frozenset(generators),
                Face(
                    tuple((Fraction(p, t), Fraction(q, t)) for p, q, t in generators if t),
                    tuple((p, q) for p, q, t in generators if not t),
                    2 if len(generators) > 2 else len(generators) - 1,
                    signs,
                    affine,
                    bool(wanted(*signs)),
                ),
            )
    return SignProof(exact, relation, tuple(faces.values()))


def _faces_of(cell: Cell) -> Iterator[tuple[Ray, ...]]:
    """The cell, its edges and its corners; the edge between two directions lies at infinity and is none."""
    yield tuple(cell.corners)
    yield from ((corner,) for corner in cell.corners if corner[2])
    numbered = zip(cell.corners, cell.facets, strict=True)
    for (one, facets), (other, others) in itertools.combinations(numbered, 2):
        if facets & others and (one[2] or other[2]):
            yield one, other


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
