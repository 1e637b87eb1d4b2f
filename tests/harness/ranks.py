"""Are two samples told apart? The Mann-Whitney U test, with ties (normal approximation, corrected).

    p, sign = mann_whitney(times_of_unknown, times_of_foreign)
    # p small: they come from different distributions; sign 1: the first tends to be larger, -1: smaller

For samples of more than 20 each; no assumption on how they are distributed.
"""

import math


def mann_whitney(a, b):
    """(two-sided p, sign)"""
    count_a, count_b = len(a), len(b)
    if min(count_a, count_b) <= 20:
        raise ValueError("too few for the normal approximation")
    total = count_a + count_b
    rows = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    rank_sum_a = tied = 0.0
    at = 0
    while at < total:
        end = at
        while end < total and rows[end][0] == rows[at][0]:
            end += 1
        alike = end - at
        rank_sum_a += (at + 1 + end) / 2 * sum(1 for _, which in rows[at:end] if which == 0)
        tied += alike ** 3 - alike
        at = end
    u = rank_sum_a - count_a * (count_a + 1) / 2
    spread = count_a * count_b / 12 * (total + 1 - tied / (total * (total - 1)))
    if spread <= 0:
        return 1.0, 0  # all values are the same
    shift = u - count_a * count_b / 2
    distance = max(abs(shift) - 0.5, 0)
    return math.erfc(distance / math.sqrt(2 * spread)), 1 if shift > 0 else -1
