"""What is found wrong with a spec: each mistake once, and not without end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.errors import MAX_PROBLEMS, Problem, Route

#: So often a mistake may be met again.
_MOST_AGAIN = 1000


class TooManyProblemsError(Exception):
    """There are so many problems that the rest is not checked; they are in the ledger already."""


class Ledger:
    """The problems and warnings of one spec; ``found`` are the problems of its frame."""

    def __init__(self, found: Sequence[Problem] = ()) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._in_frame = {route for problem in found for route in _without_indices(problem.route)}
        self._asked: set[tuple[object, ...]] = set()
        self._again = 0
        for problem in found:
            _add(self.problems, problem)

    def note(self, problem: Problem) -> None:
        """Note a problem, once for all copies of a layer, and not where the frame has one already.

        Raises TooManyProblemsError.
        """
        if problem.route in self._in_frame or not self.is_new(problem.route, problem.message):
            return
        if problem.severity == "warning":
            _add(self.warnings, problem)
        elif _add(self.problems, problem) > MAX_PROBLEMS:
            raise TooManyProblemsError

    def is_new(self, *question: object) -> bool:
        """Whether this is asked for the first time; asking comes before a message that takes long to make.

        A block with a mistake may be used without end: after many times the rest is not checked, and
        TooManyProblemsError is raised.
        """
        if question not in self._asked:
            self._asked.add(question)
            return True
        self._again += 1
        if self._again > _MOST_AGAIN and self.problems:
            raise TooManyProblemsError
        return False

    def was_asked(self, *question: object) -> bool:
        """Whether :meth:`is_new` was asked this before."""
        return question in self._asked


def _add(problems: list[Problem], problem: Problem) -> int:
    """Add a problem unless there are enough, and say so once; how many there would be."""
    if len(problems) < MAX_PROBLEMS:
        problems.append(problem)
        return len(problems)
    if len(problems) == MAX_PROBLEMS:
        noun = "warnings" if problem.severity == "warning" else "problems"
        problems.append(
            problem._replace(message=f"more than {MAX_PROBLEMS} {noun}; the rest is left out", hint=None)
        )
    return len(problems) + 1


def _without_indices(route: Route) -> Iterator[Route]:
    """A route, and those of the lists that it ends in."""
    yield route
    while route and isinstance(route[-1], int):
        route = route[:-1]
        yield route
