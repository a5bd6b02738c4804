import { IsIn, IsOptional, IsString, MinLength } from 'class-validator';
import { type McpServer } from '@modelcontextprotocol/server';
import { type AdmittedIdentity } from 'execution-identity';
import { IsFunction, Nested } from '../options/constraints.js';
import { EieMcpRouteOptions } from './route.options.js';
import { StdioOptions } from './stdio/stdio.options.js';
import { IsObject } from '../options/plain-object.js';

/** For whom a request is made, before it is known what it calls. */
export type McpIdentity = AdmittedIdentity;

/** @see EieMcpOptions.configure */
export type Configure = (server: McpServer, identity: McpIdentity) => void | Promise<void>;

/** The options of one MCP route. Plain objects are fine; they are checked when they are registered, and an unknown or wrong one stops the application. */
export class EieMcpOptions extends EieMcpRouteOptions {
  /** As the server names itself to clients. */
  @MinLength(1, { message: '$property must be the name of the server' })
  name: string;

  @MinLength(1, { message: '$property must be the version of the server' })
  version: string;

  /** For people. Default: the name. */
  @IsOptional()
  @IsString({ message: '$property must be a text' })
  title?: string;

  /**
   * What the decorators do not cover (completion, subscriptions, logging, …), on the SDK's own server: for one request, or
   * for one session of one principal. It must not serve tools, resources or prompts: those would have no policy. The message that it runs
   * for is on the audit log before, and each handler that it registers has an intent and an outcome. In a session, `identityOf(context)`
   * says for whom a message is served: the identity given here is that of the request that opened the session.
   */
  @IsOptional()
  @IsFunction({ message: '$property must be a function of the server and the identity' })
  configure?: Configure;

  /**
   * Opens a session to clients of the 2025 era that ask for one, for questions to the user and subscriptions. It lives in this process alone. `'sticky'`:
   * the load balancer sends all requests with one `mcp-session-id` to one instance. Default false.
   */
  @IsOptional()
  @IsIn([true, false, 'sticky'], { message: '$property must be true, false or "sticky"' })
  sessions?: boolean | 'sticky';

  /** Lets `serveStdio()` serve the client that starts this process, in an identity that is configured here. */
  @IsOptional()
  @IsObject({ message: '$property must be { identity }' })
  @Nested(StdioOptions)
  stdio?: StdioOptions;
}
