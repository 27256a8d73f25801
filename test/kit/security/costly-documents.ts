// Documents that are made to cost the request guard as much as the default limits allow, and ordinary ones.

const repeat = (text: string, count: number) => Array(count).fill(text).join(" ");
const list = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");
const usesOf = (count: number, name: (index: number) => string) => `x(y: [${list(count, name)}])`;
const nested = (inside: string, head = "") =>
  `query${head} { ${list(9, (index) => `a${index}: a { ...G }`)} }
    fragment G on X { ${repeat("...F", 50)} } fragment F on X { ${inside} }`;
const definitions = `(${list(100, (index) => `$v${index}: X`)})`;
const variable = (index: number) => `$v${index}`;
const hundred = `fragment F on X { ${usesOf(100, variable)} }`;

export const COSTLY_DOCUMENTS: Readonly<Record<string, string>> = {
  "2,250 uses of one variable in a fragment used 450 times": nested(
    usesOf(2250, () => "$v0"),
    "($v0: X)",
  ),
  "2,250 undefined variables in a fragment used 450 times": nested(usesOf(2250, variable)),
  "4,500 literals in a fragment used 450 times": nested(usesOf(4500, String)),
  "4,500 literals in a fragment used 450 times below one root field": `{
    root { ${list(9, (index) => `a${index}: a { ...G }`)} } }
    fragment G on X { ${repeat("...F", 50)} } fragment F on X { ${usesOf(4500, String)} }`,
  "190 uses of one variable in a field that is selected 50 times": `query($v0: X) {
    me { ${repeat("...F", 50)} } } fragment F on X { ${usesOf(190, () => "$v0")} }`,
  "100 variables for each of 90 variables of representations": `query${definitions} {
    ${list(90, (index) => `a${index}: _entities(representations: $v${index}) { ...F }`)} } ${hundred}`,
  "100 variables for each of 100 representations, 15 times": `query${definitions} {
    ${list(15, (index) => `a${index}: _entities(representations: [${list(100, variable)}]) { ...F }`)} } ${hundred}`,
  "4,000 literals in each of 190 fields of no representation": `{
    ${list(190, (index) => `a${index}: _entities(representations: []) { ...F }`)} }
    fragment F on X { ${usesOf(3000, String)} }`,
  "900 operations": list(900, (index) => `query Q${index} { a }`),
  "900 representations as a default": `query($r: [X] = [${list(900, (id) => `{ id: ${id} }`)}]) {
    _entities(representations: $r) { a } }`,
  "201 aliases and 4,000 literals": `{ ${usesOf(4000, String)} ${list(201, (index) => `a${index}: b`)} }`,
  "65,000 characters outside of Latin-1": `{ a(b: "${"\u{65e5}".repeat(65_000)}") }`,
};

export const ORDINARY_DOCUMENTS: Readonly<Record<string, string>> = {
  "an ordinary query": `query Q { me { id currentOffer { status offer { name price { amount currency } } }
    benefits { id name coverage { amount currency } pendingSwap { direction at } } } }`,
  "190 aliases": `{ ${list(190, (index) => `a${index}: b { c d }`)} }`,
  "500 objects": `{ a(b: [${list(500, (index) => `{ __typename: "User", id: "u-${index}" }`)}]) }`,
  "90 variables": `query(${list(90, (index) => `$v${index}: [String!]! = "a"`)}) { a(b: [${list(90, variable)}]) }`,
  "90 fragments": `{ ...F0 } ${list(90, (index) => `fragment F${index} on X { a b }`)}`,
  "60,000 characters": `{ a(b: "${"x".repeat(60_000)}") }`,
};
