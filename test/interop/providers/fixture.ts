import { readdirSync, readFileSync } from 'node:fs';
import { type IssuerOptions } from 'nestjs-eie';
import * as presets from 'nestjs-eie/presets';

type Json = Record<string, unknown>;

/** Where the claims of a token were read. Only what a page prints counts as documented. */
export type Source = { kind: 'documented'; url: string } | { kind: 'inferred'; from: string };

/** One token of a provider. */
export interface TokenFixture {
  source: Source;
  /** As documented, without what only a signature can bring (`kid`). */
  header: Json;
  /** As the page prints them. */
  claims: Json;
  /** What a reader of the page has to know besides. */
  note?: string;
  /** What was replaced or added so that the token can be signed for this provider's test tenant, and why. `null` takes a claim away. */
  changes?: Record<string, { to: unknown; why: string }>;
  /** What the handler is told of the caller; or the code of the refusal, and what to do instead. */
  expect: Caller | Refused;
}

/** What a handler is told of the caller. */
export interface Caller {
  type: 'user' | 'service';
  sub: string;
  client: string;
  scopes: string[];
  roles?: string[];
  tenant?: string;
}

/** A token of this provider that is refused, and has to be. */
export interface Refused {
  refused: string;
  instead: string;
}

/** The provider has none of it. */
export interface None {
  none: string;
}

/** A spec that runs the provider's dialect against a strict fake of its documented token endpoint. */
export interface TestedIn {
  testedIn: string;
}

export interface ProviderFixture {
  name: string;
  title: string;
  kind: 'preset' | 'recipe' | 'impossible';
  /** `{ preset, parameters }`, or the options of an issuer as they are. */
  options: ({ preset: string; parameters: Json } | IssuerOptions) & Json;
  discovery: { url: string; document: { issuer: string; jwks_uri: string } & Json } | None;
  keys: { url: string; alg: string } | None;
  user: TokenFixture | None;
  service: TokenFixture | None;
  idToken: TokenFixture | None;
  /** `request` as documented; `also`: optional parameters of the same page that the library sends besides. */
  exchange:
    | { dialect: string; source: Source; request: Record<string, string>; also?: Record<string, string> }
    | TestedIn
    | None;
  /** What cannot work, and what to do instead. */
  reason?: string;
}

const folder = new URL('./', import.meta.url);

export const FIXTURES: readonly ProviderFixture[] = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .sort()
  .map(name => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as ProviderFixture);

export const isNone = (part: object): part is None => 'none' in part;

/** The options of the issuer, as `EieModule.forRoot()` gets them. */
export function issuerOf({ options }: ProviderFixture, more: Partial<IssuerOptions> = {}): IssuerOptions {
  if (!('preset' in options)) return { ...(options as unknown as IssuerOptions), ...more };
  const preset = (presets as unknown as Record<string, (parameters: Json) => IssuerOptions>)[options.preset as string];
  if (!preset) throw new Error(`there is no preset ${String(options.preset)}`);
  return preset({ ...(options.parameters as Json), ...more });
}
