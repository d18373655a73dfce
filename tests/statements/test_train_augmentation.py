"""Statements of *A perfect fit is easy, and not the goal*, from their text alone, in fractions and by a prover."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
import z3

from hwlib.datasets import crop, random_crop
from hwlib.network import best_accuracy, memorising_network
from hwlib.training import stored_curves

from .harness import Statement
from .prover import proved, reals, relu

# --- any labels: a case is the points and a target of two numbers for each ------------------------------------------


def tasks():
    for n in (1, 2, 3):
        for points in itertools.product(range(-1, 2), repeat=n):
            for targets in itertools.product((0, 1, -2), repeat=n):
                yield tuple((x,) for x in points), tuple((y, 1 - y) for y in targets)
    for n in (1, 2, 3, 4):
        for points in itertools.combinations_with_replacement(itertools.product((0, 1), repeat=2), n):
            for targets in itertools.product((0, 1), repeat=n):
                yield points, tuple((y,) for y in targets)
    for points in itertools.combinations_with_replacement(itertools.product((0, 2, 5), repeat=3), 2):
        yield points, ((3,), (-4,))


def different(case):
    return len(set(case[0])) == len(case[0])


def can_be_fitted(case):
    """Weights by forward substitution: with units that begin one after the other, each target fixes one more."""
    points, targets = case
    if any(x == u and y != v for (x, y), (u, v) in itertools.combinations(zip(points, targets, strict=True), 2)):
        return False  # a function has one value at a point
    points, targets = zip(*dict(zip(points, targets, strict=True)).items(), strict=True)
    direction = next(a for a in itertools.product(range(9), repeat=len(points[0])) if _separates(a, points))
    order = sorted(range(len(points)), key=lambda i: _dot(direction, points[i]))
    places = [_dot(direction, points[i]) for i in order]
    wanted = [targets[i] for i in order]
    weights = []  # of the units max(a.x - place, 0), for all places but the last
    for k in range(1, len(places)):
        so_far = [
            wanted[0][j] + sum(w[j] * (places[k] - places[i]) for i, w in enumerate(weights))
            for j in range(len(wanted[0]))
        ]
        gap = places[k] - places[k - 1]
        weights.append([Q(wanted[k][j] - so_far[j], gap) for j in range(len(so_far))])
    assert len(weights) == len(points) - 1

    def f(x):
        units = [max(_dot(direction, x) - place, 0) for place in places[:-1]]
        return tuple(
            wanted[0][j] + sum(w[j] * u for w, u in zip(weights, units, strict=True)) for j in range(len(wanted[0]))
        )

    return all(f(x) == y for x, y in zip(points, targets, strict=True))


def _dot(a, x):
    return sum(p * q for p, q in zip(a, x, strict=True))


def _separates(a, points):
    return len({_dot(a, x) for x in points}) == len(set(points))


any_labels = Statement(
    "thm-fit-any",
    text="614c74e8",
    cases=tasks,
    hypotheses={"no two equal": different},
    conclusion=can_be_fitted,
    scope="up to three points of -1, 0, 1; up to four corners of a square; two points of a grid in space",
)


@pytest.mark.problem("train-universal")
def test_any_labels_can_be_fitted():
    report = any_labels.verify()
    assert report.covered > 300
    points, targets = report.without["no two equal"]
    assert points[0] == points[1]
    assert targets[0] != targets[1]


@pytest.mark.problem("train-universal")
def test_the_librarys_network_fits_with_as_many_units_as_the_text_says():
    for points, targets in tasks():
        if different((points, targets)):
            network = memorising_network(points, targets)
            assert sum(len(layer.bias) for layer in network.layers[:-1]) == len(points) - 1
            assert len(network.layers) <= 2
            for x, y in zip(points, targets, strict=True):
                assert _by_loops(network, x) == list(y)


def _by_loops(network, x):
    values = list(x)
    for number, layer in enumerate(network.layers):
        values = [_dot(row, values) + b for row, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)]
        if number < len(network.layers) - 1:
            values = [max(value, 0) for value in values]
    return values


@pytest.mark.problem("train-universal")
def test_three_points_for_all_real_places_and_targets():
    t1, t2, t3, y1, y2, y3, s1, s2, t = reals("t1 t2 t3 y1 y2 y3 s1 s2 t")

    def f(at):
        return y1 + s1 * relu(at - t1) + (s2 - s1) * relu(at - t2)

    given = [t1 < t2, t2 < t3, s1 * (t2 - t1) == y2 - y1, s2 * (t3 - t2) == y3 - y2]
    proved(z3.And(f(t1) == y1, f(t2) == y2, f(t3) == y3), given=given)
    proved(f(t) == y1, given=[*given, t <= t1])


# --- what no function can fit ---------------------------------------------------------------------------------------


def labelled():
    for n in range(1, 5):
        for inputs in itertools.product((0, 1, 2), repeat=n):
            for labels in itertools.product((0, 1, 2), repeat=n):
                yield inputs, labels


def best_is_the_sum(case):
    inputs, labels = case
    samples = list(zip(inputs, labels, strict=True))
    counts = {x: max(sum(s == (x, y) for s in samples) for y in range(3)) for x in set(inputs)}
    of_all = max(sum(f[x] == y for x, y in samples) for f in itertools.product(range(3), repeat=3))
    return of_all == sum(counts.values())


best = Statement(
    "prop-fit-best",
    text="c065f46b",
    cases=labelled,
    conclusion=best_is_the_sum,
    scope="up to four samples, three inputs and three labels, all functions",
)


@pytest.mark.problem("train-universal")
def test_no_function_does_better_and_some_network_as_well():
    best.verify()
    for inputs, labels in labelled():
        if len(inputs) > 3:
            break
        names = {
            x: max(range(3), key=lambda y, x=x: list(zip(inputs, labels, strict=True)).count((x, y))) for x in inputs
        }
        rows = [[x] for x in inputs]
        network = memorising_network(rows, [[int(names[x] == y) for y in range(3)] for x in inputs])
        said = [int(np.argmax(_by_loops(network, row))) for row in rows]
        right = sum(a == b for a, b in zip(said, labels, strict=True))
        assert Q(right, len(inputs)) == best_accuracy(rows, labels)


# --- a lot is not learnt: k classes, what the function says, its chances, and whether it has seen the labels ---------


def lots():
    for k in (1, 2, 3):
        for n in (1, 2, 3):
            for says in itertools.product(range(k), repeat=n):
                for chances in {(Q(1, k),) * k, (Q(1), *(Q(0),) * (k - 1))}:
                    yield k, says, chances, False
                    yield k, says, chances, True


def expected_accuracy(case):
    k, says, chances, seen = case
    total = Q(0)
    for labels in itertools.product(range(k), repeat=len(says)):
        chance = Q(1)
        for label in labels:
            chance *= chances[label]
        answers = labels if seen else says  # a function that has memorised the labels
        total += chance * Q(sum(a == b for a, b in zip(answers, labels, strict=True)), len(says))
    return total


chance = Statement(
    "prop-fit-chance",
    text="4bdf433a",
    cases=lots,
    hypotheses={
        "independently of the function": lambda case: not case[3],
        "each equally likely": lambda case: len(set(case[2])) == 1,
    },
    conclusion=lambda case: expected_accuracy(case) == Q(1, case[0]),
    scope="up to three classes and inputs, all functions, equal chances or one class for sure",
)


@pytest.mark.problem("train-universal")
def test_whoever_judges_by_a_lot_gets_one_in_k():
    report = chance.verify()
    assert expected_accuracy(report.without["independently of the function"]) == 1
    k, says, chances, _ = report.without["each equally likely"]
    assert (k, says) == (2, (0,))
    assert chances == (1, 0)


# --- crops ----------------------------------------------------------------------------------------------------------


def small_crops():
    for h, w, p in itertools.product((1, 2, 3), (1, 2), (0, 1, 2)):
        for r, s in itertools.product(range(2 * p + 1), repeat=2):
            yield h, w, p, r, s


def is_the_part(case):
    h, w, p, r, s = case
    image = [[1 + i * w + j for j in range(w)] for i in range(h)]
    padded = [[0] * (w + 2 * p) for _ in range(h + 2 * p)]
    for i, j in itertools.product(range(h), range(w)):
        padded[p + i][p + j] = image[i][j]
    part = [row[s : s + w] for row in padded[r : r + h]]
    found = crop(np.array([[image]], np.uint8), padding=p, rows=[r], columns=[s])
    return found[0, 0].tolist() == part


definition = Statement(
    "def-fit-crop",
    text="b449d482",
    cases=small_crops,
    conclusion=is_the_part,
    scope="images of up to three rows and two columns, padding to two, all places",
)


class Counted(np.random.Generator):
    """A generator that says what it was asked for."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))
        self.asked = []

    def integers(self, *arguments, **options):
        self.asked.append((arguments, options))
        return super().integers(*arguments, **options)


