import { type HttpResponse, jsonResponse } from "../server/http-response";
import { type Clock } from "../server/clock";
import { isJsonObject } from "../server/request-body";
import { createSeedEvents } from "./seeds";
import { type WebhookSender } from "./webhook-sender";
import { applyChanges, SETTINGS_USAGE } from "./webhook-settings";

const SEND_USAGE =
  'send { "eventname": "…", "userid": "…" }, and if you like "eventtimestamp", "moredetails": [{ "name", "value" }] and "key"';

const NO_URL = jsonResponse(409, {
  message: "no webhook URL is set: send it to POST /__sandbox/webhooks/settings",
});

function isDetail(value: unknown): value is { readonly name: string; readonly value: string } {
  return isJsonObject(value) && typeof value["name"] === "string" && typeof value["value"] === "string";
}

function sendManually(sender: WebhookSender, clock: Clock, body: unknown): HttpResponse {
  const { eventname, userid, eventtimestamp = clock.iso(), moredetails = [], key } = isJsonObject(body) ? body : {};
  const isValid =
    typeof eventname === "string" &&
    typeof userid === "string" &&
    typeof eventtimestamp === "string" &&
    (key === undefined || typeof key === "string") &&
    Array.isArray(moredetails) &&
    moredetails.every(isDetail);
  if (!isValid) return jsonResponse(400, { message: SEND_USAGE });
  if (sender.settings.url === undefined) return NO_URL;
  sender.send({ name: eventname, userId: userid, at: eventtimestamp, details: moredetails }, { key });
  return jsonResponse(202, { status: "sent" });
}

/** The subgraph calls this at its start, so that the first member that a developer looks at has an event. */
async function sendSeedEvents(sender: WebhookSender, clock: Clock): Promise<HttpResponse> {
  if (sender.settings.url === undefined) return NO_URL;
  const sent = await Promise.all(createSeedEvents(clock.now()).map(({ key, event }) => sender.sendNow(event, key)));
  return sent.every(Boolean)
    ? jsonResponse(200, { status: "delivered" })
    : jsonResponse(502, { message: "the webhook did not accept an event of the seeds" });
}

function changeSettings(sender: WebhookSender, body: unknown): HttpResponse {
  const settings = applyChanges(sender.settings, body);
  if (settings === undefined) return jsonResponse(400, { message: SETTINGS_USAGE });
  sender.settings = settings;
  const { password, ...visibleSettings } = settings;
  return jsonResponse(200, { ...visibleSettings, password: password === "" ? "" : "set" });
}

/** Control endpoints for events. Returns undefined for any other path. */
export function createWebhookControl(sender: WebhookSender, clock: Clock) {
  return (action: string, body: unknown): HttpResponse | Promise<HttpResponse> | undefined => {
    switch (action) {
      case "GET webhooks":
        return jsonResponse(200, sender.list());
      case "POST webhooks":
        return sendManually(sender, clock, body);
      case "POST webhooks/seeds":
        return sendSeedEvents(sender, clock);
      case "POST webhooks/settings":
        return changeSettings(sender, body);
      default:
        return undefined;
    }
  };
}
