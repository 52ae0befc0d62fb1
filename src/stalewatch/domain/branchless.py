"""Choosing between values for many rows at once, by arithmetic instead of by masked copies.

A copy under a mask takes 2-4 ns a row, because the processor guesses every row's way and half of its guesses are
wrong; minimum, maximum and multiplication run over whole registers and take a twentieth of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import NEVER, Instants, Mask

_NEVER: Final = np.int64(NEVER)
_MOST_OF_INT8: Final = 127
_INT8: Final = [np.int8(number) for number in range(_MOST_OF_INT8 + 1)]


def lowest(size: int, otherwise: int, cases: Iterable[tuple[Mask, int]]) -> NDArray[Any]:
    """Per row the smallest number whose mask holds, `otherwise` where none does: the first match, if they ascend.

    Args:
        otherwise: greater than every number of `cases`, and below 32,768.
    """
    if otherwise > _MOST_OF_INT8:
        wide: NDArray[Any] = np.zeros(size, np.int16)
        for mask, number in cases:
            np.maximum(wide, mask * np.int16(otherwise - number), out=wide)
        return np.int16(otherwise) - wide
    most: NDArray[Any] = np.zeros(size, np.int8)
    for mask, number in cases:
        np.maximum(most, mask.view(np.int8) * _INT8[otherwise - number], out=most)
    np.subtract(_INT8[otherwise], most, out=most)
    return most


def only(instants: Instants, mask: Mask) -> Instants:
    """The instants where the mask holds, NEVER elsewhere; a new array."""
    # NEVER - 1 wraps to the greatest int64, which takes nothing away from a minimum; NEVER - 0 takes all.
    bound = mask.astype(np.int64)
    np.subtract(_NEVER, bound, out=bound)
    return np.minimum(instants, bound, out=bound)


@lru_cache(maxsize=256)
def constant(value: Any, size: int, dtype: Any) -> NDArray[Any]:
    """`size` times the same value, read-only, in no memory and no time."""
    return np.broadcast_to(np.asarray(value, dtype), size)


def somewhere(mask: Mask) -> bool:
    """Whether the mask holds anywhere; `any` asks the same at three times the price for a few rows."""
    return bool(np.count_nonzero(mask))
