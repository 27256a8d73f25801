// The reference's search: shows the articles that contain every typed word.
const search = document.querySelector("search");
const input = search?.querySelector("input");
const output = search?.querySelector("output");
const articles = [...document.querySelectorAll<HTMLElement>("article[data-search]")].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
}));
const sections = [...document.querySelectorAll<HTMLElement>("main > section")];
const links = [...document.querySelectorAll<HTMLAnchorElement>("nav a")];

function applySearch(query: string): void {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  let matchCount = 0;
  for (const { element, text } of articles) {
    element.hidden = !words.every((word) => text.includes(word));
    if (!element.hidden) matchCount += 1;
  }
  for (const section of sections) section.hidden = !section.querySelector("article:not([hidden])");
  for (const link of links) {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (link.parentElement) link.parentElement.hidden = target?.hidden ?? false;
  }
  if (output) output.textContent = words.length === 0 ? "" : `${matchCount} of ${articles.length}`;
}

if (search && input) {
  search.hidden = false;
  input.addEventListener("input", () => {
    applySearch(input.value);
  });
  // A link to a hidden article ends the search.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return;
    input.value = "";
    applySearch("");
    target.scrollIntoView();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target === input) return;
    event.preventDefault();
    input.focus();
  });
}
