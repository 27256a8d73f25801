import { ArgsType, Directive, Field, Int, ObjectType } from "type-graphql";

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 20, description: "How many, 1 to 100." })
  first!: number;

  @Field(() => String, { nullable: true, description: "The cursor to read on behind." })
  after?: string | null;
}

@ObjectType({ simpleResolvers: true, description: "Where a page begins and ends." })
@Directive("@shareable")
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are more behind this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Always false: pages are read forward." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The cursor of the page's first item." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The cursor to give as `after` for the next page." })
  endCursor!: string | null;
}
