import { type MembersContext } from "./members-context";
import { DecryptionFailed } from "../../platform/kernel/encryption.errors";
import { type Message } from "../../platform/inbox/message";
import { type Operation } from "../../platform/operations/operation";
import { type UserKeys } from "../../platform/operations/retention.store";
import { toJson, toTime } from "../formatting";

const PAGE_SIZE = 100;

const toTimeOrNull = (ms: number | null) => (ms === null ? null : toTime(ms));

/** Null if it cannot be decrypted, so that one row does not stop the export. */
function orNull<Value>(decrypt: () => Value): Value | null {
  try {
    return decrypt();
  } catch (error) {
    if (error instanceof DecryptionFailed) return null;
    throw error;
  }
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What an operation says about its requester: nothing of the other member whom it may concern. */
function describeRequest({ records }: MembersContext, operation: Operation) {
  const { id, kind, status, createdAt, sentAt, settledAt } = operation;
  return {
    ...{ id, kind, status },
    createdAt: toTime(createdAt),
    sentAt: toTimeOrNull(sentAt),
    settledAt: toTimeOrNull(settledAt),
    idempotencyKey: orNull(() => records.operationStore.decryptIdempotencyKey(operation)),
  };
}

async function describeOperation(context: MembersContext, operation: Operation, user: UserKeys) {
  const { operationStore, operators } = context.records;
  const { id, principal, userId, recurrenceId, requestId, attempts, reads, failure, result, unconfirmedSince } =
    operation;
  const isRequester = principal === user.principal;
  const { idempotencyKey, ...request } = describeRequest(context, operation);
  const [history, decisions] = await Promise.all([operators.listHistory(id), operators.listDecisions(id)]);
  return {
    ...request,
    ...{ userId, recurrenceId, requestId, attempts, reads, failure, result },
    unconfirmedSince: toTimeOrNull(unconfirmedSince),
    listedBefore: operation.baseline ?? null,
    // The key and the name of another requester are not the member's.
    isRequester,
    idempotencyKey: isRequester ? idempotencyKey : null,
    input: orNull(() => operationStore.decryptInput(operation) ?? null),
    history: history.map((entry) => ({ ...entry, at: toTime(entry.at) })),
    decisions: decisions.map(({ at, step, outcome, reason, evidence, providerView, objection }) => ({
      ...{ at: toTime(at), step, outcome, reason, evidence, providerView, objection },
    })),
  };
}

async function* readOperations(context: MembersContext, user: UserKeys) {
  const { userId } = user;
  if (userId === undefined) return;
  for (let after: string | undefined, hasNextPage = true; hasNextPage;) {
    const query = { userId, order: "oldestFirst", first: PAGE_SIZE } as const;
    const page = await context.records.operationStore.list({ ...query, ...(after !== undefined && { after }) });
    for (const { operation } of page.items) yield await describeOperation(context, operation, user);
    after = page.items.at(-1)?.cursor;
    ({ hasNextPage } = page);
  }
}

async function* readRequests(context: MembersContext, user: UserKeys) {
  for (let after: string | undefined = ""; after !== undefined;) {
    const operations: readonly Operation[] = await context.records.retentionStore.listRequestedForOthers(user, after);
    for (const operation of operations) yield describeRequest(context, operation);
    after = operations.at(-1)?.id;
  }
}

async function describeEvent({ records }: MembersContext, message: Message) {
  const { id, kind, occurredAt, receivedAt, processedAt } = message;
  const times = {
    occurredAt: toTime(occurredAt),
    receivedAt: toTime(receivedAt),
    processedAt: toTimeOrNull(processedAt),
  };
  const body = await records.inbox.readBody(message).catch((error: unknown) => {
    if (error instanceof DecryptionFailed) return undefined;
    throw error;
  });
  return { id, kind, ...times, body: body === undefined ? null : parseOrText(body) };
}

async function* readEvents(context: MembersContext, { userId }: UserKeys) {
  if (userId === undefined) return;
  for (let after: string | undefined, hasNextPage = true; hasNextPage;) {
    const page = await context.records.inbox.list({
      subject: userId,
      first: PAGE_SIZE,
      ...(after !== undefined && { after }),
    });
    for (const { message } of page.items) yield await describeEvent(context, message);
    after = page.items.at(-1)?.cursor;
    ({ hasNextPage } = page);
  }
}

/** Writes what is stored about a member as one JSON document, row by row, so that its size does not matter. */
export async function exportMember(
  context: MembersContext,
  { id, user }: { readonly id: string; readonly user: UserKeys },
  write: (text: string) => void,
): Promise<void> {
  let rows = 0;
  async function writeList(name: string, items: AsyncIterable<unknown>): Promise<void> {
    write(`,\n${JSON.stringify(name)}: [`);
    let separator = "\n";
    for await (const item of items) {
      write(`${separator}${toJson(item)}`);
      separator = ",\n";
      context.progress?.(`${(rows += 1)} rows exported`);
    }
    write("]");
  }
  write(`{\n"userId": ${toJson(id)},\n"exportedAt": ${toJson(toTime(context.clock.now()))}`);
  await writeList("operations", readOperations(context, user));
  await writeList("requestsForOthers", readRequests(context, user));
  await writeList("events", readEvents(context, user));
  write("\n}\n");
  context.progress?.("");
}
