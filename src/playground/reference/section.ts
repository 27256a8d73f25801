import { type Html } from "../html";

/** A part of the page with a heading of its own. */
export interface Section {
  readonly title: string;
  /** What the table of contents lists below the title. */
  readonly entries: readonly { readonly anchor: string; readonly name: string }[];
  readonly body: Html;
}

export const toSlug = (title: string) => title.toLowerCase().replaceAll(" ", "-");
