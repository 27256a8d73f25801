import { type Example } from "./example-tabs";

/** Only for the playground: it has no single response, so it is not one of the operations that tests run and compare. */
export const subscriptionExample: Example = {
  name: "member-events",
  query: `# Runs until it is stopped. Each event of
# Avibra about the member appears when it
# arrives.
subscription MemberEvents($userId: UserId!) {
  userEvents(userId: $userId) {
    id
    kind
    providerKind
    occurredAt
  }
}
`,
  variables: { userId: "u-1001" },
  caller: { sub: "u-1001" },
};
