"""Names as columns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def names(texts: Iterable[str | None]) -> NDArray[np.object_]:
    """A name per row, None where there is none."""
    listed = [text or None for text in texts]
    column = np.empty(len(listed), np.object_)
    column[:] = listed
    return column
