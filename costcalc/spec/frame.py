"""The frame of a spec: everything but the layers, which stay plain mappings until they are resolved."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from costcalc.called import CALLED_SCHEMA, parse_called
from costcalc.errors import MAX_PROBLEMS, Problem, did_you_mean
from costcalc.layers.activation import ActivationField
from costcalc.layers.channels import ChannelScaling
from costcalc.layers.fields import FEW, DtypeField, Entries, Flag, Padding, Parsed, ShapeText, Size, Text
from costcalc.layers.norm import NormField
from costcalc.layers.problems import validated
from costcalc.quantity import listed, shown
from costcalc.shape import Shape
from costcalc.spec.blocks import Block, check_blocks, has_words, stray_words, walk, word_of
from costcalc.spec.choices import Choice, ChoicesField, check_choices, check_names, readable

NOUN = "the spec"

CalledField = Annotated[dict[str, str], Parsed(parse_called, CALLED_SCHEMA)]

_APART = ("blocks", "budget", "published")
_SEVERAL_INPUTS = "such as inputs: {left: 96x96x3, right: 96x96x3}; a single one is input: 224x224x3"


class Defaults(BaseModel):
    """What convolutions have where they do not say."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    norm: NormField = None
    activation: ActivationField = None
    bias: Flag = False
    padding: Padding = "same"


class NetworkSpec(BaseModel):
    """One network as it was written.

    ``layers`` (and those in ``blocks``) are as they were written; ``budget`` is a
    :class:`~costcalc.spec.budget.Budget` and ``published`` a list of
    :class:`~costcalc.spec.published.Published`, whose models are built only for specs that have them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: Text | None = None
    source: Text | None = None
    input: ShapeText | None = None
    inputs: Annotated[dict[Text, ShapeText], FEW] | None = None
    state: Annotated[list[Text], FEW] = []
    defaults: Defaults = Defaults.model_construct()  # its model is built with this one
    channel_divisor: Size | None = None
    dtype: DtypeField | None = None
    called: CalledField = {}
    device: Text | None = None
    choices: ChoicesField = {}
    blocks: dict[str, Block] = {}
    layers: Entries
    budget: Any = None
    published: Any = None
    variants: Annotated[list[Text], FEW] = []

    _scaling: ChannelScaling | None = PrivateAttr(None)
    _settings: Mapping[str, str] = PrivateAttr({})
    _chosen: Mapping[str, Choice] = PrivateAttr({})
    _notes: tuple[str, ...] = PrivateAttr(())
    _unread_inputs: tuple[str, ...] = PrivateAttr(())

    @property
    def input_shapes(self) -> dict[str, Shape]:
        """The shapes of the network's inputs by name; a single one is called ``input``."""
        if self.inputs is not None:
            return self.inputs
        return {} if self.input is None else {"input": self.input}

    @property
    def scaling(self) -> ChannelScaling | None:
        """The width multiplier to apply, if there is one."""
        return self._scaling

    @property
    def settings(self) -> Mapping[str, str]:
        """The values asked for of choices, by place: ``kernel``, or ``stage_2.1/kernel`` of a block's use."""
        return self._settings

    @property
    def chosen(self) -> Mapping[str, Choice]:
        """The choices of the whole spec that were made: no word of theirs is left in its layers."""
        return self._chosen

    @property
    def notes(self) -> tuple[str, ...]:
        """What rewrites of the spec have to say."""
        return self._notes

    @property
    def unread_inputs(self) -> tuple[str, ...]:
        """The names of the inputs where no shape can be relied on, because something in the frame is wrong."""
        return self._unread_inputs

    def with_settings(self, settings: Mapping[str, str], chosen: Mapping[str, Choice]) -> Self:
        """The same network with other values asked for of its choices."""
        copy = self.model_copy()
        copy._settings, copy._chosen = settings, chosen
        return copy

    def scaled_by(self, scaling: ChannelScaling) -> Self:
        """The same network under a width multiplier."""
        copy = self.model_copy()
        copy._scaling = scaling
        return copy

    def noted(self, *notes: str) -> Self:
        """The same network with more notes."""
        copy = self.model_copy()
        copy._notes = self._notes + notes
        return copy


def parse_spec(data: object, words: bool = True) -> tuple[NetworkSpec, list[Problem]]:
    """The spec that plain data stands for, and all that is wrong with its frame.

    Where something is, what is right is returned all the same, so that the layers can be checked in
    the same run; without problems the spec is whole. ``words`` is False where the data surely has no ``$word``.
    """
    if not isinstance(data, dict):
        what = "is empty" if data is None else f"must be a mapping with input and layers, not {shown(data)}"
        return NetworkSpec.model_construct(layers=[]), [Problem(f"{NOUN} {what}")]
    problems: list[Problem] = []
    spec = _frame(data, problems)
    problems += _input_problems(spec, data)
    if not spec.layers and isinstance(data.get("layers"), list):
        problems.append(Problem(f"{NOUN} has no layers", ("layers",)))
    problems += islice(check_blocks(spec.blocks, spec.choices), MAX_PROBLEMS)
    wrong = list(islice(_choice_problems(spec), MAX_PROBLEMS))
    problems += wrong
    spec = spec.model_copy(update=_extras(data, problems))
    if wrong:  # what their words stand for is unknown: layers are not looked at
        spec = spec.model_copy(update={"choices": readable(spec.choices), "layers": []})
    strays = list(islice(_stray_words(data), MAX_PROBLEMS)) if words else []
    places = {problem.route for problem in strays}
    problems = [*strays, *(problem for problem in problems if problem.route not in places)]
    spec._unread_inputs = _unread_inputs(data, problems)
    return spec, problems


