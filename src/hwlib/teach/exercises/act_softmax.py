"""Exercises of the chapter *Softmax knows only differences*."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray
from hwlib.activations import exact_log_softmax, exact_log_sum_exp, log_sum_exp, ulp_error
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("act-softmax-convex")
def _convex(answer: Any) -> Verdict:
    """The second derivative of log-sum-exp along a direction."""

    def reference(x: AnyArray, v: AnyArray) -> float:
        """In fractions of the logits' exponentials, so that nothing is lost to large entries of v."""
        terms = [Fraction(math.exp(entry - float(x.max()))) for entry in x.tolist()]
        speeds = [Fraction(entry) for entry in v.tolist()]
        total = sum(terms)
        mean = sum((t * s for t, s in zip(terms, speeds, strict=True)), Fraction(0)) / total
        return float(sum((t * (s - mean) ** 2 for t, s in zip(terms, speeds, strict=True)), Fraction(0)) / total)

    def share(x: AnyArray) -> AnyArray:
        terms = np.exp(x - x.max())
        made: AnyArray = terms / terms.sum()
        return made

    cases = [([0.0, 0.0], [1.0, 0.0]), ([0.0, 0.0], [1.0, 1.0]), ([0.0, 1.0], [2.0, -1.0]), ([3.0], [5.0])]
    cases += [([0.0, 1.0, 2.0], [1.0, 2.0, 4.0]), ([1000.0, 999.0], [1.0, 3.0])]
    cases += [([0.0, 1.0], [1e8, 1e8 + 1]), ([0.0, 2.0, 1.0], [1e8, 1e8 + 2, 1e8 - 1])]
    return compare_function(
        answer,
        reference,
        [{"x": np.array(x), "v": np.array(v)} for x, v in cases],
        mistakes={
            "A difference of two large squares: subtract the mean from v first.": (
                lambda x, v: share(x) @ v**2 - (share(x) @ v) ** 2
            ),
            "Those are the second derivatives by single entries only: the mixed ones are missing.": (
                lambda x, v: (share(x) * (1 - share(x))) @ v**2
            ),
            "That is the first derivative, a mean.": lambda x, v: share(x) @ v,
            "That is the mean of the squares: the square of the mean is missing.": lambda x, v: share(x) @ v**2,
            "That is a variance with equal weights, not with those of softmax.": lambda x, v: float(np.var(v)),
        },
        tolerance=1e-6,
    )


