import { type Provider } from '@nestjs/common';
import { BootChecks } from './boot-checks.js';
import { ClientsCheck } from './clients.check.js';
import { CopiesCheck } from './copies.check.js';
import { HttpHandlersCheck } from './http-handlers.check.js';
import { MessageHandlersCheck } from './message-handlers.check.js';
import { OtherHandlersCheck } from './other-handlers.check.js';
import { ServersCheck } from './servers.check.js';
import { TargetsCheck } from './targets.check.js';

/** The checks of every application. Optional parts (MCP, mcp-nest) add their own to {@link BootChecks}. */
export const bootProviders: Provider[] = [
  BootChecks,
  HttpHandlersCheck,
  MessageHandlersCheck,
  OtherHandlersCheck,
  TargetsCheck,
  ClientsCheck,
  ServersCheck,
  CopiesCheck,
];
