"use strict";
// Tables sort by a click on a column's name; a click on a layer shows its formulas below it; a mark of a picture leads to
// its row, and a row shows its marks.
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

const marks = new Map();
for (const mark of document.querySelectorAll("[data-to]")) {
  const to = mark.dataset.to;
  if (!marks.has(to)) marks.set(to, []);
  marks.get(to).push(mark);
}
let pointed = "";
function point(to) {
  if (to === pointed) return;
  for (const [id, on] of [[pointed, false], [to, true]]) {
    if (!id) continue;
    for (const mark of marks.get(id) || []) mark.classList.toggle("marked", on);
    const row = document.getElementById(id);
    if (row) row.classList.toggle("marked", on);
  }
  pointed = to;
}
function go(to) {
  const row = document.getElementById(to);
  if (!row) return;
  for (let around = row.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  point(to);
  row.tabIndex = -1;
  (row.querySelector("a") || row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "center", inline: "nearest" });
}
const rowOf = (target) => {
  const row = target.closest("tr[id]");
  return row && marks.has(row.id) ? row.id : "";
};
document.addEventListener("mouseover", (event) => {
  const mark = event.target.closest("[data-to]");
  const to = mark ? mark.dataset.to : rowOf(event.target);
  if (to) point(to);
});
document.addEventListener("focusin", (event) => {
  const to = rowOf(event.target);
  if (to) point(to);
});
for (const picture of document.querySelectorAll(".picture")) {
  const order = [...new Set([...picture.querySelectorAll("[data-to]")].map((mark) => mark.dataset.to))];
  if (!order.length) continue;
  const keys = picture.parentElement.querySelector(".keys");
  if (keys) keys.hidden = false;
  picture.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-to]");
    if (mark) go(mark.dataset.to);
  });
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const place = order.indexOf(pointed);
      point(order[place < 0 ? (step > 0 ? 0 : order.length - 1) : (place + step + order.length) % order.length]);
      const row = document.getElementById(pointed);
      document.getElementById("pointed").textContent = row ? [...row.cells].map((cell) => cell.textContent).join(" ") : "";
    } else if (event.key === "Enter" && order.includes(pointed)) {
      go(pointed);
    } else {
      return;
    }
    event.preventDefault();
  });
}
