"""Explorer of the chapter *Images made by gradients show the network, not the world*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.arguments import whole
from hwlib.saliency import Picture, Stages, class_names, made_images
from hwlib.teach._theme import BLUE
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, count, drawing, escaped

if TYPE_CHECKING:
    import ipywidgets

_SIDE = 160  # pixels on the page
_MOST = 3  # classes with a bar


def saliency_images_explorer(*, stages: int = 9) -> ipywidgets.VBox:
    """Sliders choose a climb and one of its stages; shown are the image, and what the network says of it.

    The first climb leads from a photograph of a cat to another class; beside the image stands what was changed,
    enlarged and around grey. The others lead from noise to images of a class. All are stored, see
    :func:`hwlib.saliency.made_images`.

    Args:
        stages: of each climb, evenly from its first to its last; at least 2.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if a number is less than 2.

    Example:
        >>> len(saliency_images_explorer(stages=2).children)
        4
    """
    made, names = made_images(), class_names()
    most = whole("stages", stages, least=2)
    climbs = {"cat, fooled": made.fooling_steps, **made.class_images}
    shown = {title: _evenly(len(climb.pictures), most) for title, climb in climbs.items()}
    common = min(map(len, shown.values()))

    def frame(title: str, stage: int) -> str:
        climb = climbs[title]
        place = shown[title][stage - 1]
        said = _said(climb, place, names)
        views = [_picture("the image", climb.pictures[place])]
        if climb.differences:
            views.append(_picture(f"the change, {climb.enlarged:g} times", climb.differences[place]))
        best, share = next(iter(said.items()))
        say = f"After {count(int(climb.at[place]), 'step')}: {best}, {_percent(share)}."
        if climb.norms is not None:
            say += f" The way from the photograph is {climb.norms[place]:.2f} long."
        return above([*views, _bars(said)], say)

    controls = {"climb": tuple(climbs), "stage": range(1, common + 1)}
    return frame_explorer(controls, frame, start={"stage": common})


def _evenly(pictures: int, stages: int) -> list[int]:
    """Places of the stages to show."""
    places = np.unique(np.linspace(0, pictures - 1, min(stages, pictures)).round())
    return [int(place) for place in places]


def _said(climb: Stages, place: int, names: Sequence[str]) -> dict[str, float]:
    """The most probable of the classes that were kept, the first one first."""
    shares = {
        names[label]: float(share) for label, share in zip(climb.classes, climb.probabilities[place], strict=True)
    }
    return dict(sorted(shares.items(), key=lambda pair: -pair[1])[:_MOST])


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "below 1%"


def _picture(title: str, picture: Picture) -> str:
    style = "display:block;margin:0 auto"
    image = f'<img width="{_SIDE}" height="{_SIDE}" style="{style}" alt="{escaped(picture.alt)}" '
    return (
        f'<figure class="hw-view"><figcaption>{escaped(title)}</figcaption>{image}src="{picture.data_uri()}"></figure>'
    )


def _bars(shares: Mapping[str, float]) -> str:
    """Probabilities as bars below their names."""
    wide, high = 180, 44
    parts = []
    for number, (name, share) in enumerate(shares.items()):
        top = number * high
        words = f"{escaped(name)}, {_percent(share)}"
        parts.append(f'<text x="1" y="{top + 10}" style="text-anchor:start">{words}</text>')
        parts.append(f'<rect x="1" y="{top + 20}" width="{wide}" height="10" fill="none"/>')
        parts.append(f'<rect x="1" y="{top + 20}" width="{wide * share:.1f}" height="10" fill="{BLUE}"/>')
    label = "; ".join(f"{name}: {_percent(share)}" for name, share in shares.items())
    return drawing(parts, (wide + 2, high * _MOST), label, title="what the network says")
