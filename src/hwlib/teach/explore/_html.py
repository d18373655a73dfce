"""HTML that a notebook shows as it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Html:
    """Text that displays as HTML, in Jupyter, in Colab and on a static page."""

    text: str

    def _repr_html_(self) -> str:
        return self.text
