"""Floating-point operations as textbooks have them: an addition counts as much as a multiplication."""

from costcalc.conventions.convention import ANY, TRAINABLE, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="flops",
    version="1",
    unit="floating-point operations, 2 per multiply-add",
    operations={(ANY, "multiplies"): 2, (ANY, "bias_additions"): 1, (ANY, "gate_bias_additions"): 1},
    parameters=TRAINABLE,
    ignores=WITHOUT_MULTIPLIES,
    summary="2 per multiply-add, 1 per addition of a bias; no norms, activations, pools",
    source="Molchanov et al., Pruning Convolutional Neural Networks, arXiv:1611.06440, appendix A.1",
)
