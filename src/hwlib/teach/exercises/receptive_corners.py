"""Exercises of the chapter *Seeing is not enough: the corner problem*."""

from __future__ import annotations

import itertools
import reprlib
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib.conv import conv_matrix
from hwlib.network import Network
from hwlib.receptive.corners import affine_corner_network, corner_cases, run_network
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("receptive-corners-ways")
def _ways(answer: Any) -> Verdict:
    """Number of ways through 3x3 layers from a pixel dy rows below and dx columns to the right, no border in reach."""

    def line(layers: int, step: int) -> int:
        counts = np.ones(1, int)
        for _ in range(layers):
            counts = np.convolve(counts, [1, 1, 1])
        return int(counts[layers + step]) if abs(step) <= layers else 0

    def reference(layers: int, dy: int, dx: int) -> int:
        return line(layers, dy) * line(layers, dx)

    return compare_function(
        answer,
        reference,
        [
            {"layers": layers, "dy": dy, "dx": dx}
            for layers, dy, dx in [
                (1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 2, 0), (2, 1, -1), (3, 0, 1), (4, 4, 4), (4, 0, 0), (3, 4, 0),
                (3, -4, 0), (1, 0, -2),
            ]
        ],
        mistakes={
            "Rows and columns are chosen independently: multiply the two counts.": (
                lambda layers, dy, dx: line(layers, dy) + line(layers, dx)
            ),
            "That counts the paths along a line: do the same for the columns, and multiply.": (
                lambda layers, dy, dx: line(layers, dy)
            ),
            "That counts all paths from the output, wherever they end.": lambda layers, dy, dx: 9**layers,
            "That only says whether there is a path.": lambda layers, dy, dx: int(max(abs(dy), abs(dx)) <= layers),
        },
    )  # fmt: skip


@exercise("receptive-corners-meet")
def _meet(answer: Any) -> Verdict:
    """The fewest layers with a unit between two opposite corners, there and back, by what each layer reads."""

    def reference(n: int) -> int:
        reads = conv_matrix(np.ones(3, int), (n,), padding=1).toarray() > 0
        layers = 0
        while True:
            layers += 1
            for here in range(layers + 1):
                sees = np.linalg.matrix_power(reads.astype(object), here) > 0
                seen = np.linalg.matrix_power(reads.astype(object), layers - here) > 0
                if (sees[:, 0] & sees[:, -1] & seen[0] & seen[-1]).any():
                    return layers

    return compare_function(
        answer,
        reference,
        [{"n": n} for n in (3, 5, 2, 4, 6, 7, 9)],
        mistakes={
            "An odd number of layers is no better than one less: for even n it takes one more.": lambda n: n - 1,
            "From the first to the last row are n - 1 steps, not n.": lambda n: n if n % 2 else n + 1,
            "That is the way there. The answer has to come back, too.": lambda n: n // 2,
            "The two corners are met half way: neither has to cross all of the image.": lambda n: 2 * (n - 1),
        },
    )


@exercise("receptive-corners-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and how many of the sixteen cases an affine map gets right."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, number = answer
        line, most = letter.strip().upper(), whole("number", number)
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and a whole number, such as ("A", 8), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is true: without nonlinearity all layers together are one affine map.",
        "B": "Line B is true: the images have equal sums.",
        "C": "Line C is the theorem.",
    }
    if line != "D":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {line}: they go from A to D.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    images, wanted = corner_cases()
    best = run_network(affine_corner_network(), images, relu=False)
    right = int(((best >= 0) == (wanted == 1))[:, 0, 0].sum())
    if most != right:
        why = (
            "There are weights that get more of them right." if most < right else "In each group of four one is wrong."
        )
        return Verdict("wrong", f"Line D is the one. But {most} is not the largest number that can be right.", why)
    return Verdict("right", f"{right} of sixteen: three in each of four groups.")


MOST_UNITS = 4


@exercise("receptive-corners-design")
def _design(answer: Any) -> Verdict:
    """A network of at most four units that compares both diagonals, on all sixteen cases."""
    if is_open(answer):
        return UNANSWERED
    form = "Give a list of pairs (weight, bias), such as [([[1, 0, 0, 1]], [-1]), ([[2]], [0])]: "
    try:
        network = Network.from_arrays(
            [(as_meant("weight", weight), as_meant("bias", bias)) for weight, bias in answer]
        ).as_fractions()
    except (TypeError, ValueError) as error:
        return Verdict("wrong", f"{form}{error}")
    if (network.inputs, network.outputs) != (4, 1):
        return Verdict("wrong", f"{form}this has {network.inputs} inputs and {network.outputs} outputs.")
    units = sum(len(layer.bias) for layer in network.layers[:-1])
    if units > MOST_UNITS:
        return Verdict("wrong", f"This has {units} hidden units, and {MOST_UNITS} are allowed.")
    wrong = []
    for a, b, c, d in itertools.product((0, 1), repeat=4):
        given, wanted = network([a, b, c, d]).item(), int(a == d and b == c)
        if given != wanted:
            wrong.append(((a, b, c, d), given, wanted))
    if wrong:
        bits, given, wanted = wrong[0]
        slip = ""
        if all(value == int(p == s) + int(q == r) for (p, q, r, s), value, _ in wrong):
            slip = "That adds the two agreements up. It has to be 1 only if both are 1."
        elif all(value < 0 for _, value, _ in wrong):
            slip = "Where neither agrees it falls below zero: one ReLU more, behind the others."
        elif network([0, 0, 0, 0]).item() == 0:
            slip = "Four zeros agree as well."
        return Verdict("wrong", f"For (a, b, c, d) = {bits} it returns {given}, expected {wanted}.", slip)
    return Verdict("right", f"All sixteen cases, with {units} hidden units.")


QUIZ = Quiz(
    Question(
        "The receptive field of a unit holds all it needs. Can the network compute the answer?",
        [
            Choice("Yes, with the right weights.", "Without a nonlinearity, no weights tell whether two pixels agree."),
            Choice("Only if it can also compute it from them.", "Seeing is necessary, not sufficient.", right=True),
            Choice("Yes, if it is deep enough.", "Without a nonlinearity, many layers make one affine map."),
        ],
    ),
    Question(
        "A residual connection is added to convolutions without ReLU. What can they compute then?",
        [
            Choice(
                "Affine maps, as before.",
                "Sums of affine maps are affine, and no affine map tells whether two pixels agree.",
                right=True,
            ),
            Choice("More: it adds the missing nonlinearity.", "Addition is as linear as it gets."),
            Choice("More: it makes the field wider.", "It adds a path that reads less, not more."),
        ],
    ),
    Question(
        "How can a network with shared weights know that a pixel is a corner?",
        [
            Choice("It cannot: convolutions treat all places alike.", "Inside the image, yes. But padding is seen."),
            Choice(
                "By the number of zeros that the padding puts around it.",
                "In 3x3 windows, corners have the most.",
                right=True,
            ),
            Choice("By a weight for each place.", "A convolution has none: the same weights serve all places."),
        ],
    ),
)
