import { setTimeout as sleep } from "node:timers/promises";
import { postWebhook } from "../kit/http/webhooks";
import { type Round, type Step, type Target } from "./histories-steps";
import { type Event, type EventDetails } from "./histories-events";
import { sendRequests, type MutationRequest } from "./histories-request";
import { type HistoriesCluster, type Member } from "./histories-cluster";

/** A sign that has not come by then does not come; the round goes on without it. */
const SIGNAL_TIMEOUT_MS = 3000;
/** Longer than any answer takes; a process that stands still is answered for when it goes on. */
const RESPONSE_TIMEOUT_MS = 8000;
/** After these a cancellation may be in doubt that never left. */
const EXCUSING_STEPS: readonly Step["do"][] = ["stop", "kill", "crashPostgres", "loseResponse"];

/** What a round plays on, and what it writes down. */
export interface ConductorOptions {
  readonly cluster: HistoriesCluster;
  readonly events: readonly Event[];
  readonly record: (eventDetails: EventDetails) => void;
  /** Answers that have not come yet. */
  readonly unanswered: Set<Promise<void>>;
  /** Every key that was pressed, and what it asks for. */
  readonly requests: Map<string, MutationRequest>;
}

/** Each round has an authorization of its own. */
const subjectOf = ({ index }: Round) => `RR3822485720260110more${`${index + 1}`.padStart(7, "0")}`;

function describe(step: Step): string {
  const details = Object.entries(step).filter(([name]) => name !== "do");
  return [step.do, ...details.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}

/** Plays rounds on one stage, one after the other. */
export function createConductor({ cluster, events, record, unanswered, requests }: ConductorOptions) {
  let sinceIndex = 0;
  let seen = 0;
  let lastCall = 0;

  const member = (process: number): Member => {
    const found = cluster.members[process];
    if (!found) throw new Error(`no process ${process}`);
    return found;
  };
  const numberOf = (target: Target) => (target === "seen" ? seen : target);
  const within = (ms: number, done: Promise<unknown>) => Promise.race([done, sleep(ms, undefined, { ref: false })]);
  const track = (done: Promise<void>) => {
    const tracked = done.finally(() => unanswered.delete(tracked));
    unanswered.add(tracked);
  };

  function send(round: Round, { keys, process, kind }: Extract<Step, { do: "press" }>): void {
    const sent = keys.map((number): MutationRequest & { call: number } => {
      const key = `r${round.index}-${kind}-${number}`;
      const effect =
        kind === "pix"
          ? ({ provider: "delbank", subject: subjectOf(round) } as const)
          : ({ provider: "avibra", subject: `histories-${key}` } as const);
      requests.set(key, { key, effect });
      return { key, effect, call: ++lastCall };
    });
    for (const { key, effect, call } of sent) record({ type: "invoke", call, process, key, effect });
    const answer = sendRequests(member(process).replica, sent).then((reported) => {
      for (const [index, { call, key }] of sent.entries())
        record({ type: "answer", call, key, reported: reported[index] ?? { outcome: "none" } });
    });
    track(answer);
  }

  async function sendWebhook(user: string, process: number): Promise<void> {
    const event = { eventname: "user_enrolled", userid: user, eventtimestamp: new Date().toISOString() };
    const status = await postWebhook(member(process).replica.url, event, { key: user }).then(
      (response) => response.status,
      () => 0,
    );
    record({ type: "webhook", process, user, isAcknowledged: status === 200 });
  }

  async function untilSign(round: Round, sign: "read" | "post"): Promise<void> {
    const subject = subjectOf(round);
    const type = sign === "read" ? "read" : "received";
    const find = () =>
      events.find((event, index) => index >= sinceIndex && event.type === type && event.subject === subject);
    const endsAt = performance.now() + SIGNAL_TIMEOUT_MS;
    let found = find();
    while (!found && performance.now() < endsAt) {
      await sleep(3);
      found = find();
    }
    if (found?.type === type) seen = found.process;
    record({ type: "sign", sign, isSeen: found !== undefined });
  }

  async function restart(process: number): Promise<void> {
    const one = member(process);
    await one.restarted;
    one.replica = await one.start();
  }

  async function obey(step: Step, round: Round): Promise<void> {
    switch (step.do) {
      case "press":
        send(round, step);
        return;
      case "webhook":
        for (let n = 0; n < step.count; n += 1)
          track(sendWebhook(`histories-r${round.index}-event-${n}`, step.process));
        return;
      case "answers":
        await within(RESPONSE_TIMEOUT_MS, Promise.all(unanswered));
        return;
      case "pause":
        await sleep(step.ms);
        return;
      case "until":
        await untilSign(round, step.sign);
        return;
      case "reads":
        sinceIndex = events.length;
        for (const { delbankProxy } of cluster.members) delbankProxy.modes.reads = step.mode;
        return;
      case "posts":
        sinceIndex = events.length;
        for (const { delbankProxy } of cluster.members)
          Object.assign(delbankProxy.modes, { posts: step.mode, slowMs: step.slowMs });
        return;
      case "breakHandshakes":
        for (const { delbankProxy } of cluster.members) {
          delbankProxy.modes.closes = true;
          delbankProxy.breakHandshakes(step.how, { after: 1, times: step.times });
        }
        return;
      case "loseResponse":
        member(step.process).database.arm({ ...step, statement: new RegExp(step.statement) });
        return;
      case "stop":
        member(numberOf(step.process)).replica.process.kill("SIGSTOP");
        return;
      case "continue":
        member(numberOf(step.process)).replica.process.kill("SIGCONT");
        return;
      case "kill": {
        const process = numberOf(step.process);
        await member(process).replica.kill();
        member(process).restarted = restart(process);
        return;
      }
      case "crashPostgres":
        cluster.postgres.crash();
        return;
      case "startPostgres":
        await cluster.postgres.start();
    }
  }

  /** Everything is well again: nothing stands still, is dead, is lost or lies. */
  async function heal(): Promise<void> {
    for (const { delbankProxy, database, replica } of cluster.members) {
      delbankProxy.restore();
      database.disarm();
      replica.process.kill("SIGCONT");
    }
    await Promise.all(cluster.members.map(({ restarted }) => restarted));
  }

  return {
    async play(round: Round): Promise<void> {
      sinceIndex = events.length;
      for (const step of round.steps) {
        const isFault = !["press", "webhook", "answers", "pause", "until"].includes(step.do);
        const isExcuse = EXCUSING_STEPS.includes(step.do);
        const process = "process" in step && isFault ? numberOf(step.process) : undefined;
        if (isFault)
          record({ type: "fault", step: describe(step), isExcuse, ...(process !== undefined && { process }) });
        await obey(step, round);
      }
      await heal();
      await within(RESPONSE_TIMEOUT_MS, Promise.all(unanswered));
    },
  };
}
