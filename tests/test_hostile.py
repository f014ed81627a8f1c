"""A spec is a stranger's text: it never crashes, hangs or eats memory, and no other error than ours escapes.

How long each of these takes, and how much memory, was measured by hand: under two seconds and 500 MB where the
text itself is not of the greatest size.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import costcalc
from costcalc.errors import MAX_PROBLEMS, Problem, SpecError
from costcalc.rendering.problems import render_problems
from random_specs import RandomSpec, specs

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
HEAD = "input: 8x8x4\n"
TOO_MANY = "the network has more than 60,000 nodes (limit)"
TOO_DEEP = "layers nest deeper than 64 levels (limit)"
TOO_MUCH = "more than 400,000 values, those of aliases counted (limit)"


def messages(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        costcalc.loads(text)
    render_problems(caught.value.problems)
    return [problem.message for problem in caught.value.problems]


def chain(count: int, link: str, last: str = "layers: [relu]") -> str:
    """Blocks of which each uses the next by ``link``, in which ``N`` is its number."""
    blocks = "".join(f"  b{n}: {{{link.replace('N', str(n + 1))}}}\n" for n in range(count))
    return f"{HEAD}blocks:\n{blocks}  b{count}: {{{last}}}\nlayers: [b0]"


def lines(count: int, line: str) -> str:
    return HEAD + "layers:\n" + "".join(line.replace("N", str(n)) for n in range(count))


REFUSED = {
    "a billion copies": (f"{HEAD}layers: [{{type: relu, repeat: 1000000000}}]", TOO_MANY),
    "copies of copies": (chain(30, "layers: [{type: bN, repeat: 1000}]"), TOO_MANY),
    "blocks that double": (chain(60, "layers: [bN, bN]"), TOO_MANY),
    "a chain of blocks": (chain(10_000, "layers: [bN]"), TOO_DEEP),
    "arguments that double": (
        chain(
            60,
            "parameters: {x: 1}, layers: [{type: bN, x: [$x, $x]}]",
            "parameters: {x: 1}, layers: [{type: relu, x: $x}]",
        ),
        'unknown field "x" of relu layer "relu_1"',
    ),
    "arguments that nest": (
        chain(
            60,
            f"parameters: {{x: 1}}, layers: [{{type: bN, x: {'[' * 50}$x{']' * 50}}}]",
            "parameters: {x: 1}, layers: [{type: relu, inputs: $x}]",
        ),
        'an input of relu layer "relu_1" must be a name, not a list',
    ),
    "a block in itself": (
        f"{HEAD}blocks: {{a: {{layers: [a]}}}}\nlayers: [a]",
        'block "a" uses itself: a → a',
    ),
    "a block in itself by a word": (
        f"{HEAD}blocks: {{a: {{parameters: {{t: a}}, layers: [{{type: $t}}]}}}}\nlayers: [a]",
        'block "a" uses itself: a → a',
    ),
    "an alias bomb": (
        HEAD
        + "a0: &a0 [relu]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
        + "layers: *a11",
        TOO_MUCH,
    ),
    "an alias bomb into bodies": (
        HEAD
        + "layers:\n- &r0 {type: residual, body: [relu]}\n"
        + "".join(f"- &r{n} {{type: residual, body: [*r{n - 1}, *r{n - 1}]}}\n" for n in range(1, 40)),
        TOO_MUCH,
    ),
    "one layer aliased without end": (
        f"{HEAD}blocks: {{b: {{layers: [&l relu, {', '.join(['*l'] * 100_000)}]}}}}\nlayers: [{{type: b, repeat: 9}}]",
        TOO_MANY,
    ),
    "inputs without end": (
        f"{HEAD}layers: [{{type: add, inputs: [{', '.join(['input'] * 300_000)}]}}]",
        TOO_MANY,
    ),
    "inputs without end in a block": (
        f"{HEAD}blocks: {{b: {{layers: [{{type: add, inputs: [{', '.join(['input'] * 10_000)}]}}]}}}}\n"
        "layers: [{type: b, repeat: 5000}]",
        TOO_MANY,
    ),
    "paths without end": (
        f"{HEAD}layers: [{{type: branches, merge: add, paths: [{', '.join(['[]'] * 300_000)}]}}]",
        TOO_MANY,
    ),
    "layers without end": (f"{HEAD}layers:\n" + "- relu\n" * 300_000, TOO_MANY),
    "channels without end": (
        f"{HEAD}layers: [{{type: depthwise_conv, depth_multiplier: 2147483647, repeat: 50000}}]",
        'depthwise_conv layer "depthwise_conv_1" on 8x8x4: makes 8x8x8589934588, and a size is at most 2147483647',
    ),
    "padding without end": (
        f"{HEAD}layers: [{{type: pad, padding: 2147483647, repeat: 50000}}]",
        'pad layer "pad_1" on 8x8x4: makes 4294967302x4294967302x4, and a size is at most 2147483647',
    ),
    "a stride that grows without end": (
        "input: 1x1x1\nlayers: [{type: residual, shortcut: projection, body: [{type: upsample, scale: "
        "1.00000000000000000001, repeat: 50000}, {type: conv, out_channels: 2, kernel_size: 1}]}]",
        'residual layer "residual_1" on 1x1x1: the body has no stride that a 1×1 convolution could have: give the '
        "shortcut as a list of layers",
    ),
    "many fillings": (
        f"{HEAD}blocks: {{b: {{parameters: {{x: 1}}, layers: [{{type: relu, j: [{', '.join(['$x'] * 5000)}]}}]}}}}\n"
        f"layers: [{', '.join(f'{{type: b, x: {n}}}' for n in range(1000))}]",
        "uses of blocks fill in more than 3,000,000 values (limit)",
    ),
    "inputs of the network without end": (
        f"inputs: {{{', '.join(f'i{n}: 8x8' for n in range(100_000))}}}\n"
        "layers: [{type: relu, inputs: [i5]}]",
        "inputs of the spec must have at most 1,000 entries (limit), not 100,000",
    ),
    "globs without end": (
        f"{HEAD}layers: [relu]\nbudget: {{layers: {{{', '.join(f'g{n}: 1' for n in range(100_000))}}}}}",
        "layers of the budget must have at most 1,000 entries (limit), not 100,000",
    ),
    "deep in brackets": (f"{HEAD}layers: {'[' * 100_000}", "nested deeper than 64 levels"),
    "deep in blocks": (
        f"{HEAD}layers:\n" + "".join(f"{' ' * n}-\n" for n in range(1, 3000)),
        "nested deeper than 64 levels",
    ),
    "a size with an exponent": (
        f"{HEAD}layers: [{{type: conv, out_channels: 1e3000000, kernel_size: 1}}]",
        'out_channels of conv layer "conv_1" has an exponent out of range: 1e3000000',
    ),
    "a quantity with an exponent": (
        f"{HEAD}layers: [relu]\nbudget: {{multiplies: 1e3000000}}",
        "multiplies of the budget has an exponent out of range: 1e3000000",
    ),
    "a size of 6,000 digits": (
        f"{HEAD}layers: [{{type: relu, repeat: {'9' * 6000}}}]",
        'repeat of relu layer "relu_1" has too many digits (6000 characters)',
    ),
    "a quantity of 6,000 digits": (
        f"{HEAD}layers: [relu]\npublished: {{params: {'9' * 6000}}}",
        "params of the published figures has too many digits (6000 characters)",
    ),
    "an input of 6,000 digits": (
        f"input: {'9' * 6000}x3\nlayers: [relu]",
        f'input of the spec must be a shape such as 224x224x3 (height x width x channels), not "{"9" * 55}…"',
    ),
    "no number": (
        f"{HEAD}layers: [{{type: inverted_residual, out_channels: 4, expansion: .nan}}]",
        'expansion of inverted_residual layer "inverted_residual_1" must be a number, not .nan',
    ),
    "a kernel larger than its padded input": (
        f"{HEAD}layers: [{{type: conv, out_channels: 4, kernel_size: 11, padding: 1}}]",
        'conv layer "conv_1" on 8x8x4: kernel_size (=11) is larger than its padded input (=10)',
    ),
    "null": (f"{HEAD}layers: [null]", "a layer must be a word or a mapping, not nothing"),
    "a list": (f"{HEAD}layers: [[relu]]", "a layer must be a word or a mapping, not a list"),
    "a number": (f"{HEAD}layers: [5]", "a layer must be a word or a mapping, not 5"),
    "a mapping without a type": (f"{HEAD}layers: [{{}}]", "a layer needs a type"),
    "a list as type": (f"{HEAD}layers: [{{type: [relu]}}]", "a layer's type must be a word, not a list"),
    "keys that are no text": (
        f"{HEAD}layers: [{{type: relu, 5: 1}}]",
        'unknown field "5" of relu layer "relu_1"',
    ),
    "keys that are lists": (f"{HEAD}layers: [{{type: relu, [a]: 1}}]", "a key must be a word, not a list"),
    "no layers": (f"{HEAD}layers: []", "the spec has no layers"),
    "layers that are null": (f"{HEAD}layers:", "layers of the spec must be a list of layers, not nothing"),
    "layers that are a mapping": (
        f"{HEAD}layers: {{a: b}}",
        "layers of the spec must be a list of layers, not a mapping",
    ),
    "nothing at all": ("", "the spec is empty"),
    "a list at the top": ("[relu]", "the spec must be a mapping with input and layers, not a list"),
    "a word at the top": ("relu", 'the spec must be a mapping with input and layers, not "relu"'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, said = REFUSED[name]
    assert messages(text) == [said]


FLOODS = {
    "unknown kinds": lines(59_000, "- conwN\n"),
    "one unknown kind": lines(59_000, "- convv\n"),
    "unknown inputs": lines(50_000, "- {type: relu, name: nN, inputs: [mN]}\n"),
    "unknown layers to share": lines(50_000, "- {shares: mN}\n"),
    "unknown fields of one layer": f"{HEAD}layers: [{{type: relu, {', '.join(f'f{n}: 1' for n in range(100_000))}}}]",
    "unknown fields of a norm": (
        f"{HEAD}layers: [{{type: conv, out_channels: 4, kernel_size: 3, norm: {{type: batch, "
        f"{', '.join(f'f{n}: 1' for n in range(100_000))}}}}}]"
    ),
    "unknown fields of the spec": f"{HEAD}layers: [relu]\n" + "".join(f"f{n}: 1\n" for n in range(100_000)),
    "unknown fields of the defaults": (
        f"{HEAD}layers: [relu]\ndefaults: {{{', '.join(f'f{n}: 1' for n in range(100_000))}}}"
    ),
    "wrong layers": lines(50_000, "- {type: conv, out_channels: N, kernel: 3}\n"),
    "wrong names": lines(50_000, "- {type: relu, name: a}\n"),
    "words outside blocks": f"{HEAD}layers: [{{type: relu, x: [{', '.join(['$x'] * 100_000)}]}}]",
    "unknown words in a block": (
        f"{HEAD}blocks: {{b: {{layers: [{{type: relu, x: [{', '.join(f'$x{n}' for n in range(100_000))}]}}]}}}}\n"
        "layers: [b]"
    ),
    "unused parameters": (
        f"{HEAD}blocks: {{b: {{parameters: {{{', '.join(f'x{n}: 1' for n in range(100_000))}}}, layers: [relu]}}}}\n"
        "layers: [b]"
    ),
    "wrong blocks": (
        f"{HEAD}blocks:\n" + "".join(f"  b{n}: {{layer: [relu]}}\n" for n in range(50_000)) + "layers: [relu]"
    ),
    "wrong published figures": f"{HEAD}layers: [relu]\npublished: [{', '.join(['{x: 1}'] * 50_000)}]",
}


@pytest.mark.parametrize("name", FLOODS)
def test_of_a_flood_of_mistakes_the_first_are_told(name: str) -> None:
    said = messages(FLOODS[name])
    assert MAX_PROBLEMS <= len(said) <= MAX_PROBLEMS + 1
    assert said[MAX_PROBLEMS:] in ([], ["more than 100 problems; the rest is left out"])


MANY_USES = "".join(f"- {{type: b, w: {n % 50 + 1}}}\n" for n in range(29_000))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "{type: conv, out_channels: $w, kernel_size: 3, kernal: 3}",
            'unknown field "kernal" of conv layer "conv_1"',
        ),
        (
            "{type: conv, out_channels: $w, kernel_size: 99, padding: valid}",
            "is larger than its padded input",
        ),
        ("{type: cnov, out_channels: $w}", 'unknown layer type "cnov"'),
        ("{type: conv, out_channels: $w, kernel_size: 3, inputs: [inptu]}", 'unknown input "inptu"'),
    ],
)
def test_a_block_with_a_mistake_used_very_often(body: str, said: str) -> None:
    (message,) = messages(
        f"{HEAD}blocks: {{b: {{parameters: {{w: 1}}, layers: [{body}]}}}}\nlayers:\n{MANY_USES}"
    )
    assert said in message


def test_the_greatest_sizes_are_exact() -> None:
    greatest = 2**31 - 1
    shape = "x".join([str(greatest)] * 4)
    network = costcalc.loads(
        f"input: {shape}\nlayers: [{{type: conv, out_channels: {greatest}, kernel_size: {greatest}}}]"
    )
    analysis = costcalc.analyze(network)
    assert analysis.written.multiplies == greatest**3 * greatest**3 * greatest * greatest
    assert analysis.written.params == greatest**3 * greatest * greatest


def test_a_spec_of_very_many_values_is_read() -> None:
    assert (
        len(costcalc.loads(lines(60_000, "- {type: tanh, name: nN, inputs: [input], repeat: 1}\n")).rows)
        == 60_000
    )


def test_a_sum_of_very_many_is_read() -> None:
    """What an input is to its layer is looked up, not searched for: squared, 29,000 inputs would take minutes."""
    terms = "".join(f"- {{type: relu, name: r{n}, inputs: [input]}}\n" for n in range(29_000))
    names = ", ".join(f"r{n}" for n in range(29_000))
    network = costcalc.loads(f"{HEAD}layers:\n{terms}- {{type: add, inputs: [{names}]}}")
    assert network.nodes[-1].inputs == tuple(range(29_000))


def test_warnings_end_too() -> None:
    network = costcalc.loads(lines(5000, "- {type: relu, inputs: [input]}\n"))
    assert len(network.warnings) == MAX_PROBLEMS + 1
    assert network.warnings[-1].message == "more than 100 warnings; the rest is left out"


NAMES = [
    "[red]",
    "\\e[31mred",
    "a\\nb",
    "\\u202egnp.exe",
    "=cmd()",
    "a|b",
    "<script>alert(1)</script>",
    "::error::owned",
    "##[error]owned",
    "{0.__class__}",
    "%s%n",
    "\\u2028",
    "\\0",
    "..",
    "a/b",
    "n" * 10_000,
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_strange_names_are_names(name: str) -> None:
    text = (
        f'name: "{name}"\n{HEAD}layers:\n- {{type: depthwise_conv, name: "{name}"}}\n'
        f'- {{type: conv, out_channels: 4, kernel_size: 1, name: "x{name}", inputs: ["{name}"]}}'
    )
    analysis = costcalc.analyze(costcalc.loads(text))
    assert analysis.layers[1].name == f"x{analysis.layers[0].name}" == f"x{analysis.name}"
    assert analysis.layers[1].standard.multiplies == 64 * 9 * 4 * 4


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_strange_names_in_messages_are_escaped_and_cut(name: str) -> None:
    inside = f'[{{type: "{name}", "{name}": "${name}"}}]'
    text = (
        f'{HEAD}blocks: {{"{name}": {{parameters: {{"{name}": 1}}, layers: {inside}}}}}\n'
        f'layers: [{{type: "{name}", "{name}": 1}}, {{type: relu, name: "{name}"}}, '
        f'{{type: relu, inputs: ["{name}", "x{name}"]}}, {{shares: "y{name}"}}, {{type: "z{name}"}}]'
    )
    with pytest.raises(SpecError) as caught:
        costcalc.loads(text)
    shown = render_problems(caught.value.problems)
    assert all(line.isprintable() and len(line) < 2000 for line in shown.split("\n"))
    assert not any(line.startswith(("::", "##[")) for line in shown.split("\n"))


def survives(text: str) -> None:
    """Whatever the text is: a network that can be costed, or problems that can be shown."""
    problems: tuple[Problem, ...] = ()
    try:
        network = costcalc.loads(text)
    except SpecError as error:
        network, problems = None, error.problems
    if network is not None:
        costcalc.analyze(network)
        problems = network.warnings
    assert network is not None or problems
    assert render_problems(problems).count("^") >= len({problem.location for problem in problems})


PIECES = [
    *(
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "-",
        "\n",
        " ",
        "  ",
        "&a",
        "*a",
        "!!int ",
        "? ",
        "<<: ",
        "|",
        ">",
        "#",
        "'",
        '"',
    ),
    *(
        "null",
        "true",
        "0",
        "-1",
        "1e9",
        "1e99",
        "1e3000000",
        ".nan",
        ".inf",
        "2147483647",
        "2147483648",
        "0.5",
        "3x3",
    ),
    *(
        "type",
        "conv",
        "relu",
        "residual",
        "branches",
        "input",
        "inputs",
        "layers",
        "blocks",
        "parameters",
        "$w",
        "$",
    ),
    *(
        "name",
        "shares",
        "repeat",
        "norm",
        "batch",
        "group",
        "groups",
        "defaults",
        "body",
        "paths",
        "[]",
        "{}",
        "required",
    ),
    *(
        "same",
        "none",
        "stride",
        "padding",
        "out_channels",
        "expansion",
        "squeeze_excite",
        "separable_conv",
        "flatten",
    ),
    *(
        "upsample",
        "scale",
        "slice",
        "part",
        "of",
        "matmul",
        "heads",
        "reshape",
        "to",
        "\\x00",
        "é",
        "→",
        "\u202e",
    ),
]


def mutated(text: str, dice: random.Random) -> str:
    """A text with a few pieces dropped, doubled, moved, or replaced by others."""
    for _ in range(dice.randint(1, 6)):
        start = dice.randrange(len(text) + 1)
        stop = min(len(text), start + dice.choice([0, 1, 3, 10, 40]))
        other = dice.randrange(len(text) + 1)
        piece = dice.choice([dice.choice(PIECES), text[other : other + dice.choice([1, 5, 20])], ""])
        text = text[:start] + piece + text[stop:]
    return text


def swapped(text: str, dice: random.Random) -> str:
    """A text in which some words are others, so that it is mostly still YAML."""
    words = text.replace("\n", " \n ").split(" ")
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(words))
        if words[place].strip():
            words[place] = dice.choice([*PIECES[20:], *words]).rstrip(":,") + (
                "," if words[place].endswith(",") else ""
            )
    return " ".join(words)


@settings(max_examples=300)
@given(specs(), st.randoms(use_true_random=False))
def test_mutations_of_random_specs(spec: RandomSpec, dice: random.Random) -> None:
    survives(mutated(spec.text, dice))
    survives(swapped(spec.text, dice))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_mutations_of_the_zoo(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    dice = random.Random(path.stem)
    for mutate in (mutated, swapped, swapped):
        survives(mutate(text, dice))


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 9),
        st.sampled_from([piece for piece in PIECES[20:] if piece != "\\x00"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(PIECES[20:]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(
    st.lists(values, max_size=4),
    st.dictionaries(
        st.sampled_from(["blocks", "defaults", "budget", "published", "inputs", "name"]), values, max_size=2
    ),
)
def test_any_values_as_layers(layers: list[object], frame: dict[str, object]) -> None:
    import json

    survives(json.dumps({"input": "8x8x4", "layers": layers, **frame}))
