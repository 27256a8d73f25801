import { Directive, Field, ObjectType } from "type-graphql";
import { Operation } from "./operation.type";

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

@ObjectType({ simpleResolvers: true, description: "An operation in a page." })
export class OperationEdge {
  @Field(() => String, { description: "Its place in the list." })
  cursor!: string;

  @Field(() => Operation, { description: "The operation." })
  node!: Operation;
}

@ObjectType({ simpleResolvers: true, description: "A page of operations, newest first." })
export class OperationConnection {
  @Field(() => [OperationEdge], { description: "The operations with their cursors." })
  edges!: OperationEdge[];

  @Field(() => PageInfo, { description: "Where the page begins and ends." })
  pageInfo!: PageInfo;
}
