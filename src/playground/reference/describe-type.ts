import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLFieldMap,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLScalarType,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from "graphql";
import { type Html, html } from "../html";
import { type Access } from "./access";

export type AccessOf = ReadonlyMap<string, Access>;

/** A description: paragraphs, and text between backticks as code. */
export function prose(text: string | null | undefined): Html {
  const paragraphs = (text ?? "").split(/\n{2,}/).filter(Boolean);
  return html`${paragraphs.map((paragraph) => {
    const parts = paragraph.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
    return html`<p>${parts}</p>`;
  })}`;
}

/** A type as it is written, with a link to where it is described. */
function typeLink(type: GraphQLType): Html {
  if (isNonNullType(type)) return html`${typeLink(type.ofType)}!`;
  if (isListType(type)) return html`[${typeLink(type.ofType)}]`;
  const { name } = getNamedType(type);
  return isSpecifiedScalarType(type) ? html`${name}` : html`<a href="#${name}">${name}</a>`;
}

const defaultOf = ({ astNode }: GraphQLArgument) =>
  astNode?.defaultValue && html` = <code>${print(astNode.defaultValue)}</code>`;

function badges(access: Access | undefined): Html {
  if (!access) return html``;
  const { needsToken, scopes, keys } = access;
  const scopeText = scopes.map((all) => all.join(" and ")).join(" or ");
  return html`${keys.map((key) => html`<span class="badge">entity by ${key}</span>`)}${
    needsToken && html`<span class="badge">token</span>`
  }${scopes.length > 0 && html`<span class="badge">scope ${scopeText}</span>`}`;
}

const deprecation = ({ deprecationReason: reason }: { readonly deprecationReason?: string | null | undefined }) =>
  reason != null && html`<div class="deprecated"><b>Deprecated.</b> ${prose(reason)}</div>`;

/** An argument, an input's field or a type's field: name, type, text. `path` is its place, such as `User.id`. */
function member(of: GraphQLField<unknown, unknown> | GraphQLArgument, path: string, more?: Html): Html {
  return html`<dt id="${path}">
      <code>${of.name}</code>: <code class="type">${typeLink(of.type)}</code>${
        "defaultValue" in of && defaultOf(of)
      }${more}
    </dt>
    <dd>${prose(of.description)}${deprecation(of)}${"args" in of && argumentsOf(of.args, path)}</dd> `;
}

function argumentsOf(args: readonly GraphQLArgument[], path: string): Html {
  if (args.length === 0) return html``;
  return html`<dl class="arguments">${args.map((argument) => member(argument, `${path}.${argument.name}`))}</dl>`;
}

const fieldsOf = (fields: GraphQLFieldMap<unknown, unknown>, name: string, access: AccessOf) =>
  html`<dl>
    ${Object.values(fields).map((field) => {
      const path = `${name}.${field.name}`;
      return member(field, path, badges(access.get(path)));
    })}
  </dl>`;

const inputOf = (type: GraphQLInputObjectType) =>
  html`<dl>${Object.values(type.getFields()).map((field) => member(field, `${type.name}.${field.name}`))}</dl>`;

const valuesOf = (type: GraphQLEnumType) =>
  html`<dl>
    ${type.getValues().map(
      (value) =>
        html`<dt id="${type.name}.${value.name}"><code>${value.name}</code></dt>
          <dd>${prose(value.description)}${deprecation(value)}</dd> `,
    )}
  </dl>`;

const specification = ({ specifiedByURL: url }: GraphQLScalarType) =>
  url != null && html`<p><a href="${url}">Specification</a></p>`;

function bodyOf(type: GraphQLNamedType, access: AccessOf): Html | false {
  if (isObjectType(type) || isInterfaceType(type)) return fieldsOf(type.getFields(), type.name, access);
  if (isInputObjectType(type)) return inputOf(type);
  if (isEnumType(type)) return valuesOf(type);
  if (isUnionType(type)) return html`<p>One of ${type.getTypes().map((one) => html`${typeLink(one)} `)}</p>`;
  return specification(type);
}

/** The article of a type, at the anchor of its name. */
export function describeType(type: GraphQLNamedType, access: AccessOf): Html {
  const interfaces = isObjectType(type) ? type.getInterfaces() : [];
  return html`<article id="${type.name}" data-search>
    <h3>${type.name} ${badges(access.get(type.name))}</h3>
    ${prose(type.description)}${interfaces.length > 0 && html`<p>Implements ${interfaces.map(typeLink)}.</p>`}${bodyOf(type, access)}
  </article> `;
}

/** The article of a query, mutation or subscription, at an anchor such as `Query.me`. */
export function describeRootField(field: GraphQLField<unknown, unknown>, path: string, access: AccessOf): Html {
  return html`<article id="${path}" data-search>
    <h3>${field.name} ${badges(access.get(path))}</h3>
    ${prose(field.description)}${deprecation(field)}${argumentsOf(field.args, path)}
    <p>Answers <code class="type">${typeLink(field.type)}</code></p>
  </article> `;
}
