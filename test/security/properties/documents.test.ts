import fc from "fast-check";
import { type AnalyzedDocument, createDocumentCache } from "../../../src/platform/graphql/limits/document-cache";
import { createCost } from "../../../src/platform/graphql/limits/estimate-cost";

/** Code units that UTF-8 encodes alike, that form a pair together, or that normalization would join. */
const UNITS = [
  "\ud800",
  "\udbff",
  "\udc00",
  "\udfff",
  "\ufffd",
  "\u{1f600}",
  "e\u0301",
  "\u00e9",
  "\ufeff",
  "\0",
  "a",
  "A",
  " ",
];
const texts = fc.array(fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 4 }), { minLength: 1, maxLength: 60 });

/** A result that contains the examined text as its only literal. */
const examine = (text: string): AnalyzedDocument => ({
  result: { base: createCost(), perRepresentation: new Map(), literals: new Set([text]), mutations: 0 },
  bytes: 0,
});

test("the cached result of a text is of that text, and equal hashes mean equal texts", () => {
  fc.assert(
    fc.property(texts, (sent) => {
      const documents = createDocumentCache(2 ** 20, examine);
      const textOf = new Map<string, string>();
      for (const text of [...sent, ...sent, ...sent]) {
        const { result: verdict, hash } = documents.get(text);
        expect(verdict).toMatchObject({ literals: new Set([text]) });
        if (hash === undefined) continue;
        expect(textOf.get(hash) ?? text).toBe(text);
        textOf.set(hash, text);
      }
    }),
    { examples: [[["\ud800", "\ufffd"]], [["\ufffd", "\udc00"]]] },
  );
});

test("a text that has a hash is cached, and a syntax error is not", () => {
  const documents = createDocumentCache(2 ** 20, examine);
  documents.get("a");
  expect(documents.get("a")).toBe(documents.get("a"));
  const malformed = createDocumentCache(2 ** 20, () => ({ result: undefined, bytes: 0 }));
  for (let time = 0; time < 3; time += 1) malformed.get("a");
  expect(malformed.state().documents).toBe(0);
});
