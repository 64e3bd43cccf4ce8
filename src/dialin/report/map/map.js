// The map: draws the points of the page's data on a canvas, with hover, zoom, search, and a view of one intent.

const UNIT = 9999, NEAR = 14, MAX_ZOOM = 80, LISTED = 60, CELLS = 128, NAME_WIDTH = 170;

function startMap(data) {
  const canvas = document.getElementById("canvas");
  const tip = document.getElementById("tip"), list = document.getElementById("map-list");
  const search = document.getElementById("map-search"), role = document.getElementById("map-role");
  const status = document.getElementById("map-status");
  const paint = canvas.getContext("2d");
  const n = data.x.length, noIntent = data.intents.length;
  const intentOf = data.i.map((i) => (i < 0 ? noIntent : i));
  const lower = data.t.map((text) => text.toLowerCase());
  const groups = groupsOf(intentOf, noIntent + 1);
  const places = groups.map((rows) => [middle(rows, data.x), middle(rows, data.y)]);
  const cells = cellsOf(data.x, data.y);
  const wide = spanOf(data.x), high = spanOf(data.y);
  const home = { x: UNIT / 2, y: UNIT / 2, zoom: 1 };
  let view = { ...home }, chosen = -1, hovered = -1, shown = null, isPrinting = false, isAsked = false;

  // --- colours and places ---

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => dark.matches && !isPrinting;
  const own = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  function colours() {
    if (isPrinting) return { page: "#fff", ink: "#000", none: "#8a919c" };
    return { page: own("--card"), ink: own("--ink"), none: own("--none") };
  }

  function scale() {
    return Math.min((canvas.clientWidth - 56) / wide, (canvas.clientHeight - 56) / high) * view.zoom;
  }

  function placeOf(x, y) {
    const s = scale();
    return [(x - view.x) * s + canvas.clientWidth / 2, (y - view.y) * s + canvas.clientHeight / 2];
  }

  function pointAt(left, top) {
    const s = scale();
    return [(left - canvas.clientWidth / 2) / s + view.x, (top - canvas.clientHeight / 2) / s + view.y];
  }

  // --- drawing ---

  function draw() {
    isAsked = false;
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    const theme = colours();
    paint.fillStyle = theme.page;
    paint.fillRect(0, 0, width, height);
    const size = Math.min(7, (n > 20000 ? 1.25 : n > 4000 ? 2.1 : 3) * Math.pow(view.zoom, 0.4));
    for (const isLit of shown ? [false, true] : [true]) {
      paint.globalAlpha = isLit ? 0.82 : 0.1;
      groups.forEach((rows, i) => drawGroup(rows, i, size, theme, isLit));
    }
    paint.globalAlpha = 1;
    if (hovered >= 0) drawRing(hovered, size + 3, theme);
    drawNames(theme, width, height);
  }

  function drawGroup(rows, i, size, theme, isLit) {
    const colour = i === noIntent ? theme.none : data.intents[i][isDark() ? 2 : 1];
    const s = scale(), left = canvas.clientWidth / 2 - view.x * s, top = canvas.clientHeight / 2 - view.y * s;
    paint.beginPath();
    for (const j of rows) {
      if (shown && (shown[j] === 1) !== isLit) continue;
      const x = data.x[j] * s + left, y = data.y[j] * s + top;
      if (x < -9 || y < -9 || x > canvas.clientWidth + 9 || y > canvas.clientHeight + 9) continue;
      if (size < 2) paint.rect(x - size, y - size, 2 * size, 2 * size);
      else { paint.moveTo(x + size, y); paint.arc(x, y, size, 0, 7); }
    }
    if (i !== noIntent) { paint.fillStyle = colour; paint.fill(); return; }
    paint.strokeStyle = colour;
    paint.lineWidth = 1.2;
    paint.stroke();
  }

  function drawRing(j, size, theme) {
    const [x, y] = placeOf(data.x[j], data.y[j]);
    paint.beginPath();
    paint.arc(x, y, size, 0, 7);
    paint.strokeStyle = theme.ink;
    paint.lineWidth = 2;
    paint.stroke();
  }

  function drawNames(theme, width, height) {
    const taken = [];
    paint.font = "600 12px " + getComputedStyle(document.body).fontFamily;
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    paint.lineJoin = "round";
    const order = chosen >= 0 ? [chosen] : data.listed.filter((i) => !shown || groups[i].some((j) => shown[j]));
    for (const i of order) {
      if (!groups[i].length) continue;
      if (taken.length >= 18 * view.zoom) return;
      const [x, y] = placeOf(...places[i]), name = cut(data.intents[i][0]), half = paint.measureText(name).width / 2;
      const box = [x - half - 9, y - 15, x + half + 9, y + 15];
      const isOut = box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height;
      if (isOut || taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
      taken.push(box);
      paint.strokeStyle = theme.page;
      paint.globalAlpha = 0.85;
      paint.lineWidth = 4;
      paint.strokeText(name, x, y);
      paint.globalAlpha = 1;
      paint.fillStyle = theme.ink;
      paint.fillText(name, x, y);
    }
  }

  function cut(name) {
    let length = name.length;
    while (length > 4 && paint.measureText(name.slice(0, length)).width > NAME_WIDTH) length--;
    return length < name.length ? name.slice(0, length).trim() + "…" : name;
  }

  function ask() {
    if (!isAsked) requestAnimationFrame(draw);
    isAsked = true;
  }

  // --- moving ---

  function moveTo(next) {
    view = { ...next, zoom: Math.min(MAX_ZOOM, Math.max(0.7, next.zoom)) };
    hide();
    ask();
  }

  function zoomBy(factor, left = canvas.clientWidth / 2, top = canvas.clientHeight / 2) {
    const [x, y] = pointAt(left, top), zoom = Math.min(MAX_ZOOM, Math.max(0.7, view.zoom * factor));
    const back = view.zoom / zoom;
    moveTo({ x: x + (view.x - x) * back, y: y + (view.y - y) * back, zoom });
  }

  function showAll(rows) {
    const [left, right] = ends(rows, data.x), [top, bottom] = ends(rows, data.y);
    const zoom = 0.7 * Math.min(wide / Math.max(right - left, 1), high / Math.max(bottom - top, 1));
    moveTo({ x: (left + right) / 2, y: (top + bottom) / 2, zoom: Math.min(Math.max(zoom, 1), 8) });
  }

  // --- hover ---

  function nearest(left, top) {
    const [x, y] = pointAt(left, top), reach = NEAR / scale();
    let best = -1, least = reach * reach;
    for (const j of cells.around(x, y, reach)) {
      const square = (data.x[j] - x) ** 2 + (data.y[j] - y) ** 2;
      if (square <= least && (!shown || shown[j])) { best = j; least = square; }
    }
    return best;
  }

  function show(j) {
    hovered = j;
    if (j < 0) return hide();
    const name = intentOf[j] === noIntent ? "without an intent" : data.intents[intentOf[j]][3];
    tip.replaceChildren(made("b", "", dotOf(intentOf[j]), said("span", "", name)), said("span", "says", data.t[j]), made("span", "soft small", meta(j)));
    tip.hidden = false;
    const [x, y] = placeOf(data.x[j], data.y[j]);
    const left = x + 16 + tip.offsetWidth > canvas.clientWidth ? x - 16 - tip.offsetWidth : x + 16;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.min(Math.max(4, y - 12), Math.max(4, canvas.clientHeight - tip.offsetHeight - 4)) + "px";
    ask();
  }

  function meta(j) {
    const times = data.c[j] > 1 ? data.c[j] + " times" : "once";
    return [data.roles[data.r[j]], "said " + times].filter(Boolean).join(" · ");
  }

  function hide() {
    hovered = -1;
    tip.hidden = true;
    ask();
  }

  // --- search and the list beside the map ---

  function update() {
    const words = search.value.toLowerCase().trim(), wanted = role ? role.selectedIndex - 1 : -1;
    const isNamed = data.intents.map((one) => (one[0] + " " + one[3]).toLowerCase().includes(words));
    const isAll = !words && wanted < 0 && chosen < 0;
    shown = isAll ? null : new Uint8Array(n);
    const found = [];
    for (let j = 0; !isAll && j < n; j++) {
      if ((wanted >= 0 && data.r[j] !== wanted) || (chosen >= 0 && intentOf[j] !== chosen)) continue;
      if (words && !lower[j].includes(words) && !isNamed[intentOf[j]]) continue;
      shown[j] = 1;
      found.push(j);
    }
    say(found, isAll);
    fill(found, words, isNamed);
    hide();
    return found;
  }

  function say(found, isAll) {
    const intents = new Set(found.map((j) => intentOf[j]).filter((i) => i !== noIntent)).size;
    const plural = (count, word) => count.toLocaleString("en") + " " + word + (count === 1 ? "" : "s");
    status.textContent = isAll ? "" : plural(found.length, "sentence") + " in " + plural(intents, "intent");
  }

  function fill(found, words, isNamed) {
    const hits = data.intents.map(() => 0);
    for (const j of found) if (intentOf[j] !== noIntent) hits[intentOf[j]]++;
    const all = data.listed;
    const intents = words ? all.filter((i) => hits[i] || isNamed[i]).sort((a, b) => hits[b] - hits[a] || a - b).slice(0, LISTED) : all;
    const rows = intents.filter((i) => i !== chosen).map((i) => item(i, words ? hits[i] : data.intents[i][4]));
    const more = words || chosen >= 0 ? found.slice(0, LISTED).map(sentence) : [];
    const own = chosen >= 0 ? [item(chosen, data.intents[chosen][4])] : [];
    const heads = [words ? "Intents · sentences found" : "Intents · utterances", found.length > LISTED ? "The first " + LISTED + " sentences" : "Sentences"];
    const [first, second] = heads.map((text) => made("li", "", made("h3", "", text)));
    if (!more.length) list.replaceChildren(first, ...rows);
    else if (chosen >= 0) list.replaceChildren(...own, second, ...more, first, ...rows);
    else list.replaceChildren(first, ...rows.slice(0, 10), second, ...more, ...(rows.length > 10 ? [made("li", "", made("h3", "", "More intents"))] : []), ...rows.slice(10));
  }

  function item(i, count) {
    const button = made("button", "", dotOf(i), said("span", "what", data.intents[i][0]), made("span", "n", count.toLocaleString("en")));
    button.type = "button";
    button.title = data.intents[i][3];
    button.setAttribute("aria-pressed", String(i === chosen));
    button.onclick = () => choose(i === chosen ? -1 : i);
    return made("li", "", button);
  }

  function sentence(j) {
    const button = made("button", "", dotOf(intentOf[j]), said("span", "what sentence", data.t[j]));
    button.type = "button";
    button.onclick = () => { moveTo({ x: data.x[j], y: data.y[j], zoom: Math.max(view.zoom, 5) }); show(j); };
    button.onfocus = () => show(j);
    return made("li", "", button);
  }

  function choose(i) {
    chosen = i;
    const found = update();
    if (i >= 0 && found.length) showAll(found); else moveTo(home);
    list.scrollTop = 0;
    const pressed = list.querySelector("[aria-pressed=true]");
    if (pressed) pressed.focus({ preventScroll: true });
  }

  function clear() {
    search.value = "";
    if (role) role.selectedIndex = 0;
    choose(-1);
  }

  // --- elements ---

  function made(tag, kind, ...inside) {
    const element = document.createElement(tag);
    if (kind) element.className = kind;
    element.append(...inside);
    return element;
  }

  function said(tag, kind, text) {
    const element = made(tag, kind, made("bdi", "", text));
    if (/[\u4e00-\u9fff]/.test(text)) element.lang = "zh-Hans";
    return element;
  }

  function dotOf(i) {
    const dot = made("span", i === noIntent ? "dot none" : "dot c");
    dot.setAttribute("aria-hidden", "true");
    if (i !== noIntent) dot.style.cssText = "--l:" + data.intents[i][1] + ";--d:" + data.intents[i][2];
    return dot;
  }

  // --- user input ---

  let held = null;
  canvas.addEventListener("pointerdown", (event) => {
    held = { left: event.offsetX, top: event.offsetY, view, isMoved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return show(nearest(event.offsetX, event.offsetY));
    const right = event.offsetX - held.left, down = event.offsetY - held.top;
    if (!held.isMoved && Math.hypot(right, down) < 4) return;
    held.isMoved = true;
    canvas.classList.add("held");
    moveTo({ ...view, x: held.view.x - right / scale(), y: held.view.y - down / scale() });
  });
  canvas.addEventListener("pointerup", (event) => {
    const j = held && !held.isMoved ? nearest(event.offsetX, event.offsetY) : -1;
    held = null;
    canvas.classList.remove("held");
    if (j >= 0 && intentOf[j] !== noIntent && intentOf[j] !== chosen) { choose(intentOf[j]); show(j); }
  });
  canvas.addEventListener("pointercancel", () => { held = null; canvas.classList.remove("held"); });
  canvas.addEventListener("pointerleave", hide);
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoomBy(2, event.offsetX, event.offsetY));
  canvas.addEventListener("keydown", (event) => {
    const step = 60 / scale();
    const keys = {
      "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), "0": () => moveTo(home), Escape: clear,
      ArrowLeft: () => moveTo({ ...view, x: view.x - step }), ArrowRight: () => moveTo({ ...view, x: view.x + step }),
      ArrowUp: () => moveTo({ ...view, y: view.y - step }), ArrowDown: () => moveTo({ ...view, y: view.y + step }),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.getElementById("zoom-in").onclick = () => zoomBy(1.6);
  document.getElementById("zoom-out").onclick = () => zoomBy(1 / 1.6);
  document.getElementById("zoom-reset").onclick = clear;
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, n > 20000 ? 200 : 60); });
  search.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
  if (role) role.addEventListener("change", update);
  dark.addEventListener("change", ask);
  addEventListener("beforeprint", () => { isPrinting = true; draw(); });
  addEventListener("afterprint", () => { isPrinting = false; draw(); });
  new ResizeObserver(draw).observe(canvas);
  for (const button of document.querySelectorAll(".to-map")) {
    button.onclick = () => { search.value = ""; choose(Number(button.dataset.place)); document.getElementById("map").scrollIntoView(); };
  }
  canvas.placeOf = (j) => placeOf(data.x[j], data.y[j]);
  update();
}

// --- arithmetic ---

function groupsOf(labels, count) {
  const groups = Array.from({ length: count }, () => []);
  labels.forEach((label, j) => groups[label].push(j));
  return groups;
}

function middle(rows, values) {
  return rows.map((j) => values[j]).sort((a, b) => a - b)[rows.length >> 1];
}

function spanOf(values) {
  let low = Infinity, top = -Infinity;
  for (const value of values) { low = Math.min(low, value); top = Math.max(top, value); }
  return Math.max(top - low, 1);
}

function ends(rows, values) {
  const sorted = rows.map((j) => values[j]).sort((a, b) => a - b), cut = Math.floor(rows.length / 20);
  return [sorted[cut], sorted[rows.length - 1 - cut]];
}

function cellsOf(x, y) {
  const cells = new Map(), side = (UNIT + 1) / CELLS;
  const at = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor(value / side)));
  x.forEach((_, j) => {
    const key = at(x[j]) * CELLS + at(y[j]);
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(j);
  });
  return {
    around(left, top, reach) {
      const found = [];
      for (let column = at(left - reach); column <= at(left + reach); column++)
        for (let row = at(top - reach); row <= at(top + reach); row++) found.push(...(cells.get(column * CELLS + row) || []));
      return found;
    },
  };
}
