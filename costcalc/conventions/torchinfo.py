"""torchinfo's ``summary``: the parameters of each module, times the positions where it is a convolution."""

from costcalc.conventions.convention import ANY, TRAINABLE, UNSEEN, Convention
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES, POOLS

CONVENTION = Convention(
    name="torchinfo",
    version="1.8.0",
    unit="mult-adds, 1 per multiply-add",
    operations={
        ("conv", "multiplies"): 1,
        ("conv", "bias_additions"): 1,
        ("depthwise_conv", "multiplies"): 1,
        ("depthwise_conv", "bias_additions"): 1,
        ("conv_transpose", "output_grid_multiplies"): 1,
        ("conv_transpose", "bias_additions"): 1,
        ("rnn", "multiplies"): 1,
        ("rnn", "gate_bias_additions"): 1,
        ("gru", "multiplies"): 1,
        ("gru", "gate_bias_additions"): 1,
        ("lstm", "multiplies"): 1,
        ("lstm", "gate_bias_additions"): 1,
        ("linear", "param_reads"): 1,
        ("embedding", "param_reads"): 1,
        ("rms_norm", "param_reads"): 1,
        ("batch_norm", "param_reads"): 1,
        ("layer_norm", "param_reads"): 1,
        ("group_norm", "param_reads"): 1,
        ("instance_norm", "param_reads"): 1,
        ("prelu", "param_reads"): 1,
    },
    parameters=TRAINABLE,
    ignores=(ACTIVATIONS - {"prelu"}) | POOLS | (MOVES - {"embedding"}) | {"lrn", "upsample"},
    unknown_to_tool=ELEMENTWISE | {"matmul"},
    called_operations={ANY: {"* in *": None, ANY: UNSEEN}},
    summary="1 per multiply-add and bias of convolutions; of all else its parameters, once however often applied",
    source="torchinfo.summary(model, input_data=...).total_mult_adds and .total_params",
    versions="1.8.0",
    notes=(
        "a linear layer applied at every position counts its parameters once: transformers come out far too low",
        "a transposed convolution is counted on its output's positions",
        "functions and operators, attention and matrix products among them, are not counted",
    ),
)
