/** Characters. Shorter values stand in answers by chance. */
const MIN_SECRET = 16;
/** Parameters that tell who signs what, and are no secret: of AWS Signature 4, RFC 7616, RFC 5849 and drafts of HTTP signatures. */
const PUBLIC = [
  'algorithm',
  'credential',
  'headers',
  'keyid',
  'oauth_callback',
  'oauth_signature_method',
  'realm',
  'signedheaders',
  'uri',
];

/**
 * What no answer may hold of the value of a header: the value, the same without its scheme, and the values of its parameters, such as
 * `sid=…; csrf=…`, where they are long enough.
 *
 * @param names of the headers that were sent, in lower case: a signature lists them
 */
export function secretParts(value: string, names: readonly string[] = []): string[] {
  const [, bare = value] = /^[A-Za-z][\w-]* +(.*)$/.exec(value) ?? [];
  const parts = bare.split(/[;,]/).flatMap(part => {
    const [name = '', ...rest] = part.split('=').map(text => text.replace(/["']/g, '').trim());
    if (PUBLIC.includes(name.toLowerCase())) return [];
    return rest.some(Boolean) ? [rest.join('='), ...rest] : [name];
  });
  const secrets = [value, bare, ...parts.filter(part => !names.includes(part.toLowerCase()))];
  return [...new Set(secrets)].filter(secret => secret.length >= MIN_SECRET);
}
