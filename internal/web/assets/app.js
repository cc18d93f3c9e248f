// The chosen colours are shown at once.
document.addEventListener("input", (e) => {
  const name = e.target.dataset?.color;
  if (!name) return;
  document.documentElement.style.setProperty("--table-" + name, e.target.value);
  warnOfContrast();
});

// Light of a colour, and how well two are told apart, as WCAG 2 has them.
const light = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);

// A header whose text is hard to read is warned of, below AA's 4.5.
function warnOfContrast() {
  const color = (name) => document.querySelector(`[data-color="${name}"]`)?.value;
  const hint = document.getElementById("contrast");
  if (hint) hint.hidden = contrast(color("header"), color("text")) >= 4.5;
}
document.addEventListener("DOMContentLoaded", warnOfContrast);

// A likely field is chosen by its button.
document.addEventListener("click", (e) => {
  const name = e.target.dataset?.propose;
  if (!name) return;
  const select = document.querySelector(`select[name="${name}"]`);
  select.value = e.target.value;
  select.focus();
  warnOfTwice();
});

// A field that two columns would feed is told at both of them, before anything is sent.
function warnOfTwice() {
  const notes = [...document.querySelectorAll("[data-twice]")];
  const chosen = (note) => document.querySelector(`select[name="${note.dataset.twice}"]`).value;
  for (const note of notes) note.hidden = !chosen(note) || notes.filter((other) => chosen(other) === chosen(note)).length < 2;
}
document.addEventListener("change", warnOfTwice);
document.addEventListener("DOMContentLoaded", warnOfTwice);
