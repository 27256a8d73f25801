import { type FastifyRequest } from "fastify";
import { type Config } from "./config";
import { createBenefitsOfUser } from "./features/benefit";
import { createPixLoaders } from "./features/pix-authorization";
import { type Caller } from "./platform/auth/caller";
import { type VerifyToken } from "./platform/auth/verify-token";
import { type Clock } from "./platform/time/clock";
import { createDeadline } from "./platform/time/deadline";
import { type AvibraClient } from "./providers/avibra/avibra.client";
import { type DelbankClient } from "./providers/delbank/delbank.client";

/** What lives as long as the program and is needed by every request. */
export interface LongLived {
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  readonly verifyToken: VerifyToken;
  readonly clock: Clock;
  readonly config: Config;
}

/** What lives for one request. The only list of loaders. */
export type Context = Awaited<ReturnType<typeof createContext>>;

/** Everything one request may use: who asks, by when, and the loaders. Throws `UNAUTHENTICATED` for a bad token. */
export async function createContext(
  request: FastifyRequest,
  { avibra, delbank, verifyToken, clock, config }: LongLived,
) {
  const caller: Caller | undefined = await verifyToken(request.headers.authorization);
  const deadline = createDeadline(clock, config.OPERATION_TIMEOUT_MS);
  return {
    ...(caller && { caller }),
    requestId: request.id,
    loaders: {
      benefitsOfUser: createBenefitsOfUser({ avibra, caller, deadline, concurrency: config.AVIBRA_CONCURRENCY }),
      ...createPixLoaders({ delbank, caller, deadline, concurrency: config.DELBANK_CONCURRENCY }),
    },
  };
}
