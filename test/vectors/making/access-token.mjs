// What makes an access token refused, whatever Txn-Token comes with it.
import { createPublicKey } from 'node:crypto';
import { act, CHAIN, legacy, rulesService, rulesUser } from './calls.mjs';
import { Chapter, claims, edited, header, signedBy } from './chapter.mjs';
import { keys, LEGACY, LOGIN, NOW, ORDERS } from './parties.mjs';
import { IGNORED_HEADERS, REFUSED_HEADERS, SPELLINGS, tamperedClaims, tamperedSignature, twice } from './spelling.mjs';

const chapter = new Chapter();
export default chapter;

const refused = (id, title, error, edit, call) =>
  chapter.refused(`access-${id}`, `an access token ${title}`, error, edit, call);
const said = (id, title, error, changes) => refused(id, title, error, claims('access', changes));

refused('typ-id-token', 'that is typed as an ID token', 'token_type_refused', header('access', { typ: 'JWT' }));
refused(
  'typ-missing',
  'without a type, of an issuer that sends one',
  'token_type_refused',
  header('access', { typ: undefined }),
);
refused(
  'typ-txn-token',
  'that is typed as a Txn-Token',
  'token_type_refused',
  header('access', { typ: 'txntoken+jwt' }),
);
refused(
  'typ-legacy-id-token',
  'of the other issuer, without the claim of its access tokens',
  'token_type_refused',
  claims('access', { token_use: 'id' }),
  legacy(),
);

refused('alg-none', 'that is not signed', 'algorithm_refused', header('access', { alg: 'none' }));
refused('alg-hs256', 'signed with the public key as a secret', 'algorithm_refused', header('access', { alg: 'HS256' }));
refused(
  'alg-unlisted',
  'signed with an algorithm that the issuer does not use',
  'algorithm_refused',
  signedBy('access', keys.strangerRsa, { alg: 'RS256' }),
);
refused('kid-unknown', 'with an unknown kid', 'key_unknown', header('access', { kid: 'login-3' }));
refused('kid-missing', 'without a kid, where two keys fit', 'key_unknown', header('access', { kid: undefined }));
refused(
  'kid-of-another-key',
  'with the kid of another key of the issuer',
  'signature_invalid',
  header('access', { kid: keys.loginNext.kid }),
);
refused(
  'key-of-stranger',
  'signed by a stranger under the kid of the issuer',
  'signature_invalid',
  signedBy('access', keys.stranger),
);
refused(
  'key-of-sealer',
  'signed by the sealing server under the kid of the issuer',
  'signature_invalid',
  signedBy('access', keys.mcp),
);
refused('signature-der', 'with its signature in DER', 'signature_invalid', call => void (call.access.der = true));
refused('signature-tampered', 'with another signature', 'signature_invalid', edited('access', tamperedSignature));
refused(
  'claims-tampered',
  'with other claims under the old signature',
  'signature_invalid',
  edited('access', tamperedClaims({ sub: 'bob' })),
);

for (const [id, title, edit] of SPELLINGS) refused(id, title, 'token_malformed', edited('access', edit));
for (const [name, member] of REFUSED_HEADERS)
  refused(`header-${name}`, `with ${name} in its header`, 'token_malformed', header('access', member));
for (const [name, member] of Object.entries(IGNORED_HEADERS))
  refused(
    `header-${name}`,
    `signed by a stranger, with ${name} in its header`,
    'signature_invalid',
    signedBy('access', keys.stranger, { [name]: member }),
  );
refused('header-jwk', 'signed by a stranger, with the key of the stranger in its header', 'signature_invalid', call => {
  const jwk = createPublicKey(keys.stranger.privateKey).export({ format: 'jwk' });
  signedBy('access', keys.stranger, { jwk })(call);
});
refused(
  'member-twice',
  'with a member that comes twice',
  'token_malformed',
  ({ access }) => void (access.claimsText = twice(access.claims, 'sub', 'bob')),
);
refused(
  'header-member-twice',
  'with a header member that comes twice',
  'token_malformed',
  ({ access }) => void (access.headerText = twice(access.header, 'typ', 'JWT')),
);
refused(
  'too-large',
  'of more than 8192 characters',
  'token_too_large',
  claims('access', { padding: 'x'.repeat(6000) }),
);

