// What makes a Txn-Token refused, whatever access token comes with it.
import { createPublicKey } from 'node:crypto';
import { act, APPROVAL, CHAIN, forwarded, onBehalfOf } from './calls.mjs';
import { Chapter, claims, edited, header, signedBy } from './chapter.mjs';
import { DESK, keys, LOGIN, NOW, ORDERS, TRUST_DOMAIN } from './parties.mjs';
import { IGNORED_HEADERS, REFUSED_HEADERS, SPELLINGS, tamperedClaims, tamperedSignature, twice } from './spelling.mjs';

const chapter = new Chapter();
export default chapter;

const refused = (id, title, edit, error = 'txn_token_invalid') =>
  chapter.refused(`txn-${id}`, `a Txn-Token ${title}`, error, edit);
const said = (id, title, changes, error) => refused(id, title, claims('txn', changes), error);
/** Changes what this library adds to a Transaction Token: `tctx.eie`. */
const eie = changes => ({ tctx: { eie: { ...onBehalfOf().txn.claims.tctx.eie, ...changes } } });
const rctx = changes => ({ rctx: { ...onBehalfOf().txn.claims.rctx, ...changes } });

refused('typ-access-token', 'that is typed as an access token', header('txn', { typ: 'at+jwt' }));
refused('typ-missing', 'without a type', header('txn', { typ: undefined }));
refused('alg-none', 'that is not signed', header('txn', { alg: 'none' }));
refused('alg-hs256', 'signed with the public key as a secret', header('txn', { alg: 'HS256' }));
refused(
  'alg-unlisted',
  'signed with an algorithm that seals nothing',
  signedBy('txn', keys.strangerRsa, { alg: 'RS256' }),
);
refused('alg-of-another-key', 'that names an algorithm the key is not for', header('txn', { alg: 'EdDSA' }));
refused('kid-unknown', 'with an unknown kid', header('txn', { kid: 'seal-9' }));
refused('key-of-stranger', 'signed by a stranger under the kid of the server', signedBy('txn', keys.stranger));
refused('key-of-issuer', 'signed by the issuer of access tokens', signedBy('txn', keys.login, { kid: keys.login.kid }));
refused(
  'key-of-another-sealer',
  'that names one server and is sealed by another',
  signedBy('txn', keys.desk, { alg: 'EdDSA', kid: keys.desk.kid }),
);
refused('signature-tampered', 'with another signature', edited('txn', tamperedSignature));
refused('claims-tampered', 'with other claims under the old signature', edited('txn', tamperedClaims({ sub: 'bob' })));

for (const [id, title, edit] of SPELLINGS) refused(id, title, edited('txn', edit));
for (const [name, member] of REFUSED_HEADERS)
  refused(`header-${name}`, `with ${name} in its header`, header('txn', member));
for (const [name, member] of Object.entries(IGNORED_HEADERS))
  refused(
    `header-${name}`,
    `signed by a stranger, with ${name} in its header`,
    signedBy('txn', keys.stranger, { [name]: member }),
  );
refused('header-jwk', 'signed by a stranger, with the key of the stranger in its header', call => {
  const jwk = createPublicKey(keys.stranger.privateKey).export({ format: 'jwk' });
  signedBy('txn', keys.stranger, { jwk })(call);
});
refused(
  'member-twice',
  'with a member that comes twice',
  ({ txn }) => void (txn.claimsText = twice(txn.claims, 'sub', 'bob')),
);
refused(
  'header-member-twice',
  'with a header member that comes twice',
  ({ txn }) => void (txn.headerText = twice(txn.header, 'typ', 'JWT')),
);
refused('too-large', 'of more than 12288 characters', claims('txn', { padding: 'x'.repeat(9000) }));

