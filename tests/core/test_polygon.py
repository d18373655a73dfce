"""hwlib._core.polygon: what is cut off is what lies below, corner by corner and in area."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlib._core.polygon import clip

SQUARE = [(Fraction(x), Fraction(y)) for x, y in [(0, 0), (4, 0), (4, 4), (0, 4)]]


def area(polygon):
    """Twice the area, by the shoelace formula."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True))


@given(a=st.integers(-3, 3), b=st.integers(-3, 3), c=st.integers(-9, 9))
def test_the_two_sides_of_a_line_make_up_the_whole(a, b, c):
    heights = [a * x + b * y + c for x, y in SQUARE]
    above, below = clip(SQUARE, heights), clip(SQUARE, [-height for height in heights])
    assert all(a * x + b * y + c >= 0 for x, y in above)
    assert all(a * x + b * y + c <= 0 for x, y in below)
    both = area(SQUARE) if not any(heights) else 0  # the line that is everywhere: all of it lies on both sides
    assert area(above) + area(below) == area(SQUARE) + both


@pytest.mark.parametrize(
    ("heights", "left"),
    [
        ([1, 1, 1, 1], SQUARE),
        ([-1, -1, -1, -1], []),
        ([0, -1, -2, -1], SQUARE[:1]),
        ([-2, 2, 2, -2], [(2, 0), (4, 0), (4, 4), (2, 4)]),
    ],
)
def test_small_cases_by_hand(heights, left):
    assert clip(SQUARE, heights) == left
