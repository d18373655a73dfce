"""Explorer of the chapter *A saliency map shows a gradient, not a reason*."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from hwlib.saliency import stored_maps
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import escaped

if TYPE_CHECKING:
    import ipywidgets

_SIDE = 200  # pixels on the page


def saliency_maps_explorer() -> ipywidgets.VBox:
    """Sliders choose a photograph, a class and a method; shown are the photograph and the map.

    All pictures are tiles of one file, which stands in the style once; a frame says which part of it is seen.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(saliency_maps_explorer().children)
        5
    """
    stored = stored_maps()
    tiles = stored.tiles
    photographs, classes, methods = (tuple(tiles[part]) for part in ("photographs", "classes", "methods"))
    rows, columns = len(photographs) * len(classes), len(methods) + 1  # the first column has the photographs
    picture = base64.b64encode(stored.picture()).decode()
    style = (
        f".hw-tile{{width:{_SIDE}px;height:{_SIDE}px;margin:0 auto;"
        f"background:url(data:image/webp;base64,{picture}) 0 0/{columns * _SIDE}px {rows * _SIDE}px}}"
    )

    def tile(row: int, column: int, title: str, label: str) -> str:
        place = f"{-column * _SIDE}px {-row * _SIDE}px"
        picture = (
            f'<div class="hw-tile" role="img" aria-label="{escaped(label)}" style="background-position:{place}"></div>'
        )
        return f'<figure class="hw-view"><figcaption>{escaped(title)}</figcaption>{picture}</figure>'

    def frame(photograph: str, kind: str, method: str) -> str:
        at = (photographs.index(photograph), classes.index(kind), methods.index(method))
        row = at[0] * len(classes) + at[1]
        known = tiles["known"][at[0]][at[1]]
        alike = known["alike"][at[2]]
        name = f"{known['name']}, probability {known['probability']:.1%}"
        say = f"Score of {known['name']}: {known['score']:.1f}."
        if at[1]:
            say += f" Rank correlation with the map of {tiles['known'][at[0]][0]['name']}: {alike:.2f}."
        shown = [
            tile(row, 0, photograph, f"the photograph {photograph}"),
            tile(row, at[2] + 1, method, f"{method} for {name}"),
        ]
        note = f'<p class="hw-note"><strong>{escaped(name)}</strong><br>{escaped(say)}</p>'
        return f'<div class="hw-views">{"".join(shown)}</div>{note}'

    controls = {"photograph": photographs, "class": classes, "method": methods}
    start = {"class": classes[-1], "method": "guided"}
    return frame_explorer(controls, frame, start=start, buttons=controls, style=style)
