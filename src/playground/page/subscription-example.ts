import { type Example } from "./example-tabs";

/** For the playground only. A subscription has no single response, so it is not among the tested example operations. */
export const subscriptionExample: Example = {
  name: "member-events",
  query: `# Start it, then run ChangeOffer in a second
# window: Avibra's event appears here.
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
