/** MCP tools on Nest: the runtime that serves them under `EieModule`. */
export { EieMcpModule, type EieMcpOptions } from './eie-mcp.module.js';
export { Tool, ToolController, ToolInput, type ToolOptions } from './tool.decorators.js';
export { type ToolCall } from './tool-call.js';
