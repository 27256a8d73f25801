import { type Dialect } from "../../../src/platform/database/apply-migrations";

/** `npm test` runs on SQLite, `npm run test:all` on PostgreSQL: for suites that are too slow for both. */
export const ONE_DIALECT: readonly Dialect[] = process.env["TEST_ALL"] === "true" ? ["postgres"] : ["sqlite"];
