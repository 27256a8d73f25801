import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { MEMBER_ERASED } from "./reactions";
import { openStores } from "./stores";
import { type Config } from "../config/index";
import { toPrincipal } from "../features/operation";
import { isUserId } from "../features/user/public";
import { replaceMessages } from "../platform/pubsub/notification-table";
import { topics } from "../platform/pubsub/topics";
import { type Logger } from "../platform/observability/logger";
import { createOperatorStore } from "../platform/operations/operator-store";
import { type UserKeys } from "../platform/operations/retention.store";

export type MemberRecords = Awaited<ReturnType<typeof openMemberRecords>>;

/** Under what a member is stored. Only a well-formed ID is stored as it is; any other caller is stored as a digest. */
export const toUserKeys = (id: string): UserKeys => ({
  principal: toPrincipal({ userId: id }),
  ...(isUserId(id) && { userId: id }),
});

/** What a command about one member uses, beside running replicas. It calls no provider. */
export async function openMemberRecords(config: Config, { logger }: { readonly logger: Logger }) {
  const { isSandbox, mayCallRealProviders } = config;
  const stores = await openStores(config.database, { isSandbox, mayCallRealProviders, logger, isExisting: true });
  const { database, operationStore, retentionStore, inbox } = stores;
  return {
    operationStore,
    retentionStore,
    inbox,
    operators: createOperatorStore({ database, messagesOf: () => [] }),

    /** Drops the cached reads of every replica, after the last row was erased. */
    async publishErasure({ userId }: UserKeys): Promise<void> {
      const replaced = { message: MEMBER_ERASED, included: topics.readsInvalidated, key: userId ?? "" };
      await database.kysely
        .transaction()
        .execute((kysely) => replaceMessages({ kysely, dialect: database.dialect }, randomUUID(), replaced));
    },

    /**
     * Removes from SQLite's write-ahead log the pages as they were; false if another process reads it now. The file itself overwrites
     * what is deleted (`secure_delete`). PostgreSQL removes old rows with its next vacuum.
     */
    async truncateLog(): Promise<boolean> {
      if (database.dialect === "postgres") return true;
      const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(database.kysely);
      return rows[0]?.busy === 0;
    },

    close: () => stores.close(),
  };
}
