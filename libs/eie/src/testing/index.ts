/** The test kit: an authorization server, and an application behind its real boundary. For `NODE_ENV` `development` and `test` alone. */
export { TestAuthorizationServer } from './authorization-server/test-authorization-server.js';
export { type Outage, type ServerPart } from './authorization-server/outages.js';
export {
  type TestAuthorizationServerOptions,
  type TestClient,
  type TestResource,
  type TestTokenRequest,
  type TestUser,
} from './authorization-server/server.options.js';
export { startTestApp, type TestAppOptions } from './app/start-test-app.js';
export { TestApp } from './app/test-app.js';
export { TestCaller, type ToolCallOptions } from './app/test-caller.js';
export { type TestIdentity } from './app/test-identity.js';
export { type ReplaceableOptions } from './app/replacements.js';
export { type HttpAnswer, type TestJson } from './app/http-answer.js';
export { MCP_ERAS, type McpEra, type ToolAnswer } from './app/tool-call.js';
export { type AuditFilter, TestAudit } from './app/test-audit.js';
export { TestTarget } from './targets/test-target.js';
export { type RefusedCall, type TargetCall, type TargetReplies, type TargetReply } from './targets/target-call.js';
export { expectIsolated } from './isolation/expect-isolated.js';
export { type IsolatedTool, type IsolationOptions, type IsolationReport } from './isolation/isolation.options.js';
export {
  approvalStoreConformance,
  auditExporterConformance,
  clockConformance,
  type ConformanceCase,
  type Connections,
  delegatedTokenStoreConformance,
  diagnosticsConformance,
  type ExporterAndDestination,
  fetchConformance,
  replayStoreConformance,
  requestStateStoreConformance,
  revocationStoreConformance,
} from 'execution-identity/internal/conformance';
