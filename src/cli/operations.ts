import "reflect-metadata"; // before the first decorated class

import { runOperations } from "./operations/run";
import { runCommand } from "./run-command";

// For people on call: finds, explains and settles operations, whether or not replicas are running.
runCommand(runOperations);
