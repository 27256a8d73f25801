import { type Commit } from "../server/vendor";
import { assumedSituation } from "./assumptions";
import { type Authorization, type DelbankState, type Party } from "./authorization.state";

const CREATED_AT = "2026-01-10T12:00:00Z";

const company: Party = { type: "LEGAL", document: "12345678000195", name: "Clube de Vantagens S.A." };
const member: Party = { type: "NATURAL", document: "04623217035", name: "Ana Souza" };
const formerMember: Party = { type: "NATURAL", document: "77379362038", name: "Davi Rocha" };
const smallCompany: Party = { type: "LEGAL", document: "01234567000195", name: "Padaria Aurora Ltda." };

interface Seed {
  readonly recurrenceId: string;
  readonly payer: Party;
  readonly situation: Authorization["situation"];
  readonly cancellations?: Authorization["cancellations"];
}

function createSeeds(): readonly Seed[] {
  return [
    { recurrenceId: "RR0435879820240605njua7shf40o", payer: member, situation: assumedSituation.active },
    { recurrenceId: "RR3822485720260110legalpay001", payer: smallCompany, situation: assumedSituation.active },
    {
      recurrenceId: "RR3822485720260110cancelled01",
      payer: formerMember,
      situation: assumedSituation.cancelled,
      // The provider's sample (D).
      cancellations: [
        {
          id: "IC0435879820240605bcdb1fhn43a",
          requester: { type: formerMember.type, document: formerMember.document },
          reason: "REQUESTED_BY_PAYEE",
          at: "2024-09-17T10:10:06.101Z",
          status: "0",
        },
      ],
    },
    { recurrenceId: "RN3822485720260110pending0001", payer: member, situation: assumedSituation.pending },
    { recurrenceId: "RR3822485720260110expired0001", payer: member, situation: assumedSituation.expired },
    { recurrenceId: "RR3822485720260110rejected001", payer: member, situation: assumedSituation.rejected },
  ];
}

/** `RR3822485720260110more0000001` and so on, for load tests with many cancellations. */
function createExtraSeeds(count: number): Seed[] {
  return Array.from({ length: count }, (_, index) => ({
    recurrenceId: `RR3822485720260110more${`${index + 1}`.padStart(7, "0")}`,
    payer: member,
    situation: assumedSituation.active,
  }));
}

/** The seeds, and `extraAuthorizations` additional active authorizations. */
export function createSeedState(extraAuthorizations: number): DelbankState {
  const commits: Commit[] = [];
  const authorizations = [...createSeeds(), ...createExtraSeeds(extraAuthorizations)].map(
    ({ recurrenceId, payer, situation, cancellations = [] }, index): Authorization => ({
      recurrenceId,
      guid: `00000000-0000-4000-8000-${`${index + 1}`.padStart(12, "0")}`,
      payer,
      beneficiary: company,
      amount: 19.9,
      contractNumber: `CT-${index + 1}`,
      createdAt: CREATED_AT,
      situation,
      situationAt: cancellations[0]?.at ?? CREATED_AT,
      cancellations,
    }),
  );
  return { authorizations: new Map(authorizations.map((one) => [one.recurrenceId, one])), commits };
}
