import { type Type } from '@nestjs/common';
import { ArrayNotEmpty, IsArray, IsOptional, IsString } from 'class-validator';
import { IsIdentifier, IsStrings } from '../options/constraints.js';
import { IsScopeList } from '../options/scope-list.js';

/** The audience of a route, and the hosts and web pages from which it is called. */
export class RouteAccessOptions {
  /** The identifier of this route: the audience of its tokens, with metadata of its own. Default: `resource` of `EieModule`. */
  @IsOptional()
  @IsIdentifier({
    message:
      '$property must be the https identifier of the route, such as "https://mcp.example.com/mcp" (http only on loopback)',
  })
  resource?: string;

  /**
   * What `aud` of its tokens must name, where that is not `resource`: an `api://` id, for example. No other route may have it. Needs a
   * `resource`, which stays the URL that clients know.
   */
  @IsOptional()
  @ArrayNotEmpty({ message: '$property must name at least one audience; leave it out for the resource of the route' })
  @IsStrings({ message: '$property must be a list of strings' })
  audience?: string[];

  /** The issuers whose tokens the route takes, among those of `EieModule`. Needs a `resource`. Default: all of them. */
  @IsOptional()
  @ArrayNotEmpty({ message: '$property must name at least one issuer; leave it out for all of them' })
  @IsStrings({ message: '$property must be a list of issuers' })
  issuers?: string[];

  /** The least that a new client of the route should ask for. Needs a `resource`. Default: `authorization.scopesSupported`. */
  @IsOptional()
  @IsScopeList({ message: '$property must be a list of scopes, each by itself without spaces' })
  scopesSupported?: string[];

  /** Host names, beside that of the resource and those of the loopback interface, under which the route is called. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of host names' })
  allowedHosts?: readonly string[];

  /** Host names of web pages that may call the route, beside that of the resource and those of the loopback interface. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of host names' })
  allowedOrigins?: readonly string[];
}

/** The part of the options of an MCP route that Nest needs before it makes any provider. */
export class EieMcpRouteOptions extends RouteAccessOptions {
  /** The path of the MCP route, such as `mcp`. With a global prefix it lies behind that, and so must `resource`. */
  @IsString({ message: '$property must be the path of the MCP route, such as "mcp"' })
  path: string;

  /** The tool classes that this route serves. Default: every one of the application. */
  @IsOptional()
  @IsArray({ message: '$property must be a list of tool classes' })
  include?: readonly Type[];
}
