"""thop as it was early in 2020: linear layers twice, batch norms half as much as today, biases too."""

from costcalc.conventions.convention import ANY, MODULES_ONLY, Convention
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES

CONVENTION = Convention(
    name="thop-0.0.31",
    version="0.0.31",
    unit="MACs, 1 per multiply-add (2 in linear layers)",
    operations={
        (ANY, "multiplies"): 1,
        (ANY, "bias_additions"): 1,
        ("conv_transpose", "multiplies"): 0,
        ("conv_transpose", "output_grid_multiplies"): 1,
        ("matmul", "multiplies"): 0,
        ("rnn", "multiplies"): 0,
        ("gru", "multiplies"): 0,
        ("lstm", "multiplies"): 0,
        ("linear", "multiplies"): 2,
        ("linear", "outputs"): -1,
        ("batch_norm", "inputs"): 2,
        ("leaky_relu", "inputs"): 1,
        ("avg_pool", "outputs"): 1,
        ("global_avg_pool", "inputs"): 1,
        ("global_avg_pool", "outputs"): 1,
        ("adaptive_avg_pool", "kernel_reads"): 1,
        ("adaptive_avg_pool", "outputs"): 1,
        ("upsample", "linear_outputs"): 5,
        ("upsample", "bilinear_outputs"): 11,
        ("upsample", "bicubic_outputs"): 259,
    },
    parameters={
        (ANY, "weights"): 1,
        ("parameter", "weights"): 0,
        (ANY, "biases"): 1,
        (ANY, "affine"): 1,
        (ANY, "slopes"): 1,
    },
    ignores={"relu", "relu6", "max_pool", "global_max_pool", "dropout"},
    unknown_to_tool=(ACTIVATIONS - {"relu", "relu6", "leaky_relu"})
    | (MOVES - {"dropout"})
    | ELEMENTWISE
    | {"layer_norm", "group_norm", "instance_norm", "rms_norm", "lrn"},
    called_operations=MODULES_ONLY,
    summary="1 per multiply-add, but 2 in linear layers; biases 1; batch norm 2 an element; pools as today",
    source="thop.profile(model, inputs)",
    versions="0.0.31 up to 0.0.31.post2001170342",
    notes=(
        "it adds up in single precision, so that its last digits are rounded: 603134720 for 603134672",
        "torchvision's MobileNet V2 of that time had Tensor.mean for its global pool, which is not counted",
    ),
)