said('expired', 'that ends in this second', { iat: NOW - 60, exp: NOW }, 'txn_token_expired');
said('iat-ahead', 'of a time to come', { iat: NOW + 6 });
said('nbf-ahead', 'that is not valid yet', { nbf: NOW + 6 });
said('too-long-lived', 'that lives longer than 300 seconds', { iat: NOW - 10, exp: NOW + 291 });
for (const name of ['exp', 'iat', 'txn', 'sub', 'sub_profile', 'scope', 'client_id', 'rctx', 'tctx']) {
  said(`${name.replace('_', '-')}-missing`, `without ${name}`, { [name]: undefined });
}
said('sub-unprintable', 'with a line break in sub', { sub: 'alice\n' });
said('sub-too-long', 'whose sub has 1025 characters', { sub: 'a'.repeat(1025) });
said('agent-unprintable', 'with a bidirectional control in the name of its agent', {
  act: act([{ issuer: LOGIN, sub: 'agent\u202e-assistant' }]),
});
said('exp-text', 'whose end is a text', { exp: String(NOW + 50) });
said('aud-other', 'of another trust domain', { aud: 'other.example' });
said('aud-service', 'for this service instead of the trust domain', { aud: ORDERS });
said('aud-list', 'with a list for its trust domain', { aud: [TRUST_DOMAIN] });
said('aud-missing', 'of no trust domain', { aud: undefined });
said('iss-unknown', 'of a server that is not trusted', {
  iss: 'https://other.example/mcp',
  req_wl: 'https://other.example/mcp',
});
said('iss-missing', 'that no server says it has sealed', { iss: undefined });
said('req-wl-other', 'sealed by one server in the name of another', { req_wl: DESK });
said('req-wl-missing', 'without the workload that asked for it', { req_wl: undefined });
said('actor-type-unknown', 'of something other than a user or a service', { sub_profile: 'robot' });
said('idp-missing', 'that does not say whose user it is', rctx({ idp: undefined }));
said('trace-missing', 'without a trace', rctx({ trace_id: undefined }));
said('version-2', 'of another version of the format', eie({ v: 2 }));
said('version-missing', 'of no version of the format', eie({ v: undefined }));
said('eie-missing', 'of somebody who does not use this format', { tctx: {} });
said('mode-unknown', 'of a fourth mode', eie({ mode: 'impersonation' }));
said('confidence-unknown', 'of an unknown confidence', eie({ confidence: 'estimated' }));
said('agent-source-unknown', 'with an agent from nowhere', eie({ agent: 'model' }));
said('agent-unnamed', 'that has an agent by the credential and names none', { act: undefined });
said('agent-of-plain-client', 'that has no agent and names one', eie({ agent: 'client' }));
for (const [id, value] of Object.entries({ false: false, text: 'true', null: null, number: 1 }))
  said(`registered-${id}`, `whose agent is registered by ${JSON.stringify(value)}`, eie({ registered: value }));
said('registered-client', 'whose client stands in for an agent and is registered', {
  act: undefined,
  ...eie({ agent: 'client', registered: true }),
});
said('act-too-deep', 'with five agents', {
  act: act([...CHAIN, { issuer: LOGIN, sub: 'fourth' }, { issuer: LOGIN, sub: 'fifth' }]),
});
said('act-malformed', 'whose agent has no sub', { act: { iss: LOGIN } });
said('allowed-missing', 'that does not say whom it is for', eie({ allowed: undefined }));
said('service-not-named', 'for another service', eie({ allowed: ['billing_api'] }), 'service_not_named');
said('no-service-named', 'for no service', eie({ allowed: [] }), 'service_not_named');
said(
  'service-almost-named',
  'for a service of nearly the same name',
  eie({ allowed: ['orders_api2', 'ORDERS_API'], onward: { ORDERS_API: ['orders:read'] } }),
  'service_not_named',
);

/** One service further, which has no rights of its own, or rights that are no such thing. */
const onward = (id, title, onward, allowed = ['orders_api', 'archive_api']) =>
  said(`onward-${id}`, title, eie({ allowed, onward }));
const member = (name, value) => Object.fromEntries([[name, value]]);
const READ = ['orders:read'];

