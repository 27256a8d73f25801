import { type HttpResponse } from "../server/http-response";
import { type JsonObject } from "../server/request-body";
import { assumedPath } from "./assumptions";
import { type AvibraCall } from "./avibra-call";
import { cancelUser, changeOffers, createUser, prefillUser, updateUser } from "./enrollment";
import { getBenefits, createLinkToken } from "./reads";

export interface Endpoint {
  /** The name in the journal of commits. */
  readonly name: string;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly auth: "bearer" | "basic";
  readonly needsApiKey: boolean;
  /** The response to a repeated key with `Version: v2`; undefined if the endpoint accepts no key. */
  readonly onRepeatedKey?: "replay" | "conflict";
  /** Whether the user ID is the last segment of the path. */
  readonly hasUserInPath?: boolean;
  readonly run: (call: AvibraCall, fields: JsonObject) => HttpResponse;
}

/** In the order of the contract. */
export const endpoints: readonly Endpoint[] = [
  {
    name: "create",
    method: "POST",
    path: "/user/account/create",
    auth: "bearer",
    needsApiKey: true,
    onRepeatedKey: "replay",
    run: createUser,
  },
  {
    name: "update",
    method: "POST",
    path: "/user/account/update",
    auth: "bearer",
    needsApiKey: true,
    onRepeatedKey: "replay",
    run: updateUser,
  },
  {
    name: "cancel",
    method: "DELETE",
    path: "/user/account/cancel",
    auth: "bearer",
    needsApiKey: true,
    onRepeatedKey: "replay",
    hasUserInPath: true,
    run: cancelUser,
  },
  {
    name: "prefill",
    method: "POST",
    path: "/user/prefill",
    auth: "bearer",
    needsApiKey: true,
    onRepeatedKey: "conflict",
    run: prefillUser,
  },
  {
    name: "linktoken3",
    method: "POST",
    path: "/user/linktoken3",
    auth: "basic",
    needsApiKey: true,
    run: createLinkToken,
  },
  {
    name: "offers",
    method: "POST",
    path: assumedPath.offers,
    auth: "bearer",
    needsApiKey: false,
    onRepeatedKey: "replay",
    run: changeOffers,
  },
  {
    name: "benefits",
    method: "GET",
    path: assumedPath.benefits,
    auth: "bearer",
    needsApiKey: false,
    hasUserInPath: true,
    run: getBenefits,
  },
];
