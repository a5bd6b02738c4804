import { type Edit, edit, type Fault } from './fault.js';

const identity = (change: string): Edit =>
  edit(
    'authorization/identity.decorator.ts',
    'const envelope = envelopeOf(context);',
    `const envelope = envelopeOf(context); ${change}`,
  );

/** Somebody says who acts. The first is planted in the quick form too. */
export const IDENTITY_FAULTS: readonly Fault[] = [
  {
    promise: 2,
    cause: 'an identity is read from a header',
    application: 'claimed-identities',
    edits: [
      identity(
        "const named = context.getType() === 'http' && context.switchToHttp().getRequest().headers['x-user-id']; if (named && path) return named;",
      ),
    ],
  },
  {
    promise: 2,
    cause: 'an identity is read from the input of a tool',
    application: 'claimed-identities',
    edits: [
      identity(
        "const input = context.getType() === 'mcp' && context.getArgByIndex(1); if (input?.actor) return { ...envelope, actor: input.actor };",
      ),
    ],
  },
  {
    promise: 2,
    cause: 'a text is taken for a result of the protocol',
    application: 'own-body-parsers',
    edits: [
      edit(
        'mcp/protocol/mcp-result.ts',
        'const original = originalOf(output);',
        'if (output?.resultType !== undefined) return output; const original = originalOf(output);',
      ),
    ],
  },
  {
    promise: 2,
    cause: 'a session belongs to whoever knows its id',
    application: 'sessions.ts',
    edits: [edit('mcp/runtime/sessions.ts', 'session?.principal !== principal', '!session')],
  },
  {
    promise: 2,
    cause: 'the two credentials of a call need not agree',
    application: 'receiver',
    edits: [
      edit('receiver/verify-delegated-call.ts', '!agree(token, envelope, policy.service, policy.presenters)', 'false'),
    ],
  },
];
