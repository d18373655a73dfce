"""Pictures of neurons that decide, and of what none of them can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from hwlib._core.polygon import around, clip, half_plane
from hwlib._core.text import affine_text
from hwlib._core.types import Array
from hwlib.logic import (
    BooleanFunction,
    Face,
    LogicNetwork,
    NotSeparable,
    PerceptronRun,
    Separable,
    SignProof,
    corners,
    numbered_function,
    separate,
    weight_polygon,
)
from hwlib.teach._theme import DASHES, FAINT, FIRES, INK, LINES, ON_COLOUR, SILENT
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, inked, legend, panels, rows_of

_LOW, _HIGH = -0.5, 1.5


def neurons(shown: Mapping[str, tuple[BooleanFunction, Separable]]) -> ThemedFigure:
    """Draw neurons of two inputs: the half-plane where each fires, its line, and the four points.

    Args:
        shown: title of each picture, and the function with its neuron.

    Returns:
        One picture beside the other; true points are filled, false ones hollow.

    Raises:
        ValueError: if a function does not have two variables.

    Example:
        >>> from hwlib.logic import boolean_function
        >>> both = boolean_function("0001")
        >>> len(neurons({"AND": (both, separate(both))}).axes)
        1
    """
    rows = rows_of(len(shown), 2.6)
    drawn = figure(2.6 * -(-len(shown) // rows), 2.8 * rows)
    for axes, (title, (function, neuron)) in zip(panels(drawn, len(shown), rows=rows), shown.items(), strict=True):
        _two_variables(function)
        _square(axes, title)
        _half_plane(axes, neuron)
        _points(axes, function)
    return drawn


def weight_polygons(shown: Mapping[str, BooleanFunction], *, bias: int | Fraction, reach: int) -> ThemedFigure:
    """Draw all weights (w1, w2) that make a neuron of a given bias compute each function.

    Args:
        shown: title of each picture, and its function of two variables.
        bias: the bias.
        reach: how far the axes go.

    Returns:
        One picture beside the other; borders that do not belong to the set are dashed.

    Raises:
        ValueError: if a function does not have two variables, or no weights will do.

    Example:
        >>> from hwlib.logic import boolean_function
        >>> weight_polygons({"OR": boolean_function("0111")}, bias=-1, reach=4).axes[0].get_title()
        'OR'
    """
    drawn = figure(2.7 * len(shown), 2.9)
    for axes, (title, function) in zip(panels(drawn, len(shown)), shown.items(), strict=True):
        polygon = [(float(p), float(q)) for p, q in weight_polygon(function, bias, box=[(-reach, reach)] * 2)]
        if not polygon:
            raise ValueError(f"{title} with bias={bias}: no weights will do, so there is nothing to draw")
        axes.add_patch(Polygon(polygon, facecolor=FIRES, alpha=0.55, linewidth=0))
        for value in (0, 1):
            for x, y in function.points(value).tolist():
                if x or y:
                    style = "-" if value else (0, (4, 3))
                    _line(axes, x, y, float(bias), lw=1.3, ls=style)
        ends, ticks = (-reach / 4, reach), range(reach + 1)
        axes.set(xlim=ends, ylim=ends, aspect="equal", xticks=ticks, yticks=ticks)
        inked(axes, title, x="$w_1$", y="$w_2$")
    return drawn


def _line(axes: Axes, a: float, b: float, c: float, *, color: str = INK, lw: float = 1.5, ls: Any = "-") -> None:
    """The line where a x + b y + c = 0."""
    point = (0.0, -c / b) if b else (-c / a, 0.0)
    axes.axline(point, slope=-a / b if b else np.inf, color=color, lw=lw, ls=ls)


def certificate(function: BooleanFunction, refuted: NotSeparable) -> ThemedFigure:
    """Draw a certificate of two true and two false points of the plane: two segments with one middle.

    Args:
        function: a function of two variables.
        refuted: its certificate.

    Returns:
        The four points and the segments that cross.

    Raises:
        ValueError: if the function does not have two variables.

    Example:
        >>> from hwlib.logic import boolean_function
        >>> xor = boolean_function("0110")
        >>> len(certificate(xor, separate(xor)).axes[0].lines)
        2
    """
    _two_variables(function)
    drawn = figure(2.8, 2.9)
    axes = drawn.subplots()
    _square(axes, "")
    for pair, colour in [(refuted.true_points, FIRES), (refuted.false_points, SILENT)]:
        axes.plot(*np.array(pair).T, color=colour, lw=3, zorder=2)
    _points(axes, function)
    middle = np.mean(refuted.true_points, axis=0)
    axes.annotate(
        "the same middle", middle, xytext=(middle[0], middle[1] + 0.75), ha="center", color=INK, fontsize=TYPE,
        arrowprops={"arrowstyle": "->", "color": INK},
    )  # fmt: skip
    return drawn


def all_of_two_variables() -> ThemedFigure:
    """Draw the sixteen Boolean functions of two variables, each with a neuron or with its certificate.

    Returns:
        Sixteen small pictures in the order of their truth tables.

    Example:
        >>> all_of_two_variables().axes[6].get_title().splitlines()
        ['0110', 'no neuron']
    """
    drawn = figure(4.4, 6.2)  # narrower than most, so that a phone shrinks its letters less
    for number, axes in enumerate(panels(drawn, 16, rows=4)):
        function = numbered_function(number, 2)
        answer = separate(function, choose="smallest")
        table = f"{number:04b}\n"
        if isinstance(answer, Separable):
            _square(axes, f"{table}({answer.weights[0]}, {answer.weights[1]}), {answer.bias}".replace("-", "−"))
            _half_plane(axes, answer)
        else:
            _square(axes, table + "no neuron")
            for pair, colour in [(answer.true_points, FIRES), (answer.false_points, SILENT)]:
                axes.plot(*np.array(pair).T, color=colour, lw=2.5, zorder=2)
        _points(axes, function, size=30)
        axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
        axes.title.set_fontsize(TYPE)
    return drawn


def perceptron_steps(function: BooleanFunction, run: PerceptronRun, *, columns: int = 3) -> ThemedFigure:
    """Draw the neuron after each correction of a run of the perceptron rule.

    Args:
        function: the function of two variables that it is shown.
        run: the run.
        columns: pictures in a row.

    Returns:
        A small picture for the start and for each correction, each under its weights and bias.

    Raises:
        ValueError: if the function does not have two variables.

    Example:
        >>> from hwlib.logic import boolean_function, perceptron
        >>> either = boolean_function("0111")
        >>> run = perceptron(corners(2), either.values)
        >>> len(perceptron_steps(either, run).axes) == run.mistakes + 1
        True
    """
    _two_variables(function)
    rows = -(-len(run.history) // columns)
    drawn = figure(WIDEST / 3 * columns, 2.05 * rows)
    all_axes = panels(drawn, len(run.history), rows=rows)
    for count, (axes, (w1, w2, bias)) in enumerate(zip(all_axes, run.history, strict=True)):
        _square(axes, f"{count}: ({w1}, {w2}), {bias}".replace("-", "−"))
        _half_plane(axes, Separable((w1, w2), bias, (), ()))
        _points(axes, function, size=60)
        axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    return drawn


def kinked_surface(
    surface: Callable[[Array, Array], Array],
    paths: Mapping[str, npt.ArrayLike],
    *,
    box: Sequence[tuple[float, float]],
    kinks: Sequence[float],
    names: tuple[str, str],
    levels: npt.ArrayLike,
) -> ThemedFigure:
    """Draw a loss over two parameters: its level lines, the lines where it has kinks, and paths of descent.

    Args:
        surface: from arrays of the two parameters to an array of losses.
        paths: name to points ``(t, 2)``, the start first.
        box: ``[(low, high), (low, high)]``: the part of the plane to draw.
        kinks: the values of either parameter where the loss has kinks.
        names: of the two parameters.
        levels: losses with a line, in increasing order; each line has its number.

    Returns:
        One panel; a ring at the start of each path, a star at its end.

    Raises:
        ValueError: if there are more paths than colours.

    Example:
        >>> bowl = kinked_surface(lambda a, b: a**2 + b**2, {"p": [[1, 1], [0, 0]]}, box=[(-1, 2)] * 2, kinks=[1],
        ...                       names=("a", "b"), levels=[1, 2])
        >>> bowl.axes[0].get_ylabel()
        '$b$'
    """
    if len(paths) > len(LINES):
        raise ValueError(f"paths={sorted(paths)}: accepted are at most {len(LINES)} paths")
    drawn = figure(WIDEST, 5.2)
    axes = drawn.subplots()
    grid = np.meshgrid(*(np.linspace(*ends, 241) for ends in box))
    losses = surface(*grid)
    drawn_levels = axes.contour(*grid, losses, levels=np.asarray(levels), colors=FAINT, linewidths=0.9)
    labels = axes.clabel(drawn_levels, fontsize=TYPE, fmt="%.2f")
    for label in labels:
        label.set_color(INK)
    for place in kinks:
        axes.axvline(place, color=FAINT, lw=0.8, ls=(0, (1, 3)))
        axes.axhline(place, color=FAINT, lw=0.8, ls=(0, (1, 3)))
    for number, (name, points) in enumerate(paths.items()):
        path = np.asarray(points, float)
        axes.plot(*path.T, color=LINES[number], lw=2.4, ls=DASHES[number], label=name)
        axes.plot(*path[0], "o", color=LINES[number], mfc="white", ms=8, mew=2, zorder=3)
        axes.plot(*path[-1], "*", color=LINES[number], ms=15, zorder=4)
    axes.set(xlim=box[0], ylim=box[1], aspect="equal")
    inked(axes, x=f"${names[0]}$", y=f"${names[1]}$")
    drawn.legend(loc="outside upper center", ncols=len(paths), frameon=False, labelcolor=INK, fontsize=TYPE)
    return drawn


def fractions(counted: Mapping[str, Mapping[int, tuple[float, float, float]]], *, x: str, y: str) -> ThemedFigure:
    """Draw fractions with their intervals.

    Args:
        counted: name to a fraction and the ends of its interval, for each place on the horizontal axis.
        x: what the horizontal axis shows.
        y: what the fraction is of.

    Returns:
        One panel from 0 to 1.

    Raises:
        ValueError: if there are no names, or more than colours.

    Example:
        >>> fractions({"a": {2: (0.5, 0.4, 0.6)}}, x="width", y="solved").axes[0].get_ylabel()
        'solved'
    """
    if not 1 <= len(counted) <= len(LINES):
        raise ValueError(f"counted={sorted(counted)}: accepted are one to {len(LINES)} names")
    drawn = figure(WIDEST, 3.4)
    axes = drawn.subplots()
    for number, (name, places) in enumerate(counted.items()):
        middle, low, high = np.array(list(places.values())).T
        axes.errorbar(
            list(places), middle, yerr=[middle - low, high - middle], color=LINES[number], ls=DASHES[number],
            marker="o", capsize=4, lw=1.8, label=name,
        )  # fmt: skip
    axes.set(ylim=(0, 1), xticks=sorted({place for places in counted.values() for place in places}))
    inked(axes, x=x, y=y, framed=False)
    if len(counted) > 1:
        legend(axes)
    return drawn


def gate_regions(
    shown: Mapping[str, SignProof], *, box: Sequence[tuple[float, float]] = ((-2, 2), (-2, 2))
) -> ThemedFigure:
    """Draw the regions of networks on the plane, with the affine map of each and the sign of the output.

    Args:
        shown: title of each picture, and the proof.
        box: ``[(low, high), (low, high)]``: the part of the plane to draw.

    Returns:
        One picture beside the other; where the relation holds the region is filled.

    Example:
        >>> from hwlib.logic import prove_gate
        >>> hidden, output = (np.eye(2, dtype=int), np.zeros(2)), (np.ones((1, 2)), np.zeros(1))
        >>> net = LogicNetwork((hidden, output), "relu")
        >>> len(gate_regions({"OR": prove_gate(net, lambda a, b: a > 0 or b > 0)}).axes)
        1
    """
    drawn = figure(2.75 * len(shown), 3.0)
    for axes, (title, proof) in zip(panels(drawn, len(shown)), shown.items(), strict=True):
        for face in proof.faces:
            if face.dimension == 2:
                _region(axes, face, box)
        axes.set(xlim=box[0], ylim=box[1], aspect="equal", xticks=[0], yticks=[0])
        inked(axes, title, x="$x_1$", y="$x_2$")
    return drawn


def hidden_values(network: LogicNetwork, function: BooleanFunction) -> ThemedFigure:
    """Draw what a hidden layer of two ReLU neurons does to the plane: the lines where it bends, and where all goes.

    Args:
        network: ReLU network with two inputs and one hidden layer of two neurons.
        function: the function of two variables that it computes.

    Returns:
        The input plane beside the plane of the hidden values, with the images of the four points and, thin, of the
        lines of a grid; where the output is one half there is a line.

    Raises:
        ValueError: if the network has another shape.

    Example:
        >>> from hwlib.logic import boolean_function, relu_circuit
        >>> xor = boolean_function("0110")
        >>> len(hidden_values(relu_circuit(xor), xor).axes)
        2
    """
    if network.widths != (2,) or function.arity != 2:
        raise ValueError(f"a network with hidden widths {network.widths}: accepted is one hidden layer of two neurons")
    (weight, bias), (out, out_bias) = network.layers
    drawn = figure(WIDEST, 2.9)
    left, right = panels(drawn, 2)
    _square(left, "input")
    for (a, b), c in zip(weight.tolist(), bias.tolist(), strict=True):
        _line(left, a, b, c)
    _points(left, function)
    along = np.linspace(-1, 2, 61)
    for place in np.linspace(-1, 2, 7):  # lines of a grid, as chains of close points
        for line in ([along, np.full(61, place)], [np.full(61, place), along]):
            image = np.maximum(np.stack(line, axis=1) @ weight.T.astype(float) + bias.astype(float), 0)
            right.plot(*image.T, color=INK, lw=1.5)
    hidden = np.maximum(corners(2) @ weight.T + bias, 0)
    for k, ((x, y), value) in enumerate(zip(hidden.tolist(), function.values, strict=True)):
        right.plot(x, y, "o", ms=11, mfc=FIRES if value else "white", mec=ON_COLOUR, mew=1.5, zorder=3)
        shared = [tuple(corners(2)[j].tolist()) for j in range(4) if (hidden[j] == hidden[k]).all()]
        if shared[0] == tuple(corners(2)[k].tolist()):
            right.annotate(" ".join(f"({p},{q})" for p, q in shared), (x, y), (0, -20) if value else (-4, 10),
                           textcoords="offset points", ha="center" if value else "right", color=INK,
                           fontsize=TYPE)  # fmt: skip
    _line(right, float(out[0, 0]), float(out[0, 1]), float(out_bias[0]) - 0.5, color=FIRES, lw=2)
    top = float(hidden.max()) + 0.6
    right.set(xlim=(-0.7, top), ylim=(-0.7, top), aspect="equal")
    inked(right, "hidden values", x="$h_1$", y="$h_2$")
    return drawn


def _two_variables(function: BooleanFunction) -> None:
    if function.arity != 2:
        raise ValueError(f"a function of {function.arity} variables: accepted are functions of two")


def _square(axes: Axes, title: str) -> None:
    axes.set(xlim=(_LOW, _HIGH), ylim=(_LOW, _HIGH), aspect="equal", xticks=[0, 1], yticks=[0, 1])
    inked(axes, title, x="$x_1$", y="$x_2$")


def _half_plane(axes: Axes, neuron: Separable) -> None:
    fires = half_plane(neuron.weights, neuron.bias, [(_LOW, _HIGH)] * 2)
    if fires:
        axes.add_patch(Polygon(fires, facecolor=FIRES, alpha=0.35, linewidth=0))
    a, b = neuron.weights
    if a or b:
        _line(axes, a, b, neuron.bias)


def _points(axes: Axes, function: BooleanFunction, *, size: float = 110) -> None:
    for value, fill in [(1, FIRES), (0, "white")]:
        points = function.points(value)
        axes.scatter(points[:, 0], points[:, 1], s=size, facecolor=fill, edgecolor=ON_COLOUR, linewidth=1.5, zorder=3)


def _region(axes: Axes, face: Face, box: Sequence[tuple[float, float]]) -> None:
    """A region, its unbounded part cut off well outside the picture."""
    far = 4 * max(high - low for low, high in box)
    rays: list[tuple[float, float]] = [(float(x), float(y)) for x, y in face.corners]
    base = np.mean(rays, axis=0)
    rays += [tuple(base + far * np.array(d) / np.linalg.norm(d)) for d in face.directions]
    rays = [tuple(corner) for corner in around(np.array(rays))]
    fill = FIRES if face.wanted else "none"
    axes.add_patch(Polygon(rays, facecolor=fill, alpha=0.55 if face.wanted else 1, edgecolor=INK, linewidth=1.2))
    for axis, (low, high) in enumerate(box):
        rays = clip(rays, [ray[axis] - low for ray in rays])
        rays = clip(rays, [high - ray[axis] for ray in rays])
    x, y = np.mean(rays, axis=0)
    text = affine_text(face.affine, ("x_1", "x_2", ""))
    axes.text(x, y, f"${text}$", ha="center", va="center", fontsize=TYPE, color=INK)
