/** What other features may import from this one. */
export { Money } from "./money.type";
