import { type Caller, callers } from "./callers";
import { describeClaims } from "./example-tabs";

export interface PageHeaderProps {
  /** The chosen caller; undefined if the page cannot choose one. */
  readonly caller: Caller | undefined;
  readonly onChoose: (caller: Caller) => void;
}

/** The header above GraphiQL: the caller, and a link to the reference. */
export function PageHeader({ caller, onChoose }: PageHeaderProps) {
  return (
    <header className="page-header">
      <h1>Benefits &amp; Pix</h1>
      {caller && (
        <label className="caller">
          <span>Send as</span>
          <select
            value={caller.label}
            onChange={({ target }) => {
              const chosen = callers.find(({ label }) => label === target.value);
              if (chosen) onChoose(chosen);
            }}
          >
            {callers.map(({ label }) => (
              <option key={label}>{label}</option>
            ))}
          </select>
        </label>
      )}
      {caller?.claims && <code className="claims">{describeClaims(caller.claims)}</code>}
      <a href="/docs">Reference</a>
    </header>
  );
}
