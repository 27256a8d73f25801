import { Directive, Field, ID, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description:
    "A member of your company. Avibra has no endpoint that returns a member's profile, so every valid ID returns a " +
    "user: a member that Avibra does not know has empty lists and no offer.",
})
@Directive('@key(fields: "id")')
export class User {
  @Field(() => ID, { description: "The member's ID, assigned by your company." })
  id!: string;
}
