import { createServer, type Server } from "node:net";

/** Listens on a port. Resolves to the code of the error if that is not possible. */
async function tryToListen(server: Server, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  server.once("error", ({ code }: NodeJS.ErrnoException) => {
    resolve(code);
  });
  server.listen(port, "127.0.0.1", () => {
    resolve(undefined);
  });
  return promise;
}

/** The problems of ports, by the names of their variables; a port that two variables name is in use by the first. */
export async function findPortProblems(ports: Readonly<Record<string, string>>): Promise<string[]> {
  const problems: string[] = [];
  const servers: Server[] = [];
  for (const [name, text] of Object.entries(ports)) {
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      problems.push(`${name}: must be a whole number from 1 to 65535`);
      continue;
    }
    const server = createServer();
    const code = await tryToListen(server, port);
    if (code === undefined) servers.push(server);
    else problems.push(`${name}: ${port} ${code === "EADDRINUSE" ? "is in use" : `cannot be used (${code})`}`);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return problems;
}
