"""Specs and models with something broken in them: mutations of the zoo's texts and of small models' bytes.

Each takes its random numbers from one seed, so that a case is made again from its number.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import NamedTuple

from costcalc.layers import KINDS
from fuzz.generator import Generator
from importers.keras_archive.configs import functional, layer, start

TESTS = Path(__file__).parent.parent
MODELS = TESTS / "importers"

NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "65536",
    "2147483647",
    "2147483648",
    "1e18",
    "1e19",
    "1e400",
    "0x7f",
    "1.5",
    ".inf",
    "NaN",
]
WORDS = [
    *KINDS, "$w", "null", "true", "none", "same", "valid", "auto", "projection", "input", "600M", "4 MiB", "10%", "8x",
    "224x224x3", "1x1", "[]", "{}", "[1, 2]", "&a", "*a", "<<", "!!str", "? ", "- ", ": ", "# ", "---", "...", "|", ">",
    "'", '"', "\\u202e", "\u202e", "\x1b[31m", "::error::", "=1+1", "\ufeff", "é", "😀", "\t", "\r", "\u2028",
    "%YAML 1.1",
]  # fmt: skip
FIELDS = [
    "type", "name", "inputs", "repeat", "shares", "out_channels", "kernel_size", "stride", "padding", "dilation",
    "groups", "norm", "activation", "separable", "body", "paths", "shortcut", "blocks", "parameters", "layers",
    "budget", "published", "defaults", "width", "merge", "expansion", "squeeze_excite", "channel_divisor",
    "multiplies", "params", "input", "state", "called", "choices", "dtype", "heads", "kv_heads", "causal",
    "window_size", "score_bias", "packed", "hidden_size", "direction", "function", "axes", "entries", "weights",
]  # fmt: skip


class Case(NamedTuple):
    """A file to run."""

    suffix: str
    data: bytes


def mutated_text(seed: int) -> Case:
    random = Random(seed)
    text = random.choice(texts())
    for _ in range(random.choice([1, 1, 2, 3, 8])):
        text = random.choice(TEXT_STEPS)(text, random)
    return Case(".yaml", text.encode("utf-8", "surrogatepass"))


@cache
def texts() -> list[str]:
    """The smaller specs of the zoo, those of all kinds and wrong ones of the tests, and some that were generated."""
    zoo = sorted((TESTS.parent / "specs").glob("*.yaml"), key=lambda path: path.stat().st_size)[:60]
    tests = [path for name in ("exporters", "bad_specs") for path in sorted((TESTS / name).glob("*.yaml"))]
    known = [*zoo, *tests, *sorted(CORPUS.glob("*.yaml"))]
    found = [path.read_bytes().decode("utf-8", "replace") for path in known]
    return [*found, *(Generator(seed).run()[0] for seed in range(40))]


CORPUS = Path(__file__).parent / "corpus"


def span(length: int, random: Random) -> tuple[int, int]:
    start = random.randrange(length + 1)
    return start, min(length, start + random.choice([1, 1, 2, 4, 16, 64]))


def cut(text: str, random: Random) -> str:
    start, end = span(len(text), random)
    return text[:start] + text[end:]


def doubled(text: str, random: Random) -> str:
    start, end = span(len(text), random)
    return text[:end] + text[start:end] * random.choice([1, 2, 50]) + text[end:]


def inserted(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + random.choice(random.choice([NUMBERS, WORDS, FIELDS])) + text[start:]


def lines_moved(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), " " * random.choice([0, 0, 1, 2, 4]) + line)
    return "".join(lines)


def token_replaced(text: str, random: Random) -> str:
    """A word or number gives way to another."""
    places = [
        index for index in range(1, len(text)) if text[index].isalnum() and not text[index - 1].isalnum()
    ]
    if not places:
        return text
    start = end = random.choice(places)
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[:start] + random.choice(random.choice([NUMBERS, WORDS, FIELDS])) + text[end:]


def spliced(text: str, random: Random) -> str:
    other = random.choice(texts())
    return text[: random.randrange(len(text) + 1)] + other[random.randrange(len(other) + 1) :]


TEXT_STEPS: list[Callable[[str, Random], str]] = [
    cut, doubled, inserted, lines_moved, token_replaced, token_replaced, token_replaced, spliced,
]  # fmt: skip


def flipped(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def overwritten(data: bytearray, random: Random) -> None:
    """With a number that sizes and lengths break at."""
    value = random.choice([0, 1, 127, 128, 255, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1])
    width = random.choice([1, 2, 4, 8])
    start = random.randrange(len(data) + 1)
    data[start : start + width] = (value % 256**width).to_bytes(width, "little")


def removed(data: bytearray, random: Random) -> None:
    start, end = span(len(data), random)
    del data[start:end]


def repeated(data: bytearray, random: Random) -> None:
    start, end = span(len(data), random)
    data[end:end] = data[start:end] * random.choice([1, 2, 50])


BYTE_STEPS = [flipped, flipped, overwritten, removed, repeated]


def broken(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 4, 16])):
        random.choice(BYTE_STEPS)(changed, random)
    return bytes(changed)


def mutated_model(suffix: str) -> Callable[[int], Case]:
    def case(seed: int) -> Case:
        random = Random(seed)
        data = random.choice(models(suffix))
        if zipfile.is_zipfile(BytesIO(data)) and random.random() < 0.9:
            return Case(suffix, member_mutated(data, random))
        return Case(suffix, broken(data, random))

    return case


def member_mutated(data: bytes, random: Random) -> bytes:
    """An archive of which a member was changed before it was packed: what reads it finds no wrong checksum."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice([name for name in members if name.endswith(".json")] or [*members])
    text = members[name].decode("utf-8", "replace")
    for _ in range(random.choice([1, 1, 2, 4])):
        text = random.choice(TEXT_STEPS[:3] + TEXT_STEPS[4:7])(text, random)
    members[name] = text.encode("utf-8", "surrogatepass")
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for each, content in members.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return made.getvalue()


