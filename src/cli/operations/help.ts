/** What `--help` prints. */
export const HELP = `Finds, explains and settles the operations of the subgraph, while it runs.
The command reads the same variables as the program.

  npm run operations -- list [filters]       operations that are not settled, oldest first
  npm run operations -- show ID              the whole story of one, and what to do next
  npm run operations -- recheck ID           reads the provider now; settles the operation if that proves it
  npm run operations -- settle ID --as …     settles it by a person's decision, which is recorded

Without npm: node dist/cli/operations.js list

list
  --status STATUS       PENDING, UNCONFIRMED, NEEDS_ATTENTION, SUCCEEDED or FAILED; may be repeated
  --kind KIND           for example CANCEL_PIX_AUTHORIZATION
  --user ID             in any status, unless --status is given
  --recurrence ID       the same
  --request ID          the request id that a customer reads out; the same
  --older-than TIME     requested longer ago than 90s, 15m, 2h, 7d

show
  --offline             does not read the provider

settle
  --as succeeded|failed
  --reason TEXT         why
  --evidence TEXT       what proves it: a ticket, a statement of the provider
  --by NAME             who decides
  --seen VERSION        the version that show printed: refuses if the operation changed since
  --against-provider    also if the provider shows another outcome or cannot be read; recorded

  Texts with a CPF, a CNPJ or an e-mail address are refused.
  With OPERATOR_SECOND_PERSON=true, a second person repeats the call with their own name.

all
  --json                for programs; npm itself prints nothing with npm run --silent
  --help

Exit codes
  0  done, or already so
  1  failed
  2  wrong use
  3  a process executes the operation now
  4  refused: it is PENDING, settled otherwise or changed meanwhile, or the provider shows another outcome
  5  waits for the second person

Examples
  npm run operations -- list --status NEEDS_ATTENTION --older-than 1h
  npm run operations -- list --request 5f0c0d0e-8f1c-4b7e-9d55-0e8f0b1f8a11
  npm run operations -- show 0b0e7c1e-6a52-4d3c-9a67-6d1f6f8b2f10
  npm run operations -- recheck 0b0e7c1e-6a52-4d3c-9a67-6d1f6f8b2f10
  npm run operations -- settle 0b0e7c1e-6a52-4d3c-9a67-6d1f6f8b2f10 --as failed \\
    --reason "Delbank never received it" --evidence "Delbank ticket 4711" --by "Ana"
`;
