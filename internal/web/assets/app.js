// The mapping page shows the chosen colours at once.
document.addEventListener("input", (e) => {
  const name = e.target.dataset?.color;
  if (name) document.documentElement.style.setProperty("--table-" + name, e.target.value);
});
