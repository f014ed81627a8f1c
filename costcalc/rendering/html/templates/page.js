"use strict";
// Tables sort by a click on a column's name; a click on a layer shows its formulas below it.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const key = (row, column) => {
    const cell = row.cells[column];
    const value = cell.dataset.value;
    return value === undefined ? (cell.classList.contains("number") ? null : cell.textContent) : value;
  };
  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!head || !event.target.closest("button")) return;
    const column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    body.querySelectorAll("tr.formula").forEach((row) => row.remove());
    body.querySelectorAll("a[aria-expanded=true]").forEach((link) => link.setAttribute("aria-expanded", "false"));
    const keyed = [...body.rows].map((row) => [key(row, column), row]);
    const numbers = head.classList.contains("number");
    const order = (a, b) => {
      if (a[0] === null || b[0] === null) return (a[0] === null) - (b[0] === null);
      const less = numbers ? Number(a[0]) - Number(b[0]) : a[0].localeCompare(b[0], "en", { numeric: true });
      return down ? -less : less;
    };
    keyed.sort(order);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...keyed.map((pair) => pair[1]));
  });
  for (const link of body.querySelectorAll("a[href*='-formula-']")) link.setAttribute("aria-expanded", "false");
  body.addEventListener("click", (event) => {
    const link = event.target.closest("a[aria-expanded]");
    if (!link) return;
    event.preventDefault();
    const row = link.closest("tr");
    if (link.getAttribute("aria-expanded") === "true") {
      link.setAttribute("aria-expanded", "false");
      row.nextElementSibling.remove();
      return;
    }
    const text = document.getElementById(link.getAttribute("href").slice(1)).cloneNode(true);
    text.removeAttribute("id");
    const cell = document.createElement("td");
    cell.colSpan = row.cells.length;
    cell.append(text);
    const below = document.createElement("tr");
    below.className = "formula";
    below.append(cell);
    row.after(below);
    link.setAttribute("aria-expanded", "true");
  });
}
