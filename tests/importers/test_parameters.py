"""Candidates that differ in sizes alone become uses of one block; nothing that is counted changes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import costcalc
from costcalc.interop.importers.flat import flat_network
from costcalc.interop.importers.recognition import structured_spec
from costcalc.interop.importers.recognition.parameters import share_parametrised_blocks
from costcalc.rendering.spec_yaml import render_spec
from importers.flattening import flattened
from random_specs import RandomSpec, specs

Entry = dict[str, Any]


def entries(text: str) -> list[Entry]:
    loaded: list[Entry] = yaml.safe_load(text)
    return loaded


def shared(text: str, blocks: Entry | None = None) -> str:
    layers, made = share_parametrised_blocks(entries(text), blocks or {})
    return render_spec({"blocks": made, "layers": layers} if made else {"layers": layers})


def conv(name: str, channels: int, more: str = "") -> str:
    return f"{{type: conv, name: {name}, out_channels: {channels}, kernel_size: 3{more}}}"


def residual(name: str, body: str, more: str = "") -> str:
    return f"- {{type: residual, name: {name}, body: [{body}]{more}}}\n"


def test_a_block_takes_the_sizes_that_differ() -> None:
    text = "".join(
        residual(f"stage{n}", f"{conv('a', 8)}, {conv('b', width)}") for n, width in enumerate((8, 16, 32), 1)
    )
    assert shared(text) == (
        "blocks:\n"
        "  stage:\n"
        "    parameters: {out_channels: required}\n"
        "    layers:\n"
        "      - type: residual\n"
        "        body:\n"
        "          - {type: conv, name: a, out_channels: 8, kernel_size: 3}\n"
        "          - {type: conv, name: b, out_channels: $out_channels, kernel_size: 3}\n"
        "layers:\n"
        "  - {type: stage, name: stage1, out_channels: 8}\n"
        "  - {type: stage, name: stage2, out_channels: 16}\n"
        "  - {type: stage, name: stage3, out_channels: 32}\n"
    )


def test_sizes_that_are_always_equal_are_one_parameter_and_others_are_named_after_their_layers() -> None:
    text = "".join(
        residual(f"s{n}", f"{conv('in.conv', w)}, {conv('mid.conv', w)}, {conv('2.conv', 4 * w)}")
        for n, w in enumerate((8, 16, 32))
    )
    layers, blocks = share_parametrised_blocks(entries(text), {})
    body = blocks["s"]["layers"][0]["body"]
    assert blocks["s"]["parameters"] == {"in": "required", "conv_2": "required"}
    assert [layer["out_channels"] for layer in body] == ["$in", "$in", "$conv_2"]
    assert layers[1] == {"type": "s", "name": "s1", "in": 16, "conv_2": 64}


def test_a_stride_has_its_default_and_a_padding_of_one_meaning_is_said_once() -> None:
    text = (
        residual("r1.0", conv("c", 8), ", shortcut: identity")
        + residual("r1.1", conv("c", 8), ", repeat: 2")
        + residual("r2.0", conv("c", 16, ", stride: 2, padding: 1"), ", shortcut: projection")
        + residual("r2.1", conv("c", 16))
    )
    assert shared(text) == (
        "blocks:\n"
        "  r:\n"
        "    parameters: {out_channels: required, stride: 1}\n"
        "    layers:\n"
        "      - type: residual\n"
        "        shortcut: projection\n"
        "        body:\n"
        "          - {type: conv, name: c, out_channels: $out_channels, kernel_size: 3, stride: $stride, padding: 1}\n"
        "layers:\n"
        "  - {type: r, name: r1.0, out_channels: 8, repeat: 3}\n"
        "  - {type: r, name: r2.0, out_channels: 16, stride: 2}\n"
        "  - {type: r, name: r2.1, out_channels: 16}\n"
    )


def test_a_padding_of_more_than_one_meaning_is_a_parameter() -> None:
    text = "".join(
        residual(f"r{n}", conv("c", 8, f", stride: 2{padding}"))
        for n, padding in enumerate(("", ", padding: 1", ""))
    )
    layers, blocks = share_parametrised_blocks(entries(text), {})
    assert blocks["r"]["parameters"] == {"padding": "same"}
    assert [layer.get("padding") for layer in layers] == [None, 1, None]


@pytest.mark.parametrize(
    "text",
    [
        "".join(residual(f"r{n}", conv("c", 8 * n)) for n in (1, 2)),  # too few to be worth it
        "".join(residual(f"r{norm}", conv("c", 8, f", norm: {norm}")) for norm in ("batch", "layer", "group")),
        "".join(residual(f"r{word}", conv("c", 8), f", activation: {word}") for word in ("relu", "gelu", "tanh")),
        "- {type: relu, name: outside}\n"
        + "".join(
            residual(f"r{n}", f"{conv('c', n)}, {{type: add, name: d, inputs: [c, outside]}}") for n in (1, 2, 3)
        ),
        "".join(
            residual(f"r{n}", ", ".join(conv(f"c{k}", k * n**k) for k in range(1, 10))) for n in (1, 2, 3)
        ),
    ],
    ids=["two", "norms", "activations", "not closed", "nine parameters"],
)  # fmt: skip
def test_what_stays_as_it_is(text: str) -> None:
    assert share_parametrised_blocks(entries(text), {}) == (entries(text), {})


def test_inputs_names_and_shares_are_kept() -> None:
    text = (
        residual("r1", conv("c", 4))
        + residual("r2", conv("c", 4), ", inputs: [r1]")
        + residual("r3", conv("c", 4))
        + residual("r4", conv("c", 8))
        + "- {type: concat, name: j, inputs: [r2, r4]}\n- {shares: r1, name: again}\n"
    )
    layers, _ = share_parametrised_blocks(entries(text), {})
    assert layers == [
        {"type": "r", "name": "r1", "out_channels": 4},
        {"type": "r", "name": "r2", "inputs": ["r1"], "out_channels": 4},
        {"type": "r", "name": "r3", "out_channels": 4},
        {"type": "r", "name": "r4", "out_channels": 8},
        *entries(text)[4:],
    ]


def test_blocks_of_one_form_become_one() -> None:
    blocks = {
        name: {"layers": entries(residual("a", conv("c", width)) + "- {type: relu, name: b}")}
        for name, width in (("one", 4), ("two", 8))
    }
    layers, made = share_parametrised_blocks(
        entries("- {type: one, name: x.1, repeat: 2}\n- {type: two, name: x.2}"), blocks
    )
    assert layers == [
        {"type": "x", "name": "x.1", "out_channels": 4, "repeat": 2},
        {"type": "x", "name": "x.2", "out_channels": 8},
    ]
    assert list(made) == ["x"]


def same(spec: str) -> None:
    """The network of a spec, flattened and structured again, costs the same.

    The params of the other versions may differ: a norm that is a field of its convolution goes on both halves.
    """
    flat = flattened(costcalc.loads(spec))
    plain = costcalc.analyze(flat_network(flat))
    again = costcalc.analyze(costcalc.loads(render_spec(structured_spec(flat))))
    assert again.written.tally == plain.written.tally
    assert again.standard.multiplies == plain.standard.multiplies
    assert again.separable.multiplies == plain.separable.multiplies


@given(specs())
def test_random_networks_cost_the_same(spec: RandomSpec) -> None:
    same(spec.text)


SIZES = st.fixed_dictionaries({
    "a": st.sampled_from([4, 8]),
    "b": st.sampled_from([4, 8]),
    "kernel": st.sampled_from([1, 3, 3, 5, 2]),
    "stride": st.sampled_from([1, 1, 2]),
    "padding": st.sampled_from(["same", "same", 1, 2]),
    "dilation": st.sampled_from([1, 1, 2]),
    "groups": st.sampled_from([1, 2, 4]),
    "repeat": st.sampled_from([1, 1, 2]),
})  # fmt: skip


@given(st.lists(SIZES, min_size=2, max_size=7), st.sampled_from(["residual", "branches"]), st.booleans())
def test_similar_pieces_cost_the_same(candidates: list[Entry], kind: str, between: bool) -> None:
    layers: list[Entry] = [{"type": "conv", "out_channels": 4, "kernel_size": 1}]
    for candidate in candidates:
        body: list[Entry] = [
            {
                "type": "conv",
                "out_channels": candidate["a"],
                "kernel_size": candidate["kernel"],
                "groups": candidate["groups"],
                "norm": "batch",
            },
            {
                "type": "conv",
                "out_channels": candidate["b"],
                "kernel_size": 3,
                **{field: candidate[field] for field in ("stride", "padding", "dilation")},
            },
        ]
        around: Entry = {"type": kind, "repeat": candidate["repeat"] if candidate["stride"] == 1 else 1}
        if kind == "residual":
            body[0]["kernel_size"], body[1]["padding"] = 3, "same"
            layers.append({**around, "body": body, "shortcut": "projection"})
        else:
            layers.append({**around, "paths": [body, [*body, {"type": "relu"}]], "merge": "add"})
        if between:
            layers.append({"type": "relu"})
    same(yaml.safe_dump({"input": "4096x4096x3", "layers": layers}))
