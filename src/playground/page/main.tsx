import { createRoot } from "react-dom/client";
import { fetchDeveloperToken } from "./developer-token";
import { createFetcher } from "./graphql-fetcher";
import { Playground } from "./playground";
import { createStorage } from "./storage";
import { setUpWorkers } from "./workers";

/** What the server wrote into the page's head; undefined where it wrote nothing. */
function metaContent(name: string): string | undefined {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
}

setUpWorkers();
const root = document.getElementById("root");
if (!root) throw new Error("the page has no element to render into");
const access = await fetchDeveloperToken(metaContent("developer-token-url"));
createRoot(root).render(
  <Playground
    access={access}
    fetcher={createFetcher(metaContent("graphql-endpoint") ?? "/graphql")}
    storage={createStorage()}
  />,
);
