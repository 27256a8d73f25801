import { addMonths, findSeedStart, toIsoSeconds } from "../server/calendar";
import { assumedSituation } from "./assumptions";
import { type Authorization, type DelbankState, type Party } from "./authorization.state";

const DAY_MS = 86_400_000;

/** The dates of the seeds, relative to the sandbox's clock. The dates inside their IDs are fixed, as the IDs are. */
interface SeedDates {
  /** Three months ago. */
  readonly created: string;
  /** A day after the creation. */
  readonly answered: string;
  /** A month after the creation. */
  readonly ended: string;
  /** On the same day, with a fraction of a second, as in the provider's sample. */
  readonly cancelled: string;
  /** Noon UTC of yesterday. */
  readonly requested: string;
}

function computeDates(now: Date): SeedDates {
  const created = findSeedStart(now);
  const ended = addMonths(created, 1);
  return {
    created: toIsoSeconds(created),
    answered: toIsoSeconds(new Date(created.getTime() + DAY_MS)),
    ended: toIsoSeconds(ended),
    cancelled: `${toIsoSeconds(ended).slice(0, 10)}T10:10:06.101Z`,
    requested: toIsoSeconds(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - 1, 12))),
  };
}

const company: Party = { type: "LEGAL", document: "12345678000195", name: "Clube de Vantagens S.A." };
const member: Party = { type: "NATURAL", document: "04623217035", name: "Ana Souza" };
const formerMember: Party = { type: "NATURAL", document: "77379362038", name: "Davi Rocha" };
const smallCompany: Party = { type: "LEGAL", document: "01234567000195", name: "Padaria Aurora Ltda." };

interface Seed {
  readonly recurrenceId: string;
  readonly payer: Party;
  readonly situation: Authorization["situation"];
  readonly createdAt: string;
  /** Default: since its creation. */
  readonly situationAt?: string;
  readonly cancellations?: Authorization["cancellations"];
}

function createSeeds({ created, answered, ended, cancelled, requested }: SeedDates): readonly Seed[] {
  return [
    {
      recurrenceId: "RR0435879820240605njua7shf40o",
      payer: member,
      situation: assumedSituation.active,
      createdAt: created,
    },
    {
      recurrenceId: "RR3822485720260110legalpay001",
      payer: smallCompany,
      situation: assumedSituation.active,
      createdAt: created,
    },
    {
      recurrenceId: "RR3822485720260110cancelled01",
      payer: formerMember,
      situation: assumedSituation.cancelled,
      createdAt: created,
      situationAt: cancelled,
      // The provider's sample (D), but for its date.
      cancellations: [
        {
          id: "IC0435879820240605bcdb1fhn43a",
          requester: { type: formerMember.type, document: formerMember.document },
          reason: "REQUESTED_BY_PAYEE",
          at: cancelled,
          status: "0",
        },
      ],
    },
    {
      recurrenceId: "RN3822485720260110pending0001",
      payer: member,
      situation: assumedSituation.pending,
      createdAt: requested,
    },
    {
      recurrenceId: "RR3822485720260110expired0001",
      payer: member,
      situation: assumedSituation.expired,
      createdAt: created,
      situationAt: ended,
    },
    {
      recurrenceId: "RR3822485720260110rejected001",
      payer: member,
      situation: assumedSituation.rejected,
      createdAt: created,
      situationAt: answered,
    },
  ];
}

/** `RR3822485720260110more0000001` and so on, for load tests with many cancellations. */
function createExtraSeeds({ created }: SeedDates, count: number): Seed[] {
  return Array.from({ length: count }, (_, index) => ({
    recurrenceId: `RR3822485720260110more${`${index + 1}`.padStart(7, "0")}`,
    payer: member,
    situation: assumedSituation.active,
    createdAt: created,
  }));
}

/** When the seeds of earlier releases changed last. */
const EARLIER_DATES: readonly string[] = ["2026-01-10T12:00:00Z", "2024-09-17T10:10:06.101Z"];

/** Whether an authorization is as an earlier release's seeds had it: their dates were fixed, and their state files contained them. */
export const isEarlierSeed = ({ situationAt }: Authorization) => EARLIER_DATES.includes(situationAt);

/** The seeds, and `extraAuthorizations` additional active authorizations. */
export function createSeedState(now: Date, extraAuthorizations: number): DelbankState {
  const dates = computeDates(now);
  const authorizations = [...createSeeds(dates), ...createExtraSeeds(dates, extraAuthorizations)].map(
    ({ situationAt, cancellations = [], ...seed }, index): Authorization => ({
      ...seed,
      guid: `00000000-0000-4000-8000-${`${index + 1}`.padStart(12, "0")}`,
      beneficiary: company,
      amount: 19.9,
      contractNumber: `CT-${index + 1}`,
      situationAt: situationAt ?? seed.createdAt,
      cancellations,
    }),
  );
  return {
    authorizations: new Map(authorizations.map((one) => [one.recurrenceId, one])),
    changedIds: new Set(),
    commits: [],
  };
}
