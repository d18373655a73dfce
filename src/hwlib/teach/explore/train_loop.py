"""Explorer of the chapter *Training is four lines, repeated*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import Array
from hwlib.backprop import Linear, ReLU, Sequential
from hwlib.datasets import digits
from hwlib.teach._theme import FAINT, LINES
from hwlib.teach.explore._chart import Chart, charts_above
from hwlib.teach.explore._frames import frame_explorer
from hwlib.training import SGD, Curves, fit

if TYPE_CHECKING:
    import ipywidgets

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
SIZES = (5, 20, 100, 300)
EPOCHS, SAMPLES, HIDDEN = 10, 300, 16


def train_loop_explorer(
    *, learning_rates: Sequence[float] = RATES, batch_sizes: Sequence[int] = SIZES
) -> ipywidgets.VBox:
    """Sliders choose learning rate and batch size; shown are the learning curves of a small network on digits.

    Each network begins with the same weights, and sees 300 images ten times; 500 others are for validation.

    Args:
        learning_rates: positions of the first slider, which begins at 1 if that is one of them.
        batch_sizes: positions of the second.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(train_loop_explorer(learning_rates=[0.1], batch_sizes=[300]).children)
        4
    """

    def frame(learning_rate: float, batch_size: int) -> str:
        curves, alive = trained(learning_rate, batch_size)
        loss, accuracy = curves.train_loss[-1], curves.validation_accuracy[-1]
        fate = "It learns." if accuracy > 0.5 else "It has hardly begun."
        if alive < HIDDEN / 2:
            fate = "It broke: units that are on for no image get no gradient any more."
        steps = EPOCHS * -(-SAMPLES // batch_size)
        say = (
            f"{steps} steps: training loss {loss:.2f} (grey), validation loss {curves.validation_loss[-1]:.2f} and "
            f"accuracy {accuracy:.0%} (blue); {alive} of {HIDDEN} hidden units are on for some image. {fate}"
        )
        return charts_above([_losses(curves), _accuracies(curves)], say)

    start = {"learning rate": 1.0} if 1.0 in learning_rates else None
    return frame_explorer({"learning rate": learning_rates, "batch size": batch_sizes}, frame, start=start)


def trained(learning_rate: float, batch_size: int) -> tuple[Curves, int]:
    """Curves of a run, and how many hidden units are on for some training image at its end."""
    images = digits()
    pixels = images.images.reshape(len(images), -1) / 255 - 0.5
    train, held_out = ((pixels[part], images.labels[part]) for part in (slice(SAMPLES), slice(-500, None)))
    network = Sequential(Linear.random(64, HIDDEN, rng=0), ReLU(), Linear.random(HIDDEN, 10, rng=1))
    optimizer = SGD(network.parameters(), learning_rate=learning_rate)
    curves = fit(network, train, held_out, optimizer=optimizer, epochs=EPOCHS, batch_size=batch_size, rng=0)
    with np.errstate(over="ignore", invalid="ignore"):
        hidden = network.layers[0].forward(train[0])
    return curves, int((hidden > 0).any(axis=0).sum())


def _losses(curves: Curves) -> Chart:
    """On a logarithmic axis; what is not a number is not drawn."""
    ticks = {float(power): f"{10.0**power:g}" for power in range(-2, 4)}
    chart = _chart((-2.3, 3.3), ticks, "loss")
    return _drawn(chart, np.log10(np.clip(curves.train_loss, 1e-9, None)), np.log10(curves.validation_loss))


def _accuracies(curves: Curves) -> Chart:
    ticks = {share: f"{share:.0%}" for share in (0.0, 0.25, 0.5, 0.75, 1.0)}
    return _drawn(_chart((-0.03, 1.03), ticks, "accuracy"), curves.train_accuracy, curves.validation_accuracy)


def _chart(y: tuple[float, float], y_ticks: dict[float, str], title: str) -> Chart:
    x_ticks = {float(epoch): str(epoch) for epoch in (1, 5, EPOCHS)}
    return Chart((0.7, EPOCHS + 0.3), y, title, x_ticks, y_ticks, "epoch", (240, 180))


def _drawn(chart: Chart, train: Array, validation: Array) -> Chart:
    for values, colour in ((train, FAINT), (validation, LINES[0])):
        points = np.stack([np.arange(1, EPOCHS + 1), values], axis=1)[np.isfinite(values)]
        if len(points):
            chart.path(points, colour)
    return chart
