import {
  type ASTNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { isRecord } from "../limits/is-record";
import { describeInputMistake } from "./describe-input-mistake";
import { type ExplainedError, type Explanation, type MistakeCode, toExplainedErrors } from "./explained-error";
import { findDocumentMistakes } from "./find-document-mistakes";
import { type InputMistake } from "./find-input-mistakes";
import { findVariableMistakes } from "./find-variable-mistakes";
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

const createHidden = (nodes: readonly ASTNode[]): Explanation => ({
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

/** The message of another validation rule: it quotes only names and types, and those of the client can be long. */
function shortenNames(message: string): string {
  const shortened = message.replaceAll(/"([^"]*)"/g, (quoted, text: string) =>
    isShownName(text.replaceAll(/[$@![\].]/g, "")) ? quoted : '"…"',
  );
  return shortened.length <= MAX_MESSAGE_LENGTH ? shortened : INVALID_DOCUMENT;
}

export interface MistakeExplainerOptions {
  readonly schema: GraphQLSchema;
  /** Whether messages may contain names and types of the schema that the client did not write. */
  readonly shouldExposeSchema: boolean;
}

export type MistakeExplainer = ReturnType<typeof createMistakeExplainer>;

/** Explains the errors of graphql-js for a request: where each mistake is and what is expected, once each and without values. */
export function createMistakeExplainer({ schema, shouldExposeSchema }: MistakeExplainerOptions) {
  function toExplanation(code: MistakeCode, mistake: InputMistake): Explanation {
    return { code, message: describeInputMistake(mistake, shouldExposeSchema), nodes: [mistake.node] };
  }

  function explainArgument(mistake: InputMistake): Explanation {
    if (mistake.kind === "wrong" && mistake.rule !== undefined) return toExplanation("BAD_USER_INPUT", mistake);
    return shouldExposeSchema ? toExplanation("GRAPHQL_VALIDATION_FAILED", mistake) : createHidden([mistake.node]);
  }

  function explainOther(error: GraphQLError): Explanation {
    const { message, nodes = [] } = error;
    if (!shouldExposeSchema || isAboutInput(error)) return createHidden(nodes);
    return { code: "GRAPHQL_VALIDATION_FAILED", message: shortenNames(message), nodes };
  }

  /**
   * The errors of `validate`. If the schema is not exposed, an invalid document is only called invalid, because a router has
   * validated it before. What one of our scalars requires is still said: a router does not know that.
   */
  function explainDocument(errors: readonly GraphQLError[], document: DocumentNode): readonly ExplainedError[] {
    const mistakes = errors.some(isAboutInput) ? findDocumentMistakes(schema, document) : [];
    const others = mistakes.length > 0 ? errors.filter((error) => !isAboutInput(error)) : errors;
    const explanations = [...mistakes.map(explainArgument), ...others.map(explainOther)];
    return toExplainedErrors(explanations, errors[0]?.extensions);
  }

  /** The errors of an execution that did not begin because of its variables, or undefined if there are none. */
  function explainVariables(
    errors: readonly GraphQLError[],
    operation: OperationDefinitionNode,
    variables: unknown,
  ): readonly ExplainedError[] | undefined {
    const invalid = errors.filter((error) => getKind(error) === Kind.VARIABLE_DEFINITION && !error.path);
    if (invalid.length === 0) return undefined;
    const code = "BAD_USER_INPUT";
    const mistakes = findVariableMistakes(schema, operation, isRecord(variables) ? variables : {});
    if (mistakes.length > 0) return toExplainedErrors(mistakes.map((mistake) => toExplanation(code, mistake)));
    const nodes = invalid.flatMap((error) => error.nodes ?? []);
    return toExplainedErrors([{ code, message: "A variable has an invalid value.", nodes }]);
  }

  return { explainDocument, explainVariables };
}
