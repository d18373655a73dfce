"""Exercises of the chapter *A mixture of logistic regressions is a network*."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray, Array
from hwlib.mixture import Mixture, SigmoidNetwork, as_mixture, log_likelihood_gradient, mixture_through
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, named
from hwlib.teach._verdict import UNANSWERED, is_open

CORNERS = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])
LABELS = (1, 1, 0, 0)


@exercise("mixture-network-turn")
def _turn(answer: Any) -> Verdict:
    """Shares and weights of the mixture that a network with one input is."""

    def reference(hidden: AnyArray, output: AnyArray) -> tuple[AnyArray, AnyArray]:
        network = SigmoidNetwork(hidden[:, None], output, (1 - output.sum()) / 2)
        found = as_mixture(network)
        assert found is not None
        return found.shares, found.weights[:, 0]

    def filled(shares: AnyArray, weights: AnyArray) -> tuple[AnyArray, AnyArray]:
        rest = 1 - shares.sum()
        return (np.append(shares, rest), np.append(weights, 0.0)) if rest > 1e-12 else (shares, weights)

    cases = [
        {"hidden": np.array(hidden), "output": np.array(output)}
        for hidden, output in [
            ([2.0], [-1.0]),
            ([1.0, 2.0], [0.25, 0.75]),
            ([1.0, 2.0], [0.5, -0.5]),
            ([1.0, 2.0], [0.25, -0.5]),
            ([1.0, 2.0, 3.0], [-0.125, 0.25, -0.25]),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        tolerance=1e-9,
        read=_sorted,
        mistakes={
            "A share is negative. Turn such a unit round: its hidden weight changes its sign as well.": (
                lambda hidden, output: filled(output, hidden)
            ),
            "The shares are right, but a unit with a negative output weight has to be turned round.": (
                lambda hidden, output: filled(abs(output), hidden)
            ),
            "The shares do not add up to one. What is missing belongs to a component with the weight zero.": (
                lambda hidden, output: (abs(output), hidden * np.sign(output))
            ),
            "Right but for a component that has no share: where nothing is missing there are fewer components.": (
                lambda hidden, output: (
                    np.append(abs(output), 1 - abs(output).sum()),
                    np.append(hidden * np.sign(output), 0),
                )
            ),
            "Do not scale the shares up: that changes every output weight. What is missing has the weight zero.": (
                lambda hidden, output: (abs(output) / abs(output).sum(), hidden * np.sign(output))
            ),
        },
    )


@exercise("mixture-network-slopes")
def _slopes(answer: Any) -> Verdict:
    """Derivatives of a mixture's log-likelihood by the weights of its components."""

    def parts(shares: Array, weights: Array, X: Array, y: Array) -> tuple[Array, Array, Array]:
        """Probability of the label 1, that of the label, and the responsibilities: each with a column a component."""
        p: Array = 1 / (1 + np.exp(-X @ weights.T))
        right: Array = np.where(y[:, None] == 1, p, 1 - p)
        joint = shares * right
        return p, right, joint / joint.sum(1, keepdims=True)

    def reference(shares: Array, weights: Array, X: Array, y: Array) -> Array:
        return log_likelihood_gradient(Mixture(shares, weights), X, y.astype(int))[1]

    def plain(shares: Array, weights: Array, X: Array, y: Array) -> Array:
        p, _, _ = parts(shares, weights, X, y)
        return (shares * (y[:, None] - p)).T @ X

    def of_ones(shares: Array, weights: Array, X: Array, y: Array) -> Array:
        p, _, _ = parts(shares, weights, X, y)
        r = shares * p / (p @ shares)[:, None]
        return (r * (y[:, None] - p)).T @ X

    def each(shares: Array, weights: Array, X: Array, y: Array) -> Array:
        p, _, _ = parts(shares, weights, X, y)
        return (y[:, None] - p).T @ X

    def mean(shares: Array, weights: Array, X: Array, y: Array) -> Array:
        return reference(shares, weights, X, y) / len(X)

    cases = [
        ([1.0], [[0.0]], [[2.0]], [1]),
        ([0.5, 0.5], [[1.0], [-1.0]], [[1.0]], [1]),
        ([0.25, 0.75], [[1.0], [2.0]], [[1.0], [-1.0]], [0, 0]),
        ([0.2, 0.3, 0.5], [[1.0, 0.0], [0.0, -1.0], [2.0, 1.0]], [[1.0, 2.0], [0.5, -1.0], [-1.0, 1.0]], [1, 0, 1]),
    ]
    names = ("shares", "weights", "X", "y")
    return compare_function(
        answer,
        reference,
        [{name: np.array(part) for name, part in zip(names, case, strict=True)} for case in cases],
        tolerance=1e-9,
        mistakes={
            "That takes the logarithm into the sum: a component counts by its responsibility, not by its share.": plain,
            "Those are the responsibilities for the label 1; the label 0 has others, from 1 - sigma.": of_ones,
            "That is as if each component were alone: its samples count by its responsibilities.": each,
            "The log-likelihood is a sum over samples, not a mean.": mean,
        },
    )


