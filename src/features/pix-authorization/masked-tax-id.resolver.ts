import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { UnmaskedTaxId } from "./masked-tax-id.type";
import { mayReadDocuments } from "./pix-access";
import { PixParty } from "./pix-authorization.type";
import { PixCancellation } from "./pix-cancellation.type";

interface Context {
  readonly caller?: Caller;
}

function show(document: string | null, { caller }: Context): string | UnmaskedTaxId | null {
  return document !== null && caller && mayReadDocuments(caller) ? new UnmaskedTaxId(document) : document;
}

@Resolver(() => PixParty)
export class PartyDocumentResolver {
  @FieldResolver()
  document(@Root() party: PixParty, @Ctx() context: Context): string | UnmaskedTaxId | null {
    return show(party.document, context);
  }
}

@Resolver(() => PixCancellation)
export class RequesterDocumentResolver {
  @FieldResolver()
  requesterDocument(@Root() cancellation: PixCancellation, @Ctx() context: Context): string | UnmaskedTaxId | null {
    return show(cancellation.requesterDocument, context);
  }
}
