"""TF-slim's model tables: its batch norms have no gamma, and both running statistics are counted."""

from costcalc.conventions.convention import ANY, TRAINABLE, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="slim",
    version="1",
    unit="multiplications (= multiply-adds, MACs)",
    operations={(ANY, "multiplies"): 1},
    parameters={**TRAINABLE, ("batch_norm", "affine"): 0, ("batch_norm", "norm_channels"): 3},
    ignores=WITHOUT_MULTIPLIES,
    summary="multiplications alone; three numbers a channel of a batch norm: no gamma, but the statistics",
    source="TensorFlow models, research/slim/nets/mobilenet_v1.md",
)