said('expired', 'that ends in this second', 'token_expired', { iat: NOW - 300, exp: NOW });
said('iat-ahead', 'of a time to come', 'token_not_yet_valid', { iat: NOW + 31 });
said('nbf-ahead', 'that is not valid yet', 'token_not_yet_valid', { nbf: NOW + 31 });
said('too-long-lived', 'that lives longer than its issuer may grant', 'token_lifetime_refused', {
  iat: NOW - 10,
  exp: NOW + 3591,
});
for (const name of ['exp', 'iat', 'sub', 'client_id'])
  said(`${name.replace('_', '-')}-missing`, `without ${name}`, 'claim_missing', { [name]: undefined });
said('sub-null', 'whose sub is null', 'claim_missing', { sub: null });
said('exp-text', 'whose end is a text', 'claim_invalid', { exp: String(NOW + 290) });
said('sub-unprintable', 'with a line break in sub', 'claim_invalid', { sub: 'alice\n' });
said('iss-unknown', 'of an issuer that is not configured', 'issuer_unknown', { iss: 'https://other.example' });
said('iss-almost', 'of an issuer that differs by a slash', 'issuer_unknown', { iss: `${LOGIN}/` });
said('iss-missing', 'without an issuer', 'issuer_unknown', { iss: undefined });
refused(
  'iss-of-another-policy',
  'that names the other issuer, whose rules it does not meet',
  'algorithm_refused',
  claims('access', { iss: LEGACY }),
);
said('aud-other', 'for another service', 'audience_refused', { aud: 'https://billing.shop.example' });
said('aud-missing', 'for nobody in particular', 'audience_refused', { aud: undefined });
said('aud-also', 'for this service and one that is not tolerated', 'audience_refused', {
  aud: [ORDERS, 'https://billing.shop.example'],
});
said('aud-with-a-path', 'for a path of this service', 'audience_refused', { aud: `${ORDERS}/orders` });
said('aud-with-two-slashes', 'for this service with two slashes at its end', 'audience_refused', {
  aud: `${ORDERS}//`,
});
said('bound-dpop', 'that is bound to a key (RFC 9449)', 'proof_of_possession_unsupported', {
  cnf: { jkt: 'a'.repeat(43) },
});
said('bound-mtls', 'that is bound to a certificate (RFC 8705)', 'proof_of_possession_unsupported', {
  cnf: { 'x5t#S256': 'a'.repeat(43) },
});
said('bound-twice', 'that is bound to a key and to a certificate', 'proof_of_possession_unsupported', {
  cnf: { jkt: 'a'.repeat(43), 'x5t#S256': 'a'.repeat(43) },
});
said('bound-unknown', 'that is bound in a way nobody knows', 'proof_of_possession_unsupported', {
  cnf: { 'urn:example:method': 'a' },
});
said('tenant-foreign', 'of a tenant that its issuer may not name', 'tenant_refused', { tenant: 'initech' });
said('tenant-missing', 'of a user without a tenant', 'tenant_refused', { tenant: undefined });
said('actor-unclassified', 'that shows neither a user nor a service', 'actor_unclassified', { sub_profile: undefined });
said('actor-both', 'that shows both a user and a service', 'actor_unclassified', { client_id: 'alice' });
refused(
  'actor-under-the-condition',
  'of a user under the condition by which it is none',
  'actor_unclassified',
  claims('access', { session: { anonymous: true } }),
  rulesUser(),
);
refused(
  'client-missing-and-sub',
  'that names neither client nor subject',
  'claim_missing',
  claims('access', { client_id: undefined }),
  rulesService(),
);
said('act-too-deep', 'with five actors', 'actor_chain_refused', {
  act: act([{ issuer: LOGIN, sub: 'shop-mcp' }, ...CHAIN, { issuer: LOGIN, sub: 'fifth' }]),
});
said('act-malformed', 'whose actor has no sub', 'actor_chain_refused', { act: { iss: LOGIN } });
