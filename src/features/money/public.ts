/** What other features may import of the money type. */
export { Money } from "./money.type";
