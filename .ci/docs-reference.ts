// What the page at `/docs` and the documentation share.
import { GLOSSARY } from "../src/playground/reference/glossary";
import {
  type Seed,
  SEED_AUTHORIZATIONS,
  SEED_MEMBERS,
  UNKNOWN_MEMBERS,
} from "../src/playground/reference/sandbox-seeds";
import { formatTable } from "./docs-format";

const toRows = (seeds: readonly Seed[]) => seeds.map(({ id, state }) => [`\`${id}\``, state]);

/** One sentence a line. */
const renderGlossary = () =>
  GLOSSARY.map(({ term, definition }) => `- **${term}**: ${definition.replace(/(?<=\.) /g, "\n  ")}`).join("\n");

export const renderReferenceParts = (): Record<string, string> => ({
  glossary: renderGlossary(),
  "sandbox-members": formatTable(["member", "state"], [...toRows(SEED_MEMBERS), ["others", UNKNOWN_MEMBERS]]),
  "sandbox-authorizations": formatTable(["authorization", "state"], toRows(SEED_AUTHORIZATIONS)),
});
