import { Kind, parse } from "graphql";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on User { id benefits { id } currentOffer { status } again: benefits { name } }
  ... on Benefit { id userId name }
  ... on PixAuthorization { recurrenceId status }
  ... on PixCancellation { id reason authorization { status } }
} }`;
const BENEFITS = "/user/benefits/";
const RECURRENCE = "RR3822485720260110cancelled01";
const CANCELLATION = "IC0435879820240605bcdb1fhn43a";

describe("entity references", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph.avibra.reset();
    await subgraph.delbank.reset();
  });

  test("100 references to 50 users cost 50 calls; unknown users are empty; one failing call fails its own user alone", async () => {
    // The seeds know four users; the sandbox is told what to answer for 47 more, 2 stay unknown, 1 call fails.
    const users = Array.from({ length: 50 }, (_, index) => `m-${String(index).padStart(2, "0")}`);
    for (const userid of users.slice(0, 47)) {
      await subgraph.avibra.addFault({
        match: { path: BENEFITS + userid },
        kind: "wrongShape",
        status: 200,
        body: JSON.stringify({
          userid,
          currentoffer: null,
          offers: [],
          benefits: [{ benefitid: userid, benefitname: userid }],
        }),
      });
    }
    await subgraph.avibra.addFault({ match: { path: `${BENEFITS}m-47` }, kind: "status", status: 500 });
    const representations = [...users, ...users].map((id) => ({ __typename: "User", id }));
    const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });

    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(50);
    expect(data._entities).toHaveLength(100);
    data._entities.forEach((entity: unknown, index: number) => {
      const id = users[index % 50];
      if (index % 50 === 47) expect(entity).toBeNull();
      else if (index % 50 > 47) expect(entity).toEqual({ id, benefits: [], currentOffer: null, again: [] });
      else expect(entity).toEqual({ id, benefits: [{ id }], currentOffer: null, again: [{ name: id }] });
    });
    expect(new Set(errors?.map(({ path, extensions }) => `${path?.[1]} ${extensions.code}`))).toEqual(
      new Set(["47 PROVIDER_UNAVAILABLE", "97 PROVIDER_UNAVAILABLE"]),
    );
  });

  test("two benefits of one user cost one call and are matched by id, an unknown one is null", async () => {
    const representations = [
      { __typename: "Benefit", userId: "u-1001", id: "dental" },
      { __typename: "Benefit", userId: "u-1001", id: "no-such" },
      { __typename: "Benefit", userId: "u-1001", id: "acc-ins" },
      { __typename: "Benefit", userId: "nobody", id: "acc-ins" },
    ];
    const { data } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(data._entities.map((entity: { id: string } | null) => entity?.id)).toEqual([
      "dental",
      undefined,
      "acc-ins",
      undefined,
    ]);
    const paths = (await subgraph.avibra.requests(BENEFITS)).map(({ path }) => path);
    expect(paths.sort()).toEqual([`${BENEFITS}nobody`, `${BENEFITS}u-1001`]);
  });

  test("authorizations and cancellations resolve from their keys, each fetched once", async () => {
    const representations = [
      { __typename: "PixCancellation", recurrenceId: RECURRENCE, id: CANCELLATION },
      { __typename: "PixAuthorization", recurrenceId: RECURRENCE },
      { __typename: "PixAuthorization", recurrenceId: RECURRENCE },
    ];
    const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([
      { id: CANCELLATION, reason: "REQUESTED_BY_PAYEE", authorization: { status: "CANCELLED" } },
      { recurrenceId: RECURRENCE, status: "CANCELLED" },
      { recurrenceId: RECURRENCE, status: "CANCELLED" },
    ]);
    expect(await subgraph.delbank.requests()).toHaveLength(2);
  });

  test("members of a representation other than its key are not believed", async () => {
    const representations = [
      { __typename: "Benefit", userId: "u-1001", id: "dental", name: "forged", status: "ACTIVE" },
    ];
    const { data } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(data._entities[0].name).toBe("Dental care");
  });

  test("the whole schema can be introspected, and the router reads the SDL with its link", async () => {
    const { getIntrospectionQuery } = await import("graphql");
    const introspection = await subgraph.graphql(getIntrospectionQuery());
    expect(introspection.errors).toBeUndefined();
    const service = await subgraph.graphql("{ _service { sdl } __schema { description } }", { claims: null });
    const definition = parse(service.data._service.sdl).definitions.find(({ kind }) => kind === Kind.SCHEMA_DEFINITION);
    expect(definition).toMatchObject({ description: { value: expect.stringContaining("moves no money") } });
    expect(service.data.__schema.description).toContain("moves no money");
    expect(service.data._service.sdl).toContain('@link(url: "https://specs.apollo.dev/federation/v2.9"');
  });
});
