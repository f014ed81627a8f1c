"""Every network of the zoo as code, built by the framework itself: a table, and what differs.

    python tests/models/exporter_sweep.py pytorch|keras [--real] [NAME ...]

Needs torch, or keras with a backend. Each network is written as it stands, as standard and as separable; the module
that the code builds is counted (params, trained and not) and run on one example (on PyTorch's meta device, which
computes shapes alone, unless --real is said). The exit code says whether all agree.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from costcalc.application.load import load
from costcalc.conventions.convention import MULTIPLIES
from costcalc.interop.exporters import TARGETS
from costcalc.network import Network
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.tally import Tally

SPECS = Path(__file__).parents[2] / "specs"


class Built(NamedTuple):
    """What the framework says: trained params, running statistics, the output's shape (one example, channels first)."""

    params: int
    statistics: int
    output: tuple[int, ...]


def main(arguments: list[str]) -> int:
    """Print the table; 0 where everything agrees."""
    target, *names = [each for each in arguments if each != "--real"]
    build = {"pytorch": built_by_torch, "keras": built_by_keras}[target]
    failures = lines = 0
    for name in names or sorted(path.stem for path in SPECS.glob("*.yaml")):
        for version, network in versions(load(f"zoo:{name}")):
            lines += 1
            start = time.perf_counter()
            problem, size = "", 0
            try:
                code = TARGETS[target].export(network)
                assert isinstance(code, str)
                size = code.count("\n")
                problem = difference(network, build(code, network, "--real" in arguments))
            except Exception as error:
                problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            failures += bool(problem)
            spent = time.perf_counter() - start
            print(f"{name:<28}{version:<11}{size:>6} lines{spent:>7.1f} s  {problem or 'equal'}", flush=True)
    print(f"{lines - failures} of {lines} agree in params, statistics and output shape")
    return 1 if failures else 0


def versions(network: Network) -> Iterator[tuple[str, Network]]:
    """The three versions of a network."""
    yield "written", network
    yield "standard", standard(network).network
    yield "separable", separable(network).network


def difference(network: Network, built: Built) -> str:
    """In what the framework's model differs from the network; empty if in nothing."""
    tally = Tally.total(node.tally for node in network.nodes)
    output = network.shape(network.output)
    wanted = Built(
        MULTIPLIES.count_parameters(tally), tally.sum("statistics"), (1, output.channels, *output.spatial)
    )
    pairs = zip(Built._fields, wanted, built, strict=True)
    return "; ".join(
        f"{field} {ours} here, {theirs} there" for field, ours, theirs in pairs if ours != theirs
    )


def namespace(code: str) -> dict[str, Any]:
    """What the code defines."""
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(code, "generated.py", "exec"), found)
    return found


def built_by_torch(code: str, network: Network, real: bool) -> Built:
    """The module as PyTorch builds it: the last class of the code."""
    torch = importlib.import_module("torch")
    classes = [each for each in namespace(code).values() if isinstance(each, type)]
    with torch.device("cpu" if real else "meta"), torch.no_grad():
        model = classes[-1]().eval()
        output = model(*(torch.zeros(1, each.channels, *each.spatial) for each in network.inputs.values()))
    statistics = sum(
        buffer.numel()
        for name, buffer in model.named_buffers()
        if name.endswith(("running_mean", "running_var"))
    )
    return Built(sum(each.numel() for each in model.parameters()), statistics, tuple(output.shape))


def built_by_keras(code: str, network: Network, real: bool) -> Built:
    """The model as Keras builds it."""
    keras = importlib.import_module("keras")
    model = namespace(code)["build"]()
    norms = keras.layers.BatchNormalization
    statistics = sum(
        weight.value.size if hasattr(weight.value, "size") else 0
        for layer in model._flatten_layers()
        if isinstance(layer, norms)
        for weight in (layer.moving_mean, layer.moving_variance)
    )
    trained = sum(int(weight.value.size) for weight in model.trainable_weights)
    shape = tuple(model.output_shape)
    return Built(trained, int(statistics), (1, shape[-1], *shape[1:-1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
