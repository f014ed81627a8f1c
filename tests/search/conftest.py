"""What several tests of searches watch."""

from __future__ import annotations

import pytest

from costcalc.network import resolver


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What networks are resolved from, one after the other, as it happens."""
    found: list[object] = []
    network_of = resolver._network
    monkeypatch.setattr(resolver, "_network", lambda *given: (found.append(given), network_of(*given))[1])
    return found
