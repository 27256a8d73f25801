import { createRemoteJwksSigningKeyProvider, defineConfig } from "@graphql-hive/gateway";

// What someone who runs Hive Gateway before us configures; the values come from the test.
const { ROUTER_SECRET, JWKS_URL, ISSUER, AUDIENCE, SUBSCRIPTIONS } = process.env;

export const gatewayConfig = defineConfig({
  propagateHeaders: {
    fromClientToSubgraphs({ request, subgraphName }) {
      const headers = {};
      for (const name of ["authorization", "x-request-id"]) {
        const value = request.headers.get(name);
        if (value !== null) headers[name] = value;
      }
      // By server-sent events, it subscribes with a GET, which needs a header that no page of another site can send.
      if (subgraphName === "benefits-pix") headers["apollo-require-preflight"] = "true";
      // Ours, and for one subgraph alone: neither the client's nor everybody's.
      if (subgraphName === "benefits-pix" && ROUTER_SECRET) headers["router-authorization"] = ROUTER_SECRET;
      return headers;
    },
  },
  // Subscriptions: by server-sent events without this block; with it, over a WebSocket for each caller, whose token is sent when it is
  // opened. It comes from the header of the client's request, or from the `connection_init` of the client's WebSocket, whose names Hive
  // Gateway adds to the headers as they are written.
  ...(SUBSCRIPTIONS !== "sse" && {
    transportEntries: {
      "benefits-pix": {
        options: {
          subscriptions: {
            kind: "ws",
            location: "/graphql",
            headers: [["router-authorization", ROUTER_SECRET]],
            options: {
              connectionParams: { Authorization: "{context.headers.authorization}{context.headers.Authorization}" },
            },
          },
        },
      },
    },
  }),
  // Verifies the callers' tokens itself and enforces @authenticated and @requiresScopes; without JWKS_URL it does neither.
  ...(JWKS_URL && {
    jwt: {
      signingKeyProviders: [createRemoteJwksSigningKeyProvider({ jwksUri: JWKS_URL })],
      tokenVerification: { algorithms: ["ES256"], issuer: ISSUER, audience: AUDIENCE },
      reject: { missingToken: false, invalidToken: true },
      forward: { payload: false, token: false },
    },
    genericAuth: { mode: "protect-granular", resolveUserFn: ({ jwt }) => jwt?.payload },
  }),
});
