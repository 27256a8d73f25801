import { type Example } from "./example-tabs";

/** For the playground alone: it answers for as long as it is open, so it is none of the operations that are run and compared. */
export const subscriptionExample: Example = {
  name: "member-events",
  query: `# Start it, then let Avibra tell of something that happened to the member.
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
