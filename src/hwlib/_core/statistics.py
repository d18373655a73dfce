"""How sure a fraction is that was counted."""

from __future__ import annotations

import math

from hwlib._core.arguments import positive, whole


def wilson(successes: int, trials: int, *, deviations: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a probability, from how often something happened.

    All probabilities p for which the count is at most so many standard deviations, those of p itself, from what it
    should be; 1.96 make about 95 %. Unlike the plain interval it is never empty, not even if nothing happened.

    Args:
        successes: how often it happened.
        trials: of how many times.
        deviations: half the width in standard deviations.

    Returns:
        The ends of the interval, within 0 and 1.

    Raises:
        ValueError: if there are no trials, or more successes than trials.

    Source: E. B. Wilson, Journal of the American Statistical Association 22, 1927.

    Example:
        >>> [round(end, 3) for end in wilson(50, 100)]
        [0.404, 0.596]
    """
    n, count = whole("trials", trials, least=1), whole("successes", successes, least=0)
    z = positive("deviations", deviations)
    if count > n:
        raise ValueError(f"successes={successes!r}: accepted are at most {n}, the number of trials")
    middle = (count + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(count * (n - count) / n + z * z / 4)
    # Never or always: the end is 0 or 1, from which rounding would miss by a little.
    return (middle - half if count else 0.0), (middle + half if count < n else 1.0)
