import { createTextScalar } from "../../platform/graphql/text-scalar";
import { isCancellationId, isRecurrenceId, PIX_ID_LENGTH } from "./pix-id";

export const RecurrenceId = createTextScalar({
  name: "RecurrenceId",
  description:
    "The ID of an Automatic Pix recurrence: 29 case-sensitive characters, for example " +
    "`RR0435879820240605njua7shf40o`.",
  rule: "29 case-sensitive characters (RR, RN, CR or CN, 8 digits or capital letters, a date as YYYYMMDD, 11 letters or digits)",
  example: "RR0435879820240605njua7shf40o",
  maxLength: PIX_ID_LENGTH,
  isValid: isRecurrenceId,
});

export const CancellationId = createTextScalar({
  name: "CancellationId",
  description: "The ID of a cancellation: 29 case-sensitive characters, for example `IC0435879820240605bcdb1fhn43a`.",
  rule: "29 case-sensitive characters (IC, 8 digits or capital letters, a date as YYYYMMDD, 11 letters or digits)",
  example: "IC0435879820240605bcdb1fhn43a",
  maxLength: PIX_ID_LENGTH,
  isValid: isCancellationId,
});
