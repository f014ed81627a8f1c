"""What ``analyze model.onnx`` costs beside ``onnx.load``, as ratios: prints, asserts nothing.

    python tests/benchmarks/bench_onnx.py [--rounds N] [--network NAME]

ResNet-152 from the zoo, three times: with its weights in the file, beside it, and as one number everywhere. Each time
is one of CPU (user and system) of a whole process, medians, the two in turn.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench_startup import COSTCALC, FLOOR, run

LOAD = f"{FLOOR}; import onnx, sys; onnx.load(sys.argv[1], load_external_data=False)"
FORMS = {
    "light": "weights as one number",
    "inside": "weights in the file",
    "beside": "weights beside the file",
}


def build(network: str, folder: Path) -> None:
    """Write the model in its three forms."""
    import onnx

    from costcalc.application.load import load
    from costcalc.interop.exporters.onnx_model import export

    data = export(load(f"zoo:{network}"))
    (folder / "light.onnx").write_bytes(data)
    whole = with_weights(onnx.load_from_string(data))
    onnx.save(whole, folder / "inside.onnx")
    onnx.save(whole, folder / "beside.onnx", save_as_external_data=True, location="weights.data")
    (folder / "weights.data").unlink()


def with_weights(model: Any) -> Any:
    """The model with an initialiser of zeros for each ConstantOfShape."""
    import onnx

    graph = model.graph
    shapes = {tensor.name: onnx.numpy_helper.to_array(tensor).tolist() for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        dims = shapes[node.input[0]]
        zeros = bytes(4 * math.prod(dims))
        graph.initializer.append(onnx.helper.make_tensor(node.output[0], 1, dims, zeros, raw=True))
    del graph.node[:]
    graph.node.extend(kept)
    return model


def compared(path: Path, rounds: int) -> str:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(run(COSTCALC, "analyze", str(path)))
        theirs.append(run(sys.executable, "-c", LOAD, str(path)))
    seconds = [median(each.seconds for each in runs) for runs in (ours, theirs)]
    memory = [max(each.mebibytes for each in runs) for runs in (ours, theirs)]
    return (
        f"{path.stat().st_size / 1e6:6.1f} MB   analyze {seconds[0] * 1000:4.0f} ms {memory[0]:4.0f} MiB   "
        f"onnx.load {seconds[1] * 1000:4.0f} ms {memory[1]:4.0f} MiB   ratio {seconds[0] / seconds[1]:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="runs of each command, instead of 9")
    parser.add_argument("--network", default="resnet152", help="a network of the zoo, instead of resnet152")
    parser.add_argument("--build", metavar="FOLDER", help="only write the files")
    chosen = parser.parse_args()
    if chosen.build:
        build(chosen.network, Path(chosen.build))
        return
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: what a process has at its start counts as memory of its children.
        run(sys.executable, __file__, "--network", chosen.network, "--build", folder)
        for name, words in FORMS.items():
            print(
                f"{words:24} {compared(Path(folder, name + '.onnx'), chosen.rounds)} (at most 1.3)",
                flush=True,
            )


if __name__ == "__main__":
    main()
