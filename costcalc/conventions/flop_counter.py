"""PyTorch's own ``FlopCounterMode``: convolutions and matrix products as the dispatcher sees them."""

from costcalc.conventions.convention import ANY, TRAINABLE, UNSEEN, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="flop-counter",
    version="2.14.1",
    unit="FLOPs, 2 per multiply-add",
    operations={(ANY, "multiplies"): 2},
    parameters=TRAINABLE,
    ignores=WITHOUT_MULTIPLIES,
    called_operations={
        "conv": {"*.deform_conv2d*": UNSEEN},
        "matmul": {"F.scaled_dot_product_attention": UNSEEN, "nn.MultiheadAttention": UNSEEN},
    },
    summary="2 per multiply-add; nothing else",
    source="torch.utils.flop_counter.FlopCounterMode().get_total_flops()",
    versions="PyTorch 2.14.1",
    notes=("an LSTM without projection is one fused kernel on a CPU, of which it sees nothing",),
)
