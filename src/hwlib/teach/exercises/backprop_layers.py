"""Exercises of the chapter *Backwards, each layer applies its transpose*."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.backprop import BatchNorm, Linear, Sequential, Sigmoid
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED

Mistakes = Mapping[str, Callable[..., Any]]


def _batches() -> list[dict[str, AnyArray]]:
    """Gradient, input, weight and bias, whole numbers; square weights, too, where a transposition fits by accident."""
    cases = []
    for n, inputs, outputs in [(1, 1, 1), (2, 1, 1), (1, 2, 2), (2, 2, 2), (1, 2, 1), (3, 2, 4)]:
        rng = np.random.default_rng(n + inputs + outputs)
        shapes = {"gradient": (n, outputs), "x": (n, inputs), "weight": (outputs, inputs), "bias": (outputs,)}
        cases.append({name: rng.integers(1, 9, shape).astype(float) for name, shape in shapes.items()})
    return cases


def _not_a_class(answer: Any) -> Verdict | None:
    """The verdict on an answer that cannot be a class."""
    if callable(answer):
        return None
    return Verdict("wrong", f"Give the class itself, without calling it; this is {answer!r}.")


def _made(answer: Any, *arguments: Any) -> Any:
    """An object of the class; what makes nothing is not written yet."""
    made = answer(*arguments)
    if made is None or made is ...:
        raise NotImplementedError
    return made


def _linear_parts(gradient: AnyArray, x: AnyArray, weight: AnyArray) -> tuple[AnyArray, AnyArray, AnyArray]:
    layer = Linear(weight, np.zeros(len(weight)))
    layer.forward(x)
    return layer.backward(gradient), layer.weight.gradient, layer.bias.gradient


_ADDED = "You add to what an earlier backward left there: write over it."
_LINEAR_MISTAKES: tuple[tuple[str, Mistakes], ...] = (
    (
        "The gradient at x",
        {
            "Backwards the weight itself is needed: forward used its transpose.": lambda g, x, w, b: g @ w.T,
            "The mean belongs to the loss, and is in the gradient that you are given: do not divide again.": (
                lambda g, x, w, b: g @ w / len(g)
            ),
            "That is the gradient that you were given: multiply by the weight.": lambda g, x, w, b: g,
        },
    ),
    (
        "The weight's gradient",
        {
            "This is transposed: a row for each output, as in the weight.": lambda g, x, w, b: x.T @ g,
            "The mean belongs to the loss, and is in the gradient that you are given: do not divide again.": (
                lambda g, x, w, b: g.T @ x / len(g)
            ),
            _ADDED: lambda g, x, w, b: g.T @ x + (2 * g).T @ (x + 1),
        },
    ),
    (
        "The bias's gradient",
        {
            "That adds over the outputs. The bias was copied into every row: add over the batch.": (
                lambda g, x, w, b: g.sum(axis=1)
            ),
            "Add over the batch; the mean belongs to the loss, and is in the gradient already.": (
                lambda g, x, w, b: g.mean(axis=0)
            ),
            "The bias was copied into every row, so the gradients of the rows have to be added.": (
                lambda g, x, w, b: g
            ),
            _ADDED: lambda g, x, w, b: 3 * g.sum(axis=0),
        },
    ),
)


@exercise("backprop-layers-backward")
def _backward(answer: Any) -> Verdict:
    """The three gradients one after the other, each after an earlier pass on another batch."""
    if (wrong := _not_a_class(answer)) is not None:
        return wrong

    def parts(gradient: AnyArray, x: AnyArray, weight: AnyArray, bias: AnyArray) -> list[Any]:
        layer = _made(answer, weight, bias)
        layer.forward(x + 1)
        if layer.backward(2 * gradient) is ...:
            return [...] * 3
        layer.forward(x)
        found = layer.backward(gradient)
        return [found, layer.weight.gradient, layer.bias.gradient]

    for part, (what, mistakes) in enumerate(_LINEAR_MISTAKES):
        verdict = compare_function(
            lambda *case, part=part: parts(*case)[part],
            lambda g, x, weight, bias, part=part: _linear_parts(g, x, weight)[part],
            _batches(),
            mistakes=mistakes,
        )
        if verdict.status == "open":
            return verdict
        if not verdict:
            return Verdict(verdict.status, f"{what}: {verdict.message}", verdict.diagnosis)
    return Verdict("right", "All three gradients agree with an independent computation, in every case.")


@exercise("backprop-layers-start")
def _start(answer: Any) -> Verdict:
    """Variances of weights with which each layer of a stack keeps the mean square of a gradient."""

    def reference(sizes: list[int]) -> list[float]:
        """By weights of plus and minus one: all signs of one column, with a gradient of ones."""
        found = []
        for outputs in sizes[1:]:
            signs = np.array(list(itertools.product((1, -1), repeat=outputs)))
            found.append(1 / float((signs.sum(1) ** 2).mean()))
        return found

    return compare_function(
        answer,
        reference,
        [{"sizes": sizes} for sizes in ([2, 4], [4, 2], [1, 1], [3, 5, 2], [8, 6, 4, 7], [1, 9])],
        mistakes={
            "One over the inputs keeps the values on their way forward; a gradient's entries add over the outputs.": (
                lambda sizes: [1 / n for n in sizes[:-1]]
            ),
            "That is twice as much, right if a ReLU takes away half. These layers have none.": (
                lambda sizes: [2 / n for n in sizes[1:]]
            ),
            "That is the compromise between forward and backward; it keeps neither, unless both sizes are equal.": (
                lambda sizes: [2 / (n + m) for n, m in itertools.pairwise(sizes)]
            ),
            "Those are standard deviations; variances are asked for.": lambda sizes: [n**-0.5 for n in sizes[1:]],
        },
        tolerance=1e-9,
    )


@exercise("backprop-layers-norm")
def _norm(answer: Any) -> Verdict:
    """Gradients that batch normalization only divides by the deviation."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    features = ([0, 1, 3], [1, 2, 3], [1, 1, -1], [2, 0, 1, 5], [1, 4, 9, 16, 25])
    for numbers in features:
        x = np.array(numbers, float)
        try:
            found = answer(x.copy())
            if found is None or found is ...:
                return UNANSWERED
            dy = np.asarray(found, float)
        except NotImplementedError:
            return UNANSWERED
        except Exception as error:
            return Verdict("wrong", f"For x = {numbers} your function raises {type(error).__name__}: {error}")
        if dy.shape != x.shape or not np.isfinite(dy).all():
            return Verdict("wrong", f"For x = {numbers} it has to return {len(x)} finite numbers, not {found!r}.")
        if not dy.any():
            why = "For gradients of zero every backward pass is right: find others."
            return Verdict("wrong", f"For x = {numbers} all are zero.", why)
        layer = BatchNorm(1, epsilon=0)
        layer.forward(x[:, None])
        right, claimed = layer.backward(dy[:, None])[:, 0], dy / x.std()
        if not np.allclose(right, claimed, rtol=0, atol=1e-9 * abs(claimed).max()):
            place = int(abs(right - claimed).argmax())
            why = (
                "Your gradients do not add up to zero, and so the change of the mean counts."
                if abs(dy.sum()) > 1e-9 * abs(dy).sum()
                else "They add up to zero, but their products with x do not: the change of s counts."
            )
            message = f"For x = {numbers} and your dy, dx({place}) is {right[place]:.4g}, not {claimed[place]:.4g}."
            return Verdict("wrong", message, why)
    return Verdict("right", f"For {len(features)} features, batch normalization only divides your gradient by s.")


