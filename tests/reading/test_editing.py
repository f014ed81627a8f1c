"""Changes at the places of a text, in every layout."""

from __future__ import annotations

import json

import pytest

from costcalc.reading.document import parse
from costcalc.reading.editing import EditError, Editor

TEXT = """\
layers:
  - {type: conv, out_channels: 8, groups: 1} # flow
  - type: conv # block
    groups: 1 # of one
    out_channels: 8
    separable: auto

    kernel_size: [3,
                  5]
  - &a {type: conv, x: {y: [1, 2, ], }}
  - *a
  - {groups: 1, type: conv}
flow: [{type: conv}, {type: relu}]
"""


def edited(*deeds: tuple[object, ...]) -> str:
    """The lines that differ afterwards, without their margin."""
    editor = Editor(parse(TEXT, "net.yaml"))
    for name, *arguments in deeds:
        getattr(editor, str(name))(*arguments)
    old = TEXT.splitlines()
    return "\n".join(line.strip() for line in editor.text.splitlines() if line not in old)


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        (("replace", ("layers", 0, "type"), "x"), "- {type: x, out_channels: 8, groups: 1} # flow"),
        (("replace", ("layers", 2, "x"), "z"), "- &a {type: conv, x: z}"),
        (("replace", ("layers", 1, "kernel_size"), "7"), "kernel_size: 7"),
        (
            ("add_field", ("layers", 0), "name", "n"),
            "- {type: conv, name: n, out_channels: 8, groups: 1} # flow",
        ),
        (("add_field", ("layers", 1), "name", "n"), "name: n"),
        (("remove_field", ("layers", 0, "groups")), "- {type: conv, out_channels: 8} # flow"),
        (("remove_field", ("layers", 0, "out_channels")), "- {type: conv, groups: 1} # flow"),
        (("remove_field", ("layers", 4, "groups")), "- {type: conv}"),
        (("remove_field", ("layers", 1, "groups")), "# of one"),
        (("remove_field", ("layers", 1, "separable")), ""),
        (("replace_item", ("layers", 0), ["{a}", "{b}"]), "- {a}\n- {b} # flow"),
        (("replace_item", ("flow", 0), ["{a}", "{b}"]), "flow: [{a}, {b}, {type: relu}]"),
    ],
)
def test_one_change(deed: tuple[object, ...], found: str) -> None:
    assert edited(deed) == found


def test_several_changes_and_the_same_twice() -> None:
    same = ("replace", ("layers", 0, "type"), "x")
    deeds = [same, same, ("add_field", ("layers", 0), "m", "1"), ("add_field", ("layers", 0), "n", "2")]
    assert edited(*deeds) == "- {type: x, m: 1, n: 2, out_channels: 8, groups: 1} # flow"


def test_the_source_of_a_value() -> None:
    editor = Editor(parse(TEXT, "net.yaml"))
    assert editor.source(("layers", 2, "x")) == "{y: [1, 2, ], }"
    assert editor.source(("layers", 1, "kernel_size")) == "[3,\n                  5]"


JSON = """\
{"layers": [
  {"type": "conv", "groups": 1},
  {"type": "relu"}
]}
"""


@pytest.mark.parametrize(
    ("deed", "line"),
    [
        (("replace", ("layers", 1, "type"), "$a b"), '  {"type": "$a b"}'),
        (("replace", ("layers", 1, "type"), "no"), '  {"type": "no"}'),
        (("add_field", ("layers", 1), "x", "1.50"), '  {"type": "relu", "x": 1.50}'),
        (("add_field", ("layers", 1), "x", "[.nan, 0x10, é]"), '  {"type": "relu", "x": [".nan", 16, "é"]}'),
        (("replace_item", ("layers", 1), ["{type: a}", '{"b": true}']), '  {"type": "a"},\n  {"b": true}'),
    ],
)
def test_a_text_in_json_stays_json(deed: tuple[object, ...], line: str) -> None:
    editor = Editor(parse(JSON, "net.json"))
    getattr(editor, str(deed[0]))(*deed[1:])
    assert editor.text == JSON.replace('  {"type": "relu"}', line)
    json.loads(editor.text)


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        (("add_field", ("layers", 3), "name", "n"), "it is an alias"),
        (("replace_item", ("layers", 3), ["a"]), "an anchored layer cannot become several"),
        (("replace_item", ("layers", 2), ["a"]), "an anchored layer cannot become several"),
        (("remove_field", ("layers", 1, "type")), "its fields cannot be taken apart"),
    ],
)
def test_what_cannot_be_changed(deed: tuple[object, ...], message: str) -> None:
    with pytest.raises(EditError) as caught:
        edited(deed)
    assert str(caught.value) == message
