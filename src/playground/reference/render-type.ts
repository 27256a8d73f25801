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
import { describeNull } from "./describe-null";
import { renderInline, renderProse } from "./prose";

export type AccessByPath = ReadonlyMap<string, Access>;

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
  const badges = [
    ...keys.map((key) => `key ${key.split(" ").join(" and ")}`),
    ...(needsToken ? ["token"] : []),
    ...(scopes.length > 0 ? [`scope ${scopes.map((all) => all.join(" and ")).join(" or ")}`] : []),
  ];
  return html`${badges.map((text) => html`<span class="badge">${text}</span> `)}`;
}

const renderDeprecation = ({ deprecationReason: reason }: { readonly deprecationReason?: string | null | undefined }) =>
  reason != null && html`<div class="deprecated"><b>Deprecated.</b> ${renderProse(reason)}</div>`;

const renderNullMeaning = (meaning: string) => html`<span class="null">Null ${renderInline(meaning)}.</span>`;

/** Renders an argument or an input field: name, type, default, description. `path` is its anchor, such as `User.benefits.status`. */
function renderInput(element: GraphQLArgument, path: string): Html {
  return html`<dt id="${path}">
      <code>${element.name}</code>: <code class="type">${renderTypeLink(element.type)}</code>${renderDefault(element)}
    </dt>
    <dd>${renderProse(element.description)}${renderDeprecation(element)}</dd> `;
}

/** Renders a field: name, access, what it returns, description. `path` is its anchor, such as `User.id`. */
function renderField(field: GraphQLField<unknown, unknown>, path: string, access: AccessByPath): Html {
  const { text, meaning } = describeNull(field.description);
  return html`<dt id="${path}">
      <code>${field.name}</code>
      <span class="returns">returns <code class="type">${renderTypeLink(field.type)}</code></span>
      ${renderBadges(access.get(path))}
    </dt>
    <dd>
      ${renderProse(text)}${meaning !== undefined && html`<p>${renderNullMeaning(meaning)}</p>`}${renderDeprecation(field)}${renderArguments(field.args, path)}
    </dd> `;
}

function renderArguments(args: readonly GraphQLArgument[], path: string): Html {
  if (args.length === 0) return html``;
  return html`<dl class="arguments">${args.map((argument) => renderInput(argument, `${path}.${argument.name}`))}</dl>`;
}

const renderFields = (fields: GraphQLFieldMap<unknown, unknown>, name: string, access: AccessByPath) =>
  html`<dl>${Object.values(fields).map((field) => renderField(field, `${name}.${field.name}`, access))}</dl>`;

const renderInputFields = (type: GraphQLInputObjectType) =>
  html`<dl>${Object.values(type.getFields()).map((field) => renderInput(field, `${type.name}.${field.name}`))}</dl>`;

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

interface RootFieldOptions {
  /** The anchor, such as `Query.me`. */
  readonly path: string;
  readonly access: AccessByPath;
  readonly verb: "Returns" | "Sends";
}

/** Renders the article of a query, mutation or subscription. */
export function renderRootField(field: GraphQLField<unknown, unknown>, options: RootFieldOptions): Html {
  const { path, access, verb } = options;
  const { text, meaning } = describeNull(field.description);
  return html`<article id="${path}" data-search>
    <h3>${field.name} ${renderBadges(access.get(path))}</h3>
    ${renderProse(text)}${renderDeprecation(field)}${renderArguments(field.args, path)}
    <p class="returns">
      <b>${verb}</b> <code class="type">${renderTypeLink(field.type)}</code>
      ${isNonNullType(field.type) && html`<span class="null">· Never null.</span>`}${meaning !== undefined && html`· ${renderNullMeaning(meaning)}`}
    </p>
  </article> `;
}
