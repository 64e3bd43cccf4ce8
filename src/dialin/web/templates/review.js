// Keyboard shortcuts and selection counts of the review pages. Every page also works without this script.
"use strict";
(() => {
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const rows = all("[data-row]");
  const ticks = all("[data-rows] input[type=checkbox]");
  let at = -1;

  function stand(place) {
    if (!rows.length) return;
    rows[at]?.classList.remove("here");
    at = Math.min(Math.max(place, 0), rows.length - 1);
    rows[at].classList.add("here");
    rows[at].scrollIntoView({ block: "nearest" });
    (rows[at].querySelector("input[type=checkbox], a, button") || rows[at]).focus({ preventScroll: true });
  }

  function count() {
    const n = ticks.filter((tick) => tick.checked).length;
    for (const output of all("[data-chosen]")) output.textContent = n ? `${n} selected` : "none selected";
    for (const button of all("[data-needs-choice]")) button.disabled = n < Number(button.dataset.needsChoice || 1);
  }

  function tickAll() {
    const on = ticks.some((tick) => !tick.checked);
    for (const tick of ticks) tick.checked = on;
    count();
  }

  const here = () => rows[at];
  const moves = {
    j: () => stand(at + 1),
    k: () => stand(at - 1),
    x: () => { const tick = here()?.querySelector("input[type=checkbox]"); if (tick) { tick.checked = !tick.checked; count(); } },
    Escape: () => document.activeElement?.blur(),
  };

  function press(key) {
    const own = here()?.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
    const target = own || document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const field = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
    if (target && !target.disabled) target.click();
    else if (field) { field.focus(); field.select?.(); }
    return Boolean(target || field);
  }

  document.addEventListener("keydown", (event) => {
    const isWriting = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || (isWriting && event.key !== "Escape")) return;
    if (event.key === "Enter" && here() && event.target.matches("input[type=checkbox], body")) {
      here().querySelector("[data-open]")?.click();
      event.preventDefault();
    } else if (moves[event.key]) {
      moves[event.key]();
      event.preventDefault();
    } else if (event.key.length === 1 && press(event.key)) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-rows] input[type=checkbox]")) count();
    if (event.target.matches(".who input")) event.target.form.requestSubmit();
  });
  for (const row of rows) row.addEventListener("focusin", () => { rows[at]?.classList.remove("here"); at = rows.indexOf(row); row.classList.add("here"); });
  for (const button of all("[data-tick-all]")) button.addEventListener("click", tickAll);
  if (document.querySelector("[data-begin]")) stand(0);
  count();
})();
