"""Where reports go: ``-f`` to standard output, ``-o FORMAT=PATH`` to files, each replaced as a whole or not at all."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeAlias

from costcalc.cli.output import emit, say, say_error, writing
from costcalc.cli.parser import UsageError
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import shown
from costcalc.rendering.escape import terminal
from costcalc.rendering.formats import FOLDERS, Document, formats_of

STDOUT = "-"

#: Files, each with its name.
Files: TypeAlias = Iterator[tuple[str, str]]


class Target(NamedTuple):
    """One report: its format, and the path that it goes to."""

    format: str
    path: str


def targets(
    format: str | None, outputs: Sequence[str], specs: Iterable[str], document: Document
) -> list[Target]:
    """The reports asked for, that for standard output first, as a table unless something else is asked for.

    Raises UsageError: no FORMAT=PATH, an unknown format, a path twice, a report over a spec, config, baseline or model.
    """
    found = [_target(text, formats_of(document)) for text in outputs]
    if format is not None or all(target.path != STDOUT for target in found):
        found.insert(0, Target(str(format or formats_of(document)[0]), STDOUT))
    places = [_place(target.path) for target in found]
    for index, target in enumerate(found):
        if places[index] in places[:index]:
            where = "standard output" if target.path == STDOUT else shown(target.path)
            raise UsageError(f"two reports go to {where}")
    refuse_replacing(found, specs)
    for target in found:
        refuse_file(target, document)
    return found


def refuse_file(target: Target, document: Document) -> None:
    """Refuse to write several files where one is. Raises UsageError."""
    several = (document, target.format) in FOLDERS and target.path != STDOUT
    if several and os.path.lexists(target.path) and not os.path.isdir(target.path):
        raise UsageError(f"{target.format} is several files, and {shown(target.path)} is no folder")


def refuse_replacing(outputs: Iterable[Target | str], inputs: Iterable[str], but: str = "") -> None:
    """Refuse to write over what a run reads, and over any spec, config, baseline or model; ``but`` is what is written.

    Raises UsageError.
    """
    paths = [output if isinstance(output, str) else output.path for output in outputs]
    sources = list(inputs)
    for path in paths:
        if path == STDOUT:
            continue
        from costcalc.application.sources import kind_of

        kind = next(("spec" for source in sources if _is_same(path, source)), None) or kind_of(path)
        if kind is not None and kind != but:
            what = "a report" if not but else f"a {but}"
            raise UsageError(f"{what} would replace the {kind} {shown(path)}")


def refuse_input(output: str, source: str) -> None:
    """Refuse to write over what is read. Raises UsageError."""
    if STDOUT not in (output, source) and _is_same(output, source):
        raise _is_read(output)


def refuse_read(paths: Iterable[str]) -> None:
    """Refuse to write over any file whose text this run has read, such as a device's. Raises UsageError."""
    from costcalc.reading.files import was_read

    for path in paths:
        if path != STDOUT and was_read(path):
            raise _is_read(path)


def _is_read(path: str) -> UsageError:
    return UsageError(f"{shown(path)} is what is read: name another file")


def _is_same(path: str, source: str) -> bool:
    if os.path.exists(path) and os.path.exists(source):
        return os.path.samefile(path, source)
    return os.path.realpath(path) == os.path.realpath(source)


@contextmanager
def alone(path: str) -> Iterator[None]:
    """While nobody else who asks the same writes a file. On Windows, and a file system without locks, at any time."""
    try:
        import fcntl

        folder = os.open(os.path.dirname(os.path.realpath(path)), os.O_RDONLY)
    except (ImportError, OSError):  # no such folder: writing says so
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def deliver(targets: Iterable[Target], render: Callable[[Target], str | Files], verbose: bool) -> bool:
    """Render and write each report; whether all could be written. What could not is told.

    Raises UsageError, before anything is written, where one would replace what was read.
    """
    targets, whole = list(targets), True
    refuse_read(target.path for target in targets)
    for target in targets:
        try:
            document = render(target)
            if isinstance(document, str):
                write(target.path, document)
            else:
                write_folder(target.path, document)
        except CostcalcError as error:
            say_error(error)
            whole = False
        else:
            if verbose and target.path != STDOUT:
                say(terminal(f"wrote {target.format} to {target.path}"))
    return whole


def _target(text: str, known: Sequence[str]) -> Target:
    name, sign, path = text.partition("=")
    example = text if text in known else known[-1]
    hint = f"such as -o {example}=PATH; formats: {', '.join(known)}"
    if not sign or not path:
        raise UsageError(f"-o {shown(text)} is not FORMAT=PATH", hint)
    if name not in known:
        raise UsageError(f"unknown format {shown(name)}{did_you_mean(name, known)}", hint)
    return Target(name, path)


def _place(path: str) -> str:
    return path if path == STDOUT else os.path.realpath(path)


def write(path: str, document: str, changes: bool = False) -> None:
    """Write a report, atomically where it is a file; over what was read only where it ``changes`` that.

    Raises CostcalcError where that cannot be.
    """
    if path == STDOUT:
        emit(document)
        return
    write_bytes(path, document.encode("utf-8", "backslashreplace"), changes)


def write_folder(path: str, files: Files) -> None:
    """Write files into a folder, made where there is none. Raises CostcalcError where that cannot be."""
    with writing(path):
        os.makedirs(path, exist_ok=True)
    for name, document in files:
        inside = os.path.join(path, name)
        refuse_replacing([inside], [])
        write(inside, document)


def write_bytes(path: str, data: bytes, changes: bool = False) -> None:
    """Write a file, as :func:`write` does."""
    if not changes:
        refuse_read([path])
    with writing(path):
        status = _status(path)
        if status is not None and not stat.S_ISREG(status.st_mode):
            with open(path, "wb") as file:  # a pipe or a device; a folder says so itself
                file.write(data)
        else:
            mode = _new_mode() if status is None else stat.S_IMODE(status.st_mode)
            _replace(os.path.realpath(path), data, mode)


@contextmanager
def replaced(path: str) -> Iterator[str]:
    """A path to write to, which takes the place of a file in the end, if all went well. Raises CostcalcError."""
    import tempfile

    target = os.path.realpath(path)
    with writing(path):
        status = _status(path)
        if status is not None and not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{shown(path)} is no regular file")
        handle, temporary = tempfile.mkstemp(prefix=".costcalc-", dir=os.path.dirname(target))
        os.close(handle)
    try:
        yield temporary
        refuse_read([path])
        with writing(path):
            os.chmod(temporary, _new_mode() if status is None else stat.S_IMODE(status.st_mode))
            os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _replace(target: str, data: bytes, mode: int) -> None:
    """Put a new file in the place of the old one, which stays whole until then."""
    import tempfile

    handle, temporary = tempfile.mkstemp(prefix=".costcalc-", dir=os.path.dirname(target))
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
