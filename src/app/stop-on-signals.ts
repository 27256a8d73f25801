/** Calls `stop` on the first SIGTERM or SIGINT, then exits: 0, or 1 if `stop` fails. The second signal exits immediately. */
export function stopOnSignals(stop: () => Promise<void>): void {
  let isStopping = false;
  function handleSignal(): void {
    if (isStopping) process.exit(1);
    isStopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  }
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, handleSignal);
}