onward('missing', 'that names a service onward and no rights for it', undefined);
chapter.refused(
  'txn-onward-missing-forwarded',
  'a Txn-Token that names this service onward and no rights for it: those of the first service are not taken instead',
  'txn_token_invalid',
  ({ txn }) => {
    txn.claims.scope = 'orders:read orders:write';
    delete txn.claims.tctx.eie.onward;
  },
  forwarded(),
);
onward('unnamed', 'that names two services onward and rights for one', { archive_api: READ }, [
  'orders_api',
  'archive_api',
  'ledger_api',
]);
onward('unlisted', 'with rights for a service that it does not name', { archive_api: READ }, ['orders_api']);
onward('another', 'with rights for another service than it names', { ledger_api: READ });
onward('first-service', 'with further rights for the service that it was sealed for', { orders_api: READ }, [
  'orders_api',
]);
onward('name-twice', 'that names a service twice', { archive_api: READ }, ['orders_api', 'archive_api', 'archive_api']);
onward('first-name-twice', 'that names the service twice, first and onward', { orders_api: READ }, [
  'orders_api',
  'orders_api',
]);
onward('nobody-named', 'for no service, with rights for one', { archive_api: READ }, []);
onward('rights-none', 'with an empty list of rights for a service', { archive_api: [] });
onward('rights-empty-text', 'with a right for a service that is an empty text', { archive_api: [''] });
onward('rights-text', 'whose rights for a service are a text and no list', { archive_api: 'orders:read' });
onward('rights-null', 'whose rights for a service are null', { archive_api: null });
onward('rights-object', 'whose rights for a service are an object', { archive_api: { 0: 'orders:read', length: 1 } });
onward('right-number', 'with a right that is no text', { archive_api: [1] });
onward('right-of-two-words', 'with two rights in one text', { archive_api: ['orders:read orders:write'] });
onward(
  'list',
  'whose onward rights are a list, and which names a service after a place in it',
  [READ],
  ['orders_api', '0'],
);
onward('list-for-nobody', 'whose onward rights are an empty list', [], ['orders_api']);
onward('text', 'whose onward rights are an empty text', '', ['orders_api']);
onward('null', 'whose onward rights are null', null, ['orders_api']);
onward('name-of-every-object', 'that names a service like a member of every object, without rights', {}, [
  'orders_api',
  'constructor',
]);
onward('prototype', 'with rights under __proto__, which it does not name', member('__proto__', { archive_api: READ }));
onward('prototype-listed', 'that names __proto__, with rights that are no list', member('__proto__', { 0: 'a' }), [
  'orders_api',
  '__proto__',
]);

/** One that comes with the id of its one use, as it must. */
const approval = (id, title, changes, more = {}) =>
  said(`approval-${id}`, title, { jti: 'use-1', ...eie({ approval: { ...APPROVAL, ...changes }, ...more }) });
const OWN = { by: 'self', approver: { iss: LOGIN, sub: 'alice' } };

said('approval-without-id', 'with an approval, that could be taken many times', eie({ approval: APPROVAL }));
approval(
  'onward',
  'with an approval, that names a service onward',
  {},
  { allowed: ['orders_api', 'archive_api'], onward: { archive_api: READ } },
);
approval('for-nobody', 'with an approval, for no service', {}, { allowed: [] });
for (const name of ['id', 'by', 'iat', 'exp', 'args'])
  approval(`${name}-missing`, `whose approval has no ${name}`, { [name]: undefined });
approval('by-unknown', 'with an approval by somebody else', { by: 'model' });
approval('exp-text', 'whose approval ends in words', { exp: 'tomorrow' });
approval('id-unprintable', 'with a line break in the id of its approval', { id: 'a\n' });
approval('args-short', 'whose approval has a digest of another length', { args: APPROVAL.args.slice(1) });
approval('args-no-base64url', 'whose approval has a digest in another alphabet', {
  args: `${APPROVAL.args.slice(1)}+`,
});
approval('approver-missing', 'with an approval by another user who has no name', { approver: undefined });
approval('approver-text', 'whose approver is a text', { approver: 'carol' });
approval('approver-without-issuer', 'whose approver is of no issuer', { approver: { sub: 'carol' } });
approval('approver-of-another-issuer', 'whose approver is of another issuer', {
  approver: { iss: DESK, sub: 'carol' },
});
approval('approver-is-the-actor', 'with an approval by another user, who is the actor', { approver: OWN.approver });
approval('self-is-another', 'with an approval by the actor, who is another user', { by: 'self' });
approval('client-with-approver', 'with an approval by its client, which names a person', { ...OWN, by: 'client' });
said('approval-null', 'whose approval is null', { jti: 'use-1', ...eie({ approval: null }) });
said('approval-list', 'whose approval is a list', { jti: 'use-1', ...eie({ approval: [APPROVAL] }) });
said('approval-text', 'whose approval is the id alone', { jti: 'use-1', ...eie({ approval: APPROVAL.id }) });
