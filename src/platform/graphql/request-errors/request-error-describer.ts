import {
  type ASTNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { isRecord } from "../limits/is-record";
import { describeInputError } from "./describe-input-error";
import { type RequestError, type ErrorDescription, type RequestErrorCode, toRequestErrors } from "./request-error";
import { findArgumentErrors } from "./find-argument-errors";
import { type InputError } from "./find-input-errors";
import { findVariableErrors } from "./find-variable-errors";
import { isShownName } from "./names";

const INPUT_KINDS = new Set<Kind>([
  Kind.ARGUMENT,
  Kind.OBJECT_FIELD,
  Kind.LIST,
  Kind.OBJECT,
  Kind.NULL,
  Kind.ENUM,
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
]);
const MAX_MESSAGE_LENGTH = 500;
const INVALID_DOCUMENT = "The document is not valid for this schema.";

const createHidden = (nodes: readonly ASTNode[]): ErrorDescription => ({
  code: "GRAPHQL_VALIDATION_FAILED",
  message: INVALID_DOCUMENT,
  nodes,
});

const getKind = ({ nodes }: GraphQLError) => nodes?.[0]?.kind;

/** Whether a validation error is about an argument or a value in it. Such a message can quote the value. */
function isAboutInput(error: GraphQLError): boolean {
  const kind = getKind(error);
  return (
    (kind !== undefined && INPUT_KINDS.has(kind)) || error.message.endsWith(" is required, but it was not provided.")
  );
}

/** The message of another validation reason: it quotes names, types and `name { ... }`, and the client's names can be long. */
function shortenNames(message: string): string {
  const shortened = message.replaceAll(/"([^"]*)"/g, (quoted, text: string) =>
    isShownName(text.replace(" { ... }", "").replaceAll(/[$@![\].]/g, "")) ? quoted : '"…"',
  );
  return shortened.length <= MAX_MESSAGE_LENGTH ? shortened : INVALID_DOCUMENT;
}

export interface RequestErrorDescriberOptions {
  readonly schema: GraphQLSchema;
  /** Whether messages may contain names and types of the schema that the client did not write. */
  readonly shouldExposeSchema: boolean;
}

export type RequestErrorDescriber = ReturnType<typeof createRequestErrorDescriber>;

/** Describes the errors of graphql-js for a request: where each is and what is expected there, once each and without values. */
export function createRequestErrorDescriber({ schema, shouldExposeSchema }: RequestErrorDescriberOptions) {
  function toDescription(code: RequestErrorCode, error: InputError): ErrorDescription {
    return { code, message: describeInputError(error, shouldExposeSchema), nodes: [error.node] };
  }

  function describeArgumentError(error: InputError): ErrorDescription {
    if (error.kind === "invalid" && error.reason !== undefined) return toDescription("BAD_USER_INPUT", error);
    return shouldExposeSchema ? toDescription("GRAPHQL_VALIDATION_FAILED", error) : createHidden([error.node]);
  }

  function describeOtherError(error: GraphQLError): ErrorDescription {
    const { message, nodes = [] } = error;
    if (!shouldExposeSchema || isAboutInput(error)) return createHidden(nodes);
    return { code: "GRAPHQL_VALIDATION_FAILED", message: shortenNames(message), nodes };
  }

  /**
   * The errors of `validate`. If the schema is not exposed, an invalid document is only called invalid, because a router has
   * validated it before. What one of our scalars requires is still said: a router does not know that.
   */
  function describeDocumentErrors(errors: readonly GraphQLError[], document: DocumentNode): readonly RequestError[] {
    const inputErrors = errors.some(isAboutInput) ? findArgumentErrors(schema, document) : [];
    const others = inputErrors.length > 0 ? errors.filter((error) => !isAboutInput(error)) : errors;
    const descriptions = [...inputErrors.map(describeArgumentError), ...others.map(describeOtherError)];
    return toRequestErrors(descriptions, errors[0]?.extensions);
  }

  /** The errors of an execution that did not begin because of its variables, or undefined if there are none. */
  function describeVariableErrors(
    errors: readonly GraphQLError[],
    operation: OperationDefinitionNode,
    variables: unknown,
  ): readonly RequestError[] | undefined {
    const invalid = errors.filter((error) => getKind(error) === Kind.VARIABLE_DEFINITION && !error.path);
    if (invalid.length === 0) return undefined;
    const code = "BAD_USER_INPUT";
    const inputErrors = findVariableErrors(schema, operation, isRecord(variables) ? variables : {});
    if (inputErrors.length > 0) return toRequestErrors(inputErrors.map((error) => toDescription(code, error)));
    const nodes = invalid.flatMap((error) => error.nodes ?? []);
    return toRequestErrors([{ code, message: "A variable has an invalid value.", nodes }]);
  }

  return { describeDocumentErrors, describeVariableErrors };
}
