"""Choosing between values for many rows at once, by arithmetic instead of by masked copies.

A copy under a mask takes 2-4 ns a row, because the processor guesses every row's way and half of its guesses are
wrong; minimum, maximum and multiplication run over whole registers and take a twentieth of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import NEVER, Instants, Mask

_NEVER: Final = np.int64(NEVER)


def lowest(size: int, otherwise: int, cases: Iterable[tuple[Mask, int]], dtype: Any = np.int8) -> NDArray[Any]:
    """Per row the smallest number whose mask holds, `otherwise` where none does: the first match, if they ascend.

    Args:
        otherwise: greater than every number of `cases`.
        dtype: of the answer; it holds `otherwise` and every difference to it.
    """
    most = np.zeros(size, dtype)
    for mask, number in cases:
        np.maximum(most, np.multiply(mask, otherwise - number, dtype=dtype), out=most)
    return np.subtract(otherwise, most, out=most)


def only(instants: Instants, mask: Mask) -> Instants:
    """The instants where the mask holds, NEVER elsewhere; a new array."""
    # NEVER - 1 wraps to the greatest int64, which takes nothing away from a minimum; NEVER - 0 takes all.
    bound: Instants = np.subtract(_NEVER, mask, dtype=np.int64)
    return np.minimum(instants, bound, out=bound)


def constant(value: Any, size: int, dtype: Any) -> NDArray[Any]:
    """`size` times the same value, read-only, in no memory and no time."""
    return np.broadcast_to(np.asarray(value, dtype), size)
