import { createTextScalar } from "../../platform/graphql/text-scalar";
import { startOfDay } from "../../platform/kernel/calendar";

// No pattern has ambiguous repetition, so none can backtrack catastrophically.
const EMAIL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$/;
const PHONE = /^\+[1-9]\d{6,14}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

function isRealDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  return startOfDay(Number(year), Number(month), Number(day)) !== undefined;
}

export const EmailAddress = createTextScalar({
  name: "EmailAddress",
  description: "An email address, for example `ana@example.com`.",
  rule: "an email address of at most 254 characters without spaces or accents",
  example: "ana@example.com",
  maxLength: 254,
  isValid: (text) => EMAIL.test(text),
});

export const PhoneNumber = createTextScalar({
  name: "PhoneNumber",
  description: "A phone number in E.164 format, for example `+5511987654321`.",
  rule: "a phone number in E.164 format: + and 7 to 15 digits",
  example: "+5511987654321",
  maxLength: 16,
  isValid: (text) => PHONE.test(text),
});

export const CalendarDate = createTextScalar({
  name: "Date",
  description: "A calendar date in ISO 8601 format, for example `1990-05-17`.",
  rule: "a real date as YYYY-MM-DD",
  example: "1990-05-17",
  maxLength: 10,
  isValid: isRealDate,
});
