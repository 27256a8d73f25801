import { type Event } from "./histories-events";
import { type HistoriesReport } from "./histories-run";

function formatEvent({ atMs, round, ...event }: Event): string {
  const { type, ...details } = event;
  const text = Object.entries(details)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" ");
  return `    ${`${atMs}`.padStart(7)} ms  r${round} ${type.padEnd(15)} ${text}`;
}

/** A round in which a promise was broken, as a person reads it: what broke, the schedule, what happened, what stands in the end. */
export function formatRound({ rounds, history, problems }: HistoriesReport, index: number): string {
  const round = rounds.find((one) => one.index === index);
  const inRound = history.events.filter((event) => event.type === "invoke" && event.round === index);
  const subjects = new Set(inRound.map((event) => (event.type === "invoke" ? event.effect.subject : "")));
  const keys = new Set(inRound.map((event) => (event.type === "invoke" ? event.key : "")));
  // What happens to its authorizations and keys later belongs to it.
  const isAbout = (event: Event) =>
    ("subject" in event && subjects.has(event.subject)) || ("key" in event && keys.has(event.key));
  const isElsewhere = (event: Event) => ("subject" in event || "key" in event) && !isAbout(event);
  const events = history.events.filter((event) => isAbout(event) || (event.round === index && !isElsewhere(event)));
  const operations = history.operations.filter(({ key }) => keys.has(key));
  const commits = history.commits.filter(({ subject }) => subjects.has(subject));
  return [
    `  round ${index}, ${round?.profile ?? "?"}`,
    ...problems.filter((problem) => problem.round === index).map(({ check, text }) => `  ! ${check}: ${text}`),
    "  schedule",
    ...(round?.steps ?? []).map((step) => `    ${JSON.stringify(step)}`),
    "  history",
    ...events.map(formatEvent),
    "  in the end",
    ...operations.map((operation) => `    ${JSON.stringify(operation)}`),
    ...commits.map((commit) => `    committed ${JSON.stringify(commit)}`),
    "",
  ].join("\n");
}
