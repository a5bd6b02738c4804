import { type Type } from '@nestjs/common';
import { IsArray, IsOptional, IsString } from 'class-validator';
import { IsIdentifier, IsStrings } from '../options/constraints.js';

/** The audience of a route, and the hosts and web pages from which it is called. */
export class RouteAccessOptions {
  /** The identifier of this route: the audience of its tokens, with metadata of its own. Default: `resource` of `EieModule`. */
  @IsOptional()
  @IsIdentifier({
    message:
      '$property must be the https identifier of the route, such as "https://mcp.example.com/mcp" (http only on loopback)',
  })
  resource?: string;

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
