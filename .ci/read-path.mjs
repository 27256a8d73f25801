// Lists the files of src that run only because a request selects `benefits`, in the order of their first call. Needs a build.
// A file is on the path if V8 counts more calls of one of its functions for `{ me { benefits { id } } }` than for `{ me { id } }`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const READ = "{ me { benefits { id } } }";
const WITHOUT_READ = "{ me { id } }";
const ROUNDS = 5;
const DIST = `${pathToFileURL("dist").href}/`;
/** The function that hands the request to the connection pool: files called up to here are on the way down. */
const HTTP = "platform/http/client/undici-transport.js";
const START_TIMEOUT_MS = 20_000;

/** Resolves with the first match of `pattern` in what a stream prints. */
function waitForOutput(stream, pattern) {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`no ${pattern} in ${text}`)), START_TIMEOUT_MS);
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    });
  });
}

/** A connection to V8's inspector. */
async function connectInspector(url) {
  const socket = new WebSocket(url);
  await once(socket, "open");
  let lastId = 0;
  const pending = new Map();
  const listeners = new Map();
  socket.addEventListener("message", ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(data);
    if (method) return listeners.get(method)?.(params);
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  });
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        pending.set(lastId, { resolve, reject });
        socket.send(JSON.stringify({ id: lastId, method, params }));
      }),
    on: (method, listener) => listeners.set(method, listener),
    close: () => socket.close(),
  };
}

const directory = mkdtempSync(join(tmpdir(), "read-path-"));
/** The program in sandbox mode. The read cache is off, so that every read reaches HTTP. */
const program = spawn(process.execPath, ["--inspect=127.0.0.1:0", "dist/main.js"], {
  env: {
    PATH: process.env.PATH,
    PORT: "0",
    AVIBRA_SANDBOX_PORT: process.env.AVIBRA_SANDBOX_PORT ?? "4191",
    DELBANK_SANDBOX_PORT: process.env.DELBANK_SANDBOX_PORT ?? "4192",
    DATABASE_URL: "sqlite::memory:",
    DATA_DIRECTORY: directory,
    READ_CACHE_MS: "0",
    RECONCILE_INTERVAL_MS: "600000",
  },
  stdio: ["ignore", "pipe", "pipe"],
});
program.stderr.on("data", (chunk) => /ebugg|For help/.test(String(chunk)) || process.stderr.write(chunk));
const exited = once(program, "exit");

