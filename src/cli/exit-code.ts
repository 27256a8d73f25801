/** What a command exits with. Scripts use the numbers, so they must not change. */
export const EXIT = {
  /** Done, or it was so before. */
  done: 0,
  failed: 1,
  /** The arguments are wrong. */
  usage: 2,
  /** A process executes the operation now. */
  leased: 3,
  /** It is PENDING, settled otherwise or changed meanwhile, or something speaks against the decision. */
  refused: 4,
  /** A second person must decide the same. */
  secondPerson: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command prints, and its exit code. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  /** For people: lines. */
  readonly text: string;
  /** For programs, with `--json`. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A command that did nothing, for the reason that the sentence says. Holds nothing that was typed. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
