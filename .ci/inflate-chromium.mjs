// Inflates the npm package's browser, libraries and fonts into TMPDIR. chromium.mjs runs it, as `inflate` knows no other place.
import { fileURLToPath } from "node:url";
import { inflate } from "@sparticuz/chromium";

const archives = new URL("../bin/", import.meta.resolve("@sparticuz/chromium"));
const names = ["chromium.br", "al2023.tar.br", "fonts.tar.br"];
await Promise.all(names.map((name) => inflate(fileURLToPath(new URL(name, archives)))));
