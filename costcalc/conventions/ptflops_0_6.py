"""ptflops as it was until 0.6.x: hooks on modules alone, each counted once."""

from costcalc.conventions.convention import ANY, MODULES_ONLY, TRAINABLE, Convention
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES

CONVENTION = Convention(
    name="ptflops-0.6",
    version="0.6",
    unit="MACs, 1 per multiply-add",
    operations={
        (ANY, "multiplies"): 1,
        (ANY, "bias_additions"): 1,
        ("linear", "bias_additions"): 0,
        ("matmul", "multiplies"): 0,
        ("rnn", "gate_values"): 1,
        ("rnn", "gate_bias_additions"): 1,
        ("gru", "gate_values"): 1,
        ("gru", "gate_bias_additions"): 1,
        ("gru", "states"): 4,
        ("lstm", "gate_values"): 1,
        ("lstm", "gate_bias_additions"): 1,
        ("lstm", "states"): 6,
        ("batch_norm", "inputs"): 1,
        ("batch_norm", "affine_inputs"): 1,
        ("relu", "inputs"): 1,
        ("relu6", "inputs"): 1,
        ("leaky_relu", "inputs"): 1,
        ("prelu", "inputs"): 1,
        ("elu", "inputs"): 1,
        ("max_pool", "inputs"): 1,
        ("avg_pool", "inputs"): 1,
        ("global_avg_pool", "inputs"): 1,
        ("global_max_pool", "inputs"): 1,
        ("adaptive_avg_pool", "inputs"): 1,
        ("upsample", "outputs"): 1,
    },
    parameters=TRAINABLE,
    unknown_to_tool=(ACTIVATIONS - {"relu", "relu6", "leaky_relu", "prelu", "elu"})
    | MOVES
    | ELEMENTWISE
    | {"layer_norm", "group_norm", "instance_norm", "rms_norm", "lrn"},
    called_operations=MODULES_ONLY,
    summary="1 per multiply-add and bias of convolutions; batch norm 2 an element; activations and pools 1",
    source="ptflops.get_model_complexity_info(model, size)",
    versions="0.5.2 and 0.6; from 0.6.9 on the biases of linear layers count, too",
    notes=(
        "functions and operators, attention and matrix products among them, are not counted",
        "torchvision's MobileNet V2 of that time had Tensor.mean for its global pool, which is not counted",
    ),
)
