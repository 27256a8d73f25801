import { formatCheck, median, quantile, row } from "./figures";
import { PACE, PROBE_MS, type Round, runStorm, type Weather } from "./storm-run";

const ROUNDS = 12;
const NO_FAULTS: Weather = "it is well";
/** Calls for each read that is offered. */
const MAX_ATTEMPTS = 1.1;
/** How much later than in calm weather Delbank's readers may be answered. */
const MAX_RECOVERY_ATTEMPTS = 1.1;
/** Pauses of the breaker until a provider that is well again is asked again. */
const MAX_PROBES = 2;
/** Answers without a call; those that are let through to see are fewer than a tenth. */
const IMMEDIATE_MS = 50;

const OFFERED = PACE.perSecond * PACE.seconds;

/** What one provider's readers notice of the other one's trouble, and what the provider in trouble feels. */
export async function storm(): Promise<void> {
  const played = await runStorm(ROUNDS);
  const all = (weather: Weather, name: "delbankMs" | "avibraMs") =>
    (played.get(weather) ?? []).flatMap((round) => round[name]);
  const typical = (weather: Weather, name: Exclude<keyof Round, "delbankMs" | "avibraMs">) =>
    median((played.get(weather) ?? []).map((round) => round[name]));
  // The median round's: one that the rest of the machine disturbs must not decide.
  const p99 = (weather: Weather) =>
    median((played.get(weather) ?? []).map(({ delbankMs }) => quantile(delbankMs, 0.99)));

  console.log(
    `\nstorm: reads of both providers, ${PACE.perSecond}/s each; ${ROUNDS} rounds of ${PACE.seconds} s in turn`,
  );
  console.log(row("Delbank's readers, while of Avibra", "p50 ms", "p99 ms", "of calm"));
  for (const weather of played.keys()) {
    const times = [quantile(all(weather, "delbankMs"), 0.5), p99(weather)].map((ms) => ms.toFixed(1));
    console.log(row(weather, ...times, `${(p99(weather) / p99(NO_FAULTS)).toFixed(2)} x`));
  }
  const noise = p99("it is well, once more") / p99(NO_FAULTS);
  const canTell = Math.max(noise, 1 / noise) < MAX_RECOVERY_ATTEMPTS;
  console.log(
    canTell
      ? `  two calm rows lie ${(100 * Math.abs(noise - 1)).toFixed(0)} % apart, so that ${MAX_RECOVERY_ATTEMPTS} x can be told`
      : `  two calm rows lie ${(100 * Math.abs(noise - 1)).toFixed(0)} % apart: ${MAX_RECOVERY_ATTEMPTS} x cannot be told on this machine`,
  );

  console.log(row("Avibra", "calls", "answers p90 ms", "well after ms", "memory MB", "sockets"));
  for (const weather of played.keys()) {
    const isStorm = !weather.startsWith("it is well");
    const attempts = typical(weather, "attempts");
    const responded = quantile(all(weather, "avibraMs"), 0.9);
    const recovered = typical(weather, "recoveredMs");
    console.log(
      row(
        weather,
        formatCheck(`${attempts} of ${OFFERED}`, attempts <= MAX_ATTEMPTS * OFFERED),
        formatCheck(responded.toFixed(1), !isStorm || responded < IMMEDIATE_MS),
        formatCheck(recovered.toFixed(0), recovered < MAX_PROBES * PROBE_MS),
        typical(weather, "residentMb").toFixed(0),
        `${typical(weather, "sockets")}`,
      ),
    );
  }
}
