"""Reads a page of ours: its elements, its tables with the values behind the cells, its texts."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """A page: ``tags`` with their attributes in order, ``tables`` by id: rows of (text, value) of their cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.tables: dict[str, list[list[tuple[str, str | None]]]] = {}
        self.headers: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self._table = ""
        self._cell: tuple[str, str | None] | None = None
        self.feed(text)
        self.close()

    def count(self, tag: str) -> int:
        """How many elements of a name there are."""
        return sum(each == tag for each, _ in self.tags)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "table":
            self._table = attributes["id"]
            self.tables[self._table], self.headers[self._table] = [], []
        elif tag == "tr":
            self.tables[self._table].append([])
        elif tag in ("td", "th"):
            self._cell = ("", attributes.get("data-value"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "th" and self._cell:
            self.headers[self._table].append(self._cell[0])
        elif tag == "td" and self._cell:
            self.tables[self._table][-1].append(self._cell)
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._cell is not None:
            self._cell = (self._cell[0] + data, self._cell[1])
