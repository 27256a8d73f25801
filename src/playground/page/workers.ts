const WORKERS = { graphql: "./graphql.worker.js", json: "./json.worker.js" } as const;

/** Tells Monaco where its workers are: files beside the bundle, since the content policy admits no blob: URL. */
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
