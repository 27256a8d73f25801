import { randomInt, randomUUID } from "node:crypto";
import { parseArguments } from "../../src/cli/operations/arguments";
import { CommandFailure } from "../../src/cli/exit-code";
import { hasPersonalData } from "../../src/cli/find-personal-data";

const ID = "0b0e7c1e-6a52-4d3c-9a67-6d1f6f8b2f10";
const DECISION = { as: "failed", reason: "never received", evidence: "ticket 4711", by: "Ana" };
const settleWith = (options: Partial<Record<keyof typeof DECISION, string | undefined>>) => {
  const values = Object.entries({ ...DECISION, ...options }).filter(([, value]) => value !== undefined);
  return ["settle", ID, ...values.flatMap(([name, value = ""]) => [`--${name}`, value])];
};
const SETTLE = settleWith({});

/** What the command says before it exits with 2. */
function usageError(args: readonly string[]): string {
  try {
    parseArguments(args);
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error("the arguments were accepted");
}

describe("the arguments of the operations command", () => {
  test.each<[string, unknown]>([
    ["list", { command: { name: "list", filter: { status: ["PENDING", "UNCONFIRMED", "NEEDS_ATTENTION"] } }, isJson: false }],
    ["list --status failed,NEEDS_ATTENTION --status pending --json", { command: { name: "list", filter: { status: ["FAILED", "NEEDS_ATTENTION", "PENDING"] } }, isJson: true }],
    ["list --request \u00a0r-1\t", { command: { name: "list", filter: { requestId: "r-1" } }, isJson: false }],
    ["list --user u-1 --recurrence RR1 --kind create_user", { command: { name: "list", filter: { userId: "u-1", recurrenceId: "RR1", kind: ["CREATE_USER"] } }, isJson: false }],
    ["list --older-than 2h --status succeeded", { command: { name: "list", filter: { olderThanMs: 7_200_000, status: ["SUCCEEDED"] } }, isJson: false }],
    [`show ${ID.toUpperCase()} --offline`, { command: { name: "show", id: ID, isOffline: true }, isJson: false }],
    [`recheck ${ID}\u00a0 --json`, { command: { name: "recheck", id: ID }, isJson: true }],
    ["--help", { command: { name: "help" }, isJson: false }],
    ["settle --help", { command: { name: "help" }, isJson: false }],
  ])("%s", (line, expected) => {
    expect(parseArguments(line.split(" "))).toEqual(expected);
  }); // prettier-ignore

  test("of settle are the decision, its reason, its evidence and who decides", () => {
    expect(parseArguments([...SETTLE, "--seen", "NEEDS_ATTENTION.1.3", "--against-provider"])).toEqual({
      command: {
        ...{ name: "settle", id: ID, outcome: "FAILED", reason: "never received", evidence: "ticket 4711", by: "Ana" },
        ...{ seen: "NEEDS_ATTENTION.1.3", mayBeAgainstProvider: true },
      },
      isJson: false,
    });
  });

  test.each<[string, readonly string[], string]>([
    ["no command", [], "must be list, show, recheck or settle"],
    ["an unknown command", ["delete", ID], "must be list, show, recheck or settle"],
    ["an unknown option", ["list", "--limit", "3"], "the options are --json, --help, --status"],
    ["a flag with a value", ["list", "--json=yes"], "An option is unknown or has no value, or a flag has one"],
    ["an option without its value", ["list", "--user"], "An option is unknown or has no value"],
    ["an unknown status", ["list", "--status", "DONE"], "--status must be one of PENDING"],
    ["an empty filter", ["list", "--user", ""], "--user must be 1 to 256 characters"],
    ["a control character in a filter", ["list", "--request", "a\u001b[2J"], "without control characters"],
    ["a duration without a unit", ["list", "--older-than", "15"], "such as 90s"],
    ["list with an id", ["list", ID], "list takes no id; npm run needs -- before the command"],
    ["show without an id", ["show"], "id of the operation is missing"],
    ["show with two ids", ["show", ID, ID], "Only one id"],
    ["a reason without quotation marks", ["settle", ID, ...["--as", "failed", "--reason", "never", "received"]], "needs quotation marks"],
    ["an id that is no UUID", ["show", "1 or 1=1"], "must be a UUID"],
    ["an option of another command", ["recheck", ID, "--offline"], "An option is unknown"],
    ["settle without an outcome", settleWith({ as: undefined }), "--as must be succeeded or failed"],
    ["settle with another outcome", settleWith({ as: "done" }), "--as must be succeeded or failed"],
    ["settle without a reason", settleWith({ reason: undefined }), "--reason is required"],
    ["settle without evidence", settleWith({ evidence: undefined }), "--evidence is required"],
    ["settle without a name", settleWith({ by: undefined }), "--by is required"],
    ["a reason of white space", settleWith({ reason: "  " }), "--reason must be 1 to 1000"],
    ["a reason of several lines", settleWith({ reason: "a\nb" }), "on one line"],
    ["evidence that is too long", settleWith({ evidence: "x".repeat(1001) }), "--evidence must be 1 to 1000"],
    ["a CPF in the reason", settleWith({ reason: "asked by 046.232.170-35" }), "--reason must not contain a CPF"],
    ["an e-mail address in the evidence", settleWith({ evidence: "mail of ana@example.com" }), "--evidence must not contain"],
    ["an e-mail address as the name", settleWith({ by: "ana@example.com" }), "--by must not contain"],
    ...["as", "reason", "evidence", "by", "seen"].map((name): [string, readonly string[], string] => [
      `--${name} twice`, ["settle", ID, `--${name}`, "Bruno", "--json", `--${name}=Ana@`], `--${name} must not be repeated`,
    ]),
    ...["kind", "user", "recurrence", "request", "older-than"].map((name): [string, readonly string[], string] => [
      `--${name} twice`, ["list", `--${name}`, "1h", `--${name}`, "1h"], `--${name} must not be repeated`,
    ]),
    ["a control character in the name", settleWith({ by: "Ana\u009b2J" }), "--by must be a name"],
  ])("that are wrong (%s) are refused with exit code 2, without what was typed", (_what, args, message) => {
    const said = usageError(args);
    expect(said).toContain(message);
    expect(said).toContain("--help");
    for (const typed of args.filter((part) => /@|\d{3}|\n|\u001b|\u009b/.test(part))) expect(said).not.toContain(typed);
  }); // prettier-ignore
});

describe("personal data in a reason", () => {
  test.each([
    "04623217035",
    "046.232.170-35",
    "CPF 046 232 170 35 of 2026",
    "CPF04623217035",
    "cpf:04623217035,",
    "０４６２３２１７０３５",
    "046\u200b23217035",
    "046_232_170_35",
    "046.232.170–35",
    "046  232\u00a0170 - 35",
    "19.131.243/0001-97",
    "CNPJ 19131243000197",
    "12.ABC.345/01DE-35",
    "ana@example.com",
    "Ana <ana@localhost>",
    "ana＠example.com",
    "CPF046.232.170-35",
    "cpf046 232 170 35",
    "046.232.170-35x",
    "payer04623217035x",
    "046.232.170\u221235",
    "046.232.170\u201135",
    "046,232,170-35",
    "046:232:170:35",
    "046|232|170|35",
    "(046)232.170-35",
    "0462 3217 035",
    "0 4 6 2 3 2 1 7 0 3 5",
    "046 -- 232 -- 170 -- 35",
    "046\u2022232\u2022170\u202235",
    "０４６．２３２．１７０－３５",
    "046\ufe0f232\u034f170\u00ad35",
    "of 2026-11-28 10:15: 046.232.170-35",
    "CNPJ19.131.243/0001-97",
    "CNPJ 19-131-243-0001-97",
    "payer19.131.243\u22150001\u221297",
    "CNPJ12ABC34501DE35",
    "12abc345/01de-35",
    "payer12.ABC.345/01DE-35x",
    "１２.ＡＢＣ.３４５/０１ＤＥ-３５",
  ])("is found in %s", (text) => {
    expect(hasPersonalData(text)).toBe(true);
  });

  test.each([
    "Delbank ticket 48213 of 2026-11-28 10:15",
    "RR0435879820240605njua7shf40o and IC0435879820240605bcdb1fhn43a",
    "operation 0b0e7c1e-6a52-4d3c-9a67-6d1f6f8b2f10",
    "E00416968202611281015abcdefghijk",
    "12345678900",
    "call 11 98765-4321",
    "R$ 1.234.567,89 @ 3 pm",
    "a table of 12, 34 and 56",
    "046.232.170-36",
    "10462321703519",
    "19.131.243/0001-98",
    "incident INC0012345, ticket #48213, PAY-4711",
    "call of 2026-11-28T10:15:30.123Z, answer of 28/11/2026 10:15:31",
    "1764324930123 in the log",
    "so: ticket 660630", // a CNPJ with letters by its check digits, if its groups did not count
  ])("is not found in %s", (text) => {
    expect(hasPersonalData(text)).toBe(false);
  });

  const TIMES = Array.from({ length: 2000 }, (_, index) => new Date(Date.UTC(2026, 0, 1) + index * 12_345_678));
  const toIso = (time: Date) => time.toISOString();
  const LETTERS_AND_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
  const toRandomText = (length: number) =>
    Array.from({ length }, () => LETTERS_AND_DIGITS[randomInt(LETTERS_AND_DIGITS.length)]).join("");
  test.each<[string, (time: Date) => string]>([
    ["UUID", () => randomUUID()],
    ["EndToEndId", (time) => `E00416968${toIso(time).replace(/\D/g, "").slice(0, 12)}${toRandomText(11)}`],
    ["recurrence ID", (time) => `RR04358798${toIso(time).replace(/\D/g, "").slice(0, 8)}${toRandomText(11)}`],
    ["timestamp", toIso],
    ["timestamp with a space", (time) => toIso(time).replace("T", " ").slice(0, 19)],
    ["timestamp with a time zone", (time) => toIso(time).replace("Z", "-03:00")],
    ["Brazilian timestamp", (time) => toIso(time).replace(/^(\d+)-(\d+)-(\d+)T(.*)\..*$/, "$3/$2/$1 $4")],
    ["time in ms", (time) => `${time.getTime()}`],
    ["number of a ticket", (time) => `ticket ${time.getTime() % 10_000_000}`],
  ])("is not found in any %s, in a sentence", (_what, toEvidence) => {
    const texts = TIMES.map((time) => `Delbank says so: ${toEvidence(time)}, as seen by the support`);
    expect(texts.filter(hasPersonalData)).toEqual([]);
  });
});