@cache
def models(suffix: str) -> list[bytes]:
    """Small models of a format that are right."""
    shipped = [
        path.read_bytes() for path in sorted(MODELS.rglob(f"*{suffix}")) if path.stat().st_size < 100_000
    ]
    return shipped + {".onnx": onnx_models, ".keras": keras_models}.get(suffix, list)()


def onnx_models() -> list[bytes]:
    from costcalc.application.load import load
    from costcalc.interop.exporters import TARGETS

    names = ("lenet5", "ds_cnn", "resnet8", "siamese", "dcgan", "m5", "mobilenet_v1_025_vww")
    made = (TARGETS["onnx"].export(load(f"zoo:{name}")) for name in names)
    return [model for model in made if isinstance(model, bytes)]


def keras_models() -> list[bytes]:
    convolutions = functional(
        start("in", 16, 16, 3),
        layer(
            "Conv2D", "c", "in", filters=8, kernel_size=[3, 3], strides=[2, 2], padding="same", use_bias=True
        ),
        layer("BatchNormalization", "b", "c", axis=-1, scale=True, center=True),
        layer("Activation", "r", "b", activation="relu"),
        layer("DepthwiseConv2D", "d", "r", kernel_size=[3, 3], padding="same", use_bias=False),
        layer("Conv2D", "p", "d", filters=8, kernel_size=[1, 1], padding="valid", use_bias=False),
        layer("Add", "a", ["r", "p"]),
        layer("SeparableConv2D", "s", "a", filters=12, kernel_size=[3, 3], padding="same"),
        layer("GlobalAveragePooling2D", "g", "s"),
        layer("Dense", "f", "g", units=10, activation="softmax"),
    )
    signal = functional(
        start("in", 64, 4),
        layer("Conv1D", "c", "in", filters=8, kernel_size=[5], padding="causal"),
        layer("MaxPooling1D", "m", "c", pool_size=[2], strides=[2], padding="valid"),
        layer("Conv1DTranspose", "t", "m", filters=4, kernel_size=[2], strides=[2], padding="same"),
        layer("Concatenate", "k", ["in", "t"], axis=-1),
        layer("Flatten", "f", "k"),
        layer("Dense", "d", "f", units=3),
    )
    made = []
    for config in (convolutions, signal):
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("metadata.json", "{}")
            file.writestr("config.json", json.dumps(config))
        made.append(archive.getvalue())
    return made
