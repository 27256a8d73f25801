import {
  type ArgumentNode,
  type ASTNode,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLSchema,
  isInputType,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { MAX_ERRORS } from "./request-error";
import { findFieldErrors, findInputErrors, type InputError } from "./find-input-errors";
import { readArguments, readLiteral } from "./input-value";

/** Finds the errors in the arguments of a document's fields and directives, and in the defaults of its variables. */
export function findArgumentErrors(schema: GraphQLSchema, document: DocumentNode): readonly InputError[] {
  const errors: InputError[] = [];
  const typeInfo = new TypeInfo(schema);

  function collect(found: Iterable<InputError>): void {
    if (errors.length >= MAX_ERRORS) return;
    for (const error of found) if (errors.push(error) >= MAX_ERRORS) return;
  }

  function checkArguments(
    node: ASTNode & { readonly arguments?: readonly ArgumentNode[] | undefined },
    owner: string,
    known: readonly GraphQLArgument[] | undefined,
  ): void {
    if (known) collect(findFieldErrors(readArguments(node.arguments ?? []), { owner, known }, { node, path: [] }));
  }

  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field(node) {
        checkArguments(node, `${typeInfo.getParentType()?.name}.${node.name.value}`, typeInfo.getFieldDef()?.args);
      },
      Directive(node) {
        checkArguments(node, `@${node.name.value}`, typeInfo.getDirective()?.args);
      },
      VariableDefinition({ variable, type: typeNode, defaultValue }) {
        const type = typeFromAST(schema, typeNode);
        if (!defaultValue || !isInputType(type)) return;
        collect(findInputErrors(readLiteral(defaultValue), type, [`$${variable.name.value}`]));
      },
    }),
  );
  return errors;
}
