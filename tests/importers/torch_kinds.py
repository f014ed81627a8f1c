"""Modules whose layers are more than convolutions: recurrent ones, tables of vectors, functions and reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Sequence(nn.Module):
    """What a recurrent layer returns at each step, and a linear layer on it."""

    def __init__(self, layer: nn.RNNBase, width: int) -> None:
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x)[0])


class LastState(nn.Module):
    """Only the state at the end, of an LSTM's last layer in both directions."""

    def __init__(self, layers: int = 1) -> None:
        super().__init__()
        self.layer = nn.LSTM(5, 6, layers, bidirectional=True, batch_first=True)
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        _, (state, _) = self.layer(x)
        return self.head(torch.cat([state[-2], state[-1]], -1))


class BothEnds(nn.Module):
    """The sequence and the state at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(5, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        steps, state = self.layer(x)
        return steps + state.transpose(0, 1)


class Cells(nn.Module):
    """Three cells, one of them twice."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.gru, self.lstm = nn.RNNCell(4, 5), nn.GRUCell(5, 6, bias=False), nn.LSTMCell(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        once, _ = self.lstm(self.gru(self.rnn(x)))
        return self.rnn(once) + self.rnn.bias_ih.detach().new_zeros(5)


class Words(nn.Module):
    """A table by indices, its sum over them, and the same table as the last matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30, 8)
        self.norm = nn.LayerNorm(8)
        self.more = nn.Embedding(20, 4)
        self.last = nn.Linear(4, 3)

    def forward(self, ids: Tensor) -> Tensor:
        words = self.norm(self.words(ids))
        return self.last(self.more(ids).sum(1)) + F.linear(words, self.words.weight).mean((1, 2))[:, None]


class Functions(nn.Module):
    """Functions number by number, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        y = torch.sqrt(x.abs() + 1) - x.exp().log() / (2 - x.square())
        y = torch.where(y > x, y.sin(), torch.maximum(y.cos(), x)) ** 3
        return torch.minimum(1 / y, x.pow(0.5)).clamp(0, 1).cumsum(2) * torch.lerp(x, y, 0.5)


class Reductions(nn.Module):
    """Sums, norms, deviations and the places of extremes, along channels and positions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.gain = nn.Parameter(torch.ones(1, 4, 1, 1))
        self.last = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        spread, mean = torch.var_mean(x, (2, 3), keepdim=True)
        size = torch.norm(x, p=2, dim=(2, 3), keepdim=True)
        x = x * self.gain * size / (size.mean(1, keepdim=True) + 1e-6) + (x - mean) / spread.sqrt()
        x = F.normalize(x, dim=1) + x.std(1, keepdim=True) + x.argmax(1, keepdim=True)
        return self.last(x.sum((2, 3)) + x.amin((2, 3)) + x.logsumexp((2, 3)) + x.prod(3).prod(2))


class ScaledRms(nn.Module):
    """Root mean square norms, with and without a scale."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.RMSNorm(8), nn.RMSNorm(8, elementwise_affine=False)
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.linear(self.first(x)))


class Blur(nn.Module):
    """A fixed depthwise kernel (BlurPool), and a fixed full one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.register_buffer("kernel", torch.ones(4, 1, 3, 3) / 9)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.conv2d(self.conv(x), self.kernel, stride=2, padding=1, groups=4))


class Standardised(nn.Conv2d):
    """A convolution whose kernel is standardised, with a gain (arXiv:1903.10520 and 2101.08692)."""

    def __init__(self, *sizes: int) -> None:
        super().__init__(*sizes)
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        spread, mean = torch.var_mean(self.weight, (1, 2, 3), keepdim=True)
        return F.conv2d(x, (self.weight - mean) / torch.sqrt(spread + 1e-5) * self.gain, self.bias)


class Experts(nn.Module):
    """A kernel mixed from several, as the example says (arXiv:1904.04971)."""

    def __init__(self) -> None:
        super().__init__()
        self.routes = nn.Linear(3, 2)
        self.kernels = nn.Parameter(torch.randn(2, 4 * 3 * 9))

    def forward(self, x: Tensor) -> Tensor:
        route = torch.sigmoid(self.routes(x.mean((2, 3))))
        return F.conv2d(x, (route @ self.kernels).view(4, 3, 3, 3), padding=1)


class Windowed(nn.Module):
    """Windows written out, weighed and added up again; a dilated pool; the largest four of its channels."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3 * 9, 3 * 9)

    def forward(self, x: Tensor) -> Tensor:
        columns = F.unfold(x, 3, padding=1, stride=2)
        columns = self.linear(columns.transpose(1, 2)).transpose(1, 2)
        x = F.fold(columns, (9, 9), 3, padding=1, stride=2)
        return F.max_pool2d(x, 3, stride=1, dilation=2).topk(2, 1).values


def _sequence(kind: type[nn.RNNBase], width: int, *options: int, **more: Any) -> Callable[[], nn.Module]:
    return lambda: Sequence(kind(5, 6, *options, **more), width)


KINDS_OF_MODULES: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    "lstm": (_sequence(nn.LSTM, 6), "7,1,5"),
    "lstm_both_ways": (_sequence(nn.LSTM, 12, 2, bidirectional=True, batch_first=True), "1,7,5"),
    "lstm_projected": (_sequence(nn.LSTM, 4, proj_size=4, batch_first=True), "1,7,5"),
    "lstm_projected_both_ways": (_sequence(nn.LSTM, 8, 2, proj_size=4, bidirectional=True), "7,1,5"),
    "lstm_without_bias": (_sequence(nn.LSTM, 6, 2, bias=False, batch_first=True), "1,7,5"),
    "gru": (_sequence(nn.GRU, 12, 3, bidirectional=True), "7,1,5"),
    "rnn": (_sequence(nn.RNN, 6, nonlinearity="relu", batch_first=True), "1,7,5"),
    "last_state": (LastState, "1,7,5"),
    "last_state_of_layers": (lambda: LastState(3), "1,7,5"),
    "both_ends": (BothEnds, "1,7,5"),
    "cells": (Cells, "1,4"),
    "words": (Words, "1x9:int64"),
    "functions": (Functions, "8x8x3"),
    "reductions": (Reductions, "8x8x3"),
    "scaled_rms": (ScaledRms, "1,6,8"),
    "blur": (Blur, "9x9x3"),
    "standardised": (lambda: nn.Sequential(Standardised(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1)), "8x8x3"),
    "weight_norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), "8x8x3"),
    "experts": (Experts, "8x8x3"),
    "windowed": (Windowed, "9x9x3"),
}
