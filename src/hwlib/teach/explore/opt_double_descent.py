"""Explorer of the chapter *The worst size is the one that just fits*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib.optim import measured_networks, parameter_count
from hwlib.teach._theme import FAINT, LINES
from hwlib.teach.explore._chart import Chart, charts_above
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets


def double_descent_explorer() -> ipywidgets.VBox:
    """Sliders choose label noise, width and when to stop; shown are the measured errors over width and over epochs.

    The numbers are those of :func:`hwlib.optim.measured_networks`.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(double_descent_explorer().children)
        5
    """
    runs = {(run["label_noise"], run["width"]): run for run in measured_networks()["results"]}
    noises, widths = sorted({noise for noise, _ in runs}), sorted({width for _, width in runs})
    epochs = next(iter(runs.values()))["epochs"]
    stops = {"at the end": -1, "half-way (log)": len(epochs) // 2}
    y_ticks = {share: f"{share:g}" for share in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)}

    def frame(noise: float, width: int, stop: str) -> str:
        at = stops[stop]
        chosen = runs[noise, width]
        over_width = _chart(widths, y_ticks, "errors over width")
        over_epochs = _chart(epochs, y_ticks, "errors over epochs")
        for key, colour in (("train", FAINT), ("test", LINES[0])):
            along = [runs[noise, w][key][at] for w in widths]
            over_width.line(np.stack([np.log10(widths), along], 1), colour)
            over_width.dots([(np.log10(width), chosen[key][at])], colour, radius=5)
            over_epochs.line(np.stack([np.log10(epochs), chosen[key]], 1), colour)
            over_epochs.dots([(np.log10(epochs[at]), chosen[key][at])], colour, radius=5)
        say = (
            f"Width {width}, {parameter_count(width):,} parameters, {noise:.0%} wrong labels, after {epochs[at]:,} "
            f"epochs: test error {chosen['test'][at]:.3f} (blue), training error {chosen['train'][at]:.3f} (grey)."
        )
        return charts_above([over_width, over_epochs], say)

    controls: dict[str, Any] = {"wrong labels": noises, "width": widths, "stop": list(stops)}
    return frame_explorer(controls, frame)


def _chart(places: list[int], y_ticks: dict[float, str], title: str) -> Chart:
    low, high = np.log10(min(places)) - 0.1, np.log10(max(places)) + 0.1
    x_ticks = {float(np.log10(n)): f"{n:,}" for n in (1, 10, 100, 1000) if low <= np.log10(n) <= high}
    return Chart((low, high), (-0.02, 0.55), title, x_ticks, y_ticks, "", (240, 180))