def _curved(weight: AnyArray, bias: AnyArray) -> Sequential:
    """A layer that is not linear, so that it matters which input it remembers."""
    return Sequential(Linear(weight, bias), Sigmoid())


def _both_uses(weight: AnyArray, bias: AnyArray, x: AnyArray, gradient: AnyArray) -> list[list[AnyArray]]:
    """For the second use and the first: the gradient at its input, at the weight, and at the bias."""
    first, second = _curved(weight, bias), _curved(weight, bias)
    second.forward(first.forward(x))
    found = []
    for model in (second, first):
        gradient = model.backward(gradient)
        found.append([gradient, *(p.gradient for p in model.parameters())])
    return found


def _flat(*arrays: Any) -> AnyArray:
    return np.concatenate([np.ravel(array) for array in arrays])


@exercise("backprop-layers-twice")
def _twice(answer: Any) -> Verdict:
    """f(f(x)) with one layer: output, gradient at x, and the sum of both uses' gradients at the parameters."""
    # long: each part of the answer has mistakes of its own, listed here
    if (wrong := _not_a_class(answer)) is not None:
        return wrong

    def cases() -> list[dict[str, AnyArray]]:
        rng = np.random.default_rng(0)
        shapes = {"weight": (2, 2), "bias": (2,), "x": (3, 2), "gradient": (3, 2)}
        one = np.ones((1, 1))
        small = {"weight": one, "bias": one[0], "x": one, "gradient": one}
        return [small, *({name: rng.standard_normal(shape) for name, shape in shapes.items()} for _ in range(2))]

    def run(weight: AnyArray, bias: AnyArray, x: AnyArray, gradient: AnyArray, *, calls: int = 1) -> list[Any]:
        layer = _curved(weight, bias)
        twice = _made(answer, layer, layer)
        outputs = twice.forward(x)
        for _ in range(calls):
            found = twice.backward(gradient)
        if outputs is ... or found is ...:
            return [...] * 3
        return [outputs, found, _flat(*(p.gradient for p in layer.parameters()))]

    def right(*case: AnyArray) -> list[AnyArray]:
        weight, bias, x, _ = case
        second, first = _both_uses(*case)
        layer = _curved(weight, bias)
        return [layer.forward(layer.forward(x)), first[0], _flat(*first[1:]) + _flat(*second[1:])]

    def cached(*case: AnyArray) -> list[AnyArray]:
        """Both backward calls with the input of the second use."""
        weight, bias, x, gradient = case
        layer = _curved(weight, bias)
        layer.forward(layer.forward(x))
        at_h = layer.backward(gradient)
        kept = _flat(*(p.gradient for p in layer.parameters()))
        return [gradient, layer.backward(at_h), kept + _flat(*(p.gradient for p in layer.parameters()))]

    checks: list[tuple[str, int, int, Mistakes]] = [
        ("The output", 0, 1, {"That is f(x): apply the layer once more.": lambda w, b, x, g: _curved(w, b).forward(x)}),
        (
            "The gradient at x",
            1,
            1,
            {
                "For the first use the layer has to remember x, but its latest forward was at f(x): run it again.": (
                    lambda *case: cached(*case)[1]
                ),
                "That is the gradient at f(x): go back through the layer once more.": (
                    lambda *case: _both_uses(*case)[0][0]
                ),
            },
        ),
        (
            "The parameters' gradients",
            2,
            1,
            {
                "Those of the first use alone are left: the last backward has written over the others. Add both.": (
                    lambda *case: _flat(*_both_uses(*case)[1][1:])
                ),
                "Those of the second use alone are left: add both.": lambda *case: _flat(*_both_uses(*case)[0][1:]),
                "For the first use the layer has to remember x: run its forward again.": (
                    lambda *case: cached(*case)[2]
                ),
                "Those of the first use count twice: the second's were written over where you kept them. Copy them.": (
                    lambda *case: 2 * _flat(*_both_uses(*case)[1][1:])
                ),
            },
        ),
        ("After a second backward, the gradient at x", 1, 2, {}),
        ("After a second backward, the parameters' gradients", 2, 2, {}),
    ]
    for what, part, calls, mistakes in checks:
        verdict = compare_function(
            lambda *case, part=part, calls=calls: run(*case, calls=calls)[part],
            lambda *case, part=part: right(*case)[part],
            cases(),
            mistakes=mistakes,
            tolerance=1e-12,
        )
        if verdict.status == "open":
            return verdict
        if not verdict:
            return Verdict(verdict.status, f"{what}: {verdict.message}", verdict.diagnosis)
    return Verdict("right", "Output and all gradients agree with two separate layers of the same weights.")


