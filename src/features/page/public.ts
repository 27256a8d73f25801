/** What other features may import from this one. */
export { PageArgs, PageInfo } from "./page.type";
export { assertPageSize, type PageKey, serializePageKey, throwAsBadCursor, toConnection } from "./pagination";
