import { randomUUID } from "node:crypto";
import { type TestSubgraph } from "../start/subgraph";

/** The ID of an operation of this member that has succeeded. */
export async function createSettledOperation(
  { graphql }: Pick<TestSubgraph, "graphql">,
  userId: string,
): Promise<string> {
  const { data } = await graphql(
    "mutation($input: UpdateUserInput!) { updateUser(input: $input) { operation { id status } } }",
    { claims: { sub: userId }, variables: { input: { idempotencyKey: randomUUID(), userId, lastName: "Lima" } } },
  );
  const { id, status } = data.updateUser.operation as { id: string; status: string };
  if (status !== "SUCCEEDED") throw new Error(`expected SUCCEEDED, got ${status}`);
  return id;
}
