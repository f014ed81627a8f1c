"""From a spec's text to its network: read, parse, frame, rewrite, resolve; problems get their places."""

import os
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from costcalc.errors import CostcalcError, Problem, SpecError, did_you_mean
from costcalc.network import Network, resolve
from costcalc.quantity import listed, shown
from costcalc.reading.document import Document, parse_despite_duplicates
from costcalc.reading.source import in_order
from costcalc.spec import NetworkSpec, parse_spec

if TYPE_CHECKING:
    from costcalc.application.model import ModelDocument
    from costcalc.rewrite.resolution import Resolution

ZOO = "zoo:"
_CODE = ".py"

#: The values to take of choices, by name (``kernel``) or by place (``stage_2.1/kernel``).
Settings: TypeAlias = Mapping[str, str]

_Read = TypeVar("_Read")


class Loaded(NamedTuple):
    """A network and the document that it was read from; whether it is the one that is written there."""

    document: "Document | ModelDocument"
    network: Network
    as_written: bool = True


def load(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    width_multiplier: Fraction | str | None = None,
    resolution: "Resolution | str | None" = None,
    inputs: Sequence[str] = (),
    settings: Settings | None = None,
) -> Network:
    """The network of the spec at a path; ``zoo:NAME`` is one that comes with costcalc, ``-`` is stdin.

    ``source`` may also be the spec as a dict, its words those of YAML. A model works, too: ``model.onnx``,
    ``package.module:name``. ``inputs`` are the sizes that it leaves open, ``NAME=1x3x224x224``. ``width_multiplier``
    (α) and ``resolution`` (a size such as ``192``, or a multiplier ρ such as ``0.714``) make the what-if.
    ``settings`` are the values to take of the spec's choices, ``{"kernel": "5"}``, else the first of each. Raises
    SpecError with all that is wrong, CostcalcError where the file cannot be read, ValueError for an α or ρ that is
    no number, TypeError for what is no source at all.
    """
    if isinstance(source, Mapping):
        return loads(
            _as_text(source),
            "<dict>",
            width_multiplier=width_multiplier,
            resolution=resolution,
            settings=settings,
        )
    return load_document(
        _path(source),
        width_multiplier=width_multiplier,
        resolution=resolution,
        inputs=inputs,
        settings=settings,
    ).network


def loads(
    text: str,
    path: str = "<string>",
    *,
    width_multiplier: Fraction | str | None = None,
    resolution: "Resolution | str | None" = None,
    settings: Settings | None = None,
) -> Network:
    """The network of a spec's text; ``path`` is what errors call it. Raises as :func:`load` does."""
    if not isinstance(text, str):
        raise TypeError(f"loads takes the text of a spec, not {type(text).__name__}")
    return parse_document(text, path, width_multiplier, resolution, settings).network


def _path(source: object) -> str:
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        if isinstance(path, str):
            return path
    kind = type(source).__name__
    raise TypeError(
        f"load takes a path, zoo:NAME, or a spec as a dict, not {kind}; from_torch takes a module"
    )


def _as_text(spec: Mapping[str, Any]) -> str:
    """A spec's data as text, so that it is read, and its mistakes are told, as those of a file are."""
    import json

    try:
        return json.dumps(spec, indent=1, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"a spec is dicts, lists, strings and numbers: {error}") from None


def load_document(
    path: str,
    *,
    width_multiplier: Fraction | str | None = None,
    resolution: "Resolution | str | None" = None,
    inputs: Sequence[str] = (),
    settings: Settings | None = None,
    structured: bool = True,
) -> Loaded:
    """What :func:`load` returns, with the document, so that places can be looked up.

    Of a model that is not ``structured``, each layer is an operation.
    """
    from costcalc.interop.importers.dispatch import is_model

    if not path.startswith(ZOO) and not path.endswith(_CODE) and is_model(path):
        from costcalc.application.model import load_model

        document, network = load_model(path, inputs, structured=structured)
        _refuse_unknown(document, network, settings or {})
        return _with_what_if(document, network, width_multiplier, resolution)
    text, name = spec_text(path)
    return parse_document(text, name, width_multiplier, resolution, settings)


