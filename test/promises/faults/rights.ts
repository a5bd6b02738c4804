import { configurationShown, edit, type Fault } from './fault.js';

/** A call carries more than it may. The first is planted in the quick form too. */
export const RIGHT_FAULTS: readonly Fault[] = [
  {
    promise: 4,
    cause: 'a handler may call what it has not declared',
    application: 'configured-late',
    edits: [
      edit(
        'delegation/call/grant.ts',
        'const delegable = delegableScopes(envelope, name);',
        'const delegable = delegableScopes(envelope, name) ?? envelope.authorization.scopes;',
      ),
    ],
  },
  {
    promise: 4,
    cause: 'an API gets what its target allows, and not what the user has',
    application: 'delegation-modes',
    edits: [
      edit(
        'delegation/call/grant.ts',
        'const scopes = targetScopes(delegable, target);',
        'const scopes = target.scopes;',
      ),
    ],
  },
  {
    promise: 4,
    cause: 'paths are made by concatenation',
    application: 'tenants',
    edits: [edit('delegation/targets/target-url.ts', 'holdsClimbing(path)', 'false')],
  },
  { promise: 4, cause: 'secrets are injectable', application: 'inquisitive-module', edits: [configurationShown] },
  {
    promise: 4,
    cause: 'rights onward are one flat list',
    application: 'onward',
    edits: [edit('txn/open.ts', 'sealedScopes(envelope, service).filter((scope)=>granted.includes(scope))', 'granted')],
  },
];
