/** nestjs-eie-cedar: Cedar policies behind the PolicyEngine port of execution-identity. */
export { CedarPolicyEngine } from './cedar.policy-engine.js';
export { type CedarOptions } from './cedar-policies.js';