def spec_text(path: str, inputs: Sequence[str] = ()) -> tuple[str, str]:
    """The text of a spec, and what it is called: of a model, the spec that it is converted to.

    Raises SpecError, CostcalcError as :func:`load_document` does.
    """
    from costcalc.interop.importers.dispatch import is_model
    from costcalc.reading.files import STDIN, STDIN_NAME, read_text

    if path.startswith(ZOO):
        from costcalc.reading.zoo import zoo_path

        return read_text(zoo_path(path[len(ZOO) :])), path
    if path.endswith(_CODE):
        raise CostcalcError(_of_code(path))
    if is_model(path):
        from costcalc.application.model import load_model
        from costcalc.rendering.spec_yaml import render_spec

        document, _ = load_model(path, inputs)
        return render_spec(document.data), path
    return read_text(path), STDIN_NAME if path == STDIN else path


def _of_code(path: str) -> str:
    """How a PyTorch module in a file of Python is named."""
    module = path.removesuffix(_CODE).removeprefix("./").replace("/", ".")
    return f"{path}: PyTorch code is named by its module and a class or function in it: {module}:Net --input 224x224x3"


def parse_document(
    text: str,
    path: str,
    width_multiplier: Fraction | str | None = None,
    resolution: "Resolution | str | None" = None,
    settings: Settings | None = None,
) -> Loaded:
    """Parse and resolve a spec's text. Raises SpecError with located problems."""
    document = parse_despite_duplicates(text, path)
    spec, problems = parse_spec(document.data, words="$" in document.text)
    if spec.choices or settings:
        from costcalc.rewrite.choices import at_choices

        spec, found = at_choices(spec, settings or {})
        problems += found
    network = _placed(document, lambda: resolve(spec, problems), document.duplicates)
    _refuse_unknown(document, network, settings or {})
    return _with_what_if(document, network, width_multiplier, resolution)


def _refuse_unknown(document: "Document | ModelDocument", network: Network, settings: Settings) -> None:
    """Raise CostcalcError where a value is asked for of a choice that the network does not have."""
    for name in settings:
        if name not in network.choices:
            if not network.choices:
                raise CostcalcError(f"{document.path}: no choice {shown(name)}, since it has no choices")
            guess = did_you_mean(name, network.choices) or f"; choices: {listed(network.choices)}"
            raise CostcalcError(f"{document.path}: no choice {shown(name)}{guess}")


def _with_what_if(
    document: "Document | ModelDocument",
    network: Network,
    width_multiplier: Fraction | str | None,
    resolution: "Resolution | str | None",
) -> Loaded:
    written = network.spec
    if width_multiplier is not None or resolution is not None:
        network = _what_if(document, network, width_multiplier, resolution)
    placed = network._replace(warnings=document.place(network.warnings))
    return Loaded(document, placed, network.spec == written)


def _what_if(
    document: "Document | ModelDocument",
    network: Network,
    width_multiplier: Fraction | str | None,
    resolution: "Resolution | str | None",
) -> Network:
    from costcalc.rewrite.resolution import Resolution, at_resolution, parse_resolution
    from costcalc.rewrite.width import at_width, parse_width_multiplier

    spec: NetworkSpec = network.spec
    if width_multiplier is not None:
        given = width_multiplier
        alpha = (
            given if isinstance(given, Fraction) else _read("width_multiplier", given, parse_width_multiplier)
        )
        spec = at_width(spec, network, alpha)
    if resolution is not None:
        size = resolution
        rho = size if isinstance(size, Resolution) else _read("resolution", size, parse_resolution)
        spec = at_resolution(spec, rho)
    found = _placed(document, lambda: resolve(spec))
    if network.flat is not None:
        try:
            flat = _what_if(document, network.flat, width_multiplier, resolution)
        except SpecError:  # a shape that is written out; blocks have none
            return found
        found = found._replace(flat=flat)
    return found


def _read(name: str, value: object, parse: Callable[[str], _Read]) -> _Read:
    """What an argument says. Raises ValueError, with the argument's name."""
    try:
        return parse(str(value))
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _placed(
    document: "Document | ModelDocument", resolved: Callable[[], Network], known: Sequence[Problem] = ()
) -> Network:
    """What is resolved; raises SpecError with the places of all that is wrong, and what is known to be already."""
    try:
        network = resolved()
    except SpecError as error:
        raise SpecError(in_order([*known, *document.place(error.problems)])) from None
    if known:
        raise SpecError(known)
    return network
