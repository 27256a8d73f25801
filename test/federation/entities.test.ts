import { Kind, parse } from "graphql";
import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on User { id benefits { id } currentOffer { status } again: benefits { name } }
  ... on Benefit { id userId name }
  ... on PixAuthorization { recurrenceId status }
  ... on PixCancellation { id reason authorization { status } }
} }`;
const BENEFITS = "/user/benefits/";

describe("the federation fields:", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph.avibra.reset();
    await subgraph.delbank.reset();
  });

  test("100 references to 50 users cost 50 calls, unknown users are empty, and a failed call fails only its user", async () => {
    // None of these users is in the seeds: faults make up responses for 47, one call fails, 2 stay unknown.
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
      if (index % 50 === 47) expect(entity).toEqual({ id, benefits: null, currentOffer: null, again: null });
      else if (index % 50 > 47) expect(entity).toEqual({ id, benefits: [], currentOffer: null, again: [] });
      else expect(entity).toEqual({ id, benefits: [{ id }], currentOffer: null, again: [{ name: id }] });
    });
    expect(new Set(errors?.map(({ path, extensions }) => `${path?.[1]} ${extensions.code}`))).toEqual(
      new Set(["47 PROVIDER_UNAVAILABLE", "97 PROVIDER_UNAVAILABLE"]),
    );
  });

  test("two benefits of one user cost one call and are matched by ID, and an unknown benefit is null", async () => {
    const representations = [
      { __typename: "Benefit", userId: MEMBER_ID, id: "dental" },
      { __typename: "Benefit", userId: MEMBER_ID, id: "no-such" },
      { __typename: "Benefit", userId: MEMBER_ID, id: "acc-ins" },
      { __typename: "Benefit", userId: "u-unknown", id: "acc-ins" },
    ];
    const { data } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(data._entities.map((entity: { id: string } | null) => entity?.id)).toEqual([
      "dental",
      undefined,
      "acc-ins",
      undefined,
    ]);
    const paths = (await subgraph.avibra.requests(BENEFITS)).map(({ path }) => path);
    expect(paths.sort()).toEqual([`${BENEFITS}${MEMBER_ID}`, `${BENEFITS}u-unknown`]);
  });

  test("an authorization and a cancellation are resolved from their keys, with one call each", async () => {
    const representations = [
      { __typename: "PixCancellation", recurrenceId: CANCELLED_RECURRENCE_ID, id: CANCELLATION_ID },
      { __typename: "PixAuthorization", recurrenceId: CANCELLED_RECURRENCE_ID },
      { __typename: "PixAuthorization", recurrenceId: CANCELLED_RECURRENCE_ID },
    ];
    const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([
      { id: CANCELLATION_ID, reason: "REQUESTED_BY_PAYEE", authorization: { status: "CANCELLED" } },
      { recurrenceId: CANCELLED_RECURRENCE_ID, status: "CANCELLED" },
      { recurrenceId: CANCELLED_RECURRENCE_ID, status: "CANCELLED" },
    ]);
    expect(await subgraph.delbank.requests()).toHaveLength(2);
  });

  test("members of a representation other than its key are ignored", async () => {
    const representations = [
      { __typename: "Benefit", userId: MEMBER_ID, id: "dental", name: "forged", status: "ACTIVE" },
    ];
    const { data } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(data._entities[0].name).toBe("Dental care");
  });

  test("the schema can be introspected, and _service returns the SDL with its @link", async () => {
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
