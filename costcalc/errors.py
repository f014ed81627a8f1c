"""Everything costcalc raises on purpose.

Problems carry *routes* (``("layers", 3, "stride")``), never line numbers: the
layers below ``reading`` do not know that a spec is text. ``reading`` turns a
route into a :class:`Location`.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Literal, NamedTuple

Route = tuple[str | int, ...]

#: After so many problems the rest of a spec is not checked.
MAX_PROBLEMS = 100

_MOST_OPTIONS = 500

#: What other tools, and papers, call things: of several meanings the first that is among the options.
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "silu": ("swish",),
    "hardswish": ("hard_swish",),
    "hswish": ("hard_swish",),
    "h_swish": ("hard_swish",),
    "hardsigmoid": ("hard_sigmoid",),
    "mul": ("multiply",),
    "sum": ("add",),
    "cat": ("concat",),
    "concatenate": ("concat",),
    "se": ("squeeze_excite",),
    "squeeze_excitation": ("squeeze_excite",),
    "conv1d": ("conv",),
    "conv2d": ("conv",),
    "conv3d": ("conv",),
    "convolution": ("conv",),
    "deconv": ("conv_transpose",),
    "upconv": ("conv_transpose",),
    "up_conv": ("conv_transpose",),
    "transposed_conv": ("conv_transpose",),
    "conv2dtranspose": ("conv_transpose",),
    "convtranspose2d": ("conv_transpose",),
    "dwconv": ("depthwise_conv",),
    "sepconv": ("separable_conv",),
    "dsconv": ("separable_conv",),
    "pixel_shuffle": ("depth_to_space",),
    "pixelshuffle": ("depth_to_space",),
    "interpolate": ("upsample",),
    "resize": ("upsample",),
    "depthwise": ("depthwise_conv",),
    "mbconv": ("inverted_residual",),
    "bneck": ("inverted_residual",),
    "bottleneck": ("residual", "inverted_residual"),
    "crop": ("slice",),
    "split": ("slice",),
    "dense": ("linear",),
    "fc": ("linear",),
    "fully_connected": ("linear",),
    "maxpool": ("max_pool",),
    "avgpool": ("avg_pool",),
    "averagepool": ("avg_pool",),
    "gap": ("global_avg_pool",),
    "bn": ("batch_norm", "batch"),
    "batchnorm": ("batch_norm", "batch"),
    "ln": ("layer_norm", "layer"),
    "layernorm": ("layer_norm", "layer"),
    "gn": ("group_norm", "group"),
    "groupnorm": ("group_norm", "group"),
    "normalization": ("norm",),
    "act": ("activation",),
    "layers": ("body",),
    "expanded": ("expanded_channels",),
    "exp": ("expanded_channels",),
    "exp_size": ("expanded_channels",),
    "expand_ratio": ("expansion",),
    "t": ("expansion",),
    "size": ("spatial",),
    "filters": ("out_channels",),
    "channels": ("out_channels",),
    "n_filters": ("out_channels",),
    "out": ("out_channels", "out_features"),
    "units": ("out_features", "out_channels"),
    "kernel": ("kernel_size",),
    "ksize": ("kernel_size",),
    "strides": ("stride",),
    "pad": ("padding",),
    "zeropadding2d": ("pad",),
    "rate": ("dilation",),
    "ram": ("peak_memory",),
    "sram": ("peak_memory",),
    "peak_ram": ("peak_memory",),
    "memory": ("peak_memory",),
    "flash": ("weight_memory",),
    "rom": ("weight_memory",),
    "model_size": ("weight_memory",),
    "macs": ("multiplies",),
    "flops": ("multiplies",),
    "parameters": ("params",),
    "latency": ("time",),
    "multihead_attention": ("attention",),
    "self_attention": ("attention",),
    "attn": ("attention",),
    "mha": ("attention",),
    "transformer": ("attention",),
}


class Location(NamedTuple):
    """A place in a text: lines and columns count characters, from 1.

    ``excerpt`` is the line, or a piece of it with an ellipsis where it is cut: the character of column
    ``c`` is ``excerpt[c - 1 - shift]``.
    """

    path: str
    line: int
    column: int
    length: int = 1
    excerpt: str = ""
    shift: int = 0


class Problem(NamedTuple):
    """One mistake (or one warning) in what the user wrote.

    ``route`` names the value in the spec's data; ``at`` says whether the caret belongs under the
    value or under its key. ``used`` holds the routes of the block uses through which a fault inside
    a block was reached. ``location`` and ``used_lines`` are filled in by ``reading``. Of a hint that lists
    much, ``listing`` are further lines.
    """

    message: str
    route: Route = ()
    hint: str | None = None
    at: Literal["value", "key"] = "value"
    used: tuple[Route, ...] = ()
    severity: Literal["error", "warning"] = "error"
    location: Location | None = None
    used_lines: tuple[int, ...] = ()
    listing: tuple[str, ...] = ()

    @property
    def hints(self) -> tuple[str, ...]:
        """The hint, line by line."""
        return self.listing if self.hint is None else (self.hint, *self.listing)

    def __str__(self) -> str:
        where = self.location
        if where is not None:
            place = f"{where.path}:{where.line}:{where.column}: "
        else:
            place = f"{format_route(self.route)}: " if self.route else ""
        return f"{place}{self.severity}: {self.message}"


class CostcalcError(Exception):
    """The base of every error that costcalc raises on purpose; the command line exits with 2."""


class SpecError(CostcalcError):
    """All that is wrong with a spec (or a config), at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ShapeError(CostcalcError):
    """A layer cannot take the shapes it is given.

    ``field`` names the layer's field at fault, if one is, so that the caret can stand under it.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        self.message = message
        self.field = field
        super().__init__(message)


def format_route(route: Route) -> str:
    """``("layers", 3, "stride")`` as ``layers[3].stride``."""
    text = ""
    for step in route:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def closest(word: object, options: Iterable[str]) -> str | None:
    """The option that is close to the word, if one is.

    Only the first options are looked at where there are very many: comparing takes time.
    """
    if not isinstance(word, str) or len(word) > 100:
        return None
    from difflib import get_close_matches

    some = list(islice(options, _MOST_OPTIONS))
    small = word.lower()
    same = [option for option in some if option.lower() == small]
    same = same or [meaning for meaning in _SYNONYMS.get(small, ()) if meaning in some]
    close = same or get_close_matches(word, some, 1) or get_close_matches(small, some, 1)
    return close[0] if close else None


def did_you_mean(word: object, options: Iterable[str]) -> str:
    """``; did you mean "stride"?`` if one of the options is close to the word, or means the same; else nothing."""
    some = [*islice(options, _MOST_OPTIONS)]
    guess = closest(word, some)
    return f'; did you mean "{guess}"?' if guess else ""


def either(words: Iterable[str]) -> str:
    """``same, valid or none``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