@pytest.mark.problem("train-augmentation")
def test_a_crop_is_the_defined_part():
    assert definition.verify().covered == 6 * (1 + 9 + 25)


@pytest.mark.problem("train-augmentation")
@pytest.mark.parametrize("padding", [0, 1, 3])
def test_the_places_are_drawn_from_0_to_twice_the_padding_by_numpys_uniform_integers(padding):
    rng = Counted()
    random_crop(np.zeros((7, 1, 2, 2), np.uint8), padding=padding, rng=_passed(rng))
    ((bound,), options) = rng.asked[-1]
    assert bound == 2 * padding + 1
    assert options == {"size": (2, 7)}


def _passed(rng):
    """``np.random.default_rng`` gives a generator back as it is."""
    assert np.random.default_rng(rng) is rng
    return rng


def shares():
    for p, h, w in itertools.product(range(5), range(1, 5), range(1, 5)):
        yield h, w, p


def share_is_the_formula(case):
    h, w, p = case
    side = 2 * p + 1
    kept = [
        0 <= i + p - r < h and 0 <= j + p - s < w
        for r, s, i, j in itertools.product(range(side), range(side), range(h), range(w))
    ]
    formula = (1 - Q(p * (p + 1), side * h)) * (1 - Q(p * (p + 1), side * w))
    return Q(sum(kept), len(kept)) == formula


share = Statement(
    "prop-fit-crops",
    text="49373493",
    cases=shares,
    hypotheses={"p at most h and w": lambda case: case[2] <= min(case[:2])},
    conclusion=share_is_the_formula,
    scope="all images of up to four rows and columns, padding to four, all places and pixels",
)


@pytest.mark.problem("train-augmentation")
def test_what_crops_keep():
    assert share.verify().without == {"p at most h and w": (1, 2, 2)}


# --- the stored curves ----------------------------------------------------------------------------------------------


@pytest.mark.problem("train-curves-augmented")
def test_the_curves_of_the_page_are_those_in_the_file_with_and_without_crops():
    import hwlib.training

    stored = json.loads((Path(hwlib.training.__file__).parent / "training_mlp.json").read_text("utf8"))["results"]
    found = stored_curves()
    for run in stored:
        curves = found.cropped if run["crops"] else found.plain
        row = found.seeds.index(run["seed"])
        assert curves.validation_accuracy[row].tolist() == run["validation_accuracy"]
        assert curves.train_accuracy[row].tolist() == run["train_accuracy"]
        assert curves.validation_loss[row].tolist() == run["validation_loss"]
    assert len(stored) == 2 * len(found.seeds) == 40
