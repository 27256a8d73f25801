// Ids of the sandboxes' seeds (src/sandbox/avibra/seeds.ts, src/sandbox/delbank/seeds.ts), for all tests.

/** A member with the offer `plus`, an active account and a pending swap. */
export const MEMBER_ID = "u-1001";
/** Another member, with the offer `basic`. */
export const OTHER_MEMBER_ID = "u-1002";
/** A member whose account was cancelled. */
export const CANCELLED_MEMBER_ID = "u-1004";
/** An active authorization; its payer is the member `MEMBER_ID`. */
export const RECURRENCE_ID = "RR0435879820240605njua7shf40o";
/** An authorization that was cancelled by `CANCELLATION_ID`. */
export const CANCELLED_RECURRENCE_ID = "RR3822485720260110cancelled01";
export const CANCELLATION_ID = "IC0435879820240605bcdb1fhn43a";
/** The CPF of the payer of `RECURRENCE_ID`. */
export const PAYER_TAX_ID = "04623217035";
/** A CPF of a person who is neither payer nor beneficiary of `RECURRENCE_ID`. */
export const OTHER_TAX_ID = "77379362038";
/** One of the active authorizations that a sandbox has besides the seeds (`extraAuthorizations`); `number` from 1. */
export const authorizationId = (number: number) => `RR3822485720260110more${`${number}`.padStart(7, "0")}`;
