/** What `--help` prints. */
export const HELP = `Shows or erases what the subgraph stores about one member, while it runs.
The command reads the same variables as the program.

  npm run members -- export USER_ID     prints everything that is stored, as JSON
  npm run members -- erase USER_ID      removes what is about the member; it cannot be undone

Without npm: node dist/cli/members.js export USER_ID

USER_ID is the member's ID, as in the token. It is never printed.

erase
  --dry-run             counts what would be erased, and names what prevents it

  A member with an operation whose outcome is not known is not erased.
  What stays, and why: docs/operations/retention-and-erasure.md

all
  --json                for programs; export always prints JSON
  --help

Exit codes
  0  done, or already so
  1  failed
  2  wrong use
  4  not erased, or not all: the outcome of an operation is not known

Examples
  npm run --silent members -- export u-1001 > member.json
  npm run members -- erase u-1001 --dry-run
  npm run members -- erase u-1001
`;
