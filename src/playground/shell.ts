import { escapeHtml } from "./html";

export interface ShellOptions {
  /** The URL to which the page sends operations. */
  readonly graphqlPath: string;
  /** The URL that issues developer tokens for any claims; absent if there is none. */
  readonly developerTokenUrl?: string;
  /** The URL that resets the sandbox; absent if the providers are not simulated. */
  readonly sandboxResetUrl?: string;
}

const renderMeta = (name: string, content: string) => `    <meta name="${name}" content="${escapeHtml(content)}">`;

const renderPage = (head: readonly string[], body: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Benefits &amp; Pix: GraphQL playground</title>
    <link rel="icon" type="image/svg+xml" href="/favicon.svg">
${head.join("\n")}
  </head>
  <body>
${body}
  </body>
</html>
`;

/** The page's HTML. It contains no inline script, so that the content policy does not have to allow any. */
export function renderShell({ graphqlPath, developerTokenUrl, sandboxResetUrl }: ShellOptions): string {
  const head = [
    renderMeta("graphql-endpoint", graphqlPath),
    ...(developerTokenUrl === undefined ? [] : [renderMeta("developer-token-url", developerTokenUrl)]),
    ...(sandboxResetUrl === undefined ? [] : [renderMeta("sandbox-reset-url", sandboxResetUrl)]),
    '    <link rel="stylesheet" href="/playground/main.css">',
    '    <script type="module" src="/playground/main.js"></script>',
  ];
  const body = `    <div id="root"><p class="loading">Loading the playground…</p></div>
    <noscript>The playground needs JavaScript.</noscript>`;
  return renderPage(head, body);
}

/** Served instead if the page was not bundled, as in a new checkout that runs from source. */
export function renderMissingAssets(): string {
  return renderPage(
    [
      "    <style>body { margin: 10vh auto; max-width: 40rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }</style>",
    ],
    `    <h1>The playground is not built yet</h1>
    <p>Run <code>npm run build</code> in the project's folder, then reload this page. The GraphQL endpoint is already available.</p>`,
  );
}
