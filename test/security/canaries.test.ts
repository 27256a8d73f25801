import { renameSync } from "node:fs";
import { Client } from "pg";
import { eventually } from "../support/program";
import { dumpDatabase } from "../support/canaries";
import { type Databases, startDatabases } from "../support/databases";
import { type LiveWorld, startLiveWorld, type Subject } from "../support/live-world";
import { everyEvent, everyFailure, everyMistake, everyMutation, READS } from "../support/misuse";
import { MUTATIONS } from "../support/mutations";
import { ECHOED, found, NOWHERE, PERSON, PROVIDERS, SECRETS } from "../support/planted";

let databases: Databases;
let world: LiveWorld;
beforeAll(async () => {
  [databases, world] = await Promise.all([startDatabases({ isSynced: true }), startLiveWorld()]);
}, 60_000);
afterAll(() => Promise.all([databases.stop(), world.stop()]));

describe.each(["sqlite", "postgres"] as const)(
  "the built program on %s at trace level, with canaries in every input, credential and provider answer",
  (dialect) => {
    let databaseUrl: string;
    let subject: Subject;
    let token: string;
    /** The portal's link tokens and the caller's own bearer tokens: known only once they were made. */
    let issued: Record<string, string>;
    const stored: string[] = [];

    beforeAll(async () => {
      await Promise.all([world.avibra.reset(), world.delbank.reset()]);
      databaseUrl = await databases.fresh(dialect);
      if (dialect === "postgres") {
        const client = new Client({ connectionString: databaseUrl });
        await client.connect();
        await client.query(`create role cnry_role superuser login password '${SECRETS.databasePassword}'`);
        await client.end();
        databaseUrl = databaseUrl.replace("tester:tester", `cnry_role:${SECRETS.databasePassword}`);
      }
      world.keyServer.failWith(PROVIDERS.jwksError);
      subject = await world.start(world.environment(databaseUrl));
      token = await world.keyServer.sign({
        sub: "u-1001",
        tax_id: PERSON.payerTaxId,
        scope: "pix:cancel users:read:any users:write:any pix:read:any",
        email: PERSON.email,
        name: PERSON.claim,
      });
      const noMember = await world.keyServer.sign({
        sub: PERSON.subjectThatIsNoMember,
        tax_id: PERSON.companyTaxId,
        scope: "users:write:any",
      });
      await subject.graphql(token, READS); // while the key server fails
      world.keyServer.failWith(undefined);
      // A key server that has failed is left alone for a while.
      await eventually(async () => ((await subject.graphql(token, "{ me { id } }")).data ? true : undefined));

      const succeeded = await everyMutation(subject, token, "success");
      expect(succeeded.map(({ data }, index) => data?.[MUTATIONS[index]?.name ?? ""]?.operation?.status)).toEqual(
        MUTATIONS.map(() => "SUCCEEDED"),
      );
      await everyMutation(subject, token, "success"); // replays
      const { data } = await subject.graphql(token, READS);
      expect(data.me.benefits.length).toBeGreaterThan(0);
      await everyMutation(subject, noMember, "no-member");
      await everyMistake(subject, token);
      await everyFailure(world, subject, token);
      await everyEvent(subject);
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
      const lost = await everyMutation(subject, token, "outage");
      expect(lost.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(MUTATIONS.map(() => "UNAVAILABLE"));
      await everyEvent(subject);
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
      expect(found(output, { ...NOWHERE, ...ECHOED, ...issued })).toEqual([]);
      for (const line of output.trim().split("\n")) expect(() => JSON.parse(line) as unknown).not.toThrow();
    });

    test("no answer, error, header, metric or health answer holds one; a portal link holds its token", () => {
      const links = subject.answers.filter((answer) => answer.includes("https://portal.test/"));
      const others = subject.answers.filter((answer) => !links.includes(answer)).join("\n");
      const { bearer = "", bearerClaims = "", bearerOfNoMember = "" } = issued;
      expect(found(others, { ...NOWHERE, ...issued })).toEqual([]);
      expect(found(links.join("\n"), { ...NOWHERE, bearer, bearerClaims, bearerOfNoMember })).toEqual([]);
    });

    test("the database holds none", () => {
      expect(found(stored.join("\n"), { ...NOWHERE, ...ECHOED, ...issued })).toEqual([]);
    });
  },
);
