/** MCP tools, resources and prompts on Nest: the runtime that serves them under `EieModule`. */
export { EieMcpModule, type EieMcpAsyncOptions } from './eie-mcp.module.js';
export { EieMcpOptions, type McpIdentity } from './mcp.options.js';
export { EieMcpRouteOptions, RouteAccessOptions } from './route.options.js';
export {
  Prompt,
  type PromptOptions,
  Resource,
  type ResourceOptions,
  ResourceTemplate,
  type ResourceTemplateOptions,
  Tool,
  ToolCall,
  ToolController,
  ToolInput,
  type ToolOptions,
} from './mcp.decorators.js';
export { type McpCall } from './runtime/mcp-call.js';
export { McpContent } from './protocol/mcp-result.js';
export { identityOf } from './protocol/mcp-request.js';
export { serveStdio } from './stdio/serve-stdio.js';
export { StdioIdentityOptions, StdioOptions } from './stdio/stdio.options.js';
