const SHOWN_MS = 2000;

/** Copies the text. Where the browser does not allow it, selects the text, so that the reader can. Returns what to tell the reader. */
async function copy(code: Element): Promise<string> {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return "Copied";
  } catch {
    getSelection()?.selectAllChildren(code);
    return "Press Ctrl-C";
  }
}

/** Shows the button of each box of code, which copies it and says so, also to a screen reader. */
export function enableCopying(): void {
  const status = document.getElementById("copied");
  const show = (label: Element, text: string) => {
    label.textContent = text;
    if (status) status.textContent = text === "Copy" ? "" : text;
  };
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.copy")) {
    const code = button.closest(".code")?.querySelector("code");
    const label = button.querySelector("span");
    if (!code || !label) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      void copy(code).then((text) => {
        show(label, text);
        setTimeout(() => {
          show(label, "Copy");
        }, SHOWN_MS);
      });
    });
  }
}
