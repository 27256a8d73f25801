import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  getNamedType,
  getNullableType,
  getOperationAST,
  type GraphQLNamedType,
  type GraphQLSchema,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  print,
  type SelectionSetNode,
  valueFromASTUntyped,
} from "graphql";
import {
  type ConcreteRequest,
  type NormalizationArgument,
  type NormalizationLinkedField,
  type NormalizationScalarField,
} from "relay-runtime";

type Field =
  NormalizationScalarField | (Omit<NormalizationLinkedField, "selections"> & { readonly selections: readonly Field[] });

function toArgument({ name: { value: name }, value }: ArgumentNode): NormalizationArgument {
  return value.kind === Kind.VARIABLE
    ? { kind: "Variable", name, variableName: value.name.value }
    : { kind: "Literal", name, value: valueFromASTUntyped(value) };
}

/** The request that relay-compiler would generate for a document of fields only. Names that the schema does not know are scalars. */
export function toRelayRequest(schema: GraphQLSchema, document: DocumentNode): ConcreteRequest {
  function toField(node: FieldNode, parent: GraphQLNamedType | undefined): Field {
    const name = node.name.value;
    const type = isObjectType(parent) ? parent.getFields()[name]?.type : undefined;
    const named = type && getNamedType(type);
    const args = node.arguments?.length ? node.arguments.map(toArgument) : null;
    const field = { alias: node.alias?.value ?? null, name, args, storageKey: null };
    if (!node.selectionSet) return { kind: "ScalarField", ...field };
    const plural = isListType(getNullableType(type));
    return {
      ...{ kind: "LinkedField", ...field, concreteType: named?.name ?? null, plural },
      selections: toFields(node.selectionSet, named),
    };
  }
  const toFields = ({ selections }: SelectionSetNode, parent: GraphQLNamedType | undefined): Field[] =>
    selections.flatMap((node) => (node.kind === Kind.FIELD ? [toField(node, parent)] : []));

  const operation = getOperationAST(document);
  if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION)
    throw new Error("not a query or a mutation");
  const name = operation.name?.value ?? "Anonymous";
  const root = schema.getRootType(operation.operation) ?? undefined;
  const selections = toFields(operation.selectionSet, root);
  const argumentDefinitions = (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => ({
    ...{ kind: "LocalArgument" as const, name: variable.name.value },
    defaultValue: defaultValue ? valueFromASTUntyped(defaultValue) : null,
  }));
  return {
    kind: "Request",
    fragment: { kind: "Fragment", name, type: root?.name ?? "", metadata: null, argumentDefinitions, selections },
    operation: { kind: "Operation", name, argumentDefinitions, selections },
    params: {
      ...{ id: null, cacheID: name, metadata: {}, name },
      operationKind: operation.operation,
      text: print(document),
    },
  };
}
