"""The twin: a beat-averaged circulation with drugs and fluids, for one patient or a cohort (arrays, patients last).

Inside the twin volumes are in L, time in min, pressures in mm[Hg], drug amounts in ug (vasopressin in U).
Functions that compute take `xp`, the array library: numpy by default; nothing is written in place, so others work.
"""

from __future__ import annotations

from vasotone.errors import MissingExtra

try:
    import numpy as numpy
except ImportError as error:  # pragma: no cover - the message is the point
    raise MissingExtra("the twin", "twin") from error
