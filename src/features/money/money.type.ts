import { Directive, Field, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description: "An amount of money in one currency.",
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
