"""Networks of threshold neurons or of ReLU neurons, evaluated exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import instance, pairs
from hwlib._core.arrays import as_array, as_numbers
from hwlib._core.exact import as_exact
from hwlib._core.types import AnyArray
from hwlib.logic._functions import BooleanFunction, FunctionLike, boolean_function, corners
from hwlib.network import Network

WeightBias = tuple[AnyArray, AnyArray]  # (outputs, inputs) and (outputs,)


@dataclass(frozen=True, eq=False)
class LogicNetwork:
    """A layered network with whole or rational weights, evaluated exactly.

    Attributes:
        layers: weight ``(o, i)`` and bias ``(o,)`` of each layer: int64, or Fractions (so are floats, at their exact
            value).
        activation: ``"step"``, 1 where the sum is at least 0 and 0 elsewhere, after every layer; or ``"relu"``, after
            every layer but the last, which is linear.

    Raises:
        ValueError: if there is no layer, shapes do not fit, a weight is no finite real number, or the activation is
            another one.

    Example:
        >>> LogicNetwork([([[1, 1]], [-2])], "step")
        LogicNetwork(2-1, step)
    """

    layers: tuple[WeightBias, ...]
    activation: Literal["step", "relu"]

    def __post_init__(self) -> None:
        if not isinstance(self.activation, str) or self.activation not in ("step", "relu"):
            raise ValueError(f"activation={self.activation!r}: accepted are 'step' and 'relu'")
        made: list[WeightBias] = []
        for number, (weight, bias) in enumerate(pairs("layers", self.layers, "pairs (weight, bias)")):
            pair = _whole_or_rational("weight", weight), _whole_or_rational("bias", bias)
            shapes = pair[0].shape, pair[1].shape
            width = len(made[-1][1]) if made else shapes[0][-1:]
            if len(shapes[0]) != 2 or shapes[1] != shapes[0][:1] or (made and shapes[0][1] != width):
                raise ValueError(
                    f"layer {number} has a weight of shape {shapes[0]} and a bias of shape {shapes[1]}: accepted are "
                    f"(o, {width if made else 'inputs'}) and (o,)"
                )
            made.append(pair)
        if not made:
            raise ValueError("layers is empty: accepted are one or more pairs (weight, bias)")
        object.__setattr__(self, "layers", tuple(made))

    def __call__(self, inputs: npt.ArrayLike) -> AnyArray:
        """Outputs for some inputs; whole numbers and Fractions stay exact.

        Args:
            inputs: ``(points, i)``, real numbers.

        Returns:
            ``(points, o)``.

        Raises:
            ValueError: if the inputs have another shape, or are no numbers.

        Example:
            >>> LogicNetwork([([[1, 1]], [-2])], "step")([[1, 1], [0, 1]]).tolist()
            [[1], [0]]
        """
        values = as_numbers("inputs", inputs, exact=True, wide=True)
        if values.ndim != 2 or values.shape[1] != self.inputs:
            raise ValueError(f"inputs have shape {values.shape}: accepted is (points, {self.inputs}), a row each")
        for number, (weight, bias) in enumerate(self.layers):
            values = _affine(values, weight, bias)  # (points, o)
            if self.activation == "step":
                values = (values >= 0).astype(np.int64)
            elif number < len(self.layers) - 1:
                values = np.maximum(values, 0)
        return values

    def __repr__(self) -> str:
        widths = [self.inputs, *(len(bias) for _, bias in self.layers)]
        return f"LogicNetwork({'-'.join(map(str, widths))}, {self.activation})"

    def as_network(self) -> Network:
        """The same function as a :class:`hwlib.network.Network` of Fractions.

        Returns:
            The network.

        Raises:
            ValueError: if it is one of threshold neurons, which jump; :func:`as_relu` gives one that does not.

        Example:
            >>> LogicNetwork(((np.array([[1, -2]]), np.array([3])),), "relu").as_network()([1, 1])
            array([Fraction(2, 1)], dtype=object)
        """
        if self.activation != "relu":
            raise ValueError(
                f"a network of {self.activation!r} neurons, which jump: accepted are networks of 'relu' neurons, such "
                "as as_relu makes"
            )
        return Network.from_arrays(
            [(as_exact("weight", weight), as_exact("bias", bias)) for weight, bias in self.layers]
        )

    @property
    def inputs(self) -> int:
        """How many bits, or numbers, go in."""
        return int(self.layers[0][0].shape[1])

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return tuple(len(bias) for _, bias in self.layers[:-1])

    @property
    def units(self) -> int:
        """Hidden neurons in all."""
        return sum(self.widths)

    def computes(self, *functions: FunctionLike) -> bool:
        """Whether the outputs are exactly these functions, on their whole truth tables.

        Args:
            functions: one for each output, all of as many variables as there are inputs; or what
                :func:`boolean_function` makes one from.

        Returns:
            Whether they agree everywhere.

        Raises:
            ValueError: if there are other numbers of functions or variables.

        Example:
            >>> from hwlib.logic import threshold_network
            >>> threshold_network("x1 & x2").computes("x1 & x2")
            True
        """
        wanted, outputs = list(map(boolean_function, functions)), len(self.layers[-1][1])
        if [function.arity for function in wanted] != [self.inputs] * outputs:
            raise ValueError(
                f"{len(wanted)} functions of {', '.join(str(function.arity) for function in wanted)} variables: "
                f"accepted are {outputs} of {self.inputs}"
            )
        table = np.array([function.values for function in wanted]).T  # (rows, o)
        return bool(np.array_equal(self(corners(self.inputs)), table))


def as_relu(network: LogicNetwork) -> LogicNetwork:
    """The same function on {0, 1}^n by ReLU neurons: on whole numbers, step(z) = relu(z + 1) - relu(z).

    Args:
        network: a network of threshold neurons with whole weights.

    Returns:
        Two ReLU neurons for each threshold neuron, and one more, linear layer.

    Raises:
        ValueError: if the network is not one of threshold neurons.

    Example:
        >>> from hwlib.logic import threshold_network
        >>> and_gate = as_relu(threshold_network("x1 & x2"))
        >>> and_gate.widths, and_gate(corners(2)).ravel().tolist()
        ((2,), [0, 0, 0, 1])
    """
    instance("network", network, LogicNetwork, "a LogicNetwork of threshold neurons")
    if network.activation != "step":
        raise ValueError(f"activation={network.activation!r}: accepted are networks of threshold neurons, 'step'")
    layers: list[WeightBias] = []
    back = np.eye(network.layers[0][0].shape[1], dtype=np.int64)  # from the doubled neurons to the steps
    for weight, bias in network.layers:
        doubled = np.repeat(weight @ back, 2, axis=0), np.repeat(bias, 2) + np.tile([1, 0], len(bias))
        layers.append(doubled)
        back = np.kron(np.eye(len(bias), dtype=np.int64), np.array([[1, -1]]))
    layers.append((back, np.zeros(len(back), dtype=np.int64)))
    return LogicNetwork(tuple(layers), "relu")


def verified(network: LogicNetwork, function: BooleanFunction) -> LogicNetwork:
    """The network, if it computes the function on its whole truth table; else an ArithmeticError."""
    if not network.computes(function):
        raise ArithmeticError(f"this network failed its own check and would be wrong: {network!r}")
    return network


def _whole_or_rational(name: str, values: Any) -> AnyArray:
    array = as_array(name, values)
    made = array.astype(np.int64) if array.dtype.kind in "bi" else as_exact(name, array)
    made.setflags(write=False)
    return made


def _affine(values: AnyArray, weight: AnyArray, bias: AnyArray) -> AnyArray:
    """``values @ weight.T + bias``, in Python's whole numbers if 64 bits might not hold the sums."""
    if values.dtype == weight.dtype == bias.dtype == np.int64:
        most = np.abs(weight.astype(float)).sum(axis=1) * np.abs(values.astype(float)).max(initial=0)
        if (most + np.abs(bias.astype(float))).max(initial=0) > 2**62:
            values = values.astype(object)
    made: AnyArray = values @ weight.T + bias
    return made
