// Tables whose rows are sorted by a click on a column: each cell has its value in data-v, and unknown ones come last.

function startSorting() {
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const button of table.tHead.querySelectorAll("button")) button.onclick = () => sortRows(table, button);
  }
}

function sortRows(table, button) {
  const head = button.closest("th"), isText = "text" in button.dataset;
  const isUp = head.ariaSort ? head.ariaSort !== "ascending" : isText;
  for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  const value = (row) => row.cells[head.cellIndex].dataset.v;
  const compare = isText ? (a, b) => value(a).localeCompare(value(b)) : (a, b) => value(a) - value(b);
  const rows = [...table.tBodies[0].rows], known = rows.filter((row) => value(row) !== "");
  known.sort((a, b) => (isUp ? 1 : -1) * compare(a, b));
  table.tBodies[0].append(...known, ...rows.filter((row) => value(row) === ""));
}
