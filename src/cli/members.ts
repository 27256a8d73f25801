import "reflect-metadata"; // before the first decorated class

import { runMembers } from "./members/run";
import { runCommand } from "./run-command";

// For people who answer a member's request: shows or erases what is stored about one, whether or not replicas are running.
runCommand(runMembers);
