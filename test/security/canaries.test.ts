import { renameSync } from "node:fs";
import { Client } from "pg";
import { waitFor } from "../kit/wait-for";
import { dumpDatabase } from "../kit/security/canaries";
import { type OwnDatabases, startOwnDatabases } from "../kit/start/databases";
import { type LiveEnvironment, startLiveEnvironment, type LiveProgram } from "../kit/start/live-environment";
import {
  sendEveryEvent,
  triggerEveryFailure,
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

let databases: OwnDatabases;
let world: LiveEnvironment;
beforeAll(async () => {
  [databases, world] = await Promise.all([startOwnDatabases({ isSynced: true }), startLiveEnvironment()]);
}, 60_000);
afterAll(() => Promise.all([databases.stop(), world.stop()]));

describe.each(["sqlite", "postgres"] as const)(
  "the built program on %s at trace level, with canaries in every input, credential and provider answer",
  (dialect) => {
    let databaseUrl: string;
    let subject: LiveProgram;
    let token: string;
    /** The portal's link tokens and the caller's own bearer tokens: known only once they were made. */
    let issued: Record<string, string>;
    const stored: string[] = [];

    beforeAll(async () => {
      await Promise.all([world.avibra.reset(), world.delbank.reset()]);
      databaseUrl = await databases.createDatabase(dialect);
      if (dialect === "postgres") {
        const client = new Client({ connectionString: databaseUrl });
        await client.connect();
        await client.query(`create role cnry_role superuser login password '${SECRETS.databasePassword}'`);
        await client.end();
        databaseUrl = databaseUrl.replace("tester:tester", `cnry_role:${SECRETS.databasePassword}`);
      }
      world.keyServer.failWith(PROVIDER_VALUES.jwksError);
      subject = await world.start(world.environment(databaseUrl));
      token = await world.keyServer.sign({
        sub: "u-1001",
        tax_id: PERSON.payerTaxId,
        scope: "pix:cancel users:read:any users:write:any pix:read:any",
        email: PERSON.email,
        name: PERSON.claim,
      });
      const noMember = await world.keyServer.sign({
        sub: PERSON.nonMemberSubject,
        tax_id: PERSON.companyTaxId,
        scope: "users:write:any",
      });
      await subject.graphql(token, READ_QUERY); // while the key server fails
      world.keyServer.failWith(undefined);
      // A key server that has failed is left alone for a while.
      await waitFor(async () => ((await subject.graphql(token, "{ me { id } }")).data ? true : undefined));

      const succeeded = await sendEveryMutation(subject, token, "success");
      expect(succeeded.map(({ data }, index) => data?.[MUTATIONS[index]?.name ?? ""]?.operation?.status)).toEqual(
        MUTATIONS.map(() => "SUCCEEDED"),
      );
      await sendEveryMutation(subject, token, "success"); // replays
      const { data } = await subject.graphql(token, READ_QUERY);
      expect(data.me.benefits.length).toBeGreaterThan(0);
      await sendEveryMutation(subject, noMember, "no-member");
      await sendEveryInvalidRequest(subject, token);
      await triggerEveryFailure(world, subject, token);
      await sendEveryEvent(subject);
      for (const path of ["/metrics", "/health/live", "/health/ready"]) await subject.send({ method: "GET", path });
      const tokens = ((await world.avibra.state()).linkTokens ?? []).map(({ token: linkToken }) => linkToken);
      expect(tokens.length).toBeGreaterThan(0);
      issued = {
        bearer: token.slice(-40),
        bearerClaims: token.slice(40, 120),
        bearerOfNoMember: noMember.slice(-40),
        ...Object.fromEntries(tokens.map((linkToken, index) => [`linkToken${index}`, linkToken])),
      };
      stored.push(await dumpDatabase(databaseUrl));

      // The ledger is lost, with the database's own words about it.
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
    }, 180_000);

    test("providers and ledger did receive what was planted", async () => {
      expect(stored[0]).toContain("CREATE_USER");
      expect(stored[0]).toContain("cnry_event_of_no_canary");
      const { users } = await world.avibra.state();
      const profile = JSON.stringify(users?.find(({ userId }) => userId === "m-create"));
      for (const value of [PERSON.firstName, PERSON.email, PERSON.city]) expect(profile).toContain(value);
      const received = JSON.stringify([...(await world.avibra.requests()), ...(await world.delbank.requests())]);
      for (const secret of [SECRETS.avibraApiKey, SECRETS.delbankApiKey, SECRETS.delbankAuthorization]) {
        expect(received).toContain(secret);
      }
    });

    test("stdout and stderr hold none, and are lines of JSON", () => {
      const output = subject.output();
      expect(output.length).toBeGreaterThan(10_000);
      expect(findCanaryOrigins(output, { ...FORBIDDEN_VALUES, ...ECHOED, ...issued })).toEqual([]);
      for (const line of output.trim().split("\n")) expect(() => JSON.parse(line) as unknown).not.toThrow();
    });

    test("no answer, error, header, metric or health answer holds one; a portal link holds its token", () => {
      const links = subject.responses.filter((answer) => answer.includes("https://portal.test/"));
      const others = subject.responses.filter((answer) => !links.includes(answer)).join("\n");
      const { bearer = "", bearerClaims = "", bearerOfNoMember = "" } = issued;
      expect(findCanaryOrigins(others, { ...FORBIDDEN_VALUES, ...issued })).toEqual([]);
      expect(
        findCanaryOrigins(links.join("\n"), { ...FORBIDDEN_VALUES, bearer, bearerClaims, bearerOfNoMember }),
      ).toEqual([]);
    });

    test("the database holds none", () => {
      expect(findCanaryOrigins(stored.join("\n"), { ...FORBIDDEN_VALUES, ...ECHOED, ...issued })).toEqual([]);
    });
  },
);
