/** What the tab of each example is for, by the tab's title. */
export const TAB_PURPOSES: Readonly<Record<string, string>> = {
  MemberBenefits: "reads a member's benefits, current offer and other offers",
  PixAuthorization: "reads a recurrence: its status, amount, payer and beneficiary",
  ChangeOffer: "upgrades the member from Plus to Premium",
  CancelPixAuthorization: "cancels the recurrence; sent twice, it takes effect once",
  MemberOperations: "lists what this member asked for, and what became of it",
  MemberEvents: "waits for Avibra's events, and shows them as they arrive",
};
