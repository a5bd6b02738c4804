import { type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { type EieOptions } from 'nestjs-eie';
import { type EieMcpOptions } from 'nestjs-eie/mcp';
import { type Adapter } from '../support/app.js';
import { type World } from '../support/world.js';

/** What a fixture is built with. */
export interface Setting {
  /** Whether the one fault of the fixture is undone. Nothing else may depend on it. */
  readonly mended: boolean;
  readonly adapter: Adapter;
  readonly world: World;
  /** An API behind the application. */
  readonly api: string;
}

/** What the fixture adds to an application that boots: see `application.ts`. */
export interface Parts extends ModuleMetadata {
  readonly options?: Partial<EieOptions>;
  /** The MCP routes. Default: one at `/mcp`. */
  readonly routes?: readonly EieMcpOptions[];
  /** Without `EieModule`. */
  readonly withoutModule?: true;
  /** Without the tool class that every application has. */
  readonly bare?: true;
  /** Runs between `NestFactory.create()` and `listen()`. */
  readonly prepare?: (app: INestApplication) => void;
}

/** One misconfigured application. Undoing its one fault must boot it. */
export interface Fixture {
  /** The fault, as a reviewer would say it. */
  readonly name: string;
  /** How the message names the handler, class or option that is wrong. No message of another fixture may match. */
  readonly names: RegExp;
  /** The words of the message that say what to do. */
  readonly remedy: RegExp;
  /** Default: both. */
  readonly adapters?: readonly Adapter[];
  /** What the mended application answers beside `GET /me`. */
  readonly calls?: { readonly tool: string; readonly input?: Record<string, unknown> };
  /** Of the process while the application boots, faulty or mended. */
  readonly env?: Readonly<Record<string, string>>;
  /** It leaves something in the process, so it gets one of its own. */
  readonly alone?: true;
  build(setting: Setting): Parts | Promise<Parts>;
}

/** A decorator only where the condition holds. */
export const only = <D extends ClassDecorator | MethodDecorator | PropertyDecorator>(
  condition: boolean,
  decorator: D,
): D => (condition ? decorator : () => undefined) as D;

/** A reason that is long enough. */
export const REASON = 'Partners prove themselves with keys of their own.';

/** What one fixture has shown on one adapter. */
export interface Outcome {
  readonly file: string;
  readonly name: string;
  readonly adapter: Adapter;
  /** The message that refused it; `null` where it booted. */
  readonly error: string | null;
  /** Whether the message says what is wrong, and what to do. */
  readonly namesCause: boolean;
  readonly namesFix: boolean;
  readonly bootsWhenMended: boolean;
  /** What is wrong with the refusal or with the twin. */
  readonly problems: string[];
}
