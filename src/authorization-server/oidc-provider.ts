/**
 * Loads oidc-provider without its warning about Node 20. The warning is printed
 * while the package is evaluated, so nothing else in this folder may import a
 * value from it: a static import elsewhere would run before the filter.
 */
const UNSUPPORTED_RUNTIME = 'oidc-provider WARNING: Unsupported runtime.';

const { warn } = console;
console.warn = (...args: unknown[]) => {
  if (!String(args[0]).includes(UNSUPPORTED_RUNTIME)) warn.apply(console, args);
};
const loaded = await import('oidc-provider').finally(() => {
  console.warn = warn;
});

export const { Provider, errors } = loaded;
export type {
  Adapter,
  AdapterFactory,
  AdapterPayload,
  ClientMetadata,
  Configuration,
  Grant,
  KoaContextWithOIDC,
  Provider as OidcProvider,
  ResourceServer,
  TokenEndpointGrantContext,
} from 'oidc-provider';
