import { isRequestId, REQUEST_ID_MAX_LENGTH } from "../../platform/errors/request-id";
import { createTextScalar } from "../../platform/graphql/text-scalar";

export const RequestId = createTextScalar({
  name: "RequestId",
  description:
    "The ID of a request to the subgraph: the header `x-request-id` of the request and its response, and `requestId` of an " +
    "error. 8 to 64 letters, digits, `.`, `_` or `-`.",
  rule: '8 to 64 letters, digits, ".", "_" or "-"',
  example: "6f1c2f6e-3b0a-4c55-9d53-0e8f0b1f8a11",
  maxLength: REQUEST_ID_MAX_LENGTH,
  isValid: isRequestId,
});
