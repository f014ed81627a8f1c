"""Keras' ``Model.summary()``: "total params" hold the running statistics of batch norms."""

from costcalc.conventions.convention import ANY, TRAINABLE, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="keras",
    version="3",
    unit="multiplications; Keras itself counts no operations",
    operations={(ANY, "multiplies"): 1},
    parameters={**TRAINABLE, (ANY, "statistics"): 1},
    ignores=WITHOUT_MULTIPLIES,
    summary="multiplications alone; all that is stored, running statistics too",
    source="Keras, Model.summary() and Model.count_params()",
    versions="all, tf.keras included",
    notes=(
        "PReLU has a slope an element unless shared_axes says otherwise; here it has one a channel",
        "BatchNormalization(scale=False) has no gamma; here a norm that is affine has both",
    ),
)
