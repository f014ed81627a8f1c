"""Files as they were at a commit, read from a git repository, in which nothing is ever run.

Only three commands of git are used, which neither look at the work tree nor transform what they print, so
that no hook, filter, text conversion or external diff has a part in them. What they are given may be a
stranger's text: a revision cannot become an option, a folder that looks like a bare repository is not taken
for one, and nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from shutil import which
from typing import IO

from costcalc.errors import CostcalcError
from costcalc.quantity import shown
from costcalc.reading.files import MAX_BYTES
from costcalc.reading.places import inside

_SETTINGS = (
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
)
_ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_REGULAR = ("100644", "100755")
_LINK = "120000"
_SUBMODULE = "160000"
_MOST_LINKS = 10


@dataclass(frozen=True, slots=True)
class Blob:
    """A file in a commit: its mode and the name of its content."""

    mode: str
    name: str

    @property
    def is_regular(self) -> bool:
        """Whether it is no link and no submodule."""
        return self.mode in _REGULAR


class Commit:
    """One commit of the repository around a folder.

    Raises CostcalcError where there is no git, no repository or no such commit.
    """

    def __init__(self, folder: str, revision: str) -> None:
        self.revision = revision
        self._folder = folder or "."
        self.top = os.path.realpath(self._line("rev-parse", "--show-toplevel"))
        self.name = self._resolve(revision)

    @cached_property
    def files(self) -> dict[str, Blob]:
        """All files of the commit by their paths from the top, with slashes."""
        listing = self._run("-C", self.top, "ls-tree", "-r", "-z", "--full-tree", self.name)
        files = {}
        for line in listing.decode("utf-8", "surrogateescape").split("\0"):
            facts, _, path = line.partition("\t")
            if path:
                mode, _, name = facts.split(" ")
                files[path] = Blob(mode, name)
        return files

    def paths_of(self, path: str) -> list[str]:
        """The paths from the top of a file of the work tree: as it is spelt, and with its links of today followed; none
        for one outside.
        """
        return inside(self.top, path)

    def find(self, path: str) -> str | None:
        """The regular file of the commit that a path of the work tree led to; None where there was none.

        What is a link today counts as what it was.
        """
        return next(filter(None, map(self.resolved, self.paths_of(path))), None)

    def resolved(self, path: str) -> str | None:
        """The path of a regular file of the commit, links in the commit followed; None where there is none."""
        for _ in range(_MOST_LINKS):
            blob = self.files.get(path)
            if blob is None or blob.mode != _LINK:
                return path if blob is not None and blob.is_regular else None
            target = self.read(path).decode("utf-8", "surrogateescape")
            path = os.path.normpath(os.path.join(os.path.dirname(path), target)).replace(os.sep, "/")
        return None

    def read(self, path: str) -> bytes:
        """What a file of the commit holds, up to a byte more than a spec may have."""
        return self._run("cat-file", "blob", f"{self.name}:{path}")

    def name_of(self, text: str) -> str:
        """The name that git gives to a file that holds just this text."""
        from hashlib import sha1, sha256

        data = text.encode("utf-8", "surrogateescape")
        data = b"blob %d\0" % len(data) + data
        digest = sha1(data, usedforsecurity=False) if len(self.name) == 40 else sha256(data)
        return digest.hexdigest()

    def in_submodule(self, path: str) -> bool:
        """Whether a path leads into another repository."""
        parents = accumulate(path.split("/"), "{}/{}".format)
        return any(parent in self.files and self.files[parent].mode == _SUBMODULE for parent in parents)

    def _resolve(self, revision: str) -> str:
        if revision and "\0" not in revision:
            try:
                arguments = ("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
                return self._line("rev-parse", *arguments)
            except CostcalcError:
                pass
        message = f"git:{revision}: no commit {shown(revision)} in this repository"
        if self._line("rev-parse", "--is-shallow-repository") == "true":
            message += (
                ", which is a shallow clone: fetch the commit first, such as by "
                "git fetch --depth=1 origin BRANCH, and then use git:FETCH_HEAD"
            )
        raise CostcalcError(message)

    def _line(self, *arguments: str) -> str:
        return self._run(*arguments).decode("utf-8", "surrogateescape").removesuffix("\n")

    def _run(self, *arguments: str) -> bytes:
        """What a git command prints, up to a byte more than a spec may have (a listing: all of it)."""
        git = which("git")
        if git is None:
            raise CostcalcError(f"git:{self.revision}: there is no git here")
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        with subprocess.Popen(
            [git, "-C", self._folder, "--no-pager", *settings, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT},
        ) as process:
            output, errors = _both(process, MAX_BYTES + 1 if "cat-file" in arguments else -1)
        if process.returncode and len(output) <= MAX_BYTES:
            said = errors.decode("utf-8", "replace").strip().partition("\n")[0]
            raise CostcalcError(f"git:{self.revision}: {said.removeprefix('fatal: ') or 'git failed'}")
        return output


def _both(process: subprocess.Popen[bytes], most: int) -> tuple[bytes, bytes]:
    """What a process prints on both its streams; it is ended where it prints more than it may."""
    from threading import Thread

    errors: list[bytes] = []

    def drain(stream: IO[bytes]) -> None:
        errors.append(stream.read(2**16))
        while stream.read(2**16):
            pass

    assert process.stdout is not None
    assert process.stderr is not None
    listener = Thread(target=drain, args=(process.stderr,), daemon=True)
    listener.start()
    output = process.stdout.read(most)
    if most >= 0 and len(output) == most:
        process.kill()
    process.wait()
    listener.join()
    return output, b"".join(errors)
