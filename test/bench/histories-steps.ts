import { type ResponseLoss } from "../kit/network/response-loss-proxy";
import { type BrokenHandshake, type PostMode, type ReadMode } from "../kit/network/delbank-proxy";

export const PROCESSES = 3;

/** One of the processes by its number, or the one whose request a sign has shown last. */
export type Target = number | "seen";

/** What the conductor of a round does next. JSON, so that a round can be read. */
export type Step =
  /** Sends one request and does not wait. `keys` are the aliases of one document, each the k-th idempotency key of the round. */
  | {
      readonly do: "press";
      readonly keys: readonly number[];
      readonly process: number;
      readonly kind: "pix" | "user";
    }
  | { readonly do: "webhook"; readonly process: number; readonly count: number }
  /** Waits until every request so far is answered. */
  | { readonly do: "answers" }
  | { readonly do: "pause"; readonly ms: number }
  /** Waits until Delbank is asked about the round's authorization. */
  | { readonly do: "until"; readonly sign: "read" | "post" }
  | { readonly do: "reads"; readonly mode: ReadMode }
  | { readonly do: "posts"; readonly mode: PostMode; readonly slowMs: number }
  | { readonly do: "breakHandshakes"; readonly how: BrokenHandshake; readonly times: number }
  | {
      readonly do: "loseResponse";
      readonly process: number;
      readonly statement: string;
      readonly when: ResponseLoss["when"];
      readonly ending: ResponseLoss["ending"];
    }
  /** A killed process is started again at once. */
  | { readonly do: "stop" | "continue" | "kill"; readonly process: Target }
  | { readonly do: "crashPostgres" | "startPostgres" };

export interface Round {
  readonly index: number;
  /** What its faults are. */
  readonly profile: string;
  readonly steps: readonly Step[];
}

/** Terms of the processes that the rounds are timed by, in ms. */
export const LEASE_MS = 1300;
