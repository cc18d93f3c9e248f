// The demo page: an editable grid of the simulated sheet, and the portal's records.
const spreadsheet = document.body.dataset.spreadsheet;
const grid = document.getElementById("grid");
const records = document.getElementById("records");
const tabs = [...document.querySelectorAll(".tabs button")];
let tab = tabs.find((b) => location.hash === "#gid=" + b.dataset.gid) ?? tabs[0];
let shownRows = null, shownRecords = null;

const letter = (i) => (i >= 26 ? letter(Math.floor(i / 26) - 1) : "") + String.fromCharCode(65 + (i % 26));
const text = (v) => (v === null || v === undefined ? "" : typeof v === "number" ? v.toLocaleString("tr-TR", { useGrouping: false }) : String(v));

function choose(next) {
  tab = next;
  shownRows = shownRecords = null;
  for (const b of tabs) b === tab ? b.setAttribute("aria-current", "true") : b.removeAttribute("aria-current");
  history.replaceState(null, "", "#gid=" + tab.dataset.gid);
  refresh();
}

function showGrid(rows) {
  const width = Math.max(...rows.map((r) => r.length));
  if (!shownRows || shownRows.length !== rows.length || grid.tHead?.rows[0].cells.length !== width + 1) {
    grid.replaceChildren();
    const head = grid.createTHead().insertRow();
    head.insertCell().className = "corner";
    for (let j = 0; j < width; j++) head.append(Object.assign(document.createElement("th"), { textContent: letter(j) }));
    const body = grid.createTBody();
    rows.forEach((_, i) => {
      const tr = body.insertRow();
      tr.className = i === 0 ? "names" : "";
      tr.append(Object.assign(document.createElement("th"), { textContent: i + 1 }));
      for (let j = 0; j < width; j++) {
        const td = tr.insertCell();
        td.contentEditable = "plaintext-only";
        td.dataset.cell = letter(j) + (i + 1);
        td.setAttribute("aria-label", td.dataset.cell);
      }
    });
    shownRows = null;
  }
  rows.forEach((r, i) => {
    for (let j = 0; j < width; j++) {
      const td = grid.tBodies[0].rows[i].cells[j + 1];
      const value = text(r[j]);
      if (td === document.activeElement || td.dataset.value === value) continue;
      if (shownRows) { td.classList.remove("fresh"); void td.offsetWidth; td.classList.add("fresh"); }
      td.textContent = td.title = td.dataset.value = value;
      td.classList.toggle("number", typeof r[j] === "number");
    }
  });
  shownRows = rows;
}

function showRecords(list) {
  const state = JSON.stringify(list);
  if (state === shownRecords) return;
  const before = shownRecords && new Map(JSON.parse(shownRecords).map((r) => [r.id, r.updated]));
  shownRecords = state;
  list.sort((a, b) => b.updated.localeCompare(a.updated) || a.id - b.id);
  records.replaceChildren(...list.slice(0, 60).map((r) => {
    const li = document.createElement("li");
    li.id = "record-" + r.id;
    if (before && before.get(r.id) !== r.updated) li.className = "fresh";
    const link = Object.assign(document.createElement("a"), { href: `/crm/type/${tab.dataset.entity}/details/${r.id}/`, textContent: `${r.name} · #${r.id}` });
    const line = (tag, className, value) => Object.assign(document.createElement(tag), { className, textContent: value });
    const name = document.createElement("b");
    name.append(link);
    li.append(name, line("span", "stage", r.stage),
      line("small", "", [...r.emails, ...r.phones].join(" · ")), line("small", "amount", r.amount ? r.amount.toLocaleString("tr-TR") + " ₺" : ""));
    return li;
  }));
}

async function refresh() {
  const now = tab;
  try {
    const [cells, crm] = await Promise.all([
      fetch(`/sim/google/cells?spreadsheet_id=${spreadsheet}&gid=${now.dataset.gid}`).then((r) => r.json()),
      fetch(`/sim/bitrix24/records?entityTypeId=${now.dataset.entity}`).then((r) => r.json()),
    ]);
    if (now !== tab) return;
    showGrid(cells.rows);
    showRecords(crm.records);
  } catch { /* the demo was stopped; the next round tries again */ }
}

grid.addEventListener("keydown", (e) => {
  if (e.key === "Enter") { e.preventDefault(); e.target.blur(); }
  if (e.key === "Escape") { e.target.textContent = e.target.dataset.value; e.target.blur(); }
});
grid.addEventListener("focusout", async (e) => {
  const td = e.target, value = td.textContent;
  if (td.dataset.value === undefined || value === td.dataset.value) return;
  td.dataset.value = value;
  await fetch("/sim/google/edits", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ spreadsheet_id: spreadsheet, gid: Number(tab.dataset.gid), range: td.dataset.cell, values: [[value]] }),
  });
  refresh();
});
// The menu that the sheet's script made as the sheet was opened.
const menu = document.getElementById("menu"), ask = document.getElementById("ask"), says = document.getElementById("says");

async function runItem(item, answer) {
  const response = await fetch("/sim/google/menu", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ project: item.project, function: item.function, answer }),
  });
  const { said, authorization } = await response.json();
  if (authorization) { location.href = authorization; return; }
  if (!said?.length) return;
  document.getElementById("said").textContent = said.join(" ");
  says.showModal();
}

async function openMenu() {
  const { items } = await (await fetch(`/sim/google/menu?spreadsheet_id=${spreadsheet}`)).json();
  menu.replaceChildren(...items.map((item) => {
    const button = Object.assign(document.createElement("button"), { className: "light small", textContent: `${item.menu} ▸ ${item.caption}` });
    button.addEventListener("click", () => {
      ask.returnValue = "";
      ask.onclose = () => runItem(item, ask.returnValue === "ok" ? document.getElementById("answer").value : null);
      ask.showModal();
    });
    return button;
  }));
}

for (const b of tabs) b.addEventListener("click", () => choose(b));
choose(tab);
openMenu();
setInterval(refresh, 400);
