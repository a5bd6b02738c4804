/** A health indicator for `@nestjs/terminus`. */
export { EieHealthIndicator } from './eie.health-indicator.js';
export {
  type AuditLogHealth,
  type KeysHealth,
  type ServerHealthReport,
  type StoreHealth,
} from '../health/health-report.js';
export { type HealthState } from 'execution-identity';
export { type AuthorizationServerHealth } from '../delegation/exchange/token-client.js';
