import { constants, createHmac, createPublicKey, sign } from 'node:crypto';
import { privateKey } from './test-keys.js';
import { type Encoding, type Json, type Members, type Recipe } from './rules/case.js';
import { GENUINE } from './rules/genuine.js';
import { spelt } from './signature-forms.js';

/** What `{…}` stands for in a recipe. */
export type Variables = Readonly<Record<string, Json>>;

/** Replaces `{name}` in every text, and a text that is nothing else by the value itself. Makes the large values of `rules/case.ts`. */
export function expand(value: Json, variables: Variables): Json {
  if (typeof value === 'string') {
    const whole = /^\{([\w:-]+)\}$/.exec(value)?.[1];
    if (whole !== undefined && whole in variables) return variables[whole];
    return value.replace(/\{([\w:-]+)\}/g, (all, name: string) => (name in variables ? String(variables[name]) : all));
  }
  if (Array.isArray(value)) return value.map(one => expand(one, variables));
  if (typeof value !== 'object' || value === null) return value;
  const { $repeat, $list, $times, $nested, ...members } = value as Record<string, any>;
  if ($repeat !== undefined) return String($repeat).repeat($times);
  if ($list !== undefined) return Array.from({ length: $times }, (_, i) => String($list).replace('#', String(i)));
  if ($nested !== undefined) return JSON.parse('['.repeat($nested) + ']'.repeat($nested));
  return Object.fromEntries(Object.entries(members).map(([name, one]) => [name, expand(one, variables)]));
}

/** The token of a recipe: its parts as they are spelt, and the whole. */
export function tokenOf(
  recipe: Recipe,
  variables: Variables,
  profile: string,
  issuer?: string,
): Record<string, string> {
  const genuine = GENUINE[profile]!;
  const claims = membersOf({ ...(issuer && { iss: issuer }), ...genuine.claims }, recipe.claims, recipe.withoutClaims);
  const header = membersOf(genuine.header, recipe.header, recipe.withoutHeader);
  const parts = {
    header: part(expand(header, variables), recipe.headerText, recipe.encoding),
    claims: part(expand(claims, variables), recipe.claimsText, recipe.encoding),
  };
  const alg = recipe.by ?? (recipe.header?.alg as string | undefined);
  const key = recipe.key ?? genuine.key;
  const signature = signed(`${parts.header}.${parts.claims}`, key, isKnown(alg) ? alg : genuine.alg);
  return spelt({ ...parts, signature: signature.toString('base64url') });
}

/** What a template says with the parts of a token. */
export const filled = (template: string, parts: Readonly<Record<string, string>>): string =>
  template.replace(/\{([\w:-]+)\}/g, (all, name: string) => parts[name] ?? all);

const membersOf = (genuine: object, changes: Members = {}, without: readonly string[] = []): Members =>
  Object.fromEntries(
    Object.entries({ ...genuine, ...changes }).filter(([name]) => name in changes || !without.includes(name)),
  );

/** A text is a template of its own: `…` stands for the members. */
function part(members: Json, text: string | undefined, encoding: Encoding | 'utf8' = 'utf8'): string {
  const json = JSON.stringify(members);
  const written = text === undefined ? json : text.replace('…', () => json.slice(1, -1));
  return Buffer.from(written, text === undefined ? 'utf8' : encoding).toString('base64url');
}

const isKnown = (alg: unknown): alg is string =>
  typeof alg === 'string' && (alg === 'HS256' || /^([RP]S(256|384|512)|ES(256|384|512)|EdDSA|Ed25519)$/.test(alg));

/** By Node's own cryptography: nothing here uses the library. */
export function signed(input: string, name: string, alg: string): Buffer {
  const key = privateKey(name);
  const bytes = Buffer.from(input);
  // The public key as everybody knows it, for a verifier that lets the header choose.
  if (alg === 'HS256')
    return createHmac('sha256', createPublicKey(key).export({ type: 'spki', format: 'pem' }))
      .update(bytes)
      .digest();
  if (alg.startsWith('Ed')) return sign(null, bytes, key);
  const padding = alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const isRsa = key.asymmetricKeyType === 'rsa';
  return sign(`sha${alg.slice(2)}`, bytes, {
    key,
    dsaEncoding: 'ieee-p1363',
    ...(isRsa && { padding, ...(alg.startsWith('PS') && { saltLength: constants.RSA_PSS_SALTLEN_DIGEST }) }),
  });
}
