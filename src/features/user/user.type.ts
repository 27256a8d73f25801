import { Directive, Field, ID, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description:
    "A member of your company. Avibra has no endpoint that reads a member's profile, so a user exists by its id alone: " +
    "one whom Avibra does not know has empty lists and no offer.",
})
@Directive('@key(fields: "id")')
export class User {
  @Field(() => ID, { description: "The member's id, as your company gave it." })
  id!: string;
}
