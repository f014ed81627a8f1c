"""The spec that ``costcalc init`` writes: small, complete, and commented."""

from __future__ import annotations

from string import Template

SCHEMA = "costcalc.schema.json"

_TEXT = Template("""\
# yaml-language-server: $$schema=$schema
# A network, layer by layer; costcalc analyze says what it costs, costcalc check whether that is within its budget.
# The line above makes editors complete and check what is typed, once "costcalc schema > $schema" has run.
name: $name
input: 224x224x3                          # height x width x channels
defaults: {norm: batch, activation: relu} # what convolutions have where they do not say

layers:
  # A standard convolution. "separable: never" keeps it one, whatever else is made depthwise-separable.
  - {type: conv, name: stem, out_channels: 32, kernel_size: 3, stride: 2, separable: never}
  # A depthwise 3x3 and a 1x1 convolution. Without a name, layers are called separable_conv_1, _2, ...
  - {type: separable_conv, out_channels: 64}
  - {type: separable_conv, out_channels: 128, stride: 2}
  - {type: separable_conv, out_channels: 128}
  # The same layer several times in a row.
  - {type: separable_conv, out_channels: 256, stride: 2}
  - {type: separable_conv, out_channels: 256, repeat: 3}
  # A layer with nothing to say is a bare word.
  - global_avg_pool
  - {type: linear, name: classifier, out_features: 1000}

# What it may cost: what it costs today plus 5%. More can be limited: single layers, the increase over a baseline.
budget:
  multiplies: $multiplies
  params: $params
""")


def render_starter(name: str, multiplies: int, params: int) -> str:
    """The starter spec with a budget."""
    return _TEXT.substitute(schema=SCHEMA, name=name, multiplies=f"{multiplies:_}", params=f"{params:_}")
