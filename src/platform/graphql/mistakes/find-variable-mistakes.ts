import { type GraphQLSchema, isInputType, isNonNullType, type OperationDefinitionNode, typeFromAST } from "graphql";
import { MAX_MISTAKES } from "./explained-error";
import { findInputMistakes, type InputMistake } from "./find-input-mistakes";
import { readValue } from "./input";

function* findMistakes(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Generator<InputMistake> {
  for (const node of variableDefinitions) {
    const name = node.variable.name.value;
    const path = [`$${name}`];
    const type = typeFromAST(schema, node.type);
    if (!isInputType(type)) continue;
    if (Object.hasOwn(variables, name)) yield* findInputMistakes(readValue(variables[name], node), type, path);
    else if (!node.defaultValue && isNonNullType(type)) yield { kind: "null", type, node, path };
  }
}

/** Finds the mistakes in the values of an operation's variables. */
export function findVariableMistakes(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly InputMistake[] {
  const mistakes: InputMistake[] = [];
  for (const mistake of findMistakes(schema, operation, variables)) if (mistakes.push(mistake) >= MAX_MISTAKES) break;
  return mistakes;
}