def _frame(data: Mapping[str, object], problems: list[Problem]) -> NetworkSpec:
    """All but budget, published figures and blocks, as far as it is right."""
    frame = {key: value for key, value in data.items() if key not in _APART}
    frame["blocks"] = _blocks(data.get("blocks", {}), problems)
    spec, found = validated(NetworkSpec, frame, NOUN, (), _APART)
    if spec is not None:
        return spec
    problems += [
        problem._replace(hint=_SEVERAL_INPUTS) if problem.route == ("inputs",) else problem
        for problem in found
    ]
    good = {key: value for key, value in frame.items() if key in NetworkSpec.model_fields}
    for field in {str(problem.route[0]) for problem in found if problem.route} & good.keys():
        value = good.pop(field)  # its default takes its place
        if field == "defaults" and isinstance(value, dict):
            good[field] = {key: item for key, item in value.items() if _is_right_default(key, item)}
    good.setdefault("layers", [])
    return NetworkSpec.model_validate(good)


def _is_right_default(key: str, value: object) -> bool:
    try:
        Defaults.model_validate({key: value})
    except ValidationError:
        return False
    return True


def _blocks(blocks: object, problems: list[Problem]) -> dict[str, Block]:
    """The blocks, with empty stand-ins for those that are wrong, so that their uses are no errors."""
    if not isinstance(blocks, dict):
        message = f"blocks of {NOUN} must be a mapping of names to blocks, not {shown(blocks)}"
        problems.append(Problem(message, ("blocks",)))
        return {}
    good = {}
    for name, values in blocks.items():
        block, found = validated(Block, values, f"block {shown(name)}", ("blocks", name))
        good[name] = block or Block.stand_in()
        problems += found
        if len(problems) > MAX_PROBLEMS:
            break
    return good


def _input_problems(spec: NetworkSpec, data: Mapping[str, object]) -> list[Problem]:
    if "input" in data and "inputs" in data:
        return [Problem(f"{NOUN} has both input and inputs", ("inputs",), at="key")]
    if "input" not in data and "inputs" not in data:
        return [Problem(f"{NOUN} needs an input, such as input: 224x224x3 (height x width x channels)")]
    nothing = [key for key in ("input", "inputs") if key in data and data[key] is None]
    if nothing:
        hint = "say input: 224x224x3 (height x width x channels)" if "input" in data else _SEVERAL_INPUTS
        return [Problem(f"{nothing[0]} of {NOUN} must not be empty", (nothing[0],), hint)]
    if spec.inputs is not None and not spec.inputs:
        return [Problem("inputs of the spec must name at least one", ("inputs",), _SEVERAL_INPUTS)]
    known = spec.input_shapes
    return [
        Problem(
            f"state of {NOUN} must name inputs; {shown(name)} is none{did_you_mean(name, known)}",
            ("state", index),
        )
        for index, name in enumerate(spec.state if known else ())
        if name not in known
    ]


def _unread_inputs(data: Mapping[str, object], problems: list[Problem]) -> tuple[str, ...]:
    """All names of inputs, where a problem leaves the shapes in doubt."""
    doubtful = (("input",), ("inputs",), ("defaults", "padding"))
    found = {problem.route[:length] for problem in problems for length in (1, 2)}
    named = [key for key in ("input", "inputs") if key in data]
    if len(named) == 1 and not found.intersection(doubtful):
        return ()
    inputs = data.get("inputs")
    names = tuple(inputs) if isinstance(inputs, dict) else ()
    return names if names and "input" not in data else ("input", *names)


def _choice_problems(spec: NetworkSpec) -> Iterator[Problem]:
    """What is wrong with the spec's own choices."""
    if not spec.choices:
        return
    yield from check_choices(spec.choices, ("choices",))
    yield from check_names(spec.choices, {name: [*block.parameters] for name, block in spec.blocks.items()})
    yield from stray_words(spec.choices, ("choices",))
    places = [spec.layers, *(block.layers for block in spec.blocks.values())]
    used = {word_of(value) for place in places for _, value in walk(place, ())}
    for name in spec.choices:
        if name not in used:
            yield Problem(f"choice {shown(name)} is never used", ("choices", name), at="key")


def _stray_words(data: Mapping[str, object]) -> Iterator[Problem]:
    choices = data.get("choices")
    known = choices if isinstance(choices, dict) else {}
    for key, part in data.items():
        if key not in ("blocks", "choices", "name", "source", "published") and has_words(part):
            for route, value in walk(part, (key,)):
                word = word_of(value)
                if word is None or (key == "layers" and word in known):
                    continue
                if known and key == "layers":
                    message = f"unknown choice ${listed([word])}{did_you_mean(word, known)}"
                else:
                    message = f"${listed([word])} stands outside a block: there is no parameter to fill in"
                yield Problem(message, route)


def _extras(data: Mapping[str, object], problems: list[Problem]) -> dict[str, object]:
    extras: dict[str, object] = {}
    if "budget" in data:
        from costcalc.spec.budget import parse_budget

        extras["budget"] = parse_budget(data["budget"], ("budget",), problems)
    if "published" in data:
        from costcalc.spec.published import parse_published

        extras["published"] = parse_published(data["published"], ("published",), problems)
    return extras
