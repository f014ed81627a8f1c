"""thop (pytorch-OpCounter): hooks on modules; what is no module that it knows counts nothing."""

from costcalc.conventions.convention import ANY, MODULES_ONLY, Convention, Difference
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES

_FUNCTIONAL = "its global pool is a function, not a module, and so is not counted"
_MEAN = "its mean over positions is Tensor.mean, not a module, and so is not counted"

CONVENTION = Convention(
    name="thop",
    version="0.1.1.post2209072238",
    unit="MACs, 1 per multiply-add",
    operations={
        (ANY, "multiplies"): 1,
        ("conv_transpose", "multiplies"): 0,
        ("conv_transpose", "output_grid_multiplies"): 1,
        ("matmul", "multiplies"): 0,
        ("rnn", "gate_values"): 1,
        ("rnn", "gate_bias_additions"): 1,
        ("gru", "gate_values"): 1,
        ("gru", "gate_bias_additions"): 1,
        ("gru", "states"): 4,
        ("lstm", "gate_values"): 1,
        ("lstm", "gate_bias_additions"): 1,
        ("lstm", "states"): 4,
        ("batch_norm", "inputs"): 2,
        ("batch_norm", "affine_inputs"): 2,
        ("layer_norm", "inputs"): 2,
        ("layer_norm", "affine_inputs"): 2,
        ("instance_norm", "inputs"): 2,
        ("instance_norm", "affine_inputs"): 2,
        ("prelu", "inputs"): 1,
        ("softmax", "inputs"): 3,
        ("softmax", "positions"): -1,
        ("avg_pool", "outputs"): 1,
        ("global_avg_pool", "inputs"): 1,
        ("global_avg_pool", "outputs"): 1,
        ("adaptive_avg_pool", "inputs"): 1,
        ("adaptive_avg_pool", "outputs"): 1,
        ("upsample", "nearest_outputs"): 1,
        ("upsample", "linear_outputs"): 5,
        ("upsample", "bilinear_outputs"): 11,
        ("upsample", "bicubic_outputs"): 259,
    },
    parameters={
        (ANY, "weights"): 1,
        ("parameter", "weights"): 0,
        ("embedding", "weights"): 0,
        ("rnn", "weights"): 0,
        ("rnn", "biases"): 0,
        ("gru", "weights"): 0,
        ("gru", "biases"): 0,
        ("lstm", "weights"): 0,
        ("lstm", "biases"): 0,
        (ANY, "biases"): 1,
        (ANY, "slopes"): 1,
        ("batch_norm", "affine"): 1,
        ("layer_norm", "affine"): 1,
        ("instance_norm", "affine"): 1,
    },
    ignores={"relu", "relu6", "leaky_relu", "max_pool", "global_max_pool", "dropout", "pad"},
    unknown_to_tool=(ACTIVATIONS - {"relu", "relu6", "leaky_relu", "prelu", "softmax"})
    | (MOVES - {"dropout", "pad"})
    | ELEMENTWISE
    | {"group_norm", "rms_norm", "lrn"},
    called_operations=MODULES_ONLY,
    called_parameters=MODULES_ONLY,
    summary="1 per multiply-add; all norms but group norm 4 an element; adaptive pools k²+1 an output, average 1",
    source="thop.profile(model, inputs)",
    versions="0.1.1; 0.1.0 too, but for layer norms (2 an element)",
    notes=(
        "a transposed convolution is counted on its output's positions",
        "group norms, and tensors that a model holds itself, count neither operations nor parameters",
        "functions and operators, attention and matrix products among them, are not counted",
        "recurrent layers count no parameters, and an LSTM with a projection as if it had none",
    ),
    differences=(
        Difference("mobilenet_v2", _FUNCTIONAL, operations=-64_000),
        Difference("densenet121", _FUNCTIONAL, operations=-51_200),
        Difference("mnasnet1_0", _MEAN, operations=-64_000),
        Difference("shufflenet_v2_x1_0", _MEAN, operations=-51_200),
        Difference(
            "inception_v3", "its average pools are functions, and so are not counted", operations=-2_002_400
        ),
        Difference(
            "convnext_tiny",
            "its norms over maps are a class of its own (LayerNorm2d), which counts nothing",
            operations=-3_314_688,
            parameters=-3_072,
        ),
    ),
)
