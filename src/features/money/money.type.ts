import { Directive, Field, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description:
    "An amount of money in one currency. Avibra's amounts and Pix payments can be in different currencies: compare or " +
    "add amounts only if `currency` is the same. In the sandbox, offers and coverages are in `USD`, and Pix payments in `BRL`.",
})
@Directive("@shareable")
export class Money {
  @Field(() => String, {
    description: 'The amount as decimal text, so that no precision is lost. For example `"19.90"`.',
  })
  amount!: string;

  @Field(() => String, { description: "The currency's ISO 4217 code, for example `USD` or `BRL`." })
  currency!: string;
}
