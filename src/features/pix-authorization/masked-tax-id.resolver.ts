import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Context } from "../context";
import { UnmaskedTaxId } from "./mask-tax-id";
import { canReadUnmaskedTaxIds } from "./access";
import { PixParty } from "./pix-authorization.type";
import { PixCancellation } from "./pix-cancellation.type";

function unmaskIfPermitted(document: string | null, { caller }: Context): string | UnmaskedTaxId | null {
  return document !== null && caller && canReadUnmaskedTaxIds(caller) ? new UnmaskedTaxId(document) : document;
}

@Resolver(() => PixParty)
export class PartyDocumentResolver {
  @FieldResolver()
  document(@Root() party: PixParty, @Ctx() context: Context): string | UnmaskedTaxId | null {
    return unmaskIfPermitted(party.document, context);
  }
}

@Resolver(() => PixCancellation)
export class RequesterDocumentResolver {
  @FieldResolver()
  requesterDocument(@Root() cancellation: PixCancellation, @Ctx() context: Context): string | UnmaskedTaxId | null {
    return unmaskIfPermitted(cancellation.requesterDocument, context);
  }
}
