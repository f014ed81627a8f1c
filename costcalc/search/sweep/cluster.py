"""A sweep on a Dask cluster: each piece of the space a task, a few more at once than there are workers.

The space is the result of a task of its own, so that a worker's loss loses nothing that cannot be computed again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from costcalc.errors import CostcalcError
from costcalc.quantity import shown
from costcalc.search.sweep.selecting import Costed, Piece, Run, Wanted, cost
from costcalc.search.sweep.space import Space

_AT_ONCE = 4


def on_cluster(address: str) -> Run:
    """What costs pieces on the cluster of a scheduler, and gives them back in order. Raises CostcalcError."""
    try:
        from distributed import Client
    except ImportError:
        raise CostcalcError(
            "--scheduler needs dask, which is not installed: pip install 'costcalc[dask]'"
        ) from None

    def run(space: Space, pieces: Iterable[Piece], wanted: Wanted) -> Iterator[Costed]:
        try:
            client = Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise CostcalcError(f"--scheduler {shown(address)} does not answer: {error}") from None
        with client:
            job = client.submit(_same, _Job(space, wanted), pure=False)
            waiting: deque[object] = deque()
            for piece in pieces:
                waiting.append(client.submit(_cost, job, piece, pure=False))
                if len(waiting) > _AT_ONCE * max(1, len(client.scheduler_info()["workers"])):
                    yield waiting.popleft().result()  # type: ignore[attr-defined]
            while waiting:
                yield waiting.popleft().result()  # type: ignore[attr-defined]

    return run


class _Job(NamedTuple):
    """What all tasks need."""

    space: Space
    wanted: Wanted


def _same(job: _Job) -> _Job:
    return job


def _cost(job: _Job, piece: Piece) -> Costed:
    return cost(job.space, piece, job.wanted)
