// The table of intents, with one body per intent and heading: a click on a column sorts it, and the search field filters it.

function startTable() {
  const table = document.getElementById("table");
  if (!table) return;
  const bodies = [...table.tBodies], headings = bodies.filter((body) => body.matches(".heading"));
  const rows = bodies.filter((body) => !body.matches(".heading"));
  const search = document.getElementById("table-search"), status = document.getElementById("table-status");
  const said = (row) => [row.dataset.name, row.dataset.kind, row.dataset.role, ...[...row.querySelectorAll(".said, .description")].map((part) => part.textContent)];
  const words = rows.map((row) => said(row).join(" ").toLowerCase());
  const more = [...document.querySelectorAll("#others > li")];
  const isText = (key) => key === "name" || key === "role";

  function sortBy(button) {
    const head = button.closest("th"), key = button.dataset.key;
    const isUp = head.ariaSort ? head.ariaSort !== "ascending" : isText(key) || key === "id";
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const compare = isText(key)
      ? (a, b) => a.dataset[key].localeCompare(b.dataset[key])
      : (a, b) => a.dataset[key] - b.dataset[key];
    const sorted = rows.slice().sort((a, b) => (isUp ? 1 : -1) * compare(a, b) || a.dataset.id - b.dataset.id);
    if (!headings.length) table.append(...sorted);
    for (const heading of headings) table.append(heading, ...sorted.filter((row) => row.dataset.group === heading.dataset.group));
  }

  function filter() {
    const wanted = search.value.toLowerCase().trim();
    let count = 0;
    rows.forEach((row, i) => {
      row.hidden = !words[i].includes(wanted);
      count += !row.hidden;
    });
    for (const heading of headings) heading.hidden = !rows.some((row) => !row.hidden && row.dataset.group === heading.dataset.group);
    for (const item of more) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      count += !item.hidden;
    }
    status.textContent = wanted ? count + " of " + (rows.length + more.length) + " intents" : "";
  }

  function reveal() {
    const row = /^#intent-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!row || !row.hidden) return;
    search.value = "";
    filter();
    row.scrollIntoView();
  }

  for (const button of table.tHead.querySelectorAll("button")) button.onclick = () => sortBy(button);
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => { if (event.key === "Escape") { search.value = ""; filter(); } });
  addEventListener("hashchange", reveal);
}
