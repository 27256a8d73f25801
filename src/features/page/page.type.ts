import { ArgsType, Directive, Field, Int, ObjectType } from "type-graphql";

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 20, description: "The maximum number of items, 1 to 100." })
  first!: number;

  @Field(() => String, { nullable: true, description: "Returns items after this cursor." })
  after?: string | null;
}

@ObjectType({ simpleResolvers: true, description: "Information about a page." })
@Directive("@shareable")
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are items after this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Always false: the list can only be read forward." })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the page's first item. Null if the page is empty.",
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the page's last item, to pass as `after` for the next page. Null if the page is empty.",
  })
  endCursor!: string | null;
}
