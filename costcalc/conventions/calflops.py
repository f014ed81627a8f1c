"""calflops' FLOPs: patched functions of torch.nn.functional; its MACs are the multiplies alone."""

from costcalc.conventions.convention import ANY, TRAINABLE, UNSEEN, Convention, Difference
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES

_MEAN = "its mean over positions is Tensor.mean, which is not counted"

CONVENTION = Convention(
    name="calflops",
    version="0.3.2",
    unit="FLOPs, 2 per multiply-add",
    operations={
        (ANY, "multiplies"): 2,
        (ANY, "bias_additions"): 1,
        ("linear", "bias_additions"): 0,
        ("rnn", "gate_values"): -1,
        ("rnn", "gate_bias_additions"): 1,
        ("gru", "gate_values"): -1,
        ("gru", "gate_bias_additions"): 1,
        ("gru", "states"): 4,
        ("lstm", "gate_values"): -1,
        ("lstm", "gate_bias_additions"): 1,
        ("lstm", "states"): 6,
        ("batch_norm", "inputs"): 1,
        ("batch_norm", "affine_inputs"): 1,
        ("layer_norm", "inputs"): 4,
        ("layer_norm", "affine_inputs"): 1,
        ("group_norm", "inputs"): 4,
        ("group_norm", "affine_inputs"): 1,
        ("instance_norm", "inputs"): 4,
        ("instance_norm", "affine_inputs"): 1,
        ("relu", "inputs"): 1,
        ("leaky_relu", "inputs"): 1,
        ("prelu", "inputs"): 1,
        ("elu", "inputs"): 1,
        ("swish", "inputs"): 1,
        ("gelu", "inputs"): 1,
        ("softmax", "inputs"): 1,
        ("max_pool", "inputs"): 1,
        ("avg_pool", "inputs"): 1,
        ("global_avg_pool", "inputs"): 1,
        ("global_max_pool", "inputs"): 1,
        ("adaptive_avg_pool", "inputs"): 1,
        ("upsample", "scaled_inputs"): 1,
        ("upsample", "sized_positions"): 1,
        ("lrn", "inputs"): 3,
        ("lrn", "padded_inputs"): 1,
    },
    parameters=TRAINABLE,
    ignores=MOVES | ELEMENTWISE | {"relu6"},
    unknown_to_tool=(
        ACTIVATIONS - {"relu", "relu6", "leaky_relu", "prelu", "elu", "swish", "gelu", "softmax"}
    )
    | {"rms_norm"},
    called_operations={
        "matmul": {"torch.einsum": None, ANY: UNSEEN},
        "softmax": {"F.softmax": None, ANY: UNSEEN},
        "relu6": {"F.*": {"inputs": 1}},
        "add": {"torch.add": {"outputs": 1}},
        "multiply": {"torch.mul": {"outputs": 1}},
        ANY: {"torch.*": UNSEEN, "Tensor.*": UNSEEN},
    },
    summary="2 per multiply-add; biases of convolutions 1; batch norm 2 an element, other norms 5; ReLU, SiLU, pools 1",
    source="calflops.calculate_flops(model, input_shape)",
    versions="0.3.2",
    notes=(
        "a transposed convolution in g groups counts 1/g of its multiplies, a depthwise one none",
        "the bias of a transposed convolution is counted on another grid than its output's",
        "relu6 counts 1 an element as a function, nothing as nn.ReLU6",
        "torch.add and torch.mul count 1 an element, + and * nothing; torch.matmul is counted, @ and bmm are not",
        "the projection of an LSTM is not counted",
    ),
    differences=(
        Difference("mnasnet1_0", _MEAN, operations=-62_720),
        Difference("shufflenet_v2_x1_0", _MEAN, operations=-50_176),
    ),
)
