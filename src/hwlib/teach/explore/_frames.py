"""Frames behind sliders: core widgets joined in the browser, so that a static page moves as a notebook does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hwlib._core.optional import require
from hwlib.teach.explore._svg import STYLE

if TYPE_CHECKING:
    import ipywidgets


def frame_explorer(
    controls: Mapping[str, Sequence[Any]],
    frame: Callable[..., str],
    *,
    start: Mapping[str, Any] | None = None,
    buttons: Collection[str] = (),
    style: str = "",
) -> ipywidgets.VBox:
    """One slider a control, or a row of buttons, and for each combination of values the frame that belongs to it.

    The frames are stacked one inside the other, a level for each slider, and every slider is linked to all stacks of
    its level in the browser: no Python runs when a slider moves.

    Args:
        controls: label of each slider, and its values in order.
        frame: from one value of each control, in that order, to HTML.
        start: value that a slider begins with, where it is not its first one.
        buttons: labels of the controls whose values are names, in no order: each gets a row of buttons.
        style: more rules of style, for what all frames share.

    Returns:
        The sliders above the frames.
    """
    widgets = require("ipywidgets")
    begin = {label: (start or {}).get(label, values[0]) for label, values in controls.items()}
    sliders = [
        widgets.ToggleButtons(
            options=[(str(value), value) for value in values],
            value=begin[label],
            description=label,
            style={"description_width": "9em", "button_width": "auto"},
        )
        if label in buttons
        else widgets.SelectionSlider(
            options=[(str(value), value) for value in values],
            value=begin[label],
            description=label,
            continuous_update=True,
            style={"description_width": "9em"},
            layout={"width": "min(26em, 100%)"},
        )
        for label, values in controls.items()
    ]
    links = []

    def stack(chosen: tuple[Any, ...]) -> Any:
        level = len(chosen)
        if level == len(sliders):
            return widgets.HTML(frame(*chosen), layout={"width": "100%"})
        label, values = list(controls.items())[level]
        made = widgets.Stack(
            [stack((*chosen, value)) for value in values], selected_index=list(values).index(begin[label])
        )
        links.append(widgets.jslink((sliders[level], "index"), (made, "selected_index")))
        return made

    explorer = widgets.VBox([*sliders, widgets.HTML(f"<style>{STYLE}{style}</style>"), stack(())])
    explorer.links = links  # a link lives as long as its Python object in a notebook
    return explorer
