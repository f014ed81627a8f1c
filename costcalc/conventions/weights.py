"""Weights alone: what papers give as parameters where biases and norms are left out."""

from costcalc.conventions.convention import ANY, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="weights",
    version="1",
    unit="multiplications (= multiply-adds, MACs)",
    operations={(ANY, "multiplies"): 1},
    parameters={(ANY, "weights"): 1},
    ignores=WITHOUT_MULTIPLIES,
    summary="multiplications alone; weights alone, without biases and norms",
    source="Howard et al., MobileNets, arXiv:1704.04861, Table 2; Sandler et al., MobileNetV2, arXiv:1801.04381",
)
