/** Existing servers written for `@rekog/mcp-nest` 2.x, under `EieModule`. */
export { EieMcpStrategy } from './eie-mcp.strategy.js';
export { EieMcpControllerFor, type EieMcpRouteOptions } from './eie-mcp.controller.js';
export { type McpNestUser } from './dispatched.js';
