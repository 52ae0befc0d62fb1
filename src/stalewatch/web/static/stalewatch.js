// Keys for those who like them. Every page is whole without this file.
"use strict";

const rows = () => [...document.querySelectorAll("[data-row] .what > a")];

function move(step) {
  const links = rows();
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next].focus();
  links[next].closest("[data-row]").scrollIntoView({ block: "nearest" });
}

function showTable() {
  const table = document.getElementById("table");
  if (!table) return;
  table.open = !table.open;
  table.querySelector("summary").focus();
}

const keys = {
  "/": () => document.getElementById("search")?.focus(),
  "j": () => move(1),
  "k": () => move(-1),
  "t": showTable,
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

for (const button of document.querySelectorAll("[data-opens]")) {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

for (const form of document.querySelectorAll(".filters")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true; // short addresses
  });
}
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll(".filters :disabled")) field.disabled = false;
});

// A picture that is wider than its place begins at its end: the present is there.
for (const picture of document.querySelectorAll(".picture")) {
  picture.parentElement.scrollLeft = picture.parentElement.scrollWidth;
}
