import { suggestionList } from "graphql/jsutils/suggestionList.js";

const NAME = /^[A-Za-z_]\w{0,63}$/;

/** Whether a client's text may be repeated as a name. A text that is not a GraphQL name, or a long one, can be any data. */
export const isShownName = (text: string): boolean => NAME.test(text);

/** A name for a message: of a variable with its `$`. */
export function showName(name: string): string {
  const sign = name.startsWith("$") ? "$" : "";
  return sign + (isShownName(name.slice(sign.length)) ? name.slice(sign.length) : "…");
}

/** The known name that the text was probably meant to be. The names come from the schema, which bounds their number. */
export const findNearestName = (text: string, known: readonly string[]): string | undefined =>
  isShownName(text) ? suggestionList(text, known)[0] : undefined;