@exercise("mixture-network-bend")
def _bend(answer: Any) -> Verdict:
    """A mixture of two with one input and no biases whose marginal is not monotone."""
    read = _two(answer, inputs=1)
    if isinstance(read, Verdict):
        return read
    first, second = as_meant("weights", read.weights[:, 0])  # as fractions: .3 * 7 and .7 * 3 are equal, and not floats
    by_size = sorted(zip((abs(first), abs(second)), as_meant("shares", read.shares), strict=True))
    (_, flat_share), (_, steep_share) = by_size
    flat, steep = (float(size) for size, _ in by_size)
    wins = steep_share * by_size[1][0] > flat_share * by_size[0][0]
    if first * second < 0 and flat != steep and flat_share > 0 and wins:
        if not 60 / flat * steep < 1e300:  # too far out for floats
            return Verdict("right", "Near zero the steep component wins, and far out the flat one: the marginal turns.")
        t = np.geomspace(1e-3 / steep, 60 / flat, 2_000)
        p = read.probability(t[:, None])
        turn = int(abs(p - 0.5).argmax()) if abs(p - 0.5).max() > abs(p[-1] - 0.5) else int(abs(p - p[-1]).argmax())
        return Verdict(
            "right",
            f"At x = 0, {t[turn]:.3g} and {t[-1]:.3g} the marginal is 0.5, {p[turn]:.4f} and {p[-1]:.4f}: it turns. "
            "No logistic regression does.",
        )
    reach = 10 / max(steep, 1e-300)
    ends = read.probability([[-reach], [reach]]).tolist()
    shape = "is flat" if ends[0] == ends[1] else f"only {'rises' if ends[0] < ends[1] else 'falls'}"
    return Verdict(
        "wrong",
        f"This marginal {shape}.",
        named(
            {
                "With a share of zero there is only one component left.": not read.shares.all(),
                "One component that is flat bends nothing.": not first or not second,
                "Both components rise, or both fall, and so does every average of them.": first * second > 0,
                "Opposite components cancel: what is left is one logistic regression and a constant.": flat == steep,
                "Far out the flat component wins. At zero the steep one has to, and its share is too small.": (True),
            }
        ),
    )


