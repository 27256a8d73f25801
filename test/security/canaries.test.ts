import { renameSync } from "node:fs";
import { Client } from "pg";
import { waitFor } from "../kit/wait-for";
import { dumpDatabase } from "../kit/security/canaries";
import { type OwnDatabases, startOwnDatabases } from "../kit/start/databases";
import { LONG_TIMEOUTS } from "../kit/start/long-timeouts";
import { type LiveEnvironment, startLiveEnvironment, type LiveProgram } from "../kit/start/live-environment";
import {
  FAILURES,
  HANGING,
  sendEveryEvent,
  triggerFailures,
  sendEveryInvalidRequest,
  sendEveryMutation,
  READ_QUERY,
} from "../kit/security/misuse";
import { MUTATIONS } from "../kit/seeds/mutations";
import {
  ECHOED,
  findCanaryOrigins,
  FORBIDDEN_VALUES,
  PERSON,
  PROVIDER_VALUES,
  SECRETS,
} from "../kit/security/canary-values";

const isWhole = process.env["TEST_ALL"] === "true";

let databases: OwnDatabases;
let environment: LiveEnvironment;
beforeAll(async () => {
  [databases, environment] = await Promise.all([startOwnDatabases({ isSynced: true }), startLiveEnvironment()]);
});
afterAll(() => Promise.all([databases.stop(), environment.stop()]));

