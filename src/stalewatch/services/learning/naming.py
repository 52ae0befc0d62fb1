"""Names as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def names(texts: Sequence[str | None]) -> NDArray[np.object_]:
    """A name per row, None where there is none."""
    column = np.empty(len(texts), np.object_)
    column[:] = [text or None for text in texts] if "" in texts else texts
    return column
