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

export type AccessByPath = ReadonlyMap<string, Access>;

/** Renders a description: paragraphs, and text between backticks as code. */
export function renderProse(text: string | null | undefined): Html {
  const paragraphs = (text ?? "").split(/\n{2,}/).filter(Boolean);
  return html`${paragraphs.map((paragraph) => {
    const parts = paragraph.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
    return html`<p>${parts}</p>`;
  })}`;
}

/** Renders a type reference with a link to the type's article. */
function renderTypeLink(type: GraphQLType): Html {
  if (isNonNullType(type)) return html`${renderTypeLink(type.ofType)}!`;
  if (isListType(type)) return html`[${renderTypeLink(type.ofType)}]`;
  const { name } = getNamedType(type);
  return isSpecifiedScalarType(type) ? html`${name}` : html`<a href="#${name}">${name}</a>`;
}

const renderDefault = ({ astNode }: GraphQLArgument) =>
  astNode?.defaultValue && html` = <code>${print(astNode.defaultValue)}</code>`;

function renderBadges(access: Access | undefined): Html {
  if (!access) return html``;
  const { needsToken, scopes, keys } = access;
  const scopeText = scopes.map((all) => all.join(" and ")).join(" or ");
  return html`${keys.map((key) => html`<span class="badge">entity by ${key}</span>`)}${
    needsToken && html`<span class="badge">token</span>`
  }${scopes.length > 0 && html`<span class="badge">scope ${scopeText}</span>`}`;
}

const renderDeprecation = ({ deprecationReason: reason }: { readonly deprecationReason?: string | null | undefined }) =>
  reason != null && html`<div class="deprecated"><b>Deprecated.</b> ${renderProse(reason)}</div>`;

/** Renders an argument, an input field or a field: name, type, description. `path` is its anchor, such as `User.id`. */
function renderMember(element: GraphQLField<unknown, unknown> | GraphQLArgument, path: string, suffix?: Html): Html {
  return html`<dt id="${path}">
      <code>${element.name}</code>: <code class="type">${renderTypeLink(element.type)}</code>${
        "defaultValue" in element && renderDefault(element)
      }${suffix}
    </dt>
    <dd>
      ${renderProse(element.description)}${renderDeprecation(element)}${"args" in element && renderArguments(element.args, path)}
    </dd> `;
}

function renderArguments(args: readonly GraphQLArgument[], path: string): Html {
  if (args.length === 0) return html``;
  return html`<dl class="arguments">${args.map((argument) => renderMember(argument, `${path}.${argument.name}`))}</dl>`;
}

const renderFields = (fields: GraphQLFieldMap<unknown, unknown>, name: string, access: AccessByPath) =>
  html`<dl>
    ${Object.values(fields).map((field) => {
      const path = `${name}.${field.name}`;
      return renderMember(field, path, renderBadges(access.get(path)));
    })}
  </dl>`;

const renderInputFields = (type: GraphQLInputObjectType) =>
  html`<dl>${Object.values(type.getFields()).map((field) => renderMember(field, `${type.name}.${field.name}`))}</dl>`;

const renderEnumValues = (type: GraphQLEnumType) =>
  html`<dl>
    ${type.getValues().map(
      (value) =>
        html`<dt id="${type.name}.${value.name}"><code>${value.name}</code></dt>
          <dd>${renderProse(value.description)}${renderDeprecation(value)}</dd> `,
    )}
  </dl>`;

const renderSpecification = ({ specifiedByURL: url }: GraphQLScalarType) =>
  url != null && html`<p><a href="${url}">Specification</a></p>`;

function renderBody(type: GraphQLNamedType, access: AccessByPath): Html | false {
  if (isObjectType(type) || isInterfaceType(type)) return renderFields(type.getFields(), type.name, access);
  if (isInputObjectType(type)) return renderInputFields(type);
  if (isEnumType(type)) return renderEnumValues(type);
  if (isUnionType(type)) return html`<p>One of ${type.getTypes().map((one) => html`${renderTypeLink(one)} `)}</p>`;
  return renderSpecification(type);
}

/** Renders the article of a type, with its name as the anchor. */
export function renderType(type: GraphQLNamedType, access: AccessByPath): Html {
  const interfaces = isObjectType(type) ? type.getInterfaces() : [];
  return html`<article id="${type.name}" data-search>
    <h3>${type.name} ${renderBadges(access.get(type.name))}</h3>
    ${renderProse(type.description)}${interfaces.length > 0 && html`<p>Implements ${interfaces.map(renderTypeLink)}.</p>`}${renderBody(type, access)}
  </article> `;
}

/** Renders the article of a query, mutation or subscription, with an anchor such as `Query.me`. */
export function renderRootField(field: GraphQLField<unknown, unknown>, path: string, access: AccessByPath): Html {
  return html`<article id="${path}" data-search>
    <h3>${field.name} ${renderBadges(access.get(path))}</h3>
    ${renderProse(field.description)}${renderDeprecation(field)}${renderArguments(field.args, path)}
    <p>Returns <code class="type">${renderTypeLink(field.type)}</code></p>
  </article> `;
}
