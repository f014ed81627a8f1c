"""ptflops' aten backend: convolutions and matrix products as the dispatcher sees them, with biases."""

from costcalc.conventions.convention import ANY, TRAINABLE, UNSEEN, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="ptflops-aten",
    version="0.7.5",
    unit="MACs, 1 per multiply-add",
    operations={(ANY, "multiplies"): 1, (ANY, "bias_additions"): 1, (ANY, "gate_bias_additions"): 1},
    parameters=TRAINABLE,
    ignores=WITHOUT_MULTIPLIES,
    called_operations={
        "conv": {"*.deform_conv2d*": UNSEEN},
        "matmul": {"F.scaled_dot_product_attention": UNSEEN, "nn.MultiheadAttention": UNSEEN},
    },
    summary="1 per multiply-add, 1 per addition of a bias; nothing else",
    source='ptflops.get_model_complexity_info(model, size, backend="aten")',
    versions="0.7.5",
    notes=(
        "scaled_dot_product_attention is not counted; matmul, @ and bmm are",
        "an LSTM without projection is one fused kernel on a CPU, of which it sees nothing",
    ),
)
