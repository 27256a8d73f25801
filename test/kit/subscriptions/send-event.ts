import { randomUUID } from "node:crypto";
import { postWebhook } from "../http/webhooks";
import { type TestSubgraph } from "../start/subgraph";

/** Sends an event about this member as Avibra does, under a key of its own; resolves when the subgraph has stored it. */
export async function sendEvent(
  { url }: Pick<TestSubgraph, "url">,
  userid: string,
  eventname = "enrollment_successful",
): Promise<void> {
  const { status } = await postWebhook(url, { eventname, userid }, { key: randomUUID() });
  if (status !== 200) throw new Error(`the webhook answered ${status}`);
}
