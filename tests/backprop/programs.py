"""Random straight-line programs, as data: each line is an operation and the places of its operands."""

from __future__ import annotations

import math

from hypothesis import strategies as st

BINARY, UNARY = ("+", "-", "*", "/"), ("neg", "relu", "square", "tanh", "exp")


@st.composite
def programs(draw, *, exact=False, most=8):
    """Inputs and lines; with ``exact`` only what whole numbers stay whole numbers under."""
    inputs = draw(st.lists(st.integers(-3, 3), min_size=1, max_size=3))
    binary, unary = (BINARY[:3], UNARY[:3]) if exact else (BINARY, UNARY)
    lines = []
    for number in range(draw(st.integers(1, most))):
        places = st.integers(0, len(inputs) + number - 1)
        name = draw(st.sampled_from(binary + unary))
        lines.append((name, *(draw(places) for _ in range(2 if name in binary else 1))))
    return inputs, lines


def run(lines, numbers, functions):
    """The last result of a program; ``functions`` has relu, tanh and exp for the kind of number."""
    found = list(numbers)
    for name, *places in lines:
        operands = [found[place] for place in places]
        if name in BINARY:
            a, b = operands
            if name == "+":
                made = a + b
            elif name == "-":
                made = a - b
            elif name == "*":
                made = a * b
            else:
                made = a / (b * b + 1)
        else:
            (a,) = operands
            if name == "neg":
                made = -a
            elif name == "square":
                made = a**2
            else:
                made = functions[name](a if name == "relu" else functions["tanh"](a))
        found.append(made)
    return found[-1]


def plain(lines, numbers):
    return run(lines, numbers, {"relu": lambda x: max(x, 0), "tanh": math.tanh, "exp": math.exp})


OURS = {"relu": lambda x: x.relu(), "tanh": lambda x: x.tanh(), "exp": lambda x: x.exp()}
