import { edit, type Fault } from './fault.js';

/** A handler runs under no policy, or under another one. The first is planted in the quick form too. */
export const GAP_FAULTS: readonly Fault[] = [
  {
    promise: 3,
    cause: 'a policy is metadata on a function',
    application: 'wrapped-handlers',
    edits: [
      edit(
        'authorization/handler-metadata.ts',
        'lineage(type.prototype)',
        "(type.name === 'OverridingController' ? [type.prototype] : lineage(type.prototype))",
      ),
    ],
  },
  {
    promise: 3,
    cause: 'an unknown function is taken for the first of its class',
    application: 'versions.ts',
    edits: [
      edit(
        'authorization/handler-registry.ts',
        "throw new EieError('handler_unregistered');",
        'return [...entries.values()][0];',
      ),
    ],
  },
  {
    promise: 3,
    cause: 'only HTTP handlers are looked at, of messages',
    application: 'message-handlers',
    edits: [edit('boot/message-handlers.check.ts', 'this.handlers.messages()', '[]')],
  },
  {
    promise: 3,
    cause: 'only HTTP handlers are looked at, of resolvers',
    application: 'graphql.ts',
    edits: [edit('boot/other-handlers.check.ts', 'this.handlers.others()', '[]')],
  },
  {
    promise: 3,
    cause: 'a guard is believed to run wherever it is named',
    application: 'unmanaged-method',
    edits: [edit('authorization/handler-registry.ts', 'unguarded(entry) {', 'unguarded(entry) { return false;')],
  },
  {
    promise: 3,
    cause: 'routes are compared without a method',
    application: 'post-beside-public',
    edits: [
      edit(
        'authorization/handler-registry.ts',
        'one.path === route.path && one.method === route.method',
        'one.path === route.path',
      ),
    ],
  },
];
