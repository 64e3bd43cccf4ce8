"use strict";
const at = (id) => document.getElementById(id);
const percent = (p) => (100 * p).toFixed(1) + " %";

function cell(text, name) {
  const made = document.createElement("td");
  made.textContent = text;
  made.dir = "auto";
  if (name) made.className = name;
  return made;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

function headers() {
  const key = at("key").value.trim();
  return key ? { "X-API-Key": key } : {};
}

function question(path, texts) {
  const asked = { top_k: Number(at("top").value), multi: at("multi").checked };
  if (path === "/predict") return { texts, ...asked };
  return { dialogues: [{ turns: texts.map((text) => ({ text })) }], ...asked };
}

function others(result) {
  const rest = result.ranking.filter((each) => each.intent_id !== result.intent_id);
  const ranking = rest.map((each) => `${each.name} ${percent(each.p)}`).join(", ");
  return [result.reason, ranking].filter(Boolean).join(": ");
}

function partsOf(result) {
  const text = [...(result.text || "")]; // places count code points
  const stated = result.intents || [];
  return stated.length < 2 ? [] : stated.map((one) => row(
    cell(text.slice(one.start, one.end).join(""), "part"),
    cell(one.name),
    cell(percent(one.p_intent), "number"),
    cell("stated by this part", "soft"),
  ));
}

function rowsOf(text, result) {
  const whole = row(
    cell(text),
    cell(result.intent || "none", result.intent ? "" : "soft"),
    cell(result.intent ? percent(result.p_intent) : "", "number"),
    cell(others(result), "soft"),
  );
  return [whole, ...partsOf(result)];
}

function show(texts, found) {
  const dialogue = found.dialogues ? found.dialogues[0] : null;
  const results = dialogue ? dialogue.turns : found.results;
  at("rows").replaceChildren(...results.flatMap((result, place) => rowsOf(texts[place], result)));
  at("reason").hidden = !dialogue;
  if (dialogue) at("reason").textContent = "Main reason: " + (dialogue.main_reason ? dialogue.main_reason.intent : "none");
  at("answers").hidden = false;
}

function tell(problem) {
  at("problem").textContent = problem;
  at("problem").hidden = !problem;
}

async function ask(event) {
  event.preventDefault();
  const texts = at("texts").value.split("\n").filter((line) => line.trim());
  const path = at("form").value;
  const body = JSON.stringify(question(path, texts));
  try {
    const reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers() }, body });
    const found = await reply.json();
    at("request").textContent = `POST ${path}\n${body}`;
    at("reply").textContent = JSON.stringify(found, null, 1);
    tell(reply.ok ? "" : `${reply.status}: ${found.error}`);
    if (reply.ok) show(texts, found);
    else at("answers").hidden = true;
    if (reply.ok) at("run").textContent = `${found.run} · ${found.version}`;
  } catch (error) {
    tell(`the service does not answer: ${error.message}`);
  }
}

async function list() {
  const described = await (await fetch("/openapi.json")).json();
  const rows = Object.entries(described.paths).flatMap(([path, operations]) => Object.entries(operations)
    .filter(([method]) => method !== "parameters")
    .map(([method, operation]) => row(cell(method.toUpperCase(), "soft"), cell(path), cell(operation.summary))));
  at("paths").replaceChildren(...rows);
}

at("ask").addEventListener("submit", ask);
list();
