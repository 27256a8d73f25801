/** A metric in an expression, with what the expression does with its labels. */
export interface MetricUse {
  readonly name: string;
  /** Labels that its selector matches. */
  readonly labels: readonly string[];
  /** Labels by which the expression groups or joins. */
  readonly by: readonly string[];
  /** Labels that `label_replace` adds to the expression. */
  readonly added: readonly string[];
}

const splitLabels = (list: string) => list.split(",").flatMap((label) => label.trim() || []);

/**
 * The metrics of a PromQL expression: names with an underscore before a selector, a closing bracket, an operator or the end. Knows the
 * forms that this repository uses; promtool checks the syntax.
 */
export function findUses(expr: string): MetricUse[] {
  const grouped = [...expr.matchAll(/\b(?:by|on|group_left|without)\s*\(([^)]*)\)/g)];
  const by = grouped.flatMap(([, list = ""]) => splitLabels(list));
  const added = [...expr.matchAll(/"(\w+)",\s*"\$\d",\s*"(\w+)"/g)].map(([, label = ""]) => label);
  const bare = expr.replace(/\b(?:by|on|group_left|without)\s*\([^)]*\)/g, "");
  return [...bare.matchAll(/\b((?:job_\w+:)?(?:benefits_pix|nodejs|process)_[\w:]+)(?:\{([^}]*)\})?/g)].map(
    ([, name = "", selector = ""]) => ({
      name,
      labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
      by,
      added,
    }),
  );
}
