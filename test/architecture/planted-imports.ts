/** One import that a rule of .dependency-cruiser.mjs forbids: the file that gets it at its end, made if it is not there. */
export interface Planted {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
  /** Further files that the import needs. */
  readonly beside?: Readonly<Record<string, string>>;
}

const [core, eie] = ['libs/core/src', 'libs/eie/src'];
const imports = (specifier: string): string => `import '${specifier}';\n`;
const planted = (rule: string, folder: string, specifier: string, beside: Planted['beside'] = {}): Planted => ({
  rule,
  file: folder.endsWith('.ts') ? folder : `${folder}/planted-${rule}.ts`,
  text: imports(specifier),
  beside,
});

export const PLANTED: readonly Planted[] = [
  // Each room imports from one above it.
  planted('core-0-upward', `${core}/ports`, '../token/compact-jws.js'),
  planted('core-1-upward', `${core}/token`, '../identity/narrow.js'),
  planted('core-2-upward', `${core}/identity`, '../txn/seal.js'),
  planted('core-3-upward', `${core}/policy`, '../receiver/agreement.js'),
  planted('core-4-upward', `${core}/receiver`, '../index.js'),
  planted('core-5-upward', `${core}/cli`, '../index.js'),
  planted('eie-0-upward', `${eie}/vault`, '../edge/credential.js'),
  planted('eie-1-upward', `${eie}/authorization`, '../boundary/boundary.js'),
  planted('eie-2-upward', `${eie}/delegation`, '../execution/eie.guard.js'),
  planted('eie-3-upward', `${eie}/execution`, '../boot/http-handlers.check.js'),
  planted('eie-4-upward', `${eie}/boot`, '../mcp/mcp.options.js'),
  planted('eie-5-upward', `${eie}/mcp/runtime`, '../../mcp-nest/capabilities.js'),
  planted('eie-6-upward', `${eie}/mcp-nest`, '../eie.module.js'),
  planted('eie-7-upward', `${eie}/eie.module.ts`, './presets/index.js'),
  planted('eie-8-upward', `${eie}/receiver/index.ts`, '../cli/commands.js'),

  planted('no-cycle', `${core}/token`, './round.js', { [`${core}/token/round.ts`]: imports('./planted-no-cycle.js') }),
  planted('no-unresolved', `${core}/token`, './nothing.js'),
  planted('file-of-no-room', `${eie}/utils`, 'node:fs'),
  planted('import-of-no-room', `${eie}/http`, '../helpers/text.js', { [`${eie}/helpers/text.ts`]: 'export {};\n' }),
  planted('siblings-apart', `${eie}/boundary`, '../delegation/delegation.service.js'),

  planted('http-knows-no-execution', `${eie}/http`, '../record/execution-record.js'),

  planted('who-issues', `${eie}/delegation`, 'execution-identity/internal/issue'),
  planted('who-admits', `${eie}/execution`, 'execution-identity/internal/admit'),
  planted('who-supposes', `${eie}/execution`, '../boundary/supposed-identities.js'),
  planted('who-seals', `${eie}/boundary`, 'execution-identity/internal/seal'),
  planted('who-signs', `${eie}/delegation/exchange`, 'execution-identity/internal/sign'),
  planted('who-keeps-a-token', `${eie}/execution`, '../vault/keep-token.js'),
  planted('who-opens-the-vault', `${eie}/delegation/call`, '../../vault/open-token.js'),
  planted('who-drops-a-token', `${eie}/mcp/runtime`, '../../vault/drop-token.js'),
  planted('who-notes-a-credential', `${eie}/delegation/call`, '../../vault/note-credential.js'),
  planted('who-knows-a-credential', `${eie}/boundary`, '../vault/known-signature.js'),
  planted('the-vault-is-closed', `${eie}/boundary`, '../vault/token-vault.js'),
  planted('who-sees-a-credential', `${eie}/execution`, '../edge/credential.js'),
  planted('who-reads-the-configuration', `${eie}/boundary`, '../configuration/eie-configuration.js'),
  planted('who-replaces-options', `${eie}/boundary`, '../configuration/replaced-options.js'),
  planted('who-knows-the-test-kit', `${eie}/cli`, '../testing/only-in-tests.js'),
  planted('nest-testing-is-optional', `${eie}/cli`, '@nestjs/testing'),
  planted('who-reads-the-secret-of-a-target', `${eie}/delegation/modes`, '../targets/target-client.js'),
  planted('who-asks-for-issuers-and-clients', `${eie}/delegation/exchange`, '../../issuers/client-directory.js'),
  planted('who-reads-the-credential-of-a-target', `${eie}/delegation/modes`, '../targets/target-credential.js'),
  planted('who-reads-a-fixed-secret', `${eie}/delegation/modes`, '../../options/fixed-credential.js'),
  planted('who-shares-tokens', `${eie}/delegation/modes`, '../exchange/shared/shared-tokens.js'),

  planted('core-knows-no-framework', `${core}/receiver`, '@nestjs/common'),
  // An entry point leads to the package through a file of its own.
  planted('opentelemetry-is-optional', `${eie}/telemetry`, '@opentelemetry/api'),
  planted('who-knows-opentelemetry', `${eie}/delegation/call`, '@opentelemetry/api'),
  planted('bullmq-knows-published-names', 'libs/bullmq/src', '@nestjs/common'),
  planted('cedar-knows-no-framework', 'libs/cedar/src', '@nestjs/common'),
  planted('stores-know-no-framework', 'libs/postgres/src', '@nestjs/common'),
  planted('mcp-is-optional', `${eie}/index.ts`, './http/to-mcp.js', {
    [`${eie}/http/to-mcp.ts`]: imports('@modelcontextprotocol/server'),
  }),
  planted('mcp-nest-is-optional', `${eie}/index.ts`, './http/to-mcp-nest.js', {
    [`${eie}/http/to-mcp-nest.ts`]: imports('@rekog/mcp-nest'),
  }),
  planted('terminus-is-optional', `${eie}/index.ts`, './http/to-terminus.js', {
    [`${eie}/http/to-terminus.ts`]: imports('@nestjs/terminus'),
  }),
  planted('library-stands-alone', `${eie}/http`, '../../../../src/shop/settings.js'),
  planted('library-declares-its-packages', `${eie}/http`, 'express'),
  planted('typescript-is-of-the-project', `${eie}/cli/init`, 'typescript'),
  planted('who-knows-typescript', `${eie}/cli`, 'typescript'),
  planted('entry-points-only', `${eie}/http`, '../../../core/src/reasons.js'),
  planted('pages-run-in-a-browser', `${eie}/cli/dev/page`, '../page-server.js'),
  planted('entry-points-of-nestjs-eie-only', 'test', '../libs/eie/src/http/challenge.js'),
];

/** Every way to write an import, that of a type alone too, by the name of a file that has it. */
export const FORMS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    import: "import { openToken } from '../../vault/open-token.js';\nopenToken;\n",
    'import-type':
      "import type { openToken } from '../../vault/open-token.js';\nexport type Open = typeof openToken;\n",
    'type-of-import': "export type Open = typeof import('../../vault/open-token.js');\n",
    export: "export * from '../../vault/open-token.js';\n",
    'dynamic-import': "await import('../../vault/open-token.js');\n",
    require: "declare const require: (path: string) => unknown;\nrequire('../../vault/open-token.js');\n",
  }).map(([form, text]) => [`${eie}/delegation/call/form-${form}.ts`, text]),
);
