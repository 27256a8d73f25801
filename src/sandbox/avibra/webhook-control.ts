import { type Answer, jsonAnswer } from "../server/answer";
import { type Clock } from "../server/clock";
import { isFields } from "../server/request-body";
import { type WebhookSender } from "./webhook-sender";
import { changed, SETTINGS_USE } from "./webhook-settings";

const SEND_USE =
  'send { "eventname": "…", "userid": "…" }, and if you like "eventtimestamp", "moredetails": [{ "name", "value" }] and "key"';

function isDetail(value: unknown): value is { readonly name: string; readonly value: string } {
  return isFields(value) && typeof value["name"] === "string" && typeof value["value"] === "string";
}

function sendByHand(sender: WebhookSender, clock: Clock, body: unknown): Answer {
  const { eventname, userid, eventtimestamp = clock.iso(), moredetails = [], key } = isFields(body) ? body : {};
  const isFine =
    typeof eventname === "string" &&
    typeof userid === "string" &&
    typeof eventtimestamp === "string" &&
    (key === undefined || typeof key === "string") &&
    Array.isArray(moredetails) &&
    moredetails.every(isDetail);
  if (!isFine) return jsonAnswer(400, { message: SEND_USE });
  if (sender.settings.url === undefined) {
    return jsonAnswer(409, { message: "nobody to send to: set the url by POST /__sandbox/webhooks/settings" });
  }
  sender.send({ name: eventname, userId: userid, at: eventtimestamp, details: moredetails }, { key });
  return jsonAnswer(202, { status: "sent" });
}

function changeSettings(sender: WebhookSender, body: unknown): Answer {
  const settings = changed(sender.settings, body);
  if (settings === undefined) return jsonAnswer(400, { message: SETTINGS_USE });
  sender.settings = settings;
  const { password, ...shown } = settings;
  return jsonAnswer(200, { ...shown, password: password === "" ? "" : "set" });
}

/** The endpoints that steer the events; undefined for what is none of them. */
export function controlWebhooks(sender: WebhookSender, clock: Clock) {
  return (action: string, body: unknown): Answer | undefined => {
    switch (action) {
      case "GET webhooks":
        return jsonAnswer(200, sender.list());
      case "POST webhooks":
        return sendByHand(sender, clock, body);
      case "POST webhooks/settings":
        return changeSettings(sender, body);
      default:
        return undefined;
    }
  };
}
