"""From the YAML parser's events to data and positions, in one pass.

``yaml.compose`` recurses in C, and kills the process on a deeply nested text; here a list is the
stack, and nesting ends at a limit. Aliases share their target: they are counted, never copied.

The place of a container is its first character.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from sys import intern
from typing import Any, Final, NoReturn

import yaml

from costcalc.errors import Problem, SpecError
from costcalc.quantity import shown
from costcalc.reading.composition import Composition
from costcalc.reading.scalars import Scalar, resolve, resolve_tagged, short_tag
from costcalc.reading.source import Source, in_order
from costcalc.reading.syntax import beyond_the_parser, illegal_characters, syntax_problem

MAX_DEPTH = 64
MAX_VALUES = 400_000
MAX_PROBLEMS = 100

_ITEM: Final = object()  # stands where a mapping's key would, in a list
_MERGE: Final = object()  # the key "<<"
_DROP: Final = object()  # a key that was refused
_LOST: Final = object()  # a key that is a container, which is refused once it has ended

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+(?:#.*\s+)*)+")
_COLLECTION_TAGS = {yaml.MappingStartEvent: ("!", "!!map"), yaml.SequenceStartEvent: ("!", "!!seq")}


class _Anchor:
    """What an anchor names: the value, how many values that is, how deep it nests."""

    __slots__ = ("height", "ready", "value", "values")

    def __init__(self, value: Any = None, ready: bool = False) -> None:
        self.value = value
        self.values = 1
        self.height = 0
        self.ready = ready


class _Frame:
    """A list or a mapping that is not yet at its end.

    ``key`` waits for its value; it is None where a key is due. ``values`` is how many there were
    before; ``height`` is how deep the contents nest so far.
    """

    __slots__ = ("anchor", "container", "height", "key", "merge", "merged", "spans", "start", "values")

    def __init__(self, container: Any, key: Any, start: int = 0, values: int = 0) -> None:
        self.container = container
        self.key = key
        self.start = start
        self.anchor: _Anchor | None = None
        self.values = values
        self.height = 0
        self.spans: list[int] = []
        self.merge: int | None = None  # where "<<" stands
        self.merged: tuple[dict[str, Any], ...] = ()


class _Stop(Exception):  # noqa: N818 - the error is among the problems already
    """Nothing more of the text is read."""


def compose(source: Source, end: int | None = None) -> Composition:
    """The data of a YAML text, or of its start up to the offset ``end``.

    Raises SpecError with all that is wrong with it, unless only keys are duplicate.
    """
    composer = _Composer(source)
    try:
        composer.run(source.text[:end])
    except _Stop:
        pass
    except (yaml.reader.ReaderError, UnicodeEncodeError):
        composer.problems += illegal_characters(source, MAX_PROBLEMS)
    except yaml.MarkedYAMLError as error:
        if end is None and (end := beyond_the_parser(error)) is not None:
            return compose(source, end)
        composer.problems.append(syntax_problem(error, source, composer.bracket()))
    if len(composer.problems) > composer.duplicates:
        raise SpecError(in_order(composer.problems))
    return composer.result()


class _Composer:
    """What is read so far: the open containers, the anchors, and what is wrong."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.duplicates = 0  # how many of the problems are duplicate keys
        self.spans = array("I")
        self.where: dict[int, int] = {}
        self.anchors: dict[str, _Anchor] = {}
        self.frame = self.top = _Frame([], _ITEM)
        self.stack: list[_Frame] = []
        self.values = 0
        self.documents = 0

    def run(self, text: str) -> None:
        """Read the source's text or a start of it. In line stands only what it mostly consists of: plain entries."""
        next_event = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_event
        others = self._handlers()
        scalar, unset = yaml.ScalarEvent, object()
        known: dict[str, Any] = {}
        frame = self.frame
        container, spans, key = frame.container, frame.spans, frame.key
        while (event := next_event()) is not None:
            kind = event.__class__
            if kind is not scalar or event.anchor is not None or event.tag is not None:
                frame.key = key
                others[kind](event)
                frame = self.frame
                container, spans, key = frame.container, frame.spans, frame.key
                continue
            text = event.value
            start, end = event.start_mark.index, event.end_mark.index
            if key is None:
                if text in container or text == "<<":
                    key = self._special_key(text, event.implicit[0], start, end)
                else:
                    key = intern(text)
                    spans += (start, end)
                continue
            self.values += 1
            if self.values > MAX_VALUES:
                self._too_many(start, end)
            value: Any = text
            if event.implicit[0]:
                value = known.get(text, unset)
                if value is unset:
                    value = known[text] = resolve(text)
            if key is _ITEM:
                container.append(value)
                spans += (start, end)
            elif key.__class__ is str:
                container[key] = value
                spans += (start, end)
                key = None
            else:
                frame.key = key
                self._deliver(value, start, end)
                key = frame.key

    def result(self) -> Composition:
        """What was read, once all of it is."""
        if not self.top.container:
            return Composition(None, (0, 0), array("I"), {})
        start, end = self.top.spans
        return Composition(
            self.top.container[0], (start, end), self.spans, self.where, in_order(self.problems)
        )

    def bracket(self) -> int | None:
        """Where the innermost bracket stands that is still open."""
        opened = [*self.stack, self.frame][1:]
        starts = [frame.start for frame in opened if self.source.text[frame.start] in "[{"]
        return starts[-1] if starts else None

    def _handlers(self) -> dict[type[Any], Callable[[Any], None]]:
        return {
            yaml.StreamStartEvent: _nothing,
            yaml.StreamEndEvent: _nothing,
            yaml.DocumentStartEvent: self._document,
            yaml.DocumentEndEvent: _nothing,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.ScalarEvent: self._decorated_scalar,
            yaml.AliasEvent: self._alias,
        }

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            start, end = event.start_mark.index, event.end_mark.index
            self._stop("a second document begins here, and a file holds one", start, end)

    def _start(self, event: Any) -> None:
        """Open a list or a mapping."""
        start = self._content(event)
        if len(self.stack) == MAX_DEPTH:
            self._too_deep(start)
        is_mapping = event.__class__ is yaml.MappingStartEvent
        if self.frame.key is None:
            shown_kind = "mapping" if is_mapping else "list"
            self._note(f"a key must be a word, not a {shown_kind}", start, start + 1)
            self.frame.key = _LOST
        if event.tag is not None and short_tag(event.tag) not in _COLLECTION_TAGS[event.__class__]:
            self._unknown_tag(f'unknown tag "{short_tag(event.tag)}"', event, start)
        self.values += 1
        if self.values > MAX_VALUES:
            self._too_many(start, start + 1)
        frame = _Frame({} if is_mapping else [], None if is_mapping else _ITEM, start, self.values)
        if event.anchor is not None:
            frame.anchor = self.anchors[event.anchor] = _Anchor(ready=False)
        self.stack.append(self.frame)
        self.frame = frame

    def _end(self, event: Any) -> None:
        """Close a list or a mapping, and give it to the one around it."""
        frame = self.frame
        if frame.merged:
            self._merge(frame)
        value = frame.container
        if value:
            self.where[id(value)] = len(self.spans)
            self.spans.extend(frame.spans)
        if frame.anchor is not None:
            frame.anchor.value = value
            frame.anchor.values = self.values - frame.values + 1
            frame.anchor.height = frame.height + 1
            frame.anchor.ready = True
        around = self.frame = self.stack.pop()
        if around.height <= frame.height:
            around.height = frame.height + 1
        start = frame.start
        if around.key is _ITEM:
            around.container.append(value)
            around.spans += (start, start + 1)
        else:
            self._deliver(value, start, start + 1)

    def _decorated_scalar(self, event: Any) -> None:
        """A scalar with an anchor, a tag, or both."""
        text, end = event.value, event.end_mark.index
        start = self._content(event)
        value: Scalar = text
        if event.tag is not None:
            try:
                value = resolve_tagged(event.tag, text)
            except ValueError as error:
                self._unknown_tag(str(error), event, start)
        elif event.implicit[0]:
            value = resolve(text)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, ready=True)
        if self.frame.key is None:
            self._key(text, event.implicit[0], start, end)
        else:
            self._count(1, start, end)
            self._deliver(value, start, end)

    def _alias(self, event: Any) -> None:
        """The value of an anchor again: the same object, and all that is in it counted."""
        start, end = event.start_mark.index, event.end_mark.index
        anchor = self._anchored(event.anchor, start, end)
        if self.frame.key is None:
            if not isinstance(anchor.value, str):
                self._note("an alias that is a key must name a text", start, end)
            self._key(str(anchor.value), False, start, end)
            return
        if len(self.stack) + anchor.height > MAX_DEPTH:
            self._too_deep(start)
        self._count(anchor.values, start, end)
        self.frame.height = max(self.frame.height, anchor.height)
        self._deliver(anchor.value, start, end)

    def _anchored(self, name: str, start: int, end: int) -> _Anchor:
        anchor = self.anchors.get(name)
        if anchor is None:
            hint = 'a text that begins with "*" needs quotes'
            self._note(f"no anchor {shown(name)} stands above", start, end, hint)
        elif not anchor.ready:
            self._note(f"the alias {shown(name)} stands inside what it names", start, end)
        else:
            return anchor
        return _Anchor({})

    def _key(self, text: str, plain: bool, start: int, end: int) -> None:
        """Take a scalar as the key of the open mapping."""
        frame = self.frame
        if text in frame.container or text == "<<":
            frame.key = self._special_key(text, plain, start, end)
        else:
            frame.key = intern(text)
            frame.spans += (start, end)

    def _special_key(self, text: str, plain: bool, start: int, end: int) -> object:
        """What to keep for a key that is there already, or looks like the one that merges."""
        frame = self.frame
        if text == "<<" and plain:
            if frame.merge is None:
                frame.merge = start
                return _MERGE
            first = frame.merge
        elif text in frame.container:
            first = frame.spans[4 * list(frame.container).index(text)]
        else:
            frame.spans += (start, end)
            return text
        line = self.source.line(first)
        self._note(f"duplicate key {shown(text)}; it is at line {line} already", start, end)
        self.duplicates += 1
        return _DROP

    def _deliver(self, value: Any, start: int, end: int) -> None:
        """Give a value to the open container."""
        frame = self.frame
        key = frame.key
        if key is _ITEM:
            frame.container.append(value)
            frame.spans += (start, end)
            return
        frame.key = None
        if key is _LOST:
            frame.key = _DROP
        elif key is _MERGE:
            frame.merged += tuple(self._sources(value, start, end))
        elif key is not _DROP:
            frame.container[key] = value
            frame.spans += (start, end)

    def _sources(self, value: Any, start: int, end: int) -> list[dict[str, Any]]:
        """The mappings that "<<" merges; of two with the same key, the first counts."""
        sources = value if isinstance(value, list) else [value]
        if all(isinstance(source, dict) for source in sources):
            return [source for source in sources if source]
        self._note('"<<" merges a mapping or a list of mappings', start, end)
        return []

    def _merge(self, frame: _Frame) -> None:
        """Put the merged entries before the written ones, each with the place where it was written."""
        container: dict[str, Any] = {}
        spans: list[int] = []
        for source in frame.merged:
            place = self.where[id(source)]
            for key, value in source.items():
                if key not in container and key not in frame.container:
                    container[key] = value
                    spans += self.spans[place : place + 4]
                place += 4
        frame.container = container | frame.container
        frame.spans = spans + frame.spans

    def _content(self, event: Any) -> int:
        """Where a node begins, past its anchor and tag."""
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        if event.anchor is None and event.tag is None:
            return start
        if event.__class__ is yaml.ScalarEvent:
            match = _PROPERTIES.match(self.source.text, start, end)
            return match.end() if match else start
        # A block begins where its first token ends up; "[", "{" and "-" are tokens themselves.
        return end - 1 if self.source.text[end - 1] in "[{-" else end

    def _unknown_tag(self, message: str, event: Any, content: int) -> None:
        start = event.start_mark.index
        self._note(message, start, max(content, start + 1), 'a text that begins with "!" needs quotes')

    def _count(self, values: int, start: int, end: int) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            self._too_many(start, end)

    def _too_many(self, start: int, end: int) -> None:
        self._stop(f"more than {MAX_VALUES:,} values, those of aliases counted (limit)", start, end)

    def _too_deep(self, start: int) -> None:
        self._stop(f"nested deeper than {MAX_DEPTH} levels", start, start + 1)

    def _note(self, message: str, start: int, end: int, hint: str | None = None) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            self._stop(f"more than {MAX_PROBLEMS} problems; the rest is not read", start, end)
        self.problems.append(self.source.problem(message, start, end, hint))

    def _stop(self, message: str, start: int, end: int) -> NoReturn:
        self.problems.append(self.source.problem(message, start, end))
        raise _Stop


def _nothing(event: Any) -> None:
    """Where streams and documents begin and end, there is nothing to keep."""
