import { Directive, Field, ObjectType } from "type-graphql";
import { COSTS_ROW } from "../../platform/graphql/limits/router-costs";
import { PageInfo } from "../page/public";
import { Operation } from "./operation.type";

@ObjectType({ simpleResolvers: true, description: "An operation and its cursor." })
@Directive(COSTS_ROW)
export class OperationEdge {
  @Field(() => String, { description: "The operation's position in the list." })
  cursor!: string;

  @Field(() => Operation, { description: "The operation." })
  node!: Operation;
}

@ObjectType({ simpleResolvers: true, description: "A page of operations, newest first." })
export class OperationConnection {
  @Field(() => [OperationEdge], { description: "The operations of this page with their cursors." })
  edges!: OperationEdge[];

  @Field(() => PageInfo, { description: "Information about this page." })
  pageInfo!: PageInfo;
}
