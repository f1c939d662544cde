"""Arithmetic on integers below 2**30: no floats, no overflow, no allocation."""

from heelcue.compat import const

ONE = const(4096)  # the length of a unit vector


def isqrt(x):
    """Integer square root of 0 <= x < 2**30, rounded down (bit by bit: no floats, no overflow)."""
    r = 0
    b = 1 << 28
    while b > x:
        b >>= 2
    while b:
        if x >= r + b:
            x -= r + b
            r = (r >> 1) + b
        else:
            r >>= 1
        b >>= 2
    return r


def weight(share, per_second):
    """Return the weight, in 256ths, of each of `per_second` values in a running mean.

    share: its weight if there were 50 of them a second. So the mean lasts as long at any rate.
    """
    return int(256 * (1 - (1 - share) ** (50 / per_second)) + 0.5)


def beyond(d, dead):
    """Return how far d lies outside -dead..dead, with its sign."""
    if d > dead:
        return d - dead
    if d < -dead:
        return d + dead
    return 0
