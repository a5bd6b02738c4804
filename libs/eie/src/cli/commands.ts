import { type Command } from 'execution-identity/internal/cli';
import { devCommand } from './dev/dev.command.js';
import { doctorCommand } from './doctor.command.js';
import { explainCommand } from './explain.command.js';
import { initCommand } from './init/init.command.js';
import { postureCommand } from './posture.command.js';
import { tokenCommand } from './token.command.js';

/** The commands of `nestjs-eie` beside those of the audit log. */
export const COMMANDS: readonly Command[] = [
  initCommand,
  devCommand,
  tokenCommand,
  postureCommand,
  doctorCommand,
  explainCommand,
];

/** For the tests of the page of `nestjs-eie dev`. */
export type { DecodedToken, DevCall, DevChange, DevCheck, DevPage, DevTokenRequest } from './dev/dev-page.js';
