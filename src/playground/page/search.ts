/** Enables the reference's search, which shows the entries that contain every typed word. */
export function enableSearch(): void {
  const search = document.querySelector("search");
  const input = search?.querySelector("input");
  const output = search?.querySelector("output");
  const noHits = document.getElementById("no-hits");
  if (!search || !input || !output || !noHits) return;
  const entries = [...document.querySelectorAll<HTMLElement>("[data-search]")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
  }));
  const sections = [...document.querySelectorAll<HTMLElement>("main > section")];
  const links = [...document.querySelectorAll<HTMLAnchorElement>("nav a")];
  const findTarget = (hash: string) => document.getElementById(decodeURIComponent(hash.slice(1)));

  function applySearch(): void {
    const query = input?.value.trim() ?? "";
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { element, text } of entries) element.hidden = !words.every((word) => text.includes(word));
    const count = entries.filter(({ element }) => !element.hidden).length;
    for (const section of sections) section.hidden = !section.querySelector("[data-search]:not([hidden])");
    for (const link of links) {
      if (link.parentElement) link.parentElement.hidden = findTarget(link.hash)?.hidden ?? false;
    }
    document.body.classList.toggle("searching", words.length > 0);
    if (output)
      output.textContent =
        words.length === 0 ? "" : count === 0 ? "no entries" : `${count} of ${entries.length} entries`;
    if (noHits) {
      noHits.hidden = count > 0;
      const quoted = noHits.querySelector("b");
      if (quoted) quoted.textContent = `“${query}”`;
    }
  }

  function endSearch(): void {
    if (input) input.value = "";
    applySearch();
  }

  search.hidden = false;
  input.addEventListener("input", applySearch);
  noHits.querySelector("button")?.addEventListener("click", () => {
    endSearch();
    input.focus();
  });
  // A link to a hidden entry ends the search.
  window.addEventListener("hashchange", () => {
    const target = findTarget(location.hash);
    if (!target?.closest("[hidden]")) return;
    endSearch();
    target.scrollIntoView();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target === input) return;
    event.preventDefault();
    input.focus();
  });
  if (input.value) applySearch(); // a reload keeps the text
}
