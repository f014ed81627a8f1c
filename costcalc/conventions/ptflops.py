"""ptflops' own default backend: hooks on modules, and patched functions, so that some things count twice."""

from costcalc.conventions.convention import ANY, TRAINABLE, UNSEEN, Convention, Difference
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, MOVES

_MEAN = "its mean over positions is Tensor.mean, which is not counted"
_POOL = "its global pool is a function, which counts once where a module counts twice"
#: What is patched as a function counts once, and so twice where a module that is hooked calls it.
_ONCE = {"F.*": {"inputs": 1}}
_ATTENTION = {"nn.MultiheadAttention": None}

CONVENTION = Convention(
    name="ptflops",
    version="0.7.5",
    unit="MACs, 1 per multiply-add",
    operations={
        (ANY, "multiplies"): 1,
        (ANY, "bias_additions"): 1,
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
        ("layer_norm", "inputs"): 1,
        ("group_norm", "inputs"): 1,
        ("group_norm", "affine_inputs"): 1,
        ("instance_norm", "inputs"): 1,
        ("instance_norm", "affine_inputs"): 1,
        ("relu", "inputs"): 2,
        ("relu6", "inputs"): 1,
        ("leaky_relu", "inputs"): 1,
        ("prelu", "inputs"): 2,
        ("elu", "inputs"): 2,
        ("swish", "inputs"): 1,
        ("gelu", "inputs"): 2,
        ("softmax", "inputs"): 1,
        ("max_pool", "inputs"): 2,
        ("avg_pool", "inputs"): 2,
        ("global_avg_pool", "inputs"): 2,
        ("global_max_pool", "inputs"): 2,
        ("adaptive_avg_pool", "inputs"): 2,
        ("upsample", "outputs"): 2,
        ("lrn", "inputs"): 3,
        ("lrn", "padded_inputs"): 1,
    },
    parameters=TRAINABLE,
    ignores=MOVES | ELEMENTWISE,
    unknown_to_tool=(
        ACTIVATIONS - {"relu", "relu6", "leaky_relu", "prelu", "elu", "swish", "gelu", "softmax"}
    )
    | {"rms_norm"},
    called_operations={
        "relu": _ONCE,
        "relu6": _ONCE,
        "prelu": _ONCE,
        "elu": _ONCE,
        "gelu": _ONCE,
        "swish": _ONCE,
        "max_pool": _ONCE,
        "avg_pool": _ONCE,
        "global_avg_pool": _ONCE,
        "global_max_pool": _ONCE,
        "adaptive_avg_pool": _ONCE,
        "softmax": {"F.softmax": {"inputs": 1}, **_ATTENTION},
        "upsample": {"F.*": {"outputs": 1}},
        "linear": _ATTENTION,
        "matmul": {**_ATTENTION, "torch.bmm": None, "torch.mm": None, "Tensor.bmm": None, "Tensor.mm": None},
        "add": {"torch.add": {"outputs": 1}},
        "multiply": {"torch.mul": {"outputs": 1}},
        ANY: {ANY: UNSEEN},
    },
    summary="1 per multiply-add and bias; norms 2 an element; pools and nn.ReLU 2, which it counts twice; ReLU6 1",
    source='ptflops.get_model_complexity_info(model, size, backend="pytorch")',
    versions="0.7.5; 0.7.2 too, but for transposed convolutions (output's positions) and upsampling",
    notes=(
        "nn.ReLU, nn.GELU, nn.ELU, nn.PReLU, pools and nn.Upsample count twice as modules, once as functions",
        "torch.add and torch.mul count 1 an element, + and * nothing; torch.matmul is counted, @ is not",
        'its documentation calls "aten" the default backend, its code takes "pytorch": this one',
        "the projection of an LSTM is not counted",
        "nn.MultiheadAttention counts its scaling of queries, too, 1 an element",
    ),
    differences=(
        Difference(
            "googlenet", "its relu is a function, which counts once, not twice", operations=-3_226_160
        ),
        Difference(
            "inception_v3",
            "its relu and all but two of its pools are functions, which count once, not twice",
            operations=-11_544_640,
        ),
        Difference(
            "densenet121",
            "its last relu and its global pool are functions, which count once, not twice",
            operations=-100_352,
        ),
        Difference("mobilenet_v2", _POOL, operations=-62_720),
        Difference("mnasnet1_0", _MEAN, operations=-125_440),
        Difference("shufflenet_v2_x1_0", _MEAN, operations=-100_352),
        Difference(
            "convnext_tiny",
            "its norms over maps are a class of its own (LayerNorm2d), which counts nothing",
            operations=-828_672,
        ),
    ),
)
