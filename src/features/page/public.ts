/** What other features may import of the pagination. */
export { PageArgs, PageInfo } from "./page.type";
export { assertPageSize, type PageKey, serializePageKey, throwAsBadCursor, toConnection } from "./pagination";
