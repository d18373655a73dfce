"""Answers to the exercises of *Backwards, each layer applies its transpose*."""

from __future__ import annotations

import numpy as np

from hwlib.backprop import Linear, Sequential


def linear(backward):
    """A layer from a function of the gradient, the input and the weight, which gives the three gradients."""

    class Made(Linear):
        def backward(self, gradient):
            found, at_weight, at_bias = backward(gradient, self.x, self.weight.value)
            self.weight.gradient, self.bias.gradient = at_weight, at_bias
            return found

    return Made


class Adds(Linear):
    """The weight's gradient is added to the one before."""

    def backward(self, gradient):
        self.weight.gradient += gradient.T @ self.x
        return gradient @ self.weight.value


def three(at_x=None, at_weight=None, at_bias=None):
    """The gradients as sums over samples, with one of them replaced."""

    def backward(g, x, w):
        rows = range(len(x))
        right = (
            np.array([sum(g[r, j] * w[j] for j in range(len(w))) for r in rows]),
            sum(np.outer(g[r], x[r]) for r in rows),
            sum(g[r] for r in rows),
        )
        return [r if f is None else f(g, x, w) for r, f in zip(right, (at_x, at_weight, at_bias), strict=True)]

    return linear(backward)


class Twice(Sequential):
    """Right, by another way than the page: the gradients of both uses are kept side by side."""

    uses, again = (True, True), True

    @property
    def layer(self):
        return self.layers[0]

    def forward(self, x):
        self.x = x
        self.h = self.layer.forward(x)
        return self.layer.forward(self.h)

    def backward(self, gradient):
        at_h, second = self.use(self.h, gradient)
        at_x, first = self.use(self.x if self.again else self.h, at_h)
        for parameter, a, b in zip(self.layer.parameters(), first, second, strict=True):
            parameter.gradient[...] = self.uses[0] * a + self.uses[1] * b
        return at_x

    def use(self, x, gradient):
        self.layer.forward(x)
        found = self.layer.backward(gradient)
        return found, [parameter.gradient.copy() for parameter in self.layer.parameters()]


class Once(Twice):
    def forward(self, x):
        self.x = self.h = x
        return self.layer.forward(x)


class FirstAlone(Twice):
    uses = (True, False)


class SecondAlone(Twice):
    uses = (False, True)


class HalfWay(Twice):
    def backward(self, gradient):
        super().backward(gradient)
        return self.use(self.h, gradient)[0]


class CachedParameters(Twice):
    """Right at x, wrong at the parameters."""

    def backward(self, gradient):
        right = super().backward(gradient)
        self.again = False
        super().backward(gradient)
        self.again = True
        return right


class WithoutCopies(Twice):
    """The gradients of the second use are kept where the first one writes over them."""

    def backward(self, gradient):
        self.layer.forward(self.h)
        gradient = self.layer.backward(gradient)
        kept = [parameter.gradient for parameter in self.layer.parameters()]
        self.layer.forward(self.x)
        gradient = self.layer.backward(gradient)
        for parameter, second in zip(self.layer.parameters(), kept, strict=True):
            parameter.gradient += second
        return gradient


class OnlyOnce(Twice):
    """The second call takes the first input for the second."""

    def backward(self, gradient):
        found = super().backward(gradient)
        self.h = self.x
        return found


def perpendicular(x):
    q, _ = np.linalg.qr(np.stack([np.ones(len(x)), x, *np.eye(len(x))[:-2]]).T)
    return q[:, 2]


RIGHT = {
    "backprop-layers-backward": three(),
    "backprop-layers-start": lambda sizes: 1 / np.array(sizes[1:]),
    "backprop-layers-norm": perpendicular,
    "backprop-layers-twice": Twice,
}
WRONG = {
    "backprop-layers-backward": [
        (three(at_x=lambda g, x, w: g @ w.T), "Backwards the weight itself is needed"),
        (three(at_x=lambda g, x, w: g @ w / len(g)), "do not divide again"),
        (three(at_x=lambda g, x, w: g), "that you were given: multiply by the weight"),
        (three(at_weight=lambda g, x, w: x.T @ g), "This is transposed"),
        (three(at_bias=lambda g, x, w: g.sum(1)), "That adds over the outputs"),
        (three(at_bias=lambda g, x, w: g.mean(0)), "Add over the batch; the mean belongs"),
        (three(at_bias=lambda g, x, w: g), "gradients of the rows have to be added"),
        (Adds, "write over it"),
    ],
    "backprop-layers-start": [
        (lambda sizes: 1 / np.array(sizes[:-1]), "over the outputs"),
        (lambda sizes: 2 / np.array(sizes[1:]), "These layers have none"),
        (lambda sizes: 2 / np.convolve(sizes, [1, 1], "valid"), "the compromise"),
        (lambda sizes: np.array(sizes[1:]) ** -0.5, "standard deviations"),
    ],
    "backprop-layers-norm": [
        (lambda x: np.eye(len(x))[0], "do not add up to zero"),
        (lambda x: x - x.mean(), "their products with x do not"),
        (lambda x: 0 * x, "every backward pass is right"),
        (lambda x: x[:2], "finite numbers"),
        (lambda x: x[99], "raises IndexError"),
    ],
    "backprop-layers-twice": [
        (Once, "apply the layer once more"),
        (Sequential, "run it again"),
        (HalfWay, "go back through the layer once more"),
        (FirstAlone, "Those of the first use alone"),
        (SecondAlone, "Those of the second use alone"),
        (CachedParameters, "the layer has to remember x: run its forward again"),
        (WithoutCopies, "Those of the first use count twice"),
        (OnlyOnce, "After a second backward"),
    ],
}
