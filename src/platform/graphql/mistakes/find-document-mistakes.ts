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
import { MAX_MISTAKES } from "./explained-error";
import { findFieldMistakes, findInputMistakes, type InputMistake } from "./find-input-mistakes";
import { readArguments, readLiteral } from "./input";

/** Finds the mistakes in the arguments of a document's fields and directives, and in the defaults of its variables. */
export function findDocumentMistakes(schema: GraphQLSchema, document: DocumentNode): readonly InputMistake[] {
  const mistakes: InputMistake[] = [];
  const typeInfo = new TypeInfo(schema);

  function collect(found: Iterable<InputMistake>): void {
    if (mistakes.length >= MAX_MISTAKES) return;
    for (const mistake of found) if (mistakes.push(mistake) >= MAX_MISTAKES) return;
  }

  function checkArguments(
    node: ASTNode & { readonly arguments?: readonly ArgumentNode[] | undefined },
    owner: string,
    known: readonly GraphQLArgument[] | undefined,
  ): void {
    if (known) collect(findFieldMistakes(readArguments(node.arguments ?? []), { owner, known }, { node, path: [] }));
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
        collect(findInputMistakes(readLiteral(defaultValue), type, [`$${variable.name.value}`]));
      },
    }),
  );
  return mistakes;
}
