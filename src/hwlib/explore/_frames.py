"""Frames behind sliders: core widgets joined in the browser, so that a static page moves as a notebook does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hwlib.explore._svg import STYLE

if TYPE_CHECKING:
    import ipywidgets


def frame_explorer(controls: Mapping[str, Sequence[Any]], frame: Callable[..., str]) -> ipywidgets.VBox:
    """One slider a control, and for each combination of values the frame that belongs to it.

    The frames are stacked one inside the other, a level for each slider, and every slider is linked to all stacks of
    its level in the browser: no Python runs when a slider moves.

    Args:
        controls: label of each slider, and its values in order.
        frame: from one value of each control, in that order, to HTML.

    Returns:
        The sliders above the frames.
    """
    import ipywidgets

    sliders = [
        ipywidgets.SelectionSlider(
            options=[(str(value), value) for value in values],
            description=label,
            continuous_update=True,
            style={"description_width": "9em"},
            layout={"width": "min(26em, 100%)"},
        )
        for label, values in controls.items()
    ]
    links = []

    def stack(chosen: tuple[Any, ...]) -> ipywidgets.Widget:
        level = len(chosen)
        if level == len(sliders):
            return ipywidgets.HTML(frame(*chosen), layout={"width": "100%"})
        values = list(controls.values())[level]
        made = ipywidgets.Stack([stack((*chosen, value)) for value in values], selected_index=0)
        links.append(ipywidgets.jslink((sliders[level], "index"), (made, "selected_index")))
        return made

    explorer = ipywidgets.VBox([*sliders, ipywidgets.HTML(f"<style>{STYLE}</style>"), stack(())])
    explorer.links = links  # a link lives as long as its Python object in a notebook
    return explorer