@exercise("act-softmax-error")
def _error(answer: Any) -> Verdict:
    """The false sentence about the usual stable form, with a row that shows it."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, row = answer
        sentence, x = str(sentence).strip().upper(), real_array("row", row, finite=False)
    except (TypeError, ValueError):
        return Verdict("wrong", f"Give the letter of a sentence and a row of numbers, (sentence, row), not {answer!r}.")
    if sentence not in ("A", "B", "C", "D") or x.ndim != 1 or not x.size or not np.isfinite(x).all():
        return Verdict("wrong", "The sentence is A, B, C or D, and the row holds one or more finite numbers.")
    true = {
        "A": "Sentence A is true, by the invariance.",
        "B": "Sentence B is true: no entry of z is above zero.",
        "C": "Sentence C is true: one entry of z is zero, and its exponential is one.",
    }
    if sentence in true:
        return Verdict("wrong", f"Sentence {sentence} is not the first false one.", true[sentence])
    with np.errstate(over="ignore"):
        z = x - x.max()
    usual = z - np.log(np.exp(z).sum())
    exact = exact_log_softmax(x)
    errors = ulp_error(usual, exact)
    worst = int(errors.argmax())
    if errors[worst] > 1000:
        return Verdict(
            "right",
            f"Entry {worst} comes out as {usual[worst]:.6g}; it is {float(exact[worst]):.6g}, and that is "
            f"{errors[worst]:.3g} ulps away.",
        )
    return Verdict(
        "wrong",
        f"It is sentence D, but this row does not show it: the largest error is {errors[worst]:.3g} ulps.",
        "Where is a logarithm of a probability close to zero, so that small absolute errors are large relative ones?",
    )


@exercise("act-softmax-not")
def _not(answer: Any) -> Verdict:
    """Logarithm of the probability of all classes but one, to nine digits."""
    rows: list[tuple[list[float], int]] = [
        ([0.0, 0.0], 0),
        ([1.0, 2.0, 3.0], 1),
        ([0.0, 5.0, -2.0, 1.0], 3),
        ([1000.0, 1000.0], 1),
        ([0.0, -50.0], 0),
        ([3.0, -40.0], 1),
        ([800.0, 0.0, 0.0], 0),
        ([-1e6, 3.0], 1),
    ]
    large: list[tuple[list[float], int]] = [([1e10, 1e10, 1e10 - 30], 2), ([-1e10, -1e10 - 30, -1e10], 1)]

    def reference(x: AnyArray, i: int) -> float:
        """From the exact logarithm of the odds."""
        return -_softplus(float(x[i]), exact_log_sum_exp(np.delete(x, i)))

    def directly(x: AnyArray, i: int) -> float:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return float(np.log(1 - np.exp(float(exact_log_softmax(x)[i]))))

    def digits(value: Any) -> Any:
        """Signed logarithms, so that an absolute tolerance of them is a relative one of the values."""
        number = np.asarray(value, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(np.sign(number) * (1000 + np.log(abs(number))), nan=-1e9, posinf=1e9, neginf=-2e9)

    def compared(rows: list[tuple[list[float], int]], mistakes: dict[str, Any]) -> Verdict:
        cases = [{"x": np.array(row), "i": i} for row, i in rows]
        return compare_function(answer, reference, cases, mistakes=mistakes, tolerance=1e-9, read=digits)

    verdict = compared(
        rows,
        {
            "Near one, 1 - p has lost its digits, and near zero the difference from 1 is lost: avoid both.": directly,
            "A difference of two log-sum-exps loses all digits where class i hardly counts.": (
                lambda x, i: float(exact_log_sum_exp(np.delete(x, i))) - float(exact_log_sum_exp(x))
            ),
            "That is the logarithm of the probability of class i itself.": lambda x, i: float(exact_log_softmax(x)[i]),
        },
    )
    if not verdict:
        return verdict
    return compared(
        [*rows, *large],
        {
            "Right as long as entries are small: beside 1e10 a log-sum-exp has no nine digits after the point left.": (
                lambda x, i: -float(np.logaddexp(0, x[i] - log_sum_exp(np.delete(x, i))))
            )
        },
    )


def _softplus(entry: float, others: Any) -> float:
    """log(1 + exp(entry - others)), from a number of mpmath."""
    import mpmath

    with mpmath.workprec(200):
        z = entry - others
        return float(mpmath.log1p(mpmath.exp(z)) if z < 0 else z + mpmath.log1p(mpmath.exp(-z)))


QUIZ = Quiz(
    Question(
        "S(x + c) = S(x): for which vectors c?",
        [
            Choice("For all.", "Add log 2 to one of two equal entries: one half becomes two thirds."),
            Choice("For those whose entries are all equal.", "Only differences of entries count.", right=True),
            Choice("For those whose entries add up to zero.", "Of these, only c = 0 leaves all differences alone."),
        ],
    ),
    Question(
        "All logits are multiplied by 10. What happens?",
        [
            Choice("Nothing, softmax divides by the sum.", "It divides exponentials; odds are raised to the power 10."),
            Choice("The largest gets more, unless all are equal.", "It is a tenth of the temperature.", right=True),
            Choice("Another class may become the largest.", "A positive factor keeps the order."),
        ],
    ),
    Question(
        "The largest of finite entries is subtracted. Can the logarithm of the sum of exponentials be minus infinity?",
        [
            Choice("Yes, if all others underflow.", "The largest entry itself still gives the term one."),
            Choice("No: one term is exactly 1.", "So the sum is at least one.", right=True),
            Choice("Only in float32.", "The term of the largest entry is 1 in every type."),
        ],
    ),
)
