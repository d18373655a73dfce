"""Lines and dots on axes as small SVG text, for the frames of explorers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hwlib.teach._theme import FAINT
from hwlib.teach.explore._svg import above, drawing

_LEFT, _TOP, _BELOW, _RIGHT = 46, 10, 34, 12


@dataclass
class Chart:
    """Axes of a frame; what is drawn is clipped to them. ``render`` gives a figure of HTML with the SVG inside."""

    x: tuple[float, float]
    y: tuple[float, float]
    title: str
    x_ticks: dict[float, str]
    y_ticks: dict[float, str]
    x_label: str = ""
    size: tuple[int, int] = (300, 220)  # of the drawing without ticks and labels
    _parts: list[str] = field(default_factory=list)

    def line(self, points: npt.ArrayLike, colour: str = "currentColor", *, dashes: str = "", width: float = 2) -> None:
        """A line through points ``(t, 2)``."""
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in self._places(points))
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>')

    def dots(self, points: npt.ArrayLike, colour: str, *, radius: float = 3) -> None:
        """A dot at each point ``(t, 2)``."""
        self._parts += [
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{radius:g}" fill="{colour}"/>' for a, b in self._places(points)
        ]

    def path(self, points: npt.ArrayLike, colour: str) -> None:
        """A line through points ``(t, 2)``, each with a small dot."""
        self.line(points, colour)
        self.dots(points, colour, radius=2)

    def text(self, place: Sequence[float], words: str) -> None:
        """Words that begin at a point."""
        ((a, b),) = self._places([place])
        self._parts.append(f'<text x="{a + 6:.1f}" y="{b - 8:.1f}" style="text-anchor:start">{words}</text>')

    def render(self, label: str) -> str:
        """HTML of the chart; the label says what is to be seen."""
        width, height = self.size
        whole = (width + _LEFT + _RIGHT, height + _TOP + _BELOW + (14 if self.x_label else 0))
        frame = f'<rect x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}" fill="none"/>'
        ticks = []
        for at, words in self.x_ticks.items():
            ((a, _),) = self._places([(at, self.y[0])])
            ticks.append(f'<path d="M{a:.1f} {_TOP + height}v5" stroke="{FAINT}"/>')
            ticks.append(f'<text x="{a:.1f}" y="{_TOP + height + 16}">{words}</text>')
        for at, words in self.y_ticks.items():
            ((_, b),) = self._places([(self.x[0], at)])
            ticks.append(f'<path d="M{_LEFT} {b:.1f}h-5" stroke="{FAINT}"/>')
            ticks.append(f'<text x="{_LEFT - 8}" y="{b:.1f}" style="text-anchor:end">{words}</text>')
        if self.x_label:
            ticks.append(f'<text x="{_LEFT + width / 2:g}" y="{_TOP + height + 36}">{self.x_label}</text>')
        # A nested svg clips what runs off the axes; its own coordinates are those of the whole.
        inner = (
            f'<svg x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}" '
            f'viewBox="{_LEFT} {_TOP} {width} {height}">{"".join(self._parts)}</svg>'
        )
        return drawing([frame, *ticks, inner], whole, label, title=self.title)

    def _places(self, points: npt.ArrayLike) -> list[tuple[float, float]]:
        """Coordinates of the SVG; far outside the axes is as good as anywhere outside."""
        array = np.asarray(points, float)
        across = (array[:, 0] - self.x[0]) / (self.x[1] - self.x[0])
        up = (array[:, 1] - self.y[0]) / (self.y[1] - self.y[0])
        across, up = np.clip(across, -5, 5), np.clip(up, -5, 5)
        width, height = self.size
        return list(zip(_LEFT + width * across, _TOP + height * (1 - up), strict=True))


def weights_plane(ends: tuple[float, float], side: int) -> Chart:
    """Axes for paths of two weights, both between the same ends, with a tick at each whole number from zero."""
    ticks = {float(n): str(n) for n in range(int(ends[1]) + 1)}
    return Chart(ends, ends, "plane of the two weights", ticks, ticks, "w(0), across; w(1), up", (side, side))


def charts_above(charts: Iterable[Chart], say: str, *, details: str = "") -> str:
    """Charts side by side above their sentence, which is also the text of each."""
    return above([chart.render(f"{chart.title}: {say}") for chart in charts], say, details=details)
