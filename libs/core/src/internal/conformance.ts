/** Tests of the ports, for a second implementation of one. They need no test framework: `nestjs-eie/testing` will publish them. */
export { auditExporterConformance, type ExporterAndDestination } from '../audit/export/audit-exporter.conformance.js';
export { clockConformance } from '../ports/conformance/clock.conformance.js';
export { approvalStoreConformance } from '../ports/conformance/approval-store.conformance.js';
export { type ConformanceCase, type Connections } from '../ports/conformance/conformance-case.js';
export { delegatedTokenStoreConformance } from '../ports/conformance/delegated-token-store.conformance.js';
export { diagnosticsConformance } from '../ports/conformance/diagnostics.conformance.js';
export { fetchConformance } from '../ports/conformance/fetch.conformance.js';
export { replayStoreConformance } from '../ports/conformance/replay-store.conformance.js';
export { requestStateStoreConformance } from '../ports/conformance/request-state-store.conformance.js';
export { revocationStoreConformance } from '../ports/conformance/revocation-store.conformance.js';
