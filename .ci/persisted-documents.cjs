// For graphql-codegen. `transform` adds __typename to every selection, which client caches need, so that the generated, listed and sent
// documents are the same text. `plugin` lists these documents as Apollo's persisted query manifest, by their SHA-256.
const { createHash } = require("node:crypto");
const { addTypenameSelectionDocumentTransform } = require("@graphql-codegen/client-preset");
const { getOperationAST, print } = require("graphql");

function plugin(_schema, documents) {
  const operations = documents.map(({ document }) => {
    const { name, operation: type } = getOperationAST(document);
    const body = print(document);
    return { id: createHash("sha256").update(body).digest("hex"), name: name.value, type, body };
  });
  const manifest = { format: "apollo-persisted-query-manifest", version: 1, operations };
  return JSON.stringify(manifest, null, 2);
}

module.exports = { plugin, transform: addTypenameSelectionDocumentTransform.transform };
