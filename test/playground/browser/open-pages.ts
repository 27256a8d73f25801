import { type BrowserContextOptions } from "playwright-core";
import { createSandboxProviders } from "../../../src/sandbox/sandbox-providers";
import { type Graphiql, openGraphiqlPage } from "../../kit/graphiql";
import { openPage, startBrowser, type WatchedPage } from "../../kit/start/browser";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";

export type PlaygroundPage = WatchedPage & Graphiql;

/** Every page that the suite drives, each in a profile of its own. A page's tests share it, in the order of their file. */
export interface OpenPages {
  readonly subgraph: TestSubgraph;
  /** Playgrounds: 1280 × 800 in light and in dark colors, 390 × 844 on a phone, and one for the choice of callers. */
  readonly light: PlaygroundPage;
  readonly dark: PlaygroundPage;
  readonly phone: PlaygroundPage;
  readonly callers: PlaygroundPage;
  /** The playground of a subgraph in live mode. */
  readonly live: PlaygroundPage;
  /** The reference at `/docs`, with and without JavaScript. */
  readonly reference: WatchedPage;
  readonly withoutScript: WatchedPage;
  /** What any page violated since the last call; see WatchedPage. */
  readonly takeViolations: () => readonly string[];
}

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const ROUTER_SECRET = "router-secret-of-the-playground-test";

/** No heartbeat in a test. */
const STEADY = { SUBSCRIPTION_HEARTBEAT_MS: "500000" };
const LIVE = {
  PROVIDERS: "live",
  PLAYGROUND: "true",
  ROUTER_SECRETS: ROUTER_SECRET,
  AUTH_JWKS_URL: "http://127.0.0.1:9/jwks.json",
  AUTH_ISSUER: "https://issuer.test",
  AUTH_AUDIENCE: "benefits",
};

/** Starts one browser and two subgraphs, and opens every page. `onStop` gets the actions that end what was started, also if a start fails. */
export async function openPages(onStop: (stop: () => Promise<void>) => void): Promise<OpenPages> {
  const stopAfter = async <Started>(starting: Promise<Started>, stop: (started: Started) => Promise<void>) => {
    onStop(() => starting.then(stop, () => undefined));
    return starting;
  };
  const [browser, subgraph, liveSubgraph] = await Promise.all([
    stopAfter(startBrowser(), (started) => started.close()),
    stopAfter(
      startSubgraph({ ...STEADY, EXPOSE_UPSTREAM_COST: "true" }, { simulate: createSandboxProviders }),
      (started) => started.stop(),
    ),
    stopAfter(startSubgraph({ ...STEADY, ...LIVE }), (started) => started.stop()),
  ]);
  const openPlayground = async (options: BrowserContextOptions, { url } = subgraph): Promise<PlaygroundPage> => {
    const watched = await openPage(browser, url, options);
    return { ...watched, ...(await openGraphiqlPage(watched.page)) };
  };
  const openReference = async (options: BrowserContextOptions): Promise<WatchedPage> => {
    const watched = await openPage(browser, subgraph.url, options);
    await watched.page.goto("/docs");
    return watched;
  };
  const extraHTTPHeaders = { "router-authorization": ROUTER_SECRET };
  const [light, dark, phone, callers, live, reference, withoutScript] = await Promise.all([
    openPlayground({ viewport: WIDE, colorScheme: "light" }),
    openPlayground({ viewport: WIDE, colorScheme: "dark" }),
    openPlayground({ viewport: PHONE, hasTouch: true, isMobile: true }),
    openPlayground({ viewport: WIDE }),
    openPlayground({ viewport: WIDE, extraHTTPHeaders }, liveSubgraph),
    openReference({ viewport: WIDE, colorScheme: "light" }),
    openReference({ viewport: WIDE, javaScriptEnabled: false }),
  ]);
  const all = [light, dark, phone, callers, live, reference, withoutScript];
  return {
    ...{ subgraph, light, dark, phone, callers, live, reference, withoutScript },
    takeViolations: () => all.flatMap((one) => one.takeViolations()),
  };
}
