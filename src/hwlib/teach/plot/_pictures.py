"""Photographs side by side, small: an SVG whose pictures are WebP, with titles in the page's ink."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.optional import require
from hwlib._core.types import AnyArray
from hwlib.teach._theme import DARK, INK

_GAP = 12  # pixels between pictures
_SHARE = 9 / 342  # of a title's size in the width of all: 9 pixels on a phone, where 342 are left


class PictureFigure:
    """Pictures in rows, each below its title; it shows itself as an SVG with all of them inside.

    Attributes:
        titles: of the pictures, in reading order.
        svg: what is shown.
    """

    def __init__(self, titles: tuple[str, ...], svg: str):
        self.titles, self.svg = titles, svg

    def __repr__(self) -> str:
        return f"PictureFigure({', '.join(title.replace(chr(10), ': ') for title in self.titles)})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}


def pictures(images: Mapping[str, Any], *, columns: int | None = None, quality: int = 80) -> PictureFigure:
    """Show colour pictures side by side, compressed so that a page stays light.

    Args:
        images: title, of one line or several, to picture: ``(h, w, 3)`` or ``(3, h, w)``, whole numbers from 0 to 255
            or numbers from 0 to 1, an array or a tensor; or an object with its WebP file as ``webp``.
        columns: pictures in a row; by default all.
        quality: of the compression, from 0 to 100.

    Returns:
        The figure.

    Raises:
        ValueError: if there is no picture, or one is not as described.

    Example:
        >>> pictures({"black": np.zeros((4, 4, 3)), "white": np.ones((3, 4, 4))})
        PictureFigure(black, white)
    """
    if not images:
        raise ValueError("images is empty: accepted are one or more titles with a picture each")
    wide = whole("columns", len(images) if columns is None else columns, least=1)
    side = 200 if wide > 2 else 260
    width = min(wide, len(images)) * (side + _GAP) - _GAP
    size = max(14, round(_SHARE * width, 1))
    line_height = round(1.2 * size)
    head = (max(title.count("\n") for title in images) + 1) * line_height + 6
    parts = []
    for number, (title, image) in enumerate(images.items()):
        left, top = number % wide * (side + _GAP), number // wide * (side + head + _GAP)
        for line, words in enumerate(title.split("\n")):
            weight = ' font-weight="600"' if not line else ""
            place = f'x="{left + side / 2:g}" y="{top + (line + 1) * line_height - 4:g}"'
            parts.append(f"<text {place}{weight}>{html.escape(words)}</text>")
        code = base64.b64encode(_webp(title, image, quality)).decode()
        place = f'x="{left}" y="{top + head}" width="{side}" height="{side}"'
        parts.append(f'<image {place} href="data:image/webp;base64,{code}"/>')
    height = -(-len(images) // wide) * (side + head + _GAP) - _GAP
    style = (
        f"text{{fill:{INK};font:{size}px system-ui,sans-serif;text-anchor:middle}}"
        f"@media(prefers-color-scheme:dark){{text{{fill:{DARK[INK]}}}}}"
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )
    return PictureFigure(tuple(images), svg)


def _webp(title: str, image: Any, quality: int) -> bytes:
    if isinstance(made := getattr(image, "webp", None), bytes):
        return made
    buffer = io.BytesIO()
    require("PIL.Image").fromarray(_levels(title, image)).save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def _levels(title: str, image: Any) -> AnyArray:
    """The picture as (h, w, 3), uint8."""
    array = np.asarray(image.detach().cpu() if hasattr(image, "detach") else image)
    if array.ndim == 3 and array.shape[0] == 3 != array.shape[2]:
        array = np.moveaxis(array, 0, 2)
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"images[{title!r}] has shape {array.shape}: accepted is (h, w, 3) or (3, h, w)")
    if array.dtype != np.uint8:
        if not (array.min() >= 0 and array.max() <= 1):
            raise ValueError(f"images[{title!r}] is from {array.min():g} to {array.max():g}: accepted is from 0 to 1")
        array = np.rint(255 * array).astype(np.uint8)
    return np.ascontiguousarray(array)
