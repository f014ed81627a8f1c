"""From a ``.pt2`` file to a flat network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from costcalc.interop.importers.errors import MALFORMED, ModelError, RefusedError
from costcalc.interop.importers.flat import FlatNetwork
from costcalc.interop.importers.onnx_model.inputs import input_dims
from costcalc.interop.importers.onnx_model.proto import Model, ValueInfo
from costcalc.interop.importers.torch_archive.archive import ProgramArchive, read_archive
from costcalc.interop.importers.torch_archive.expressions import evaluated, readable, solved
from costcalc.interop.importers.torch_archive.program import (
    ProgramSignature,
    check_version,
    input_sizes,
    read_program,
    read_signature,
)
from costcalc.interop.importers.torch_export.reader import read_trace

_MAP_AXES = (4, 5)


def read(path: str, inputs: Sequence[str] = ()) -> FlatNetwork:
    """The network in a ``.pt2`` file. ``inputs`` are sizes that the file leaves open: ``NAME=1x3x224x224``.

    Raises ModelError where the file is none, or holds what cannot be counted.
    """
    archive = read_archive(path)
    try:
        check_version(archive, path)
        signature = read_signature(archive)
        symbols = _symbols(archive, signature, inputs, path)
        trace = read_program(archive, signature, symbols)
        _check_batch(trace.inputs, path)
        name = os.path.splitext(os.path.basename(path))[0]
        return read_trace(trace, name, _source(archive), {})
    except (*MALFORMED, StopIteration) as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        raise ModelError(f"{path}: not as torch.export writes it, or damaged: {reason}") from None
    except RecursionError:
        raise ModelError(f"{path}: refused: the program is nested too deeply") from None
    except RefusedError as error:
        raise ModelError(f"{path}: {error}", error.hint) from None
    except ModelError as error:
        text = str(error)
        raise ModelError(text if text.startswith(path) else f"{path}: {text}", error.hint) from None


def _symbols(
    archive: ProgramArchive, signature: ProgramSignature, given: Sequence[str], path: str
) -> dict[str, int]:
    """The sizes that the archive leaves open, by symbol. Raises ModelError."""
    sizes = {name: tuple(input_sizes(archive, name)) for name in signature.inputs}
    shown = {name: tuple(map(_shown, each)) for name, each in sizes.items()}
    infos = [ValueInfo(name, each) for name, each in shown.items()]
    dims = input_dims(Model(inputs=infos), given, path)
    symbols: dict[str, int] = {}
    for name, each in sizes.items():
        for size, wanted in zip(each, dims[name], strict=True):
            found = solved(size, wanted) if isinstance(size, str) else None
            if found is not None:
                symbols.setdefault(*found)
    for name, each in sizes.items():
        if tuple(_known(size, symbols) for size in each) != dims[name]:
            raise ModelError(
                f"{path}: the program was exported for {name}={_words(shown[name])}, not {_words(dims[name])}",
                "export it anew with the sizes wanted, or with dynamic_shapes",
            )
    return symbols


def _shown(size: int | str) -> int | str:
    return readable(size) if isinstance(size, str) else size


def _known(size: int | str, symbols: Mapping[str, int]) -> int:
    return evaluated(size, symbols) if isinstance(size, str) else size


def _words(sizes: Sequence[int | str]) -> str:
    return "x".join(map(str, sizes))


def _check_batch(inputs: Mapping[str, tuple[int, ...]], path: str) -> None:
    """Raise ModelError where the program takes several examples at once: costs are per example."""
    for name, sizes in inputs.items():
        if len(sizes) in _MAP_AXES and sizes[0] > 1:
            raise ModelError(
                f"{path}: the program was exported for {sizes[0]} examples at once ({name} is {_words(sizes)}), "
                "and costs are per example",
                "export it anew with one example, or with a batch that is dynamic",
            )


def _source(archive: ProgramArchive) -> str:
    version = archive.program.get("torch_version")
    number = version.partition("+")[0][:40] if isinstance(version, str) else ""
    return f"torch.export of PyTorch {number}" if number else "torch.export"
