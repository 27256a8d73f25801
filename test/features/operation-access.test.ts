import "reflect-metadata";
import { canReadOperation } from "../../src/features/operation/access";
import { type Caller } from "../../src/platform/auth/caller";
import { type Operation } from "../../src/platform/operations/operation";

describe("an operation of somebody else", () => {
  test.each<[string, string | null, Partial<Caller>, boolean]>([
    ["without a member may be read with users:read:any", null, { scopes: new Set(["users:read:any"]) }, true],
    ["without a member may be read with operations:read:any", null, { scopes: new Set(["operations:read:any"]) }, true],
    ["without a member is hidden from another caller", null, {}, false],
    ["without a member is hidden from a caller without an ID", null, { userId: "" }, false],
    ["may be read by its member", "u-1", { userId: "u-1" }, true],
    ["is hidden from another member", "u-1", {}, false],
  ])("%s", (_what, userId, fields, isReadable) => {
    const caller: Caller = { userId: "u-2", scopes: new Set<string>(), ...fields };
    const operation = { principal: "of somebody else", userId } as Operation;
    expect(canReadOperation(caller, operation)).toBe(isReadable);
  });
});
