// For graphql-codegen: `transform` gives every selection its __typename, as client caches need it, so that what is generated, listed
// and sent is one text; `plugin` lists those texts as Apollo's persisted query manifest, by their SHA-256.
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
