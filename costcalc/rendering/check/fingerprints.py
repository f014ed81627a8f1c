"""Names by which services recognise a finding in the next run: the same while it is about the same thing.

No line number and no value goes into them, so that an edit above, or another number, makes no new finding.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256

from costcalc.rendering.check.findings import Finding, is_file
from costcalc.rendering.check.roots import from_root

_NUMBERS = re.compile(r"\d+")


class Fingerprints:
    """Fingerprints for the findings of one report, all different."""

    def __init__(self, root: str | None) -> None:
        self._root = root
        self._seen: Counter[tuple[str, ...]] = Counter()

    def of(self, finding: Finding) -> str:
        """The fingerprint of a finding; of equal ones the second and later are numbered."""
        spec = from_root(finding.spec, self._root) if is_file(finding.spec) else finding.spec
        what = _NUMBERS.sub("#", finding.message) if finding.rule == "spec" else finding.what
        key = (finding.rule, spec, what)
        self._seen[key] += 1
        text = "\0".join((*key, str(self._seen[key])))
        return sha256(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
