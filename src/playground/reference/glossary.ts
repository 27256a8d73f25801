/** A term of the project. `npm run docs` writes all of them to docs/contributing/architecture.md. */
export interface Term {
  readonly term: string;
  /** Text between backticks is code. */
  readonly definition: string;
  /** Whether only contributors need it; the page at `/docs` leaves it out. */
  readonly isInternal?: true;
  /** Whether the page at `/docs` begins with it, and so leaves it out of its glossary. */
  readonly isBasic?: true;
}

export const GLOSSARY: readonly Term[] = [
  {
    term: "Automatic Pix",
    definition:
      "recurring payments by Pix, the instant payment system of Brazil. The payer authorizes them once, and the beneficiary then charges each period.",
  },
  {
    term: "Recurrence",
    definition:
      "one series of recurring payments at Delbank, for example of a monthly fee, identified by a `recurrenceId`.",
    isBasic: true,
  },
  {
    term: "Authorization",
    definition:
      "the payer's permission for a recurrence; in the graph, `PixAuthorization`. While it is active, the payments are collected. Once it is cancelled, no more are.",
    isBasic: true,
  },
  { term: "Payer", definition: "the person or company that pays." },
  { term: "Beneficiary", definition: "the company that is paid." },
  { term: "Member", definition: "a person who receives benefits; in the graph, `User`." },
  { term: "Benefit", definition: "an insurance or perk that a member has or can have; in the graph, `Benefit`." },
  {
    term: "Offer",
    definition: "a priced package of benefits that a member takes, upgrades, downgrades or cancels.",
  },
  {
    term: "Swap",
    definition: "Avibra's monthly exchange of benefits within a member's offer: a benefit arrives or leaves at a date.",
  },
  { term: "Enrollment", definition: "how far a member has come at Avibra, from prefilled to cancelled." },
  { term: "Caller", definition: "the user that a request's token identifies." },
  {
    term: "Principal",
    definition: "everything about a caller on which a response can depend: user ID, tax ID and scopes.",
    isInternal: true,
  },
  { term: "Request", definition: "one GraphQL request." },
  {
    term: "Operation",
    definition:
      "a stored mutation request and its outcome, identified by a caller and an idempotency key; in the graph, `Operation`. The same request with the same key has no second effect.",
    isBasic: true,
  },
  {
    term: "Operation store",
    definition:
      "the database table of operations. It is also called the operations ledger; it is not a double-entry book.",
    isInternal: true,
  },
  {
    term: "Idempotency key",
    definition: "a client-generated key that identifies a mutation request, to be reused in a retry.",
  },
  {
    term: "Settle",
    definition: "an operation settles when its outcome is known and final: `SUCCEEDED` or `FAILED`.",
  },
  {
    term: "Reconciler",
    definition: "the background worker that determines the outcome of operations that did not settle.",
    isInternal: true,
  },
  {
    term: "Keyed, once, safe",
    definition: "whether an endpoint call can be repeated: with the same provider key, never, or always.",
    isInternal: true,
  },
  { term: "Inbox", definition: "the database table of received events.", isInternal: true },
  {
    term: "Endpoint call",
    definition: "one HTTP request to a provider, with a name such as `avibra.benefits.list`.",
    isInternal: true,
  },
  {
    term: "Representation",
    definition: "the key of an entity, with which a router requests the entity's fields from a subgraph.",
    isInternal: true,
  },
  {
    term: "Entity, subgraph, supergraph, router",
    definition: "the terms of Apollo Federation.",
    isInternal: true,
  },
];
