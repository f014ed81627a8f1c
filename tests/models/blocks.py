"""Blocks of language, speech and handwriting models in plain PyTorch, each with its input and its counts by hand.

Both front ends that can read a module, ``torch.export`` and ONNX, are held to the same integers. A figure is a sum of
products, written out as the module's own sizes give it; biases are counted in ``params`` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class BlockCase(NamedTuple):
    """A module, its inputs as ``--input`` has them, and what it costs by hand."""

    build: Callable[[], nn.Module]
    inputs: tuple[str, ...]
    multiplies: int
    params: int


class BertBlock(nn.Module):
    """Embeddings of words, positions and segments, and one encoder layer (arXiv:1810.04805, section 3)."""

    def __init__(self, vocabulary: int = 100, positions: int = 16, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(positions, width)
        self.segments = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width)
        self.layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True
        )

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.layer(self.norm(self.words(ids) + self.positions(places) + self.segments(segments)))


class GptBlock(nn.Module):
    """Embedding, one pre-norm decoder layer with causal attention, and the head tied to the embedding (GPT-2)."""

    def __init__(self, vocabulary: int = 100, positions: int = 16, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(positions, width))
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.query_key_value, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, ids: Tensor) -> Tensor:
        steps = ids.shape[1]
        x = self.words(ids) + self.positions[:steps]
        query, key, value = (
            part.view(1, steps, self.heads, -1).transpose(1, 2)
            for part in self.query_key_value(self.norms[0](x)).chunk(3, -1)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).flatten(2))
        x = x + self.down(F.gelu(self.up(self.norms[1](x)), approximate="tanh"))
        return F.linear(self.norms[2](x), self.words.weight)


class Crnn(nn.Module):
    """Convolutions, then two LSTM layers in both directions over the columns (arXiv:1507.05717, section 2)."""

    def __init__(self, hidden: int = 24, classes: int = 11) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        self.lstm = nn.LSTM(4 * 16, hidden, num_layers=2, bidirectional=True)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(F.relu(self.norm(self.second(x))), 2)
        columns = x.permute(3, 0, 1, 2).flatten(2)
        return F.log_softmax(self.head(self.lstm(columns)[0]), -1)


class ConformerBlock(nn.Module):
    """Half a feed-forward, attention, a gated depthwise convolution, the other half (arXiv:2005.08100, section 2)."""

    def __init__(self, width: int = 16, heads: int = 2, kernel: int = 7) -> None:
        super().__init__()
        self.before, self.after = self._feed_forward(width), self._feed_forward(width)
        self.attention_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.conv_norm = nn.LayerNorm(width)
        self.widen = nn.Conv1d(width, 2 * width, 1)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.batch_norm = nn.BatchNorm1d(width)
        self.narrow = nn.Conv1d(width, width, 1)
        self.last = nn.LayerNorm(width)

    @staticmethod
    def _feed_forward(width: int) -> nn.Sequential:
        return nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + 0.5 * self.before(x)
        normed = self.attention_norm(x)
        x = x + self.attention(normed, normed, normed, need_weights=False)[0]
        steps = F.glu(self.widen(self.conv_norm(x).transpose(1, 2)), 1)
        steps = self.narrow(F.silu(self.batch_norm(self.depthwise(steps))))
        x = x + steps.transpose(1, 2)
        return self.last(x + 0.5 * self.after(x))


class MambaBlock(nn.Module):
    """A selective state space, its scan step by step (arXiv:2312.00752, section 3, algorithm 2)."""

    def __init__(self, width: int = 8, state: int = 4, kernel: int = 4, rank: int = 2) -> None:
        super().__init__()
        inner = 2 * width
        self.inner, self.state, self.rank = inner, state, rank
        self.widen = nn.Linear(width, 2 * inner, bias=False)
        self.conv = nn.Conv1d(inner, inner, kernel, padding=kernel - 1, groups=inner)
        self.select = nn.Linear(inner, rank + 2 * state, bias=False)
        self.delta = nn.Linear(rank, inner)
        self.a_log = nn.Parameter(torch.zeros(inner, state))
        self.d = nn.Parameter(torch.ones(inner))
        self.narrow = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        steps = x.shape[1]
        x, gate = self.widen(x).chunk(2, -1)
        x = F.silu(self.conv(x.transpose(1, 2))[:, :, :steps].transpose(1, 2))
        delta, b, c = self.select(x).split([self.rank, self.state, self.state], -1)
        delta = F.softplus(self.delta(delta))
        decay = torch.exp(delta.unsqueeze(-1) * -torch.exp(self.a_log))
        driven = (delta * x).unsqueeze(-1) * b.unsqueeze(2)
        state = driven[:, 0]
        seen = [(state * c[:, 0].unsqueeze(1)).sum(-1)]
        for step in range(1, steps):
            state = decay[:, step] * state + driven[:, step]
            seen.append((state * c[:, step].unsqueeze(1)).sum(-1))
        y = torch.stack(seen, 1) + x * self.d
        return self.narrow(y * F.silu(gate))


# A layer norm has 2·width params, a batch norm too; a linear or convolution with bias one a feature.
_ENCODER = 4 * 16 * 32 * 32 + 2 * 16 * 16 * 32 + 2 * 16 * 32 * 128
_ENCODER_PARAMS = 4 * (32 * 32 + 32) + (32 * 128 + 128) + (128 * 32 + 32) + 2 * 2 * 32
_LSTM_COLUMN = 2 * 4 * 24 * (64 + 24) + 2 * 4 * 24 * (2 * 24 + 24)
_HALF = 10 * (16 * 64 + 64 * 16)

#: Name -> a block; inputs are tensors of those sizes with the batch first: an image is 1×C×H×W.
BLOCKS: dict[str, BlockCase] = {
    "bert": BlockCase(
        BertBlock,
        ("1x16:int64", "1x16:int64"),
        _ENCODER,
        (100 + 16 + 2) * 32 + 2 * 32 + _ENCODER_PARAMS,
    ),
    "gpt": BlockCase(
        GptBlock,
        ("1x16:int64",),
        _ENCODER + 16 * 32 * 100,
        (100 + 16) * 32 + _ENCODER_PARAMS + 2 * 32,
    ),
    "crnn": BlockCase(
        Crnn,
        ("16x40x1",),
        16 * 40 * 9 * 8 + 8 * 20 * 9 * 8 * 16 + 10 * _LSTM_COLUMN + 10 * 48 * 11,
        (9 * 8 + 8) + 9 * 8 * 16 + 2 * 16 + _LSTM_COLUMN + 2 * (2 * 2 * 4 * 24) + (48 * 11 + 11),
    ),
    "conformer": BlockCase(
        ConformerBlock,
        ("1,10,16",),
        2 * _HALF + 4 * 10 * 16 * 16 + 2 * 10 * 10 * 16 + 10 * (16 * 32 + 7 * 16 + 16 * 16),
        2 * (2 * 16 + 16 * 64 + 64 + 64 * 16 + 16)
        + 4 * (16 * 16 + 16)
        + (16 * 32 + 32)
        + (7 * 16 + 16)
        + (16 * 16 + 16)
        + 4 * 2 * 16,
    ),
    "mamba": BlockCase(
        MambaBlock,
        ("1,6,8",),
        6 * 8 * 32 + (6 + 3) * 4 * 16 + 6 * 16 * 10 + 6 * 2 * 16 + 6 * 16 * 8,
        8 * 32 + (4 * 16 + 16) + 16 * 10 + (2 * 16 + 16) + 16 * 4 + 16 + 16 * 8,
    ),
}
