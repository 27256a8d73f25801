/** Runs the few forms of `curl` that the pages use, against other origins than they name. */
export function createShell(urls: Readonly<Record<string, string>>) {
  const variables = new Map<string, string>();

  async function curl(command: string): Promise<string> {
    const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
      ([, verbatim, quoted, bare]) =>
        verbatim ?? (quoted ?? bare ?? "").replace(/\$(\w+)/g, (_, name: string) => variables.get(name) ?? ""),
    );
    const request = { method: "GET", headers: new Headers(), body: undefined as string | undefined };
    let target = "";
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      const next = () => words.shift() ?? "";
      if (word === "-X") request.method = next();
      else if (word === "-H") request.headers.append(...(next().split(": ") as [string, string]));
      else if (word === "-d") Object.assign(request, { method: "POST", body: next() });
      else if (word.startsWith("http")) target = word;
      else if (word !== "curl" && word !== "-s") throw new Error(`this shell does not support: curl ${word}`);
    }
    const { origin, pathname, search } = new URL(target);
    const { body, ...rest } = request;
    const response = await fetch(`${urls[origin] ?? "unknown origin "}${pathname}${search}`, {
      ...rest,
      ...(body !== undefined && { body }),
    });
    return response.text();
  }

  /** Runs every command of a block and returns the output of the last one. */
  return async (block: string) => {
    let printed = "";
    for (const line of block.replaceAll("\\\n", " ").split("\n").filter(Boolean)) {
      const [, name, command] = /^(\w+)=\$\((curl .*) \| cut -d'"' -f4\)$/.exec(line) ?? [];
      if (name && command) variables.set(name, (await curl(command)).split('"')[3] ?? "");
      else printed = await curl(line);
    }
    return printed;
  };
}
