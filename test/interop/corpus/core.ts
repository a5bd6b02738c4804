import {
  EieConfigurationError,
  EieError,
  type IssuerPolicy,
  type KeySource,
  remoteKeys,
  staticKeys,
  verifyAccessToken,
} from 'execution-identity';
import { callCredentials, IssuerMetadata } from 'execution-identity/internal';
import { CONFIGURED, configuredKeys, policyOf } from './issuers.js';
import { loopbackFetch } from './issuer-server.js';
import { jwksOf } from './test-keys.js';
import { clientThumbprint, type Prepared } from './prepared.js';
import { NOW } from './rules/genuine.js';

/** `accepted`, or the reason code of the refusal. */
export type Verdict = string;

const IO = { fetch: loopbackFetch, clock: () => NOW * 1000 };

/** What `execution-identity` alone says of a case, as a service without Nest uses it. */
export class Core {
  readonly #configured = new Map<string, IssuerPolicy>(
    (Object.keys(CONFIGURED) as (keyof typeof CONFIGURED)[]).map(name => {
      const { issuer } = CONFIGURED[name];
      return [issuer, policyOf(name, issuer, staticKeys(configuredKeys(name)))];
    }),
  );

  /** Keys and metadata are fetched over HTTP. */
  verdict(prepared: Prepared): Promise<Verdict> {
    return verdict(prepared, () => this.#issuers(prepared, remoteSource(prepared)));
  }

  /** The same where the keys are written in the configuration; nothing where the case is about how they are served. */
  async verdictOfConfiguredKeys(prepared: Prepared): Promise<Verdict | undefined> {
    const { case: one } = prepared;
    if (one.kind !== 'keys' || one.served) return undefined;
    const keys = (): KeySource => staticKeys({ keys: jwksOf(one.keys!) } as never);
    return verdict(prepared, () => this.#issuers(prepared, keys()));
  }

  #issuers({ own, profile }: Prepared, keys: KeySource | undefined): ReadonlyMap<string, IssuerPolicy> {
    return own ? new Map([[own.issuer, policyOf(profile, own.issuer, keys!)]]) : this.#configured;
  }
}

function remoteSource({ case: one, own }: Prepared): KeySource | undefined {
  if (!own) return undefined;
  return remoteKeys(one.metadata ? () => new IssuerMetadata(own.issuer, IO).urlOf('jwks_uri') : own.jwksUri, IO);
}

async function verdict(prepared: Prepared, issuers: () => ReadonlyMap<string, IssuerPolicy>): Promise<Verdict> {
  try {
    const { jkt } = await verifyAccessToken(credential(prepared), issuers(), NOW);
    // A token that is bound to a key is worth nothing without its proof: here, one by the key of the client.
    const { proven } = prepared.case;
    if (jkt === undefined || (proven && jkt === clientThumbprint())) return 'accepted';
    return proven ? 'key_binding_refused' : 'proof_of_possession_invalid';
  } catch (error) {
    if (error instanceof EieError) return error.code;
    // Keys in the configuration of which none is usable: the process does not start.
    if (error instanceof EieConfigurationError) return 'issuer_unavailable';
    throw error;
  }
}

/** The access token of a request, by the reader of receivers. They take it beside a Txn-Token alone, and no proof. */
function credential({ case: { proven }, token, headers }: Prepared): string {
  if (proven) return token;
  // Node removes the white space around a value before anybody sees it (RFC 9110 section 5.5).
  const received = headers.map((text, i) => (i % 2 ? text.replace(/^[ \t]+|[ \t]+$/g, '') : text));
  return callCredentials([...received, 'Txn-Token', 'none']).accessToken;
}