QUIZ = Quiz(
    Question(
        "Why does a linear layer multiply by its weight on the way back, and not by the inverse?",
        [
            Choice(
                "Because an input's gradient adds up what it does to each output.",
                "That is a column of the derivative, and columns are rows of the transpose.",
                right=True,
            ),
            Choice("Because the inverse is slow.", "It need not even exist: the weight need not be square."),
            Choice("Because backward undoes forward.", "It does not: what goes back are gradients, not values."),
        ],
    ),
    Question(
        "The loss is the mean over the batch. Where is the division by n?",
        [
            Choice("In the loss, once.", "Every layer before it gets a gradient that is divided already.", right=True),
            Choice("In every layer.", "Then it would be divided again and again."),
            Choice("In each parameter's gradient.", "These are sums over the batch of gradients divided already."),
        ],
    ),
    Question(
        "At a weight of a ReLU network backward and the central difference disagree. What may you conclude?",
        [
            Choice("Backward is wrong.", "Perhaps; or a unit is at its kink, and there may be no derivative."),
            Choice(
                "Nothing yet: see whether the one-sided differences agree.",
                "If they do, however small the step, what backward returned is wrong; if not, there is a kink.",
                right=True,
            ),
            Choice("The step is too large.", "Perhaps. But at a kink no step is small enough."),
        ],
    ),
)
