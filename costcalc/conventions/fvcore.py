"""fvcore's ``FlopCountAnalysis``: a traced graph, a rule for each of a few operators."""

from costcalc.conventions.convention import ANY, TRAINABLE, UNSEEN, Convention, Difference
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES

_MEAN = "its mean over positions is Tensor.mean, which is not counted"
_MEANS = {"torch.mean": UNSEEN, "Tensor.mean": UNSEEN}

CONVENTION = Convention(
    name="fvcore",
    version="0.1.5.post20221221",
    unit="flops, 1 per multiply-add",
    operations={
        (ANY, "multiplies"): 1,
        ("rnn", "multiplies"): 0,
        ("gru", "multiplies"): 0,
        ("lstm", "multiplies"): 0,
        ("batch_norm", "inputs"): 1,
        ("batch_norm", "affine_inputs"): 1,
        ("layer_norm", "inputs"): 4,
        ("layer_norm", "affine_inputs"): 1,
        ("group_norm", "inputs"): 4,
        ("group_norm", "affine_inputs"): 1,
        ("instance_norm", "inputs"): 4,
        ("instance_norm", "affine_inputs"): 1,
        ("global_avg_pool", "inputs_2d"): 1,
        ("adaptive_avg_pool", "inputs_2d"): 1,
        ("upsample", "nearest_outputs_2d"): 1,
        ("upsample", "bilinear_outputs"): 4,
    },
    parameters=TRAINABLE,
    ignores=MOVES | {"relu"},
    unknown_to_tool=(ACTIVATIONS - {"relu"})
    | ELEMENTWISE
    | {"max_pool", "avg_pool", "global_max_pool", "lrn", "rms_norm"},
    called_operations={
        "conv": {"*.deform_conv2d*": UNSEEN},
        "matmul": {"F.scaled_dot_product_attention": UNSEEN, "nn.MultiheadAttention": UNSEEN},
        "global_avg_pool": _MEANS,
        "adaptive_avg_pool": _MEANS,
    },
    summary="1 per multiply-add; batch norm 2 an element, other norms 5; adaptive pools 1 an element",
    source="fvcore.nn.FlopCountAnalysis(model, inputs).total()",
    versions="0.1.5",
    notes=(
        "in training mode a batch norm is 5 an element, not 2",
        "adaptive pools over one or three axes, and means without a pool, are not counted",
        "scaled_dot_product_attention is not counted; matmul, @ and bmm are",
        "recurrent layers are not counted",
    ),
    differences=(
        Difference("mnasnet1_0", _MEAN, operations=-62_720),
        Difference("shufflenet_v2_x1_0", _MEAN, operations=-50_176),
    ),
)
