import { Field, ObjectType } from "type-graphql";
import { PageInfo } from "../page/public";
import { Operation } from "./operation.type";

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
