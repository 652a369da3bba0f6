"""Names for the array types used in signatures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]
GreyArray = NDArray[np.uint8]
PixelArray = NDArray[np.unsignedinteger[Any]]
"""uint8 or uint16."""
