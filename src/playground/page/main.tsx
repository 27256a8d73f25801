import { createRoot } from "react-dom/client";
import { type Example } from "./example-tabs";
import { Playground } from "./playground";
import { subscriptionExample } from "./subscription-example";
import { configureWorkers, ignoreCancellations } from "./workers";

/** The operations of schema/operations, inserted by bundle.ts. */
declare const EXAMPLES: readonly Example[];

/** The content of a `<meta>` element that the server wrote; undefined if there is none. */
function metaContent(name: string): string | undefined {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
}

configureWorkers();
ignoreCancellations();
const root = document.getElementById("root");
if (!root) throw new Error("the page has no element to render into");
createRoot(root).render(
  <Playground
    endpoint={metaContent("graphql-endpoint") ?? "/graphql"}
    tokenUrl={metaContent("developer-token-url")}
    resetUrl={metaContent("sandbox-reset-url")}
    examples={[...EXAMPLES, subscriptionExample]}
  />,
);
