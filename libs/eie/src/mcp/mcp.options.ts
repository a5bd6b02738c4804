import { type Type } from '@nestjs/common';
import { type Implementation, type McpServer } from '@modelcontextprotocol/server';
import { type AdmittedIdentity } from '../envelope/issue.js';

/** Who a request is made for, before it is known what it calls. */
export type McpIdentity = AdmittedIdentity;

/** @see EieMcpOptions.configure */
export type Configure = (server: McpServer, identity: McpIdentity) => void | Promise<void>;

export interface EieMcpOptions extends Pick<Implementation, 'name' | 'version' | 'title'> {
  /** The path of the MCP route, such as `mcp`. With a global prefix it lies behind that, and so must `resource`. */
  readonly path: string;
  /** The identifier of this route: the audience of its tokens, with metadata of its own. Default: `resource` of `EieModule`. */
  readonly resource?: string;
  /** The tool classes that this route serves. Default: every one of the application. */
  readonly include?: readonly Type[];
  /**
   * What the decorators have no word for (completion, subscriptions, logging, …), on the SDK's own server, for one request.
   * It must not register tools, resources or prompts: those would have no policy.
   */
  readonly configure?: Configure;
  /** Signs what clients keep between the rounds of a call: at least 32 bytes, the same in every process. Default: one of this process. */
  readonly stateKey?: string;
  /** Opens a session to clients of the 2025 era that ask for one, for questions to the user and subscriptions. In this process alone. Default false. */
  readonly sessions?: boolean;
  /** Host names, beside that of the resource and those of the loopback interface, under which the route is called. */
  readonly allowedHosts?: readonly string[];
  /** Host names of web pages that may call the route, beside those. */
  readonly allowedOrigins?: readonly string[];
}
