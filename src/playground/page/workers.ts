const WORKERS = { graphql: "./graphql.worker.js", json: "./json.worker.js" } as const;

/** Configures the URLs of Monaco's workers: files next to the bundle, because the content policy allows no blob: URL. */
export function configureWorkers(): void {
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker(_id: string, label: string) {
        const file = label in WORKERS ? WORKERS[label as keyof typeof WORKERS] : "./editor.worker.js";
        return new Worker(new URL(file, import.meta.url), { name: label });
      },
    },
  });
}

/** The editor rejects what it was still computing when it is replaced. That is no error, so the console does not report it. */
export function ignoreCancellations(): void {
  window.addEventListener("unhandledrejection", (event) => {
    const { name } = (event.reason ?? {}) as { readonly name?: string };
    if (name === "Canceled") event.preventDefault();
  });
}
