import { type RunningProgram } from "../kit/start/program";
import { type Mutation, sendMutation } from "./mutations";
import { type ReplicaCluster } from "./replica-cluster";

/** Sends an upgrade that Avibra never receives, so that only an event can settle it; the operation's id. */
export async function loseUpgrade(
  cluster: ReplicaCluster,
  replica: RunningProgram,
  upgrade: Mutation,
): Promise<string> {
  await cluster.avibra.addFault({ match: { path: upgrade.path }, kind: "resetBeforeCommit", times: 100_000 });
  const { data } = await sendMutation(replica, upgrade);
  expect(data.payload.operation.status).toBe("UNCONFIRMED");
  return data.payload.operation.id as string;
}

/** The event with which Avibra reports that a member was upgraded. */
export const upgradeEvent = (userId: string) => ({
  eventname: "offer_upgrade_successful",
  userid: userId,
  eventtimestamp: new Date().toISOString(),
});

export async function readEvents(replica: RunningProgram, { claims }: Pick<Mutation, "claims">): Promise<unknown[]> {
  const { data } = await replica.graphql("{ me { events { edges { node { id kind } } } } }", { claims });
  return data.me.events.edges as unknown[];
}
