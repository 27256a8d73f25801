import { setTimeout as sleep } from "node:timers/promises";
import NodeEnvironment from "jest-environment-node";
import { installCompileCache } from "./compile-cache";

installCompileCache(); // once for each worker, which loads this module once

/** What a suite must not leave: listening servers, child processes, and timers that keep the process alive. */
const LASTING = ["TCPServerWrap", "PipeServerWrap", "ProcessWrap", "Timeout"];
/** A handle that was closed is released within a few turns of the event loop. */
const MAX_TURNS = 200;

const countLasting = () =>
  LASTING.map((type) => process.getActiveResourcesInfo().filter((active) => active === type).length);

/** What the runner reports of a test or a hook that failed. */
const FAILURES = ["test_fn_failure", "hook_failure", "error"];

/** Fails a suite after whose `afterAll` something that it started is still active. A failure of its tests is reported instead. */
// eslint-disable-next-line no-restricted-syntax -- Jest calls the default export
export default class LeakCheckingEnvironment extends NodeEnvironment {
  readonly #before = countLasting();

  #hasFailed = false;

  handleTestEvent({ name }: { readonly name: string }): void {
    this.#hasFailed ||= FAILURES.includes(name);
  }

  override async teardown(): Promise<void> {
    let left = this.#findLeft();
    for (let turn = 0; left.length > 0 && turn < MAX_TURNS; turn += 1) {
      await sleep(10, undefined, { ref: false });
      left = this.#findLeft();
    }
    await super.teardown();
    if (left.length > 0 && !this.#hasFailed) throw new Error(`the suite left behind: ${left.join(", ")}`);
  }

  #findLeft(): readonly string[] {
    const counts = countLasting();
    return LASTING.filter((_, index) => (counts[index] ?? 0) > (this.#before[index] ?? 0));
  }
}
