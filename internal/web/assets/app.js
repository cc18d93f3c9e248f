// The mapping page shows the chosen colours at once.
document.addEventListener("input", (e) => {
  const name = e.target.dataset?.color;
  if (name) document.documentElement.style.setProperty("--table-" + name, e.target.value);
});

// A likely field is chosen by its button.
document.addEventListener("click", (e) => {
  const name = e.target.dataset?.propose;
  if (!name) return;
  const select = document.querySelector(`select[name="${name}"]`);
  select.value = e.target.value;
  select.focus();
});
