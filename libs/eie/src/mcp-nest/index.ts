/** Existing servers written for `@rekog/mcp-nest` 2.x, under `EieModule`. */
export { EieMcpStrategy } from './eie-mcp.strategy.js';
export { EieMcpControllerFor } from './eie-mcp.controller.js';
export { RouteAccessOptions } from '../mcp/route.options.js';
export { type McpNestUser } from './dispatched.js';