describe.each(["sqlite", "postgres"] as const)(
  "the built program on %s at trace level, with canaries in every input, credential and provider response",
  (dialect) => {
    let databaseUrl: string;
    let subject: LiveProgram;
    let token: string;
    /** The portal's link tokens and the caller's own bearer tokens: known only once they were made. */
    let issued: Record<string, string>;
    const stored: string[] = [];

    beforeAll(async () => {
      await Promise.all([environment.avibra.reset(), environment.delbank.reset()]);
      databaseUrl = await databases.createDatabase(dialect);
      if (dialect === "postgres") {
        const client = new Client({ connectionString: databaseUrl });
        await client.connect();
        await client.query(`create role cnry_role superuser login password '${SECRETS.databasePassword}'`);
        await client.end();
        databaseUrl = databaseUrl.replace("tester:tester", `cnry_role:${SECRETS.databasePassword}`);
      }
      environment.keyServer.failWith(PROVIDER_VALUES.jwksError);
      subject = await environment.start({ ...environment.environment(databaseUrl), ...LONG_TIMEOUTS });
      token = await environment.keyServer.sign({
        sub: "u-1001",
        tax_id: PERSON.payerTaxId,
        scope: "pix:cancel users:read:any users:write:any pix:read:any",
        email: PERSON.email,
        name: PERSON.claim,
      });
      const noMember = await environment.keyServer.sign({
        sub: PERSON.nonMemberSubject,
        tax_id: PERSON.companyTaxId,
        scope: "users:write:any",
      });
      await subject.graphql(token, READ_QUERY); // while the key server fails
      environment.keyServer.failWith(undefined);
      // After a failure, the service does not fetch keys for a while.
      await waitFor(async () => ((await subject.graphql(token, "{ me { id } }")).data ? true : undefined));

      const succeeded = await sendEveryMutation(subject, token, "success");
      expect(succeeded.map(({ data }, index) => data?.[MUTATIONS[index]?.name ?? ""]?.operation?.status)).toEqual(
        MUTATIONS.map(() => "SUCCEEDED"),
      );
      await sendEveryMutation(subject, token, "success"); // replays
      const { data } = await subject.graphql(token, READ_QUERY);
      expect(data.me.benefits.length).toBeGreaterThan(0);
      await sendEveryMutation(subject, noMember, "no-member");
      // Rejections and failures of providers do not depend on the database: one database has them all.
      if (dialect === "sqlite" || isWhole) await sendEveryInvalidRequest(subject, token);
      const faults = dialect === "sqlite" || isWhole ? FAILURES : FAILURES.slice(0, 1);
      await triggerFailures(environment, { program: subject, token, faults });
      await sendEveryEvent(subject);
      for (const path of ["/metrics", "/health/live", "/health/ready"]) await subject.send({ method: "GET", path });
      const tokens = ((await environment.avibra.state()).linkTokens ?? []).map(({ token: linkToken }) => linkToken);
      expect(tokens.length).toBeGreaterThan(0);
      issued = {
        bearer: token.slice(-40),
        bearerClaims: token.slice(40, 120),
        bearerOfNoMember: noMember.slice(-40),
        ...Object.fromEntries(tokens.map((linkToken, index) => [`linkToken${index}`, linkToken])),
      };
      stored.push(await dumpDatabase(databaseUrl));

      // The database is lost: its errors are logged.
      if (dialect === "postgres") await databases.stopPostgres();
      else
        for (const end of ["", "-wal", "-shm"])
          renameSync(`${databaseUrl.slice(7)}${end}`, `${databaseUrl.slice(7)}-moved${end}`);
      const lost = await sendEveryMutation(subject, token, "outage");
      expect(lost.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(MUTATIONS.map(() => "UNAVAILABLE"));
      await sendEveryEvent(subject);
      await subject.send({ method: "GET", path: "/health/ready" });
      if (dialect === "postgres") await databases.startPostgres();
      subject.process.kill("SIGTERM");
      await subject.exit;
    });

    test("providers and the operation store received the canaries", async () => {
      expect(stored[0]).toContain("CREATE_USER");
      expect(stored[0]).toContain("cnry_event_of_no_canary");
      const { users } = await environment.avibra.state();
      const profile = JSON.stringify(users?.find(({ userId }) => userId === "m-create"));
      for (const value of [PERSON.firstName, PERSON.email, PERSON.city]) expect(profile).toContain(value);
      const received = JSON.stringify([
        ...(await environment.avibra.requests()),
        ...(await environment.delbank.requests()),
      ]);
      for (const secret of [SECRETS.avibraApiKey, SECRETS.delbankApiKey, SECRETS.delbankAuthorization]) {
        expect(received).toContain(secret);
      }
    });

    test("stdout and stderr contain no canary, and every line is JSON", () => {
      const output = subject.output();
      expect(output.length).toBeGreaterThan(10_000);
      expect(findCanaryOrigins(output, { ...FORBIDDEN_VALUES, ...ECHOED, ...issued })).toEqual([]);
      for (const line of output.trim().split("\n")) expect(() => JSON.parse(line) as unknown).not.toThrow();
    });

    test("no response, error, header, metric or health response contains a canary; only a portal link contains its link token", () => {
      const links = subject.responses.filter((response) => response.includes("https://portal.test/"));
      const others = subject.responses.filter((response) => !links.includes(response)).join("\n");
      const { bearer = "", bearerClaims = "", bearerOfNoMember = "" } = issued;
      expect(findCanaryOrigins(others, { ...FORBIDDEN_VALUES, ...issued })).toEqual([]);
      expect(
        findCanaryOrigins(links.join("\n"), { ...FORBIDDEN_VALUES, bearer, bearerClaims, bearerOfNoMember }),
      ).toEqual([]);
    });

    test("the database contains no canary", () => {
      expect(findCanaryOrigins(stored.join("\n"), { ...FORBIDDEN_VALUES, ...ECHOED, ...issued })).toEqual([]);
    });
  },
);

test("the output and the responses of a program whose providers hang contain no canary", async () => {
  await Promise.all([environment.avibra.reset(), environment.delbank.reset()]);
  const databaseUrl = await databases.createDatabase("sqlite");
  const timeouts = { AVIBRA_TIMEOUT_MS: "300", DELBANK_TIMEOUT_MS: "300" };
  const program = await environment.start({ ...environment.environment(databaseUrl), ...timeouts });
  const token = await environment.keyServer.sign({ sub: "u-1001", tax_id: PERSON.payerTaxId, email: PERSON.email });
  await triggerFailures(environment, { program, token, faults: HANGING });
  program.process.kill("SIGTERM");
  await program.exit;
  expect(program.responses.join("\n")).toContain("PROVIDER_TIMEOUT");
  const forbidden = { ...FORBIDDEN_VALUES, bearer: token.slice(-40), bearerClaims: token.slice(40, 120) };
  expect(findCanaryOrigins(program.output(), { ...forbidden, ...ECHOED })).toEqual([]);
  expect(findCanaryOrigins(program.responses.join("\n"), forbidden)).toEqual([]);
});
