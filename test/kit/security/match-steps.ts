import { type AST, RegExpParser } from "@eslint-community/regexpp";

/** Continues the match at an index; whether the rest of the pattern matched. */
type Next = (at: number) => boolean;
type Matcher = (at: number, next: Next) => boolean;

class StepLimitReached extends Error {}

/** Whether a character is a member of a class, a set or a literal of the pattern: the engine decides. */
function createMembership(raw: string, flags: string): (character: string) => boolean {
  const single = new RegExp(`^${raw}$`, flags.replaceAll(/[gmy]/g, ""));
  const known = new Map<string, boolean>();
  return (character) => {
    const isMember = known.get(character) ?? single.test(character);
    known.set(character, isMember);
    return isMember;
  };
}

/**
 * Matches a pattern by backtracking, in the order that ECMAScript specifies and V8 follows, and counts the characters and assertions
 * that it tries. The count is the same on every machine.
 */
export class StepCounter {
  #text = "";
  #stepsLeft = 0;
  readonly #groups: string[] = [];
  readonly #indexes = new Map<AST.CapturingGroup, number>();
  readonly #match: Matcher;

  constructor(private readonly pattern: RegExp) {
    const parsed = new RegExpParser().parsePattern(pattern.source, undefined, undefined, { unicode: pattern.unicode });
    this.#match = this.#choice(parsed.alternatives);
  }

  /** The text's first match, or all with the flag `g`, and their steps; undefined after more than `maxSteps` steps. */
  run(text: string, maxSteps: number): { readonly steps: number; readonly matches: readonly string[] } | undefined {
    this.#text = text;
    this.#stepsLeft = maxSteps;
    const matches: string[] = [];
    try {
      for (let from = 0; from <= text.length;) {
        let end = -1;
        this.#groups.length = 0;
        const isMatch = this.#match(from, (at) => {
          end = at;
          return true;
        });
        if (isMatch) matches.push(text.slice(from, end));
        if (isMatch && !this.pattern.global) break;
        from = isMatch && end > from ? end : from + this.#sizeAt(from);
      }
    } catch (error) {
      if (error instanceof StepLimitReached) return undefined;
      throw error;
    }
    return { steps: maxSteps - this.#stepsLeft, matches };
  }

  /** Code units of the character at an index: a surrogate pair is one character only with the flag `u`. */
  #sizeAt(at: number): number {
    return this.pattern.unicode && (this.#text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }

  #step(): void {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft < 0) throw new StepLimitReached();
  }

  #choice(alternatives: readonly AST.Alternative[]): Matcher {
    const matchers = alternatives.map(({ elements }) =>
      elements
        .map((element) => this.#element(element))
        .reduceRight<Matcher>(
          (rest, first) => (at, next) => first(at, (after) => rest(after, next)),
          (at, next) => next(at),
        ),
    );
    return (at, next) => matchers.some((matcher) => matcher(at, next));
  }

  #element(node: AST.Element): Matcher {
    switch (node.type) {
      case "Group":
        return this.#choice(node.alternatives);
      case "CapturingGroup":
        return this.#capture(node);
      case "Quantifier":
        return this.#repeat(node);
      case "Assertion":
        return this.#assertion(node);
      case "Backreference":
        return this.#backreference(node);
      default:
        return this.#character(node.raw);
    }
  }

  #character(raw: string): Matcher {
    const isMember = createMembership(raw, this.pattern.flags);
    return (at, next) => {
      this.#step();
      const character = this.#text.slice(at, at + this.#sizeAt(at));
      return character !== "" && isMember(character) && next(at + character.length);
    };
  }

  #repeat({ element, min, max, greedy }: AST.Quantifier): Matcher {
    const body = this.#element(element);
    const attempt = (count: number, at: number, next: Next): boolean => {
      const isRepeated = () =>
        count < max && body(at, (after) => (after > at || count < min) && attempt(count + 1, after, next));
      if (count < min) return isRepeated();
      return greedy ? isRepeated() || next(at) : next(at) || isRepeated();
    };
    return (at, next) => attempt(0, at, next);
  }

  #capture(node: AST.CapturingGroup): Matcher {
    const index = this.#indexes.size;
    this.#indexes.set(node, index);
    const body = this.#choice(node.alternatives);
    return (at, next) =>
      body(at, (after) => {
        const before = this.#groups[index];
        this.#groups[index] = this.#text.slice(at, after);
        if (next(after)) return true;
        this.#groups[index] = before ?? "";
        return false;
      });
  }

  #backreference({ resolved }: AST.Backreference): Matcher {
    const [group] = [resolved].flat();
    const index = (group && this.#indexes.get(group)) ?? -1;
    return (at, next) => {
      this.#step();
      const captured = this.#groups[index] ?? "";
      return this.#text.startsWith(captured, at) && next(at + captured.length);
    };
  }

  #assertion(node: AST.Assertion): Matcher {
    if (node.kind === "lookahead" || node.kind === "lookbehind") {
      throw new Error(`${String(this.pattern)}: the steps of ${node.raw} cannot be counted`);
    }
    const { kind } = node;
    const isWord = (at: number) => /\w/.test(this.#text.charAt(at));
    const isLineBreak = (at: number) => this.pattern.multiline && /[\n\r\u2028\u2029]/.test(this.#text.charAt(at));
    const holdsAt = (at: number) => {
      if (kind === "word") return (isWord(at - 1) === isWord(at)) === node.negate;
      return kind === "start" ? at === 0 || isLineBreak(at - 1) : at === this.#text.length || isLineBreak(at);
    };
    return (at, next) => {
      this.#step();
      return holdsAt(at) && next(at);
    };
  }
}
