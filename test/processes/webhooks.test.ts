import { openDatabase } from "../../src/platform/database/open-database";
import { Inbox } from "../../src/platform/inbox/inbox";
import { createEncryption } from "../../src/platform/kernel/encryption";
import { ONE_DIALECT } from "../kit/database/one-dialect";
import { HOUR_TIMEOUTS } from "../kit/database/pool";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { postWebhook } from "../kit/http/webhooks";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type RunningProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { setBreakpoint } from "./breakpoint";
import { loseUpgrade, readEvents, upgradeEvent } from "./lost-upgrade";
import { upgradeOffer } from "./mutations";
import { createReplicaCluster, PAST_LEASE_MS, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(600_000);

/** After the event is stored and before its effects; and after its effects, before they are recorded. */
const STEPS = [
  {
    step: "between storing the event and its effects",
    place: { file: "features/event/event-processor.js", name: "processEvent" },
    upgrade: upgradeOffer(MEMBER_ID, "premium"),
    dead: "UNCONFIRMED",
  },
  {
    step: "between the effects of the event and its mark",
    place: { file: "platform/inbox/inbox.js", name: "markProcessed" },
    upgrade: upgradeOffer("u-1002", "plus"),
    dead: "SUCCEEDED",
  },
];

async function countDue({ databaseUrl }: ReplicaCluster): Promise<number> {
  const database = openDatabase(databaseUrl, HOUR_TIMEOUTS);
  const count = await new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY)).countDue(0);
  await database.close();
  return count;
}

describe.each(ONE_DIALECT)("kill -9 on %s, then a restart", (dialect) => {
  let cluster: ReplicaCluster;
  /** Each test kills it and starts the next one. */
  let replica: RunningProgram;
  beforeAll(async () => {
    cluster = await createReplicaCluster(dialect);
    replica = await cluster.start(DEBUGGABLE_ENV);
  });
  afterEach(() => cluster.avibra.clearFaults());
  afterAll(() => cluster.stop());

  test.each(STEPS)("killed $step: an acknowledged event has its effects once", async ({ place, upgrade, dead }) => {
    const id = await loseUpgrade(cluster, replica, upgrade);
    const event = upgradeEvent(upgrade.subject);
    const key = `event of ${upgrade.subject}`;
    const breakpoint = await setBreakpoint(replica, place);
    expect((await postWebhook(replica.url, event, { key })).status).toBe(200);
    await breakpoint.waitUntilReached();
    await replica.kill();
    const before = await cluster.store.find(id);
    expect(before).toMatchObject({ status: dead });
    expect(await countDue(cluster)).toBe(1);

    await cluster.passTime(PAST_LEASE_MS);
    replica = await cluster.start(DEBUGGABLE_ENV);
    await waitFor(async () => ((await countDue(cluster)) === 0 ? true : undefined));
    const settled = await cluster.store.find(id);
    expect(settled).toMatchObject({ status: "SUCCEEDED" });
    if (dead === "SUCCEEDED") expect(settled).toEqual(before); // its effects are not repeated
    expect(await readEvents(replica, upgrade)).toHaveLength(1);
    expect((await postWebhook(replica.url, event, { key })).status).toBe(200);
    expect(await readEvents(replica, upgrade)).toHaveLength(1);
    expect(await cluster.store.find(id)).toEqual(settled);
    expect(await cluster.commits(upgrade)).toEqual([]);
  });
});
