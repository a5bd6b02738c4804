/** The command line, for the binary of `nestjs-eie`. */
export { type Command, type ExitCode, type Terminal, type Typed, UsageError } from '../cli/command.js';
export { AuditFollower } from '../cli/follow.js';
export { runCommandLine } from '../cli/run.js';
export { main } from '../cli/terminal.js';
export { wrapped } from '../cli/wrapped.js';
