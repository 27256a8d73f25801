import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/program";
import { startSubgraph, type TestSubgraph } from "../support/subgraph";
import { postWebhook } from "../support/webhooks";

const README = readFileSync(join(__dirname, "../../README.md"), "utf8");
const [, example = "", , shown = ""] = /```js\n(.*?)```\n(.*?)```text\n(.*?)\n```/s.exec(README) ?? [];

describe("the README's subscription", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph();
  });
  afterAll(() => subgraph.stop());

  test("prints what it says when Avibra tells of the member", async () => {
    const TOKEN = await subgraph.token({ sub: "u-1001" });
    const program = example.replace("ws://127.0.0.1:4001", subgraph.url.replace("http", "ws"));
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { env: { TOKEN } });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await eventually(async () => {
      // Until it listens it does not hear; each of these is an event of its own.
      await postWebhook(subgraph.url, {
        eventname: "enrollment_successful",
        userid: "u-1001",
        eventtimestamp: `${printed.length}-${Date.now()}`,
      });
      return printed.split("\n").length > 2 ? true : undefined;
    });
    child.kill();
    expect(printed.split("\n").slice(0, 2)).toEqual(['{"type":"connection_ack"}', shown]);
  });
});
