"""Modules as people write them, each with the input that it takes; small enough to count by hand where need be."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Functional(nn.Module):
    """Convolution and linear by functions, with parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(8, 3, 3, 3))
        self.shift = nn.Parameter(torch.zeros(8))
        self.matrix = nn.Parameter(torch.randn(10, 8))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(F.conv2d(x, self.kernel, self.shift, padding=1))
        return F.linear(x.mean((2, 3)), self.matrix)


class Shared(nn.Module):
    """One convolution used three times, once as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(x))
        x = torch.relu(self.conv(x))
        return F.conv2d(x, self.conv.weight, self.conv.bias, padding=1)


class Slid(nn.Module):
    """One kernel, slid in three ways; each with a bias of its own, as two of them are modules."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.two.weight = self.one.weight

    def forward(self, x: Tensor) -> Tensor:
        wide = F.conv2d(x, self.one.weight, self.one.bias, padding=2, dilation=2)
        return self.two(self.one(x) + wide)


class Tied(nn.Module):
    """Two linear modules with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8, bias=False)
        self.second = nn.Linear(8, 8, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.tanh(self.first(x)))


class HandAttention(nn.Module):
    """Attention by views, bmm and softmax."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        d = c // self.heads
        q, k, v = (
            f(x).view(b, n, self.heads, d).transpose(1, 2).reshape(b * self.heads, n, d)
            for f in (self.q, self.k, self.v)
        )
        weights = torch.softmax(torch.bmm(q, k.transpose(1, 2)) * d**-0.5, -1)
        mixed = torch.bmm(weights, v).view(b, self.heads, n, d).transpose(1, 2).reshape(b, n, c)
        return x + self.out(mixed)


class LinearAttention(nn.Module):
    """Q (Kᵀ V), by einsum, on a map."""

    def __init__(self, width: int = 16, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Conv2d(width, 3 * width, 1, bias=False)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=1)
        q, k, v = (t.reshape(b, self.heads, c // self.heads, h * w) for t in (q, k, v))
        context = torch.einsum("bhdn,bhen->bhde", k.softmax(-1), v)
        mixed = torch.einsum("bhde,bhdn->bhen", context, q.softmax(-2))
        return self.out(mixed.reshape(b, c, h, w))


class ChannelAttention(nn.Module):
    """Squeeze and excite by linear modules and a view."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.fc1, self.fc2 = nn.Linear(width, 4), nn.Linear(4, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        b, c, _, _ = x.shape
        gate = torch.sigmoid(self.fc2(torch.relu(self.fc1(x.mean((2, 3))))))
        return x * gate.view(b, c, 1, 1)


class SpatialAttention(nn.Module):
    """CBAM's spatial gate: mean and maximum over the channels, then a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True).values], 1)
        return x * torch.sigmoid(self.conv(pooled))


class PatchMerging(nn.Module):
    """Swin's: every other position, four times."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        parts = [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1))).permute(0, 3, 1, 2)


class Unet(nn.Module):
    """Down and up, with a crop and a concatenation."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 16, 3)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.last = nn.Conv2d(16, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        left = torch.relu(self.down1(x))
        right = self.up(torch.relu(self.down2(F.max_pool2d(left, 2))))
        crop = (left.shape[-1] - right.shape[-1]) // 2
        left = left[:, :, crop : crop + right.shape[-2], crop : crop + right.shape[-1]]
        return F.interpolate(self.last(torch.cat([left, right], 1)), scale_factor=2, mode="bilinear")


class Norms(nn.Module):
    """Every norm, with scale and shift, with one of them, with none."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3)
        self.norms = nn.Sequential(
            nn.GroupNorm(4, 8),
            nn.InstanceNorm2d(8, affine=True),
            nn.InstanceNorm2d(8),
            nn.BatchNorm2d(8, affine=False),
        )
        self.layer = nn.LayerNorm([8, 6, 6])
        self.scaled = nn.LayerNorm(6, bias=False)
        self.rms = nn.RMSNorm(6)

    def forward(self, x: Tensor) -> Tensor:
        return self.rms(self.scaled(self.layer(self.norms(self.first(x)))))


class Shuffles(nn.Module):
    """Pixel and channel shuffles, splits, stacks, rolls."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 16, 3, padding=1, groups=2)
        self.last = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.channel_shuffle(self.conv(x), 4), 2)
        a, b = x.split([1, 3], 1)
        x = torch.cat([b, a], 1).roll(1, 2)
        first, *_ = torch.stack([x, F.pad(x, (1, -1))], 1).unbind(1)
        return self.last(first)


class Gates(nn.Module):
    """PReLU, GLU, hardtanh, a learned power and a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 3)
        self.prelu, self.one = nn.PReLU(8), nn.PReLU()
        self.scale = nn.Parameter(torch.ones(4, 1))
        self.register_buffer("mask", torch.ones(1, 1, 8))

    def forward(self, x: Tensor) -> Tensor:
        x = F.glu(self.one(self.prelu(self.conv(x))), 1) * self.scale
        return (x * self.mask).clamp(-1, 1).pow(2).masked_fill(self.mask == 0, 0.0)


class Siamese(nn.Module):
    """Two inputs through one branch, and their difference."""

    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 6)
        )
        self.last = nn.Linear(6, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.last(torch.abs(self.branch(left) - self.branch(right)))


class TokenMixer(nn.Module):
    """A learned matrix times the tokens, and tokens times a learned matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.over_tokens = nn.Parameter(torch.randn(5, 7))
        self.over_channels = nn.Parameter(torch.randn(6, 9))
        self.bias = nn.Parameter(torch.zeros(9))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, (self.over_tokens @ x)[0], self.over_channels)


