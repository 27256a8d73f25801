import { GraphiQL } from "graphiql";
import { type ComponentProps, useState } from "react";
import { type DeveloperToken } from "./developer-token";
import { examples } from "./examples";

type GraphiqlProps = ComponentProps<typeof GraphiQL>;

export interface PlaygroundProps {
  readonly access: DeveloperToken;
  readonly fetcher: GraphiqlProps["fetcher"];
  readonly storage: NonNullable<GraphiqlProps["storage"]>;
}

function Notice({ text }: { readonly text: string }) {
  const [isOpen, setOpen] = useState(true);
  if (!isOpen) return null;
  return (
    <p className="notice" role="status">
      <span>{text}</span>
      <button
        type="button"
        onClick={() => {
          setOpen(false);
        }}
      >
        Dismiss
      </button>
    </p>
  );
}

/** GraphiQL with the examples in its tabs and the token in every tab's headers. */
export function Playground({ access, fetcher, storage }: PlaygroundProps) {
  // Headers are not stored with the tabs; these defaults are what every tab opens with, so each load has its fresh token.
  const headers = "token" in access ? { Authorization: `Bearer ${access.token}` } : undefined;
  return (
    <>
      {"notice" in access && <Notice text={access.notice} />}
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        defaultTabs={[...examples]}
        {...(headers && { defaultHeaders: JSON.stringify(headers, null, 2) })}
        defaultEditorToolsVisibility={headers ? true : "headers"}
        shouldPersistHeaders={false}
      >
        <GraphiQL.Logo>Benefits &amp; Pix</GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}
