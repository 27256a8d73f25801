import { type Caller } from "../platform/auth/caller";
import { type Inbox } from "../platform/inbox/inbox";
import { type OperationStore } from "../platform/operations/operation.store";
import { type ChangeNotifier } from "../platform/pubsub/change-notifier";
import { type RequestBudget } from "../platform/reads/request-budget";
import { type BenefitsOfUserLoader } from "./benefit/benefits-of-user.loader";
import { type EventLoaders } from "./event/event.loader";
import { type OperationLoaders } from "./operation/operation.loader";
import { type RunOperation } from "./operation/operation-request";
import { type OwnCancellationsLoader } from "./pix-authorization/own-cancellations.loader";
import { type PixLoaders } from "./pix-authorization/pix.loader";
import { type EnrollmentOfUserLoader } from "./user/enrollment-of-user.loader";

/** The loaders of one request. Each loads a value at most once for each key, however many fields select it. */
interface Loaders extends EventLoaders, OperationLoaders, PixLoaders {
  readonly benefitsOfUser: BenefitsOfUserLoader;
  readonly enrollmentOfUser: EnrollmentOfUserLoader;
  readonly ownCancellations: OwnCancellationsLoader;
}

/** What a resolver can use. `app/request-context.ts` creates it for each request and for each event of a subscription. */
export interface Context {
  /** Absent if the request has no token. */
  readonly caller?: Caller;
  readonly loaders: Loaders;
  /** List items that this request may still select. A page is charged each time it is selected, though it is loaded once. */
  readonly rowBudget: RequestBudget;
  readonly operationStore: OperationStore;
  readonly inbox: Inbox;
  /** Executes a mutation as an operation of the caller. */
  readonly runOperation: RunOperation;
  /** Waits for messages of one pub/sub topic and key. */
  readonly watchChanges: (topic: string, key: string) => ChangeNotifier;
}
