import { type Caller, callers } from "./callers";
import { ConfirmButton } from "./confirm-button";

export interface PageHeaderProps {
  readonly isSimulated: boolean;
  /** The chosen caller; undefined if the page cannot choose one. */
  readonly caller: Caller | undefined;
  readonly onChoose: (caller: Caller) => void;
  readonly onAbout: () => void;
  readonly onRestore: () => void;
  /** Undefined if the server cannot be reset. */
  readonly onReset: (() => void) | undefined;
}

/** The header above GraphiQL: what this is, the caller, and what concerns all tabs. */
export function PageHeader({ isSimulated, caller, onChoose, onAbout, onRestore, onReset }: PageHeaderProps) {
  return (
    <header className="page-header">
      <div className="purpose">
        <h1>Benefits &amp; Pix</h1>
        {isSimulated && (
          <strong className="badge">
            Simulated<span className="wide-only">: no money moves</span>
          </strong>
        )}
        <p>
          Benefits from Avibra, recurring Pix at Delbank<span className="wide-only">, in one graph</span>
        </p>
      </div>
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
      <nav aria-label="Page">
        <button type="button" onClick={onAbout}>
          About
        </button>
        <button type="button" onClick={onRestore} title="Gives the example tabs their original text and new keys">
          Restore<span className="wide-only"> examples</span>
        </button>
        {onReset && (
          <ConfirmButton
            label="Reset"
            question="Reset the sandbox?"
            consequence="Both simulated providers begin again, and all operations and events are deleted. This page clears its responses and restores the examples."
            onConfirm={onReset}
          />
        )}
        <a href="/docs">Reference</a>
      </nav>
    </header>
  );
}
