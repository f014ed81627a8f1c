"""TF-slim's model tables: its batch norms have no gamma, and both running statistics are counted."""

from costcalc.convention import ANY, Convention

CONVENTION = Convention(
    name="slim",
    version="1",
    unit="multiplications (= multiply-adds, MACs)",
    operations={(ANY, "multiplies"): 1},
    parameters={(ANY, "weights"): 1, (ANY, "biases"): 1, (ANY, "slopes"): 1, (ANY, "norm_channels"): 3},
    summary="multiplications alone; three numbers a channel of a norm: no gamma, but the statistics",
    source="TensorFlow models, research/slim/nets/mobilenet_v1.md",
)