class Repeated(nn.Module):
    """A vector expanded over a map, joined to coordinates that are no parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.code = nn.Linear(6, 4)
        self.conv = nn.Conv2d(6, 3, 3)
        self.register_buffer("grid", torch.zeros(1, 2, 8, 8))

    def forward(self, x: Tensor) -> Tensor:
        code = self.code(x)[:, :, None, None].expand(-1, -1, 8, 8)
        return self.conv(torch.cat([code, self.grid], 1))


class Frames(nn.Module):
    """A network for images on every frame of a clip, as N·T images."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, padding=1),
        )
        self.up = nn.ConvTranspose2d(6, 5, 2, stride=2)
        self.last = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        b, c, t, h, w = x.shape
        frames = self.up(self.image(x.transpose(1, 2).reshape(b * t, c, h, w)))
        pooled = F.adaptive_max_pool2d(frames, 1) + F.adaptive_avg_pool2d(F.interpolate(frames, (7, 7)), 1)
        return self.last(pooled.view(b, t, -1).mean(1))


class Positions(nn.Module):
    """Position embeddings of two axes, each repeated along the other; a table of biases read by index."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.columns = nn.Parameter(torch.zeros(3, 8)), nn.Parameter(torch.zeros(4, 8))
        self.table = nn.Parameter(torch.zeros(9, 2))
        self.register_buffer("index", torch.zeros(144, dtype=torch.long))
        self.qk = nn.Linear(8, 16)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.rows.repeat_interleave(4, 0) + self.columns.repeat(3, 1)
        q, k = self.qk(x).view(1, 12, 2, 2, 4).permute(2, 0, 3, 1, 4)
        bias = self.table[self.index].view(12, 12, 2).permute(2, 0, 1)
        return torch.softmax(q @ k.transpose(-2, -1) + bias, -1)


class Volume(nn.Sequential):
    """Three axes."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv3d(3, 6, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
            nn.BatchNorm3d(6),
            nn.ReLU6(),
            nn.MaxPool3d(2),
            nn.ConvTranspose3d(6, 4, 2, stride=2, groups=2, bias=False),
            nn.AdaptiveAvgPool3d(1),
            nn.Flatten(),
            nn.Linear(4, 5),
        )


class CrossAttention(nn.Module):
    """PyTorch's attention with keys and values of another size, and with the same for both."""

    def __init__(self) -> None:
        super().__init__()
        self.apart = nn.MultiheadAttention(12, 3, kdim=8, vdim=6, batch_first=True)
        self.one = nn.MultiheadAttention(12, 2, batch_first=True, add_bias_kv=True)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        x = self.apart(x, keys, values, need_weights=False)[0]
        return self.one(x, x[:, :5], x[:, :5])[0]


