import { type PostureDocument } from '../boot/posture/posture-document.js';
import { type Change } from './change.js';
import { handlerChanges } from './handler-changes.js';
import { memberChanges } from './member-changes.js';
import { sortedMembers } from './sorted-members.js';

/** The parts of a posture beside its handlers, and how a reader is told of them. */
const PARTS: Readonly<Partial<Record<keyof PostureDocument, string>>> = {
  service: 'service',
  resource: 'resource',
  issuers: 'issuer',
  trust: 'trust',
  signals: 'signals',
  routes: 'route',
  authorization: 'authorization',
  proofOfPossession: 'proof of possession',
  targets: 'target',
  mcp: 'MCP route',
  limits: 'limits',
  parsers: 'body parser',
  audit: 'audit log',
  ports: 'port',
  policyEngine: 'policyEngine',
  dangers: 'switched off',
  unproven: 'cannot be proven',
};

/**
 * How one posture differs from another, whatever made them: the order of members is no difference. What differs between installations is
 * left out: `deployment`.
 */
export function postureChanges(first: PostureDocument, second: PostureDocument): Change[] {
  const [before, after] = [sortedMembers(first), sortedMembers(second)];
  return [
    ...handlerChanges(before.handlers, after.handlers),
    ...Object.entries(PARTS).flatMap(([part, label]) =>
      memberChanges(
        label,
        before[part as keyof PostureDocument] as never,
        after[part as keyof PostureDocument] as never,
      ),
    ),
  ];
}

/** What an installation has of its own: shown, and not a difference. */
export const deploymentChanges = (before: PostureDocument, after: PostureDocument): Change[] =>
  memberChanges('deployment', before.deployment as never, after.deployment as never);
