import { setTimeout as sleep } from "node:timers/promises";
import { postWebhook } from "../support/webhooks";
import { type Round, type Step, type Target } from "./histories-steps";
import { type Event, type Happening } from "./histories-events";
import { press, type Press } from "./histories-press";
import { type HistoriesWorld, type Member } from "./histories-world";

/** A sign that has not come by then does not come; the round goes on without it. */
const SIGN_MS = 3000;
/** Longer than any answer takes; a process that stands still is answered for when it goes on. */
const ANSWERS_MS = 8000;
/** After these a cancellation may be in doubt that never left. */
const EXCUSES: readonly Step["do"][] = ["stop", "kill", "crashPostgres", "loseAnswer"];

/** What a round plays on, and what it writes down. */
export interface Stage {
  readonly world: HistoriesWorld;
  readonly events: readonly Event[];
  readonly record: (happening: Happening) => void;
  /** Answers that have not come yet. */
  readonly unanswered: Set<Promise<void>>;
  /** Every key that was pressed, and what it asks for. */
  readonly presses: Map<string, Press>;
}

/** Each round has an authorization of its own. */
const subjectOf = ({ index }: Round) => `RR3822485720260110more${`${index + 1}`.padStart(7, "0")}`;

function describe(step: Step): string {
  const details = Object.entries(step).filter(([name]) => name !== "do");
  return [step.do, ...details.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}

/** Plays rounds on one stage, one after the other. */
export function createConductor({ world, events, record, unanswered, presses }: Stage) {
  let sinceIndex = 0;
  let seen = 0;
  let lastCall = 0;

  const member = (process: number): Member => {
    const found = world.members[process];
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
    const sent = keys.map((number): Press & { call: number } => {
      const key = `r${round.index}-${kind}-${number}`;
      const effect =
        kind === "pix"
          ? ({ provider: "delbank", subject: subjectOf(round) } as const)
          : ({ provider: "avibra", subject: `histories-${key}` } as const);
      presses.set(key, { key, effect });
      return { key, effect, call: ++lastCall };
    });
    for (const { key, effect, call } of sent) record({ type: "invoke", call, process, key, effect });
    const answer = press(member(process).replica, sent).then((told) => {
      for (const [index, { call, key }] of sent.entries())
        record({ type: "answer", call, key, told: told[index] ?? { outcome: "none" } });
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
    const endsAt = performance.now() + SIGN_MS;
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
        await within(ANSWERS_MS, Promise.all(unanswered));
        return;
      case "pause":
        await sleep(step.ms);
        return;
      case "until":
        await untilSign(round, step.sign);
        return;
      case "reads":
        sinceIndex = events.length;
        for (const { front } of world.members) front.modes.reads = step.mode;
        return;
      case "posts":
        sinceIndex = events.length;
        for (const { front } of world.members) Object.assign(front.modes, { posts: step.mode, slowMs: step.slowMs });
        return;
      case "breakHandshakes":
        for (const { front } of world.members) {
          front.modes.closes = true;
          front.breakHandshakes(step.how, { after: 1, times: step.times });
        }
        return;
      case "loseAnswer":
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
        world.postgres.crash();
        return;
      case "startPostgres":
        await world.postgres.start();
    }
  }

  /** Everything is well again: nothing stands still, is dead, is lost or lies. */
  async function heal(): Promise<void> {
    for (const { front, database, replica } of world.members) {
      front.heal();
      database.disarm();
      replica.process.kill("SIGCONT");
    }
    await Promise.all(world.members.map(({ restarted }) => restarted));
  }

  return {
    async play(round: Round): Promise<void> {
      sinceIndex = events.length;
      for (const step of round.steps) {
        const isFault = !["press", "webhook", "answers", "pause", "until"].includes(step.do);
        const isExcuse = EXCUSES.includes(step.do);
        const process = "process" in step && isFault ? numberOf(step.process) : undefined;
        if (isFault)
          record({ type: "fault", step: describe(step), isExcuse, ...(process !== undefined && { process }) });
        await obey(step, round);
      }
      await heal();
      await within(ANSWERS_MS, Promise.all(unanswered));
    },
  };
}
