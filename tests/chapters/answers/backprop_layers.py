"""Answers to the exercises of *Backwards, each layer applies its transpose*."""

from __future__ import annotations

import numpy as np

from hwlib.backprop import CrossEntropyLoss, Linear, ReLU, Sequential


def linear(forward, backward=None, *, keeps=True):
    """A layer from functions of the input, the weight and the bias; backward gives the three gradients."""

    class Made(Linear):
        def forward(self, x):
            if keeps:
                self.x = x
            return forward(x, self.weight.value, self.bias.value)

        def backward(self, gradient):
            if backward is None:
                return super().backward(gradient)
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

    return linear(lambda x, w, b: x @ w.T + b, backward)


def relu(backward):
    class Made(ReLU):
        def backward(self, gradient):
            return backward(gradient, self.x)

    return Made


def overwrites(g, x):
    g[x < 0] = 0
    return g


def loss(backward):
    class Made(CrossEntropyLoss):
        def backward(self):
            targets = self.right[1]
            return backward(self.p, np.eye(self.p.shape[1])[targets], targets)

    return Made


def in_place(p, y, targets):
    p -= y
    return p / len(p)


def columns(p, y, targets):
    q = p.copy()
    q[:, targets] -= 1
    return q / len(q)


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
    "backprop-layers-forward": linear(lambda x, w, b: (x @ w.T + b).tolist()),
    "backprop-layers-backward": three(),
    "backprop-layers-relu": relu(lambda g, x: np.where(x >= 0, g, 0)),
    "backprop-layers-loss": loss(lambda p, y, targets: (p - y) / len(p)),
    "backprop-layers-norm": perpendicular,
    "backprop-layers-twice": Twice,
}
WRONG = {
    "backprop-layers-forward": [
        (linear(lambda x, w, b: x @ w + b), "it has to be transposed"),
        (linear(lambda x, w, b: x @ w.T), "bias is missing"),
        (linear(lambda x, w, b: (x @ w.T + b).T), "a sample in each column"),
        (linear(lambda x, w, b: x @ w.T + b, keeps=False), "Set self.x"),
        (3, "Give the class itself"),
    ],
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
    "backprop-layers-relu": [
        (relu(lambda g, x: g * (g > 0)), "not of the gradient"),
        (relu(lambda g, x: np.heaviside(x, 0)), "the derivative alone"),
        (relu(lambda g, x: g * np.maximum(x, 0)), "do not multiply by x"),
        (relu(lambda g, x: g), "nothing comes back"),
        (relu(lambda g, x: g * np.clip(x, 0, 1)), "the gradient comes back whole"),
        (relu(lambda g, x: g * (x >= 1)), "expected 8"),
        (relu(lambda g, x: g * (x > 0.1)), "expected 8"),
        (relu(lambda g, x: g * np.where(x == 0, np.nan, x > 0)), "Any slope from 0 to 1"),
        (relu(overwrites), "you write into the gradient"),
    ],
    "backprop-layers-loss": [
        (loss(lambda p, y, targets: p - y), "The mean is missing"),
        (loss(lambda p, y, targets: (y - p) / len(p)), "The sign is wrong"),
        (loss(lambda p, y, targets: p / len(p)), "Subtract one"),
        (loss(lambda p, y, targets: (p - y) / p.size), "not of all entries"),
        (loss(columns), "one row number for each target"),
        (loss(in_place), "Change a copy"),
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
