/** What one command printed. */
export interface Printed {
  readonly text: string;
  readonly exitCode: number;
}

/** Runs a program that the pages use. `variables` are those before the words, and those that were exported. */
export type ShellCommand = (
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
) => Promise<Printed> | Printed;

export interface ShellOptions {
  /** What the pages name, and what stands there instead: origins, folders, ids. Read at each command. */
  readonly replacements: Readonly<Record<string, string>>;
  /** Programs by name, besides curl. */
  readonly commands?: Readonly<Record<string, ShellCommand>>;
}

const TOKEN = /(?:'[^']*'|"[^"]*"|[^\s'"])+/g;
const PART = /'([^']*)'|"([^"]*)"|([^'"]+)/g;
const SHOW_EXIT_CODE = "echo $?";
const ASSIGNMENT = /^([A-Z_]+)=(.*)$/s;

const ok = (text: string): Printed => ({ text, exitCode: 0 });

async function curl(words: readonly string[], origins: readonly string[]): Promise<Printed> {
  const rest = [...words];
  const request = { method: "GET", headers: new Headers(), body: undefined as string | undefined };
  let [target, format, isShown] = ["", "", true];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const next = () => rest.shift() ?? "";
    if (word === "-X") request.method = next();
    else if (word === "-H") request.headers.append(...(next().split(": ") as [string, string]));
    else if (word === "-d") Object.assign(request, { method: "POST", body: next() });
    else if (word === "-w") format = next();
    else if (word === "-o" && next() === "/dev/null") isShown = false;
    else if (word.startsWith("http")) target = word;
    else if (word !== "-s") throw new Error(`this shell does not support: curl ${word}`);
  }
  if (!origins.includes(new URL(target).origin)) throw new Error(`unknown origin: ${target}`);
  const { body, ...others } = request;
  const response = await fetch(target, { ...others, ...(body !== undefined && { body }) });
  const text = await response.text();
  return ok((isShown ? text : "") + format.replace("%{http_code}", `${response.status}`).replace("\\n", "\n"));
}

function filter(text: string, words: readonly string[]): string {
  const command = words.join(" ");
  if (command === `cut -d" -f4`) return text.split('"')[3] ?? "";
  const [name, flag, pattern = flag ?? ""] = words;
  if (name !== "grep") throw new Error(`this shell does not support: ${command}`);
  if (flag === "-o") return [...text.matchAll(new RegExp(pattern, "g"))].map(([match]) => `${match}\n`).join("");
  const lines = text.split("\n").filter((line) => line.includes(pattern));
  return lines.map((line) => `${line}\n`).join("");
}

/** The commands of a block without its comments. A quoted text may span lines. */
const splitCommands = (block: string): readonly string[] =>
  block
    .replace(/^#.*$/gm, "")
    .replaceAll("\\\n", " ")
    .match(/(?:'[^']*'|"[^"]*"|[^\n'"])+/g) ?? [];

/** Splits at the token `|`. */
function splitPipeline(tokens: readonly string[]): string[][] {
  const stages: string[][] = [[]];
  for (const token of tokens) {
    if (token === "|") stages.push([]);
    else stages.at(-1)?.push(token);
  }
  return stages;
}

/** Runs the few forms of commands that the pages use, so that they need no program of the machine. */
export function createShell({ replacements, commands = {} }: ShellOptions) {
  const variables: Record<string, string> = {};
  const exported: Record<string, string> = {};
  let lastExitCode = 0;

  const replaceAll = (text: string) =>
    Object.entries(replacements).reduce((replaced, [from, to]) => replaced.replaceAll(from, to), text);
  const expand = (token: string) =>
    [...token.matchAll(PART)]
      .map(
        ([, verbatim, quoted, bare]) =>
          verbatim ?? (quoted ?? bare ?? "").replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? ""),
      )
      .join("");

  async function runProgram(words: readonly string[]): Promise<Printed> {
    const start = words.findIndex((word) => !ASSIGNMENT.test(word));
    const [name = "", ...args] = words.slice(start);
    if (name === "curl") return curl(args, Object.values(replacements));
    const command = commands[name];
    if (!command) throw new Error(`this shell does not support: ${name}`);
    const own = words.slice(0, start).map((word) => ASSIGNMENT.exec(word)?.slice(1) as [string, string]);
    return command(args, { ...exported, ...Object.fromEntries(own) });
  }

  async function runPipeline(line: string): Promise<string> {
    const [first = [], ...filters] = splitPipeline(replaceAll(line).match(TOKEN) ?? []).map((stage) =>
      stage.map(expand),
    );
    const { text, exitCode } = await runProgram(first);
    lastExitCode = exitCode;
    return filters.reduce(filter, text);
  }

  function showExitCode(): string {
    const text = `${lastExitCode}\n`;
    lastExitCode = 0;
    return text;
  }

  async function runLine(line: string): Promise<string> {
    if (line === SHOW_EXIT_CODE) return showExitCode();
    const [, name, command] = /^([A-Z_]+)=\$\((.*)\)$/.exec(line) ?? [];
    if (name && command) {
      variables[name] = (await runPipeline(command)).trimEnd();
      return "";
    }
    const [, exportedName, value = ""] = /^export ([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (exportedName === undefined) return runPipeline(line);
    exported[exportedName] = variables[exportedName] = expand(replaceAll(value));
    return "";
  }

  const throwIfFailed = (printed: readonly string[]) => {
    if (lastExitCode !== 0) throw new Error(`exit code ${lastExitCode}: ${printed.join("")}`);
  };

  /** Runs every command of a block; resolves to what each prints. Throws after a command that fails, unless `echo $?` follows. */
  return async (block: string): Promise<string[]> => {
    const printed: string[] = [];
    for (const line of splitCommands(block)) {
      if (line !== SHOW_EXIT_CODE) throwIfFailed(printed);
      printed.push(await runLine(line));
    }
    throwIfFailed(printed);
    return printed;
  };
}