@exercise("mixture-network-xor")
def _xor(answer: Any) -> Verdict:
    """A mixture of two, with biases, that has every corner of XOR on the right side of one half."""
    read = _two(answer, inputs=3)
    if isinstance(read, Verdict):
        return read
    inputs = np.column_stack([np.ones(4), CORNERS])
    try:
        p = read.probability(inputs)
    except ValueError:
        return Verdict("wrong", "At a corner the weights add up to more than the largest float: take smaller ones.")
    wrong = [
        (corner, label, value)
        for corner, label, value in zip(CORNERS, LABELS, p.tolist(), strict=True)
        if not (value > 0.5 if label else value < 0.5)
    ]
    if not wrong:
        return Verdict("right", f"The four corners get {', '.join(f'{value:.3f}' for value in p)}.")
    corner, label, value = wrong[0]
    (a, b), total = corner, read.weights.sum(0)
    sides = (inputs @ read.weights.T > 0) == np.array(LABELS, bool)[:, None]  # which component is right at which corner
    larger = int(read.shares.argmax())
    outvoted = (p[2:] >= 0.5) & sides[2:, 1 - larger] & ~sides[2:, larger]
    message = f"At ({a:g}, {b:g}) the label is {label}, and your mixture says {value:.3f} for the label 1."
    return Verdict(
        "wrong",
        message,
        named(
            {
                "With equal shares it decides like one logistic regression with the sum of the weights "
                f"({', '.join(f'{w:.3g}' for w in total)}), and that cannot do XOR.": abs(np.diff(read.shares)[0])
                < 1e-9,
                "Without biases the probabilities at a corner and at the opposite one add up to one.": (
                    not read.weights[:, 0].any()
                ),
                "Both components are on the wrong side there, and so is every average of them.": (
                    not sides[np.flatnonzero((corner == CORNERS).all(1))].any()
                ),
                "Only corners with the label 1 are wrong. Two steps, one towards each, leave each with its share.": (
                    all(label for _, label, _ in wrong) and bool((sides[0] != sides[1]).all() and sides[0].sum() == 1)
                ),
                "A corner with the label 0 is too high: the larger share alone must not decide there.": outvoted.any(),
            }
        ),
    )


@cache
def _highest(first: float, last: float) -> float:
    """By bisection: up to which height in the middle there is a mixture, to six digits."""
    low, high = max(first, last), 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        found = mixture_through([0.0, 1.0, 2.0], [first, middle, last]) is not None
        low, high = (middle, high) if found else (low, middle)
    return round(low, 6)


def _sorted(answer: Any) -> Array:
    """Shares and weights as rows, by weight."""
    shares, weights = (answer.shares, answer.weights) if isinstance(answer, Mixture) else answer
    rows = np.column_stack([real_array("shares", shares).ravel(), real_array("weights", weights).ravel()]) + 0.0
    return rows[np.lexsort(rows.T)]


def _two(answer: Any, *, inputs: int) -> Mixture | Verdict:
    """A mixture of two out of a pair (shares, weights), or what is wrong with it."""
    if is_open(answer) or answer is None or answer is ...:
        return UNANSWERED
    try:
        shares, weights = (answer.shares, answer.weights) if isinstance(answer, Mixture) else answer
        rows = real_array("weights", weights)
        if inputs > 1 and rows.shape != (2, inputs):
            raise ValueError(f"weights has shape {rows.shape}: accepted is (2, {inputs}), a row for each component.")
        return Mixture(shares, np.reshape(rows, (2, inputs)))
    except (TypeError, ValueError) as error:
        count = "one weight" if inputs == 1 else f"{inputs} weights"
        return Verdict("wrong", f"Give a pair (shares, weights): two shares, and {count} for each. {error}")


QUIZ = Quiz(
    Question(
        "Which activation does the output unit of the network have that equals the marginal of a mixture?",
        [
            Choice("A sigmoid, because the output is a probability.", "An average of probabilities is one already."),
            Choice("None: it is linear, with the shares as weights.", "The shares add up to one.", right=True),
            Choice("Softmax.", "Softmax makes the shares, and they do not depend on the input."),
        ],
    ),
    Question(
        "A network with one hidden sigmoid layer has a negative output weight. Can it be the marginal of a mixture?",
        [
            Choice("No, shares are not negative.", "Turn the unit round: minus sigma(a) is sigma(-a) minus one."),
            Choice("Yes, if the rest fits.", "For example one minus sigma(x), which is sigma(-x).", right=True),
            Choice(
                "Yes, always: a negative share is a small one.",
                "1/2 + 2 sigma(x) - 2 sigma(2x) is none: 2 + 2 is above 1.",
            ),
        ],
    ),
    Question(
        "EM starts with two components that are exactly equal. What happens?",
        [
            Choice(
                "They separate after some steps.", "In exact arithmetic both are given the same problem in each step."
            ),
            Choice("They stay equal for ever.", "So the start has to tell them apart.", right=True),
            Choice("The likelihood falls.", "A step of EM never lowers it, here neither."),
        ],
    ),
)