class TiedApart(nn.Module):
    """One weight under two biases, one bias of two weights, a weight and its transpose, weights of a piece."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(3, 3, 1) for _ in range(3))
        self.two.weight = self.one.weight
        self.three.bias = self.one.bias
        self.encode, self.code = nn.Linear(8, 5), nn.Parameter(torch.zeros(8))

    def forward(self, x: Tensor) -> Tensor:
        x = self.three(self.two(self.one(x))).mean((2, 3))
        x = F.linear(x, self.encode.weight[:, :3], self.encode.bias)
        x = F.linear(x, self.encode.weight.t(), self.code)
        return F.linear(x, self.encode.weight[1:4], self.encode.bias[1:4])


class Expanded(nn.Module):
    """A weight of one row for all: a linear layer would have five."""

    def __init__(self) -> None:
        super().__init__()
        self.row = nn.Parameter(torch.zeros(1, 6))
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.row.expand(5, 6), self.shift.expand(5))


class Sums(nn.Module):
    """Products and sums by einsum: with an ellipsis, without an arrow, with heads, of one tensor, of no sum."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.heads = nn.Parameter(torch.zeros(5, 16)), nn.Parameter(torch.zeros(2, 16, 4))
        self.scale = nn.Parameter(torch.zeros(5))

    def forward(self, x: Tensor) -> Tensor:
        heads = torch.einsum("bnc,hcd->bhnd", x, self.heads)
        scores = torch.einsum("...id,...jd->...ij", heads, heads).softmax(-1)
        mixed = torch.einsum("bhij,bhjd->bhid", scores, heads)
        rows = torch.einsum("bnc,dc", x, self.rows)
        rows = torch.einsum("bdn,d->bdn", rows, self.scale)
        return torch.einsum("bhnd->bnd", mixed) + rows.mean(1)[..., None]


class Windows(nn.Module):
    """Patches by unfold, of a map and along its axes."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(27, 4), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(F.unfold(x, 3, padding=1, stride=2).transpose(1, 2))
        patches = x.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
        return first + self.second(patches)


class Compared(nn.Module):
    """Masks, blends, products with sums, as activations that people write."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        y = torch.where(x > 0, x, 0.1) * (x <= 3)
        y = torch.lerp(torch.addcmul(x, x, y, value=2), self.two(y), 0.5)
        return torch.maximum(y, torch.zeros(1, device=y.device)).argmax(1)


class Regions(nn.Module):
    """Parts under torch.autocast and with gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            left, right = self.one(x).chunk(2, 1)
        with torch.enable_grad():
            x = self.two(torch.cat([right, left], 1).float())
            with torch.autocast("cpu", enabled=False):
                return x.mean((2, 3))


class GroupedQueries(nn.Module):
    """Attention with fewer keys than queries."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(16, 16), nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x).view(1, 10, 4, 4).transpose(1, 2)
        key = self.key(x).view(1, 10, 2, 4).transpose(1, 2)
        return F.scaled_dot_product_attention(query, key, key, enable_gqa=True)


def called_thrice() -> nn.Module:
    """A convolution used three times, behind one that is written alike."""
    conv = nn.Conv2d(4, 4, 3, padding=1)
    return nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), conv, nn.ReLU(), conv, nn.BatchNorm2d(4), conv)


def decoder() -> nn.Module:
    """PyTorch's own decoder layer."""
    return nn.TransformerDecoderLayer(24, 3, 48, batch_first=True)


def encoder() -> nn.Module:
    """PyTorch's own transformer layer."""
    return nn.TransformerEncoderLayer(24, 3, 48, batch_first=True)


