import { getAuthorization } from "../../../../src/platform/graphql/subscriptions/websocket/connection-params";

const JWT = "head.claims.signature";

test.each([
  ["an empty header", { Authorization: "", token: JWT }],
  ["white space", { Authorization: " \t", token: JWT }],
  ["the scheme alone", { Authorization: "Bearer", token: JWT }],
  ["the scheme and a blank", { authorization: "bearer ", token: JWT }],
  ["an empty header before another spelling of it", { Authorization: "", authorization: JWT }],
  ["an empty header among headers", { headers: { Authorization: "" }, token: JWT }],
  ["no token but among headers", { Authorization: "", token: "", headers: { Authorization: JWT } }],
])("%s is as absent: the token is taken from the next place", (_what, params) => {
  expect(getAuthorization(params)).toBe(`Bearer ${JWT}`);
});

test("with nothing but empty text there is no token", () => {
  expect(getAuthorization({ Authorization: "Bearer ", token: "", headers: { authorization: "" } })).toBeUndefined();
});

test.each([
  ["a token of another form", { Authorization: "Bearer nonsense", token: JWT }, "Bearer nonsense"],
  ["what is no text", { Authorization: 7, token: JWT }, ""],
])("%s is not passed over: it is refused", (_what, params, found) => {
  expect(getAuthorization(params)).toBe(found);
});
