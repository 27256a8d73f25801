import { PlayIcon, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useLayoutEffect, useRef } from "react";
import { type Caller, callers } from "./callers";
import { TAB_PURPOSES } from "./tab-purposes";

export interface IntroductionProps {
  /** Whether the providers are simulated. */
  readonly isSimulated: boolean;
  /** The chosen caller; undefined if the page cannot choose one. */
  readonly caller: Caller | undefined;
  readonly onChoose: (caller: Caller) => void;
  /** Undefined if there is no response to go back to. */
  readonly onClose: (() => void) | undefined;
}

/** The tabs of the examples that are still open. */
function Tabs() {
  const { tabs, activeTabIndex } = useGraphiQL((state) => ({
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
  }));
  const actions = useGraphiQLActions();
  return (
    <ul className="choices">
      {tabs.map(({ id, title }, index) => {
        const purpose = TAB_PURPOSES[title];
        return (
          purpose !== undefined && (
            <li key={id}>
              <button
                type="button"
                aria-current={index === activeTabIndex}
                onClick={() => {
                  actions.changeTab(index);
                }}
              >
                {title}
              </button>
              <span>{purpose}</span>
            </li>
          )
        );
      })}
    </ul>
  );
}

function Members({ caller, onChoose }: { readonly caller: Caller; readonly onChoose: (caller: Caller) => void }) {
  return (
    <ul className="choices">
      {callers.map((one) => (
        <li key={one.label}>
          <button
            type="button"
            aria-pressed={one.label === caller.label}
            onClick={() => {
              onChoose(one);
            }}
          >
            {one.label}
          </button>
          <span>{one.description}</span>
        </li>
      ))}
    </ul>
  );
}

/** Gives the focus to the button that executes when an element that has it disappears. */
function useFocusAfter() {
  const element = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { current } = element;
    return () => {
      if (!current?.contains(document.activeElement)) return;
      document.querySelector<HTMLElement>(".graphiql-execute-button")?.focus();
    };
  }, []);
  return element;
}

/** What this is, for someone who has only its URL. It has the place of the response until there is one. */
export function Introduction({ isSimulated, caller, onChoose, onClose }: IntroductionProps) {
  const actions = useGraphiQLActions();
  const element = useFocusAfter();
  const title = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.title ?? "");
  const purpose = TAB_PURPOSES[title];
  return (
    <section ref={element} className="introduction" aria-labelledby="introduction-title" tabIndex={0}>
      <h2 id="introduction-title" tabIndex={-1}>
        What is this?
      </h2>
      {onClose && (
        <button type="button" className="close" onClick={onClose}>
          Back to the response
        </button>
      )}
      <p>
        A company gives its members <strong>benefits</strong> from Avibra, such as insurance and telehealth, and
        collects their price with <strong>recurring Pix payments</strong> at Delbank. Both are one GraphQL API here.
      </p>
      <p>
        A <strong>recurrence</strong> is a series of Pix payments: the payer authorizes it once, the beneficiary then
        charges every period, and a cancellation ends it.
      </p>
      {isSimulated ? (
        <p className="callout">
          <strong>Both providers are simulated.</strong> No money moves and nobody is insured, so try everything.
        </p>
      ) : (
        <p className="callout">
          <strong>The providers are real.</strong> A mutation changes real benefits and payments.
        </p>
      )}

      <h3>Run the open tab</h3>
      <p>
        <button
          type="button"
          className="primary"
          onClick={() => {
            actions.run();
          }}
        >
          <PlayIcon aria-hidden="true" />
          Run {TAB_PURPOSES[title] === undefined ? "it" : title}
        </button>{" "}
        or press <kbd>Ctrl</kbd>-<kbd>Enter</kbd> in the editor.{purpose !== undefined && ` It ${purpose}.`}
      </p>

      <h3>What each tab does</h3>
      <Tabs />
      {isSimulated && (
        <p>
          To cancel a recurrence, run PixAuthorization, CancelPixAuthorization, and PixAuthorization again: its status
          changes from ACTIVE to CANCELLED.
        </p>
      )}

      {caller && (
        <>
          <h3>Callers</h3>
          <p>Every request is sent as one of these. Choose another one: the response depends on the caller.</p>
          <Members caller={caller} onChoose={onChoose} />
        </>
      )}
      <p>
        <a href="/docs">Every type, field and error code</a> is described on a page of its own.
      </p>
    </section>
  );
}
