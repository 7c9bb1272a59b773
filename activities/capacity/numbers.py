"""The arrays of a forecast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.float64]
"""One value a day, oldest first; NaN where there is no data."""

Paths = NDArray[np.float64]
"""Rows of values, a column for each day of the horizon; NaN where nobody knows the value yet."""
