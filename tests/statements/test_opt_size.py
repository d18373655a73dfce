"""Statements of *Over size the error falls, rises and falls again*: signs, small data sets, draws, the prover."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
import z3

from hwlib.optim import best_penalty, feature_pays, measured_students, ridge_risk, risk_parts

from .harness import Statement
from .prover import proved
from .test_opt_double_descent import by_chi_square, tail

# --- prop-size-parts ---------------------------------------------------------------------------------------------

FITS = [((1, 1), (1, 1)), ((0, 0), (2, 0)), ((0, 1), (2, 3))]  # what the fit of each of two data sets says at x = 0, 1


def worlds():
    """Fits, the best prediction at two places, and equally likely cases (data set, x, epsilon)."""
    for fits, best in itertools.product(FITS, [(0, 0), (1, -1)]):
        yield fits, best, ((0, 0, 1),)  # the page's: everything is always the same
        for size in (2, 4):
            places = ((0,), (0, 1)) if size == 2 else ((0,),)
            for xs in places:
                triples = itertools.product((0, 1), xs, (1, -1, 0))
                for cases in itertools.combinations_with_replacement(triples, size):
                    yield fits, best, cases
        yield fits, best, tuple(itertools.product((0, 1), (0, 1), (1, -1)))


def mean(numbers):
    listed = [Fraction(number) for number in numbers]
    return sum(listed) / len(listed)


def mean_zero(world):
    by_place = {}
    for _, x, e in world[2]:
        by_place.setdefault(x, []).append(e)
    return all(sum(found) == 0 for found in by_place.values())


def independent(world):
    cases = world[2]
    together = Counter((d, (x, e)) for d, x, e in cases)
    data, new = Counter(d for d, _, _ in cases), Counter((x, e) for _, x, e in cases)
    return all(together[d, xe] * len(cases) == data[d] * new[xe] for d in data for xe in new)


def adds_up(world):
    fits, best, cases = world
    data = [d for d, _, _ in cases]
    middle = [mean(fits[d][x] for d in data) for x in (0, 1)]
    risk = mean((fits[d][x] - best[x] - e) ** 2 for d, x, e in cases)
    bias = mean((middle[x] - best[x]) ** 2 for _, x, _ in cases)
    variance = mean((fits[d][x] - middle[x]) ** 2 for d, x, _ in cases)  # all means are over the joint law
    return risk == bias + variance + mean(e * e for _, _, e in cases)


parts = Statement(
    "prop-size-parts",
    text="de857215",
    cases=worlds,
    hypotheses={"mean zero given x": mean_zero, "independent of D": independent},
    conclusion=adds_up,
    scope="two data sets, one or two places, noise -1 to 1, all sets of one, two and four equally likely cases",
)


def test_the_three_parts_add_up():
    report = parts.verify()
    assert report.covered >= 20
    assert set(report.without) == {"mean zero given x", "independent of D"}
    assert not adds_up((FITS[0], (0, 0), ((0, 0, 1),)))  # the page's: predict one, call it noise


# --- thm-size-parts ----------------------------------------------------------------------------------------------


def as_stated(n, p, beta, u, sigma2):
    """Bias and variance as displayed; None for both where the error is said to be infinite."""
    rho = u + sigma2
    if p <= n - 2:
        return u, p / (n - p - 1) * rho
    if p >= n + 2:
        return u + (1 - n / p) ** 2 * beta, n / p * (1 - n / p) * beta + n / (p - n - 1) * rho
    return None, None


def curve_cases():
    amounts = [(1.0, 0.5, 0.25), (1.0, 0.0, 0.5)]
    for n, p, amount in itertools.product(range(1, 5), range(1, 7), amounts):
        yield "normal", n, p, amount
        if n * p <= 6:
            yield "signs", n, p, amount
    yield from (("repeated", n, 2, amounts[0]) for n in (4, 5))
    yield from (("normal", n, p, amounts[0]) for n, p in ((12, 4), (20, 10), (4, 12), (8, 24)))


def drawn_parts(X, w, rho):
    """What fits to these X are off on the features seen: of their mean, and about it; noise in the mean."""
    inverse = np.linalg.pinv(X)
    fits = np.einsum("tij,j->ti", inverse @ X, w)
    noise = rho * (inverse**2).sum((-1, -2))
    return ((fits.mean(0) - w) ** 2).sum(), ((fits - fits.mean(0)) ** 2).sum(-1) + noise


def curve_holds(case):
    kind, n, p, (beta, u, sigma2) = case
    rho, w = u + sigma2, np.full(p, np.sqrt(beta / p))
    bias, variance = as_stated(n, p, beta, u, sigma2)
    if kind == "repeated":  # both features are one, with all that the two weights add up to
        return np.isclose(rho * by_chi_square(n), variance)
    if kind == "signs":
        X = np.array(list(itertools.product((1.0, -1.0), repeat=n * p))).reshape(-1, n, p)
        off, about = drawn_parts(X, w, rho)
        return bias is not None and np.isclose(u + off, bias) and np.isclose(about.mean(), variance)
    X = np.random.default_rng(n * p).normal(size=(6000 if p < 9 else 2000, n, p))
    if bias is None:
        return tail((np.linalg.pinv(X) ** 2).sum((-1, -2))) < 1.4
    off, about = drawn_parts(X, w, rho)
    if abs(u + off - bias) > 0.03:
        return False
    if abs(p - n) < 4:  # a mean without a variance: only that it is of the right size
        return 0.5 < about.mean() / variance < 2
    return abs(about.mean() - variance) < 5 * about.std() / np.sqrt(len(about))


curve = Statement(
    "thm-size-parts",
    text="9c44974a",
    cases=curve_cases,
    hypotheses={
        "independent": lambda case: case[0] != "repeated",
        "normal": lambda case: case[0] != "signs",
    },
    conclusion=curve_holds,
    scope="all sizes up to four and six, and four larger ones, by 6,000 draws; signs by all of them",
    kind="sampled",
)


@pytest.mark.slow
def test_bias_and_variance_of_the_shortest_solution():
    report = curve.verify()
    assert report.covered == 52
    assert report.without["independent"][:3] == ("repeated", 4, 2)
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=3))).reshape(-1, 3, 1)
    assert drawn_parts(signs, np.ones(1), 1.0)[1].mean() == pytest.approx(1 / 3)  # the page's
    assert as_stated(3, 1, 1.0, 1.0, 0.0)[1] == 1
    assert by_chi_square(4) == pytest.approx(1 / 2)  # the page's: rho / 2, where two features would have 2 rho
    assert as_stated(4, 2, 1.0, 1.0, 0.0)[1] == 2


def test_the_library_says_what_is_stated():
    for _, n, p, (beta, u, sigma2) in curve_cases():
        bias, variance = as_stated(n, p, beta, u, sigma2)
        found = risk_parts(n, p, signal=beta, unseen=u, noise=sigma2)
        if bias is None:
            assert found.total == np.inf
        else:
            assert (found.bias, found.variance) == pytest.approx((bias, variance))


# --- thm-size-pays -----------------------------------------------------------------------------------------------


def left_risk(n, p, rho):
    return rho * (n - 1) / (n - p - 1)


def right_risk(n, p, beta, rho):
    return beta * (p - n) / p + rho * (p - 1) / (p - n - 1)


def step_cases():
    values = [Fraction(k, 4) for k in (0, 1, 2, 6)]
    for n, p in itertools.product(range(1, 8), range(13)):
        if p + 1 <= n - 2 or p >= n + 2:
            for square, further, beta in itertools.product(values, values, values):
                yield n, p, (beta if p else Fraction(0)), square + further, square


def pays_as_stated(case):
    n, p, beta, rho, square = case
    if p < n:
        falls = left_risk(n, p + 1, rho - square) < left_risk(n, p, rho)
        return not rho or falls == (square / rho > Fraction(1, n - p - 1))
    falls = right_risk(n, p + 1, beta + square, rho - square) < right_risk(n, p, beta, rho)
    gain = Fraction(2 * p + 1 - n, p + 1) * square + Fraction(1, p - n - 1) * rho
    return falls == (gain > Fraction(p - n, p * (p + 1)) * beta)


pays = Statement(
    "thm-size-pays",
    text="a7c667ef",
    cases=step_cases,
    conclusion=pays_as_stated,
    scope="n up to seven, p up to twelve, quarters; and for all real numbers by the prover",
    kind="proved",
)


def test_when_a_feature_pays():
    assert pays.verify().covered > 2000
    for n, p, beta, rho, square in step_cases():
        if rho:
            before, after = (
                risk_parts(n, k, signal=float(s), unseen=float(r), noise=0).total
                for k, s, r in ((p, beta, rho), (p + 1, beta + square, rho - square))
            )
            said = feature_pays(n, p, signal=float(beta), rest=float(rho), square=float(square))
            assert said == (after < before) or after == pytest.approx(before)


def test_for_all_real_numbers_a_feature_pays_as_stated():
    n, p, beta, rho, s = z3.Reals("n p beta rho s")
    a = n - p - 1
    # Errors over n - 1, and what they are multiplied by to lose their denominators, a - 1 > 0 and a > 0.
    proved(((rho - s) * a < rho * (a - 1)) == (s * a > rho), given=[a > 1])
    # The difference of the two errors times p (p + 1) (p - n) (p - n - 1), without a quotient.
    c, q = p - n, p + 1
    before = beta * c * q * c * (c - 1) + rho * (p - 1) * p * q * c
    after = (beta + s) * (c + 1) * p * c * (c - 1) + (rho - s) * p * p * q * (c - 1)
    gain = s * (2 * p + 1 - n) * p * (c - 1) + rho * p * q - beta * c * (c - 1)
    proved(before - after == n * gain)


def test_there_is_a_first_descent_just_if_the_first_feature_has_more_than_its_share():
    for n in range(3, 9):
        for squares in itertools.product((0.0, 0.1, 0.3, 1.0), repeat=3):
            for noise in (0.05, 0.5):
                whole = sum(squares) + noise
                falls = left_risk(n, 1, whole - squares[0]) < whole if n > 3 else (whole - squares[0]) * 2 < whole
                if n >= 3 and not np.isclose(squares[0], whole / (n - 1)):
                    assert falls == (squares[0] > whole / (n - 1))


# --- thm-size-penalty --------------------------------------------------------------------------------------------

LAWS = {
    "signs": [((1.0,), 1 / 2), ((-1.0,), 1 / 2)],
    "rare": [((0.0,), 3 / 4), ((2.0,), 1 / 8), ((-2.0,), 1 / 8)],
    "ones": [((1.0,), 1.0)],
    "skew": [((2.0,), 1 / 5), ((-0.5,), 4 / 5)],
}


def matrices(law, n, d):
    """All matrices of samples with their chances; 'copies' has the same sign in every column."""
    if law == "copies":
        for column in itertools.product((1.0, -1.0), repeat=n):
            yield np.repeat(np.array(column)[:, None], d, axis=1), 0.5**n
        return
    for entries in itertools.product(LAWS[law], repeat=n * d):
        yield np.array([value for (value,), _ in entries]).reshape(n, d), np.prod([chance for _, chance in entries])


def second_moment(law, d):
    if law in ("copies", "ones"):
        return np.ones((d, d))
    return np.eye(d)  # independent, mean zero and mean square one


def ridge_error(law, n, p, w, sigma2, factor):
    """The expected error by all matrices, seeing p features, with factor times the penalties of the theorem."""
    w = np.array(w)
    rho, total = sigma2 + (w[p:] ** 2).sum(), 0.0
    moment = second_moment(law, len(w))
    for X, chance in matrices(law, n, len(w)):
        seen = X[:, :p]
        penalties = factor * rho / w[:p] ** 2
        A = np.zeros((len(w), n))
        if p:
            A[:p] = np.linalg.pinv(seen.T @ seen + np.diag(penalties)) @ seen.T
        off = A @ X @ w - w
        total += chance * (off @ moment @ off + sigma2 * np.trace(A.T @ moment @ A))
    return total + sigma2


def penalty_cases():
    for law in ("signs", "rare", "ones", "copies"):
        for n, w, sigma2 in itertools.product((1, 2), [(1.0, -1.0), (1.0, 0.5), (0.1, 2.0)], (1.0, 0.25)):
            for factor in (1.0, 0.0):
                if law != "rare" or n == 1:
                    yield law, n, w, sigma2, factor
    yield "signs", 2, (0.5, 1.0, -2.0), 0.5, 1.0
    yield "rare", 1, (1.0, -1.0, 3.0), 0.5, 1.0
    yield "signs", 1, (0.1,), 1.0, 0.0  # the page's


def never_rises(case):
    law, n, w, sigma2, factor = case
    sizes = [ridge_error(law, n, p, w, sigma2, factor) for p in range(len(w) + 1)]
    more = [ridge_error(law, n + 1, p, w, sigma2, factor) for p in range(len(w) + 1)] if len(w) < 3 else sizes
    return max(np.diff(sizes)) < 1e-9 and all(b < a + 1e-9 for a, b in zip(sizes, more, strict=True))


penalty = Statement(
    "thm-size-penalty",
    text="7083e294",
    cases=penalty_cases,
    hypotheses={
        "independent": lambda case: case[0] != "copies",
        "distributed like its negative": lambda case: case[0] != "ones",
        "the penalty rho / w^2 for each weight": lambda case: case[4] == 1,
    },
    conclusion=never_rises,
    scope="one to three samples of one to three features, by all their values; four laws",
)


def test_with_a_penalty_for_each_weight_neither_a_sample_nor_a_feature_hurts():
    report = penalty.verify()
    assert report.covered >= 15
    for law in ("copies", "ones"):  # the page's
        errors = [ridge_error(law, 1, p, (1.0, -1.0), 1.0, 1.0) for p in (1, 2)]
        assert errors == pytest.approx([1 + 1 / 9, 1 + 4 / 9])
    free = [ridge_error("signs", 1, p, (0.1,), 1.0, 0.0) for p in (0, 1)]
    assert free == pytest.approx([1.01, 2.0])


def test_for_one_sample_the_error_with_the_penalty_is_below_that_without_any_feature():
    for law, n, w, sigma2, factor in penalty_cases():
        if factor and law in ("signs", "rare"):
            assert ridge_error(law, n, len(w), w, sigma2, 1.0) < sigma2 + np.sum(np.square(w))


# --- prop-size-best ----------------------------------------------------------------------------------------------


def given_samples(X, beta, rho, penalty):
    """The error for these samples, in the mean over all directions of the weights seen."""
    p = X.shape[1]
    A = np.linalg.pinv(X.T @ X + penalty * np.eye(p)) @ X.T
    return rho + beta / p * ((A @ X - np.eye(p)) ** 2).sum() + rho * (A**2).sum()


def best_cases():
    for n, p in itertools.product((1, 2, 3), (1, 2, 3)):
        yield "normal", n, p, 1.0, 0.5, True
    yield "normal", 4, 8, 1.0, 0.25, True
    yield "rare", 1, 2, 1.0, 1.0, True
    yield "normal", 1, 2, 1.0, 0.01, False


def single_penalty_error(law, weights, n, rho, factor, draws):
    """Error beyond what is not seen; for 'rare' the first feature is a sign, and the second rare, by all values."""
    w = np.array(weights)
    penalty = factor * rho * len(w) / (w @ w)
    if law == "rare":
        Xs = [(np.array([[a, b]]), c) for a in (1.0, -1.0) for (b,), c in ((v, k / 2) for v, k in LAWS["rare"])]
    else:
        Xs = [(draws, 1 / len(draws))]
    found = 0.0
    for X, chance in Xs:
        turned = np.swapaxes(X, -1, -2)
        A = np.linalg.inv(turned @ X + penalty * np.eye(len(w))) @ turned
        found += chance * (((A @ X @ w - w) ** 2).sum() + rho * (A**2).sum())
    return found + rho


def is_the_best(case):
    law, n, p, beta, rho, same = case
    draws = np.random.default_rng(0).normal(size=(4000, n, p))
    w = np.full(p, np.sqrt(beta / p)) if law == "normal" else np.eye(p)[0]
    if not same:  # a second feature of little weight, with one penalty for both
        first, second = 1.0, 0.1
        one = draws[:, :, :1]
        before = single_penalty_error(law, [first], n, rho + second**2, 1.0, one)
        return before >= single_penalty_error(law, [first, second], n, rho, 1.0, draws)
    errors = [single_penalty_error(law, w, n, rho, factor, draws) for factor in (1.0, 0.5, 0.75, 1.4, 2.0)]
    return min(errors) == errors[0]


best = Statement(
    "prop-size-best",
    text="bf188acc",
    cases=best_cases,
    hypotheses={"normal": lambda case: case[0] == "normal", "same weight": lambda case: case[5]},
    conclusion=is_the_best,
    scope="up to three samples of three features, and four of eight, by 4,000 draws; rare features by all values",
    kind="sampled",
)


def test_the_best_single_penalty():
    report = best.verify()
    assert report.without["normal"][0] == "rare"
    assert best_penalty(8, signal=1.0, rest=0.25) == 2.0


def test_for_every_set_of_samples_it_is_the_best_in_the_mean_over_directions_and_a_sample_more_never_hurts():
    """The two steps of the proof, for samples as they come: normal ones have all directions alike."""
    rng = np.random.default_rng(1)
    for n, p in itertools.product(range(1, 5), range(1, 5)):
        for X in [*rng.normal(size=(20, n, p)), np.ones((n, p)), np.eye(n, p)]:
            for beta, rho in ((1.0, 0.5), (0.3, 2.0)):
                lam = rho * p / beta
                here = given_samples(X, beta, rho, lam)
                assert all(here <= given_samples(X, beta, rho, f * lam) + 1e-9 for f in (0, 0.5, 0.9, 1.1, 2, 100))
                more = np.vstack([X, rng.normal(size=(1, p))])
                assert given_samples(more, beta, rho, lam) <= here + 1e-9


def test_with_equal_weights_the_best_single_penalty_never_lets_a_feature_hurt():
    w = np.full(8, 8**-0.5)
    errors = [
        ridge_risk(
            4, p, weights=w, noise=0.5, trials=4000, rng=2, penalty=best_penalty(p, signal=p / 8, rest=1.25 - p / 8)
        )
        for p in range(1, 9)
    ]
    assert all(b[0] < a[0] + 3 * a[1] for a, b in itertools.pairwise(errors))
    assert errors[-1][0] < errors[0][0]


# --- sentences about the students -------------------------------------------------------------------------------


def test_the_students_fall_rise_and_fall_and_stopped_in_time_they_have_no_peak():
    runs = measured_students()
    by = {(run["width"], run["samples"], run["inputs"]): run for run in runs["results"]}
    widths = runs["provenance"]["settings"]["widths"]
    end = {k: by[k, 100, 5]["test"][-1] for k in widths}
    assert end[1] > end[4] < end[20] > end[160]
    assert max(end, key=end.get) in (16, 20, 30)
    stopped = [min(by[k, 100, 5]["test"]) for k in widths]
    assert max(stopped[2:]) < 0.5 * max(end.values())
