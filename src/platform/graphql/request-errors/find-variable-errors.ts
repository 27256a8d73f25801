import { type GraphQLSchema, isInputType, isNonNullType, type OperationDefinitionNode, typeFromAST } from "graphql";
import { MAX_ERRORS } from "./request-error";
import { findInputErrors, type InputError } from "./find-input-errors";
import { readValue } from "./input-value";

function* findErrors(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Generator<InputError> {
  for (const node of variableDefinitions) {
    const name = node.variable.name.value;
    const path = [`$${name}`];
    const type = typeFromAST(schema, node.type);
    if (!isInputType(type)) continue;
    if (Object.hasOwn(variables, name)) yield* findInputErrors(readValue(variables[name], node), type, path);
    else if (!node.defaultValue && isNonNullType(type)) yield { kind: "null", type, node, path };
  }
}

/** Finds the errors in the values of an operation's variables. */
export function findVariableErrors(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly InputError[] {
  const errors: InputError[] = [];
  for (const error of findErrors(schema, operation, variables)) if (errors.push(error) >= MAX_ERRORS) break;
  return errors;
}