#: name -> how to build it, and what it takes.
MODULES = {
    "functional": (Functional, "16x16x3"),
    "shared": (Shared, "8x8x4"),
    "slid": (Slid, "8x8x4"),
    "tied": (Tied, "8"),
    "hand_attention": (HandAttention, "1,10,32"),
    "linear_attention": (LinearAttention, "6x6x16"),
    "channel_attention": (ChannelAttention, "9x9x3"),
    "spatial_attention": (SpatialAttention, "9x9x5"),
    "patch_merging": (PatchMerging, "6x6x8"),
    "unet": (Unet, "22x22x3"),
    "norms": (Norms, "8x8x3"),
    "shuffles": (Shuffles, "6x6x4"),
    "gates": (Gates, "10x4"),
    "siamese": (Siamese, ("8x8x1", "8x8x1")),
    "token_mixer": (TokenMixer, "1,7,6"),
    "repeated": (Repeated, "6"),
    "frames": (Frames, "7x16x16x3"),
    "positions": (Positions, "1,12,8"),
    "volume": (Volume, "4x16x16x3"),
    "cross_attention": (CrossAttention, ("1,7,12", "1,9,8", "1,9,6")),
    "tied_apart": (TiedApart, "5x5x3"),
    "expanded": (Expanded, "6"),
    "sums": (Sums, "1,10,16"),
    "windows": (Windows, "8x6x3"),
    "compared": (Compared, "9x9x3"),
    "regions": (Regions, "9x9x3"),
    "grouped_queries": (GroupedQueries, "1,10,16"),
    "called_thrice": (called_thrice, "6x6x4"),
    "padded_places": (lambda: nn.Sequential(nn.ZeroPad2d((1, 2, 3, 0)), nn.Conv2d(2, 4, 2)), "3x3x2"),
    "several_examples": (lambda: nn.Conv2d(3, 4, 3), "2,3,9,9"),
    "encoder": (encoder, "1,11,24"),
    "decoder": (decoder, ("1,11,24", "1,7,24")),
}


class GroupedAttention(nn.Module):
    """Four heads that share so many of keys, causal or with a learned mask."""

    def __init__(self, shared: int = 4, mask: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.shared = shared
        self.query, self.output = nn.Linear(24, 24, bias=False), nn.Linear(24, 24, bias=False)
        self.key, self.value = nn.Linear(24, 6 * shared, bias=False), nn.Linear(24, 6 * shared, bias=False)
        self.mask = None if mask is None else nn.Parameter(torch.zeros(mask))

    def forward(self, x):
        query = self.query(x).view(1, 11, 4, 6).transpose(1, 2)
        key, value = (each(x).view(1, 11, self.shared, 6).transpose(1, 2) for each in (self.key, self.value))
        options = {"attn_mask": self.mask, "is_causal": self.mask is None, "enable_gqa": self.shared != 4}
        mixed = F.scaled_dot_product_attention(query, key, value, **options)
        return self.output(mixed.transpose(1, 2).flatten(2))


class OwnAttention(nn.Module):
    """Attention as people write it out: products, a scale, a softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.all_three, self.output = nn.Linear(24, 72), nn.Linear(24, 24)

    def forward(self, x):
        query, key, value = self.all_three(x).reshape(1, 11, 3, 4, 6).permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(-2, -1) * 6**-0.5).softmax(-1)
        return self.output((weights @ value).transpose(1, 2).reshape(1, 11, 24))


class WindowAttention(nn.Module):
    """Attention within 4x4 windows of an 8x12 map of channels first, with a table of relative positions."""

    def __init__(self, heads: int = 3, size: int = 4) -> None:
        super().__init__()
        self.heads, self.size = heads, size
        self.all_three, self.projection = nn.Linear(24, 72), nn.Linear(24, 24)
        self.table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        self.register_buffer("pairs", torch.zeros(size**4, dtype=torch.int64))

    def forward(self, x):
        size, places = self.size, self.size**2
        rows = x.permute(0, 2, 3, 1)
        windows = rows.view(1, 2, size, 3, size, 24).transpose(2, 3).reshape(6, places, 24)
        split = self.all_three(windows).view(6, places, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = split[0] @ split[1].transpose(-2, -1)
        scores = scores + self.table[self.pairs].view(places, places, self.heads).permute(2, 0, 1)
        mixed = (scores.softmax(-1) @ split[2]).transpose(1, 2).reshape(6, places, 24)
        windows = self.projection(mixed).view(1, 2, 3, size, size, 24).transpose(2, 3)
        return rows + windows.reshape(1, 8, 12, 24)


class NormAct(nn.BatchNorm2d):
    """A norm with an activation inside, which may be none, as timm has it."""

    def __init__(self, channels: int, act: nn.Module) -> None:
        super().__init__(channels)
        self.act = act

    def forward(self, x):
        return self.act(F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias))


class NormActs(nn.Sequential):
    """An inverted residual of convolutions with such norms."""

    def __init__(self) -> None:
        conv = functools.partial(nn.Conv2d, bias=False)
        super().__init__(
            conv(4, 24, 1),
            NormAct(24, nn.ReLU6()),
            conv(24, 24, 3, padding=1, groups=24),
            NormAct(24, nn.ReLU6()),
            conv(24, 8, 1),
            NormAct(8, nn.Identity()),
        )
