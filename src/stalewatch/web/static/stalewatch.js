// Keys for those who like them, and small comforts. Every page is whole without this file.
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
  const table = document.getElementById("table") ?? document.querySelector(".chart details");
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

const SOON = 1500; // milliseconds in which the letter follows `g`
let going = -SOON;

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const page = event.timeStamp - going < SOON && document.querySelector(`nav [data-key="${CSS.escape(event.key)}"]`);
  going = event.key === "g" ? event.timeStamp : -SOON;
  if (page) page.click();
  else if (event.key in keys) keys[event.key]();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens]");
  if (button) document.getElementById(button.dataset.opens).showModal();
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".filters select")) event.target.form.requestSubmit();
});

// Short addresses: an empty filter is not sent. Before htmx, which listens on the form itself, reads it.
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".filters")) return;
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
}, true);
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll(".filters :disabled")) field.disabled = false;
});

function prepare() {
  for (const button of document.querySelectorAll("[data-opens]")) button.hidden = false;
  // A picture that is wider than its place begins at its end: the present is there.
  for (const picture of document.querySelectorAll(".picture")) {
    picture.parentElement.scrollLeft = picture.parentElement.scrollWidth;
  }
}
prepare();
document.addEventListener("htmx:afterSettle", prepare);
