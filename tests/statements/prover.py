"""A prover that shares no code with the library: it decides a claim for all real numbers at a fixed size.

A claim is proved by showing that its negation has no model (z3, an SMT solver: sums, products, comparisons, cases).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import z3

MILLISECONDS = 60_000  # generous: every claim here takes well under a second on an idle machine


def proved(claim: Any, *, given: Iterable[Any] = ()) -> None:
    """Raise an AssertionError with a counter-example, unless the claim follows from what is given, for all values."""
    solver = z3.Solver()
    solver.set("timeout", MILLISECONDS)
    solver.add(*given, z3.Not(claim))
    answer = solver.check()
    assert answer == z3.unsat, f"not proved ({answer}): {solver.model() if answer == z3.sat else claim}"


def possible(*claims: Any) -> Any:
    """Values for which all claims hold; an AssertionError if there are none, and so the claims exclude each other."""
    solver = z3.Solver()
    solver.set("timeout", MILLISECONDS)
    solver.add(*claims)
    answer = solver.check()
    assert answer == z3.sat, f"no model ({answer}): {claims}"
    return solver.model()


def relu(x: Any) -> Any:
    """The larger of zero and a term."""
    return z3.If(x > 0, x, 0)


def reals(names: str) -> list[Any]:
    """Real unknowns, by their names with blanks between."""
    return list(z3.Reals(names))
