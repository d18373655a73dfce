"""Distances to other classes: by brute force over which inequalities bind, by the sphere, and along a ray."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.network import Network
from hwlib.saliency import (
    boundary_bracket,
    boundary_distance,
    fooling_image,
    linear_distance,
    linear_prediction,
)
from tests.examples import examples

pytestmark = pytest.mark.problem("input-gradients")
small = st.integers(-2, 2)


def brute_force(rows, needs):
    """The least squared norm of r with rows @ r >= needs: over all sets of inequalities that hold with equality."""
    best = None
    for size in range(len(rows) + 1):
        for chosen in itertools.combinations(range(len(rows)), size):
            a, b = sympy.Matrix(rows[list(chosen), :]), sympy.Matrix(needs[list(chosen)])
            gram = a * a.T if size else sympy.zeros(0, 0)
            if size and gram.rank() < size:
                continue
            r = a.T * gram.LUsolve(b) if size else sympy.zeros(rows.shape[1], 1)
            if all(
                sum(x * y for x, y in zip(row, r, strict=True)) >= need for row, need in zip(rows, needs, strict=True)
            ):
                squared = sum(x * x for x in r)
                best = squared if best is None else min(best, squared)
    return best


@st.composite
def classifiers(draw, *, most_inputs=3, most_classes=4):
    inputs, classes = draw(st.integers(1, most_inputs)), draw(st.integers(2, most_classes))
    rows = st.lists(small, min_size=inputs, max_size=inputs)
    weight = draw(st.lists(rows, min_size=classes, max_size=classes))
    bias = draw(st.lists(small, min_size=classes, max_size=classes))
    return np.array(weight), np.array(bias), np.array(draw(rows))


@given(classifiers(), st.booleans(), st.booleans())
@examples(60)
def test_the_way_to_a_class_is_the_shortest(problem, exact, boxed):
    weight, bias, x = problem
    number = Fraction if exact else float
    given_ = [np.vectorize(number, otypes=[object if exact else float])(part) for part in problem]
    scores = weight @ x + bias
    box = (-2, 2) if boxed else None
    found = {}
    for target in range(len(bias)):
        others = [other for other in range(len(bias)) if other != target]
        rows, needs = weight[target] - weight[others], scores[others] - scores[target]
        if boxed:
            eye = np.eye(len(x), dtype=int)
            rows, needs = np.concatenate([rows, eye, -eye]), np.concatenate([needs, -2 - x, x - 2])
        truth = brute_force(rows, needs)
        if truth is None:
            with pytest.raises(ValueError, match="never has the highest score"):
                linear_distance(*given_, target=target, box=box)
            continue
        result = linear_distance(*given_, target=target, box=box)
        assert result.exact == exact
        assert (result.squared == truth) if exact else result.squared == pytest.approx(float(truth), abs=1e-9)
        end = np.array([Fraction(entry) for entry in result.perturbation]) + x
        lead = weight[target] @ end + bias[target] - (weight @ end + bias)
        assert (lead >= (0 if exact else -1e-9)).all()
        assert all(abs(lead[other]) <= (0 if exact else 1e-9) for other in result.binding)
        found[target] = truth
    # The nearest class is the nearest of all that are not on top already.
    label = int(np.argmax(scores))
    others = {target: squared for target, squared in found.items() if target != label}
    if others:
        nearest = linear_distance(*given_, box=box)
        assert float(nearest.squared) == pytest.approx(float(min(others.values())), abs=1e-9)
        assert nearest.label == label


def test_a_third_class_in_between_makes_the_way_longer():
    weight, bias = [[Fraction(1), 0], [0, 1], [-1, 0]], [0, 0, 0]
    found = linear_distance(weight, bias, [2, 1], target=2)
    # The hyperplane of classes 0 and 2 alone is at (0, 1), where class 1 is on top.
    assert found.perturbation.tolist() == [-2, -1]
    assert found.squared == 5 > 4
    many = linear_distance([[Fraction(1)] * 9, [0] * 9], [0, 0], [1] * 9)
    assert repr(many) == "LinearDistance(0 to 1, distance 3, perturbation array of shape (9,))"


def test_what_is_no_classifier_or_no_input_is_refused():
    for weight, bias, x, words in (
        ([[1.0]], [0], [0], "at least two classes"),
        ([[1, 2], [3, 4]], [0, 0], [0], "accepted are"),
        ([[1], [2]], [0], [0], "accepted are"),
    ):
        with pytest.raises(ValueError, match=words):
            linear_distance(weight, bias, x)
    plane = [[1], [-1]], [0, 0], [0.5]
    for options, words in (
        ({"target": 2}, "accepted is a class"),
        ({"target": True}, "accepted is a whole number"),
        ({"box": (0.6, 1)}, "with all of x"),
        ({"target": 1, "box": (0.25, 1)}, "between 0.25 and 1"),
        ({"box": (0.25, 1)}, "no other class"),
    ):
        with pytest.raises(ValueError, match=words):
            linear_distance(*plane, **options)


def linear_model(weight, bias):
    model = torch.nn.Linear(*weight.shape[::-1]).double().requires_grad_(False)
    model.weight.copy_(torch.as_tensor(weight))
    model.bias.copy_(torch.as_tensor(bias))
    return model


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("box", [(-50.0, 50.0), (0.0, 1.0)])
def test_a_fooling_image_of_a_linear_classifier_has_the_least_norm(seed, box):
    rng = np.random.default_rng(seed)
    weight, bias, x = rng.normal(size=(6, 8)), rng.normal(size=6) / 3, rng.uniform(size=8)
    model = linear_model(weight, bias)
    for target in range(6):
        try:
            truth = linear_distance(weight, bias, x, target=target, box=box)
        except ValueError:
            with pytest.raises(ValueError, match="was not reached"):
                fooling_image(model, torch.as_tensor(x)[None], target, steps=5, box=box)
            continue
        found = fooling_image(model, torch.as_tensor(x)[None], target, resolution=1e-7, box=box)
        assert found.norm >= truth.distance * (1 - 1e-9)
        assert found.norm == pytest.approx(truth.distance, rel=1e-5, abs=1e-9)
        assert int(model(found.image).argmax()) == target
        assert box[0] <= float(found.image.min()) <= float(found.image.max()) <= box[1]


@pytest.mark.parametrize("seed", range(5))
def test_a_lead_is_the_border_moved(seed):
    rng = np.random.default_rng(seed)
    weight, bias, x = rng.normal(size=(4, 9)), rng.normal(size=4) / 3, rng.uniform(size=9)
    for target in range(4):
        behind = bias - 2.5 * (np.arange(4) == target)
        truth = linear_distance(weight, behind, x, target=target).distance
        image, model, wide = torch.as_tensor(x)[None], linear_model(weight, bias), (-99.0, 99.0)
        found = fooling_image(model, image, target, lead=2.5, resolution=1e-7, box=wide)
        assert found.norm == pytest.approx(truth, rel=1e-5, abs=1e-9)
        others = model(found.image)[0].numpy().copy()
        others[target] -= 2.5
        assert int(others.argmax()) == target


def test_the_steps_are_what_they_are_said_to_be():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 12), torch.nn.ReLU(), torch.nn.Linear(12, 4)).double()
    image = torch.full((1, 6), 0.5, dtype=torch.float64)
    label = int(model(image).argmax())
    targets = [target for target in range(4) if target != label]
    found = []
    for target in targets:
        try:
            found.append(fooling_image(model, image, target, box=(-3.0, 3.0)))
        except ValueError:
            continue
    assert found
    for one in found:
        assert torch.equal(one.images[:1], image)
        assert torch.allclose(one.norms, (one.images - image).norm(dim=1))
        assert torch.allclose(one.probabilities, model(one.images).softmax(dim=1))
        assert one.norm == float(one.norms[one.images.eq(one.image).all(dim=1)][0])
        reached = one.probabilities.argmax(dim=1) == one.target
        first = int(reached.int().argmax())
        assert not reached[:first].any()
        assert (one.norms[first:].diff() <= 0).all()  # from then on only shorter ways are kept
        assert one.norm == float(one.norms[reached].min())
        assert torch.allclose(one.scaled(2, box=(-9, 9)), image + 2 * one.perturbation)
        assert torch.allclose(one.scaled(1), one.image)
        assert torch.allclose(one.scaled(9), (image + 9 * one.perturbation).clamp(-3, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("behind", [0.0, 1e-7])
def test_from_a_tie_the_other_class_is_a_small_step_away(dtype, behind):
    model = linear_model(np.eye(2), np.zeros(2)).to(dtype)
    image = torch.tensor([[0.5 + behind, 0.5]], dtype=dtype)
    found = fooling_image(model, image, 1)
    assert int(model(found.image).argmax()) == 1
    assert found.norm < 1e-4


def test_an_image_that_has_the_class_is_returned_as_it_is():
    model = linear_model(np.eye(2), np.zeros(2))
    found = fooling_image(model, torch.tensor([[0.75, 0.5]]).double(), 0)
    assert found.norm == 0
    assert len(found.images) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": 2}, "accepted is a class"),
        ({"target": 1, "steps": 0}, "was not reached"),
        ({"target": 1, "box": (0.6, 1)}, "with pixels in"),
        ({"target": 1, "resolution": 0}, "above zero"),
    ],
)
def test_fooling_refuses_what_it_cannot_do(options, words):
    model = linear_model(np.eye(2), np.zeros(2))
    with pytest.raises(ValueError, match=words):
        fooling_image(model, torch.tensor([[0.75, 0.5]]).double(), **options)


def test_the_prediction_is_the_distance_of_two_classes():
    rng = np.random.default_rng(0)
    weight, bias, x = rng.normal(size=(5, 7)), rng.normal(size=5), rng.normal(size=(4, 7))
    model = linear_model(weight, bias)
    found = linear_prediction(model, torch.as_tensor(x), [0, 1, 2, 3])
    for point, target, distance in zip(x, range(4), found.tolist(), strict=True):
        label = int(np.argmax(weight @ point + bias))
        if label == target:
            assert distance == 0
        else:
            two = linear_distance(weight[[label, target]], bias[[label, target]], point, target=1)
            assert distance == pytest.approx(two.distance, rel=1e-9)
    with pytest.raises(ValueError, match="as many classes as images"):
        linear_prediction(model, torch.as_tensor(x), [0, 1])


@st.composite
def rays(draw):
    widths = [draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(2, 3))]
    layers = []
    for inputs, outputs in itertools.pairwise(widths):
        weight = draw(st.lists(st.lists(small, min_size=inputs, max_size=inputs), min_size=outputs, max_size=outputs))
        layers.append((np.array(weight), np.array(draw(st.lists(small, min_size=outputs, max_size=outputs)))))
    x, way = (np.array(draw(st.lists(small, min_size=widths[0], max_size=widths[0]))) for _ in range(2))
    return Network.from_arrays(layers).as_fractions(), x, way


@given(rays())
@examples(80)
def test_along_a_ray_the_class_is_alone_on_top_before_the_border_and_not_there(problem):
    network, x, way = problem
    if not way.any():
        return
    found = boundary_distance(network, x, way)

    def alone(step):
        scores = network([Fraction(int(a)) + step * int(b) for a, b in zip(x, way, strict=True)])
        return all(scores[found.label] > score for k, score in enumerate(scores) if k != found.label)

    reached = math.isfinite(found.step)
    assert reached == (found.reached is not None)
    if reached:
        assert isinstance(found.step, Fraction | int)
        assert not alone(found.step)
        assert found.distance == pytest.approx(float(found.step) * math.hypot(*way))
    end = found.step if reached else Fraction(40)
    assert end == 0 or all(alone(end * k / 97) for k in range(97))
    # Where no region is left, the tangent is the truth.
    if not found.borders and reached:
        assert found.predicted == pytest.approx(found.distance)
    # In float64 it is the same up to rounding.
    assert boundary_distance(network.as_floats(), x, way).step == pytest.approx(float(found.step))


def test_the_bracket_of_samples_holds_the_exact_border():
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(5, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3)).double()
    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(20):
        x, way = rng.normal(size=5), rng.normal(size=5)
        exact = boundary_distance(model, x, way, farthest=3)
        found = boundary_bracket(model, torch.as_tensor(x)[None], torch.as_tensor(way)[None], farthest=3, samples=300)
        if exact.reached is None:
            assert found.outside == math.inf
        elif found.reached == exact.reached:
            compared += 1
            assert found.inside <= exact.distance <= found.outside * (1 + 1e-12)
            assert found.outside - found.inside <= 3e-3 * np.linalg.norm(way)
    assert compared > 5


def test_rays_that_cannot_be_are_refused():
    model = linear_model(np.eye(2), np.zeros(2))
    x = torch.zeros(1, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="direction is zero"):
        boundary_distance(model, x[0], [0, 0])
    with pytest.raises(ValueError, match="two or more classes"):
        boundary_distance([([[1]], [0])], [0], [1])
    with pytest.raises(ValueError, match="farthest"):
        boundary_distance(model, x[0], [0, 1], farthest=-1)
    for direction in (x, x + math.nan, x + math.inf):
        with pytest.raises(ValueError, match="direction that is finite and not zero"):
            boundary_bracket(model, x, direction, farthest=1)


def test_a_border_counts_also_where_no_lead_bends():
    alike = [([[1], [1]], [0, -1]), ([[-1, 5], [0, 5]], [2, 0])]  # 2 - t and 0, both with 5 relu(t - 1) on top
    found = boundary_distance(alike, [0], [1])
    assert (found.step, found.borders) == (2, 1)
    assert boundary_distance([alike[0], ([[-1, -3], [0, 0]], [2, 0])], [0], [1]).borders == 1
