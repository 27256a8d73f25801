// What JavaScript adds to the reference: it can be searched and copied, and names the server's own URL.
import { enableCopying } from "./copy-code";
import { enableSearch } from "./search";

for (const element of document.querySelectorAll("[data-origin]")) element.textContent = location.origin;
enableCopying();
enableSearch();
