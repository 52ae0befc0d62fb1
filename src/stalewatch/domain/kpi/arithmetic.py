"""How sure a share is."""

from __future__ import annotations

from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054
"""Standard deviations of the 95 % interval of a normal distribution."""


def wilson(over: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, 1927): between 0 and 1, and honest where little is known.

    Raises:
        ValueError: `of` is not positive, or `over` is not within it.
    """
    if not 0 <= over <= of or of == 0:
        raise ValueError(f"{over} of {of} is no share")
    share, spread = over / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z / (1 + spread) * sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - reach), min(1.0, middle + reach)
