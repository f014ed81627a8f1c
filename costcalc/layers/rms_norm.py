"""Division by the root of the mean square over the channels of each position.

    multiplies = 0 (not counted)
    affine     = C, a scale and no shift; 0 with ``affine: false``

C: channels.

Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467, equation 4.
"""

from costcalc.layers.fields import Flag
from costcalc.layers.norm import Norm


class RmsNorm(Norm):
    """``rms_norm``: a scale for each channel, and no shift."""

    affine: Flag = True

    @property
    def vectors(self) -> int:
        """How many numbers it learns for each channel."""
        return int(self.affine)
