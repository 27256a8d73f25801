import { getAuthorization } from "../../../../src/platform/graphql/subscriptions/websocket/connection-params";

const JWT = "head.claims.signature";

test.each([
  ["an empty header", { Authorization: "", token: JWT }],
  ["white space", { Authorization: " \t", token: JWT }],
  ["the scheme alone", { Authorization: "Bearer", token: JWT }],
  ["the scheme and a blank", { authorization: "bearer ", token: JWT }],
  ["an empty header before another spelling of it", { Authorization: "", authorization: JWT }],
  ["an empty header among headers", { headers: { Authorization: "" }, token: JWT }],
  ["a token only among headers", { Authorization: "", token: "", headers: { Authorization: JWT } }],
])("a connection whose parameters have %s takes its token from the next source", (_what, params) => {
  expect(getAuthorization(params)).toBe(`Bearer ${JWT}`);
});

test("a connection whose parameters have only empty text has no token", () => {
  expect(getAuthorization({ Authorization: "Bearer ", token: "", headers: { authorization: "" } })).toBeUndefined();
});

test.each([
  ["a token of another form", { Authorization: "Bearer nonsense", token: JWT }, "Bearer nonsense"],
  ["a number for a token", { Authorization: 7, token: JWT }, ""],
])("a connection whose parameters have %s takes no token from another source", (_what, params, found) => {
  expect(getAuthorization(params)).toBe(found);
});