try {
  const [[inspectorUrl], [, graphqlUrl, , token]] = await Promise.all([
    waitForOutput(program.stderr, /ws:\/\/\S+/),
    waitForOutput(program.stdout, /Subgraph +(\S+)([^]*)\n(ey\S+)\n/),
  ]);
  const request = async (query) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const response = await fetch(graphqlUrl, {
      method: "POST",
      headers,
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(10_000),
    });
    const { data, errors } = await response.json();
    if (errors || !data.me) throw new Error(`${query}: ${JSON.stringify(errors)}`);
  };
  const inspector = await connectInspector(inspectorUrl);
  await inspector.send("Profiler.enable");
  await inspector.send("Profiler.startPreciseCoverage", { callCount: true, detailed: false });

  /** Calls of each function of src since the last time, by file, name and place. */
  async function takeCounts() {
    const { result } = await inspector.send("Profiler.takePreciseCoverage");
    const counts = new Map();
    for (const { url, functions } of result.filter((script) => script.url.startsWith(DIST)))
      for (const { functionName, ranges } of functions)
        counts.set(
          `${url.slice(DIST.length)}\t${functionName}\t${ranges[0].startOffset}\t${ranges[0].endOffset}`,
          ranges[0].count,
        );
    return counts;
  }
  async function countCalls(query) {
    await takeCounts();
    await request(query);
    return takeCounts();
  }

  for (let round = 0; round < ROUNDS; round += 1) for (const query of [READ, WITHOUT_READ]) await request(query);
  // Timers run in between: what counts is more calls in every round than in any round without the read.
  const withRead = [];
  const withoutRead = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    withRead.push(await countCalls(READ));
    withoutRead.push(await countCalls(WITHOUT_READ));
  }
  const least = (rounds, key) => Math.min(...rounds.map((counts) => counts.get(key) ?? 0));
  const most = (rounds, key) => Math.max(...rounds.map((counts) => counts.get(key) ?? 0));
  const called = [...withRead[0].keys()]
    .filter((key) => least(withRead, key) > most(withoutRead, key))
    .map((key) => {
      const [file, name, start, end] = key.split("\t");
      const calls = least(withRead, key) - most(withoutRead, key);
      return { file, name, start: Number(start), end: Number(end), calls, isNew: most(withoutRead, key) === 0 };
    });

  // The order: a breakpoint in each of these functions, and the same read once more.
  const urls = new Map();
  const sources = new Map();
  inspector.on("Debugger.scriptParsed", ({ scriptId, url }) => urls.set(url, scriptId));
  await inspector.send("Profiler.stopPreciseCoverage");
  await inspector.send("Debugger.enable");
  const positionOf = (source, offset) => {
    const before = source.slice(0, offset).split("\n");
    return { lineNumber: before.length - 1, columnNumber: before.at(-1).length };
  };
  const functionAt = new Map();
  for (const one of called) {
    const scriptId = urls.get(DIST + one.file);
    if (!sources.has(scriptId))
      sources.set(scriptId, (await inspector.send("Debugger.getScriptSource", { scriptId })).scriptSource);
    const [start, end] = [one.start, one.end].map((at) => ({ scriptId, ...positionOf(sources.get(scriptId), at) }));
    const { locations } = await inspector.send("Debugger.getPossibleBreakpoints", { start, end });
    if (!locations[0]) continue;
    const { lineNumber, columnNumber } = locations[0];
    const location = { scriptId, lineNumber, columnNumber };
    // A function that begins where another one does has no breakpoint of its own.
    const { breakpointId } = await inspector.send("Debugger.setBreakpoint", { location }).catch(() => ({}));
    if (breakpointId) functionAt.set(breakpointId, one);
  }
  const order = [];
  const fileOf = new Map([...urls].map(([url, scriptId]) => [scriptId, url.replace(DIST, "")]));
  inspector.on("Debugger.paused", ({ hitBreakpoints = [], callFrames }) => {
    const [breakpointId] = hitBreakpoints;
    const files = callFrames.map(({ location }) => fileOf.get(location.scriptId));
    const caller = files.find((file) => file !== files[0] && called.some((one) => one.file === file));
    if (breakpointId) order.push({ ...functionAt.get(breakpointId), caller });
    if (breakpointId) void inspector.send("Debugger.removeBreakpoint", { breakpointId }); // only its first call counts
    void inspector.send("Debugger.resume");
  });
  await request(READ);
  inspector.close();

  const firstCalls = [...new Set([...order, ...called].map(({ file }) => file))];
  const reachesHttp = firstCalls.indexOf(HTTP);
  console.log(`${READ}, of which ${WITHOUT_READ} is subtracted\n`);
  for (const [index, file] of firstCalls.entries()) {
    const functions = called.filter((one) => one.file === file);
    const names = functions.map(({ name, calls }) => `${name || "(anonymous)"}${calls > 1 ? ` ×${calls}` : ""}`);
    const mark = functions.some(({ isNew }) => isNew) ? " " : "+";
    const source = `src/${file.replace(/\.js$/, ".ts")}`;
    console.log(`${String(index + 1).padStart(3)} ${mark} ${source.padEnd(58)} ${[...new Set(names)].join(", ")}`);
    if (index === reachesHttp) console.log("    — HTTP —");
  }
  // A call back: a file that was called, directly or through others, calls into its caller.
  const calleesOf = (file) => order.filter((one) => one.caller === file).map((one) => one.file);
  const reaches = (from, to, seen = new Set()) => {
    if (seen.has(from)) return false;
    seen.add(from);
    return calleesOf(from).some((file) => file === to || reaches(file, to, seen));
  };
  const back = order.filter(({ file, caller }) => caller && reaches(file, caller));
  const backCalls = [...new Set(back.map(({ file, name, caller }) => `${caller} → ${file} ${name || "(anonymous)"}`))];
  const onlyNew = firstCalls.filter((file) => called.some((one) => one.file === file && one.isNew));
  console.log(
    `\n${onlyNew.length} files run only because of the read; + marks ${firstCalls.length - onlyNew.length} more that are only called more often`,
  );
  console.log(
    `${firstCalls.slice(0, reachesHttp + 1).filter((file) => onlyNew.includes(file)).length} of them up to HTTP`,
  );
  console.log(`calls of one file into a file that called it: ${backCalls.length}`);
  for (const call of backCalls) console.log(`    ${call}`);
} finally {
  program.kill("SIGKILL"); // it may be paused at a breakpoint
  await exited;
  rmSync(directory, { recursive: true, force: true });
}
