"""The harness itself: a false statement, an idle hypothesis, an empty scope and other words are all told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from . import harness
from .harness import Statement, fingerprint, statements
from .prover import possible, proved, reals, relu


@pytest.fixture
def squares(monkeypatch):
    monkeypatch.setattr(harness, "all_statements", lambda: {"prop-squares": "If x >= 0 then |x| = x."})
    return Statement(
        "prop-squares",
        text=fingerprint("If x >= 0  then\n|x| = x."),
        cases=lambda: sorted(range(-4, 5), key=abs),
        hypotheses={"x >= 0": lambda x: x >= 0},
        conclusion=lambda x: abs(x) == x,
        scope="-4 to 4",
    )


def test_a_true_statement_gives_its_smallest_counter_example_without_each_hypothesis(squares):
    report = squares.verify()
    assert (report.cases, report.covered, report.without) == (9, 5, {"x >= 0": -1})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conclusion": lambda x: abs(x) == x and x != 3}, "is false: its hypotheses hold for 3"),
        (
            {"hypotheses": {"x >= 0": lambda x: x >= 0, "x < 9": lambda x: x < 9}},
            "holds in every case .* without: x < 9",
        ),
        ({"hypotheses": {"x > 9": lambda x: x > 9}}, "no case of -4 to 4 has all hypotheses"),
        ({"text": "00000000"}, "has other words now"),
    ],
)
def test_what_is_wrong_with_a_statement_is_told(squares, change, message):
    with pytest.raises(AssertionError, match=message):
        replace(squares, **change).verify()


def test_statements_are_read_from_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "x\n\n:::{prf:theorem} A\n:label: thm-a\n\n$1$\n:::\n\n````{prf:definition}\n:label: def-b\nb\n````\n"
    )
    assert statements(page) == {"thm-a": "$1$", "def-b": "b"}


def test_the_prover_proves_refutes_and_finds():
    x, y = reals("x y")
    proved(relu(x) + relu(y) >= relu(x + y))
    with pytest.raises(AssertionError, match=r"not proved \(sat\)"):
        proved(relu(x) + relu(y) == relu(x + y))
    assert possible(x * x == 2, x > 0)
    with pytest.raises(AssertionError, match="no model"):
        possible(x * x < 0)
