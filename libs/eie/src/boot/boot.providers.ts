import { type Provider } from '@nestjs/common';
import { IssuerExamination } from '../issuers/issuer-examination.js';
import { BootChecks } from './boot-checks.js';
import { ClientsCheck } from './clients.check.js';
import { CopiesCheck } from './copies.check.js';
import { HttpHandlersCheck } from './http-handlers.check.js';
import { IdentityParametersCheck } from './identity-parameters.check.js';
import { InstancesCheck } from './instances.check.js';
import { MessageHandlersCheck } from './message-handlers.check.js';
import { NestHandlers } from './nest-handlers.js';
import { OtherHandlersCheck } from './other-handlers.check.js';
import { BodyParsers } from './posture/body-parsers.js';
import { Posture } from './posture/posture.js';
import { RawRoutes } from './posture/raw-routes.js';
import { RawRoutesCheck } from './raw-routes.check.js';
import { ReplacedClassesCheck } from './replaced-classes.check.js';
import { ScopesCheck } from './scopes.check.js';
import { ServersCheck } from './servers.check.js';
import { SharedCachesCheck } from './shared-caches.check.js';
import { TargetsCheck } from './targets.check.js';
import { ToolClassesCheck } from './tool-classes.check.js';

/** The checks of every application. Optional parts (MCP, mcp-nest) add their own to {@link BootChecks}. */
export const bootProviders: Provider[] = [
  BootChecks,
  NestHandlers,
  RawRoutes,
  BodyParsers,
  Posture,
  IssuerExamination,
  HttpHandlersCheck,
  MessageHandlersCheck,
  OtherHandlersCheck,
  TargetsCheck,
  ClientsCheck,
  ServersCheck,
  CopiesCheck,
  RawRoutesCheck,
  ReplacedClassesCheck,
  ScopesCheck,
  InstancesCheck,
  ToolClassesCheck,
  IdentityParametersCheck,
  SharedCachesCheck,
];
