// What a receiver must let in, and who it must see.
import {
  APPROVAL,
  forwarded,
  fromDesk,
  legacy,
  many,
  onBehalfOf,
  restrictedUser,
  rulesService,
  rulesUser,
  SCOPES,
  serviceIdentity,
} from './calls.mjs';
import { IGNORED_HEADERS } from './spelling.mjs';
import { Chapter, claims, header, lines } from './chapter.mjs';
import { keys, LOGIN, NOW, ORDERS } from './parties.mjs';

const valid = new Chapter();
export default valid;

const both =
  (...edits) =>
  call =>
    edits.forEach(edit => edit(call));
const seen = change => call => change(call.identity);

valid.valid('on-behalf-of-agent', 'on behalf of a user, through an agent that the credential names', onBehalfOf());
valid.valid(
  'on-behalf-of-agent-chain',
  'on behalf of a user, through three agents of two issuers: four actors with the server',
  onBehalfOf('chain'),
);
valid.valid(
  'on-behalf-of-registry-agent',
  'through an agent that the registry of the server names: it is not in the access token',
  onBehalfOf('registry'),
);
valid.valid(
  'registered-agent',
  'through an agent that the credential names and the registry of the server has',
  onBehalfOf('registered'),
);
valid.valid(
  'registered-by-nobody',
  'through an agent of the registry of which the Txn-Token does not say that it is registered: it is not',
  onBehalfOf('registry'),
  both(
    call => void delete call.txn.claims.tctx.eie.registered,
    call => void delete call.identity.agent.registered,
  ),
);
valid.valid(
  'on-behalf-of-plain-client',
  'through a client that is no agent: no act in the Txn-Token',
  onBehalfOf('client'),
);
valid.valid(
  'restricted-user-agent',
  'with the token of a user issued anew, an inbound agent stays in it',
  restrictedUser('act'),
);
valid.valid(
  'restricted-user-registry-agent',
  'with the token of a user issued anew, through an agent of the registry',
  restrictedUser('registry'),
);
valid.valid(
  'restricted-user-plain-client',
  'with the token of a user issued anew, through a client that is no agent',
  restrictedUser('client'),
);
valid.valid(
  'service-identity-agent',
  'with the own token of the server, the user and agent in the Txn-Token alone',
  serviceIdentity('act'),
);
valid.valid('service-identity-agent-chain', 'the same through three agents', serviceIdentity('chain'));
valid.valid('service-identity-plain-client', 'the same through a client that is no agent', serviceIdentity('client'));
valid.valid(
  'service-identity-service',
  'the same for a service instead of a user',
  serviceIdentity('client', { actor: { type: 'service', issuer: LOGIN, sub: 'night-batch' } }),
);
valid.valid(
  'service-identity-configured-agent',
  'the same for a process on stdio: its configuration names user and agent, and no token does',
  serviceIdentity('configuration', { confidence: 'configured', said: false }),
);
valid.valid(
  'forwarded-on-behalf-of',
  'called onward by a service that the Txn-Token was sealed for, with its own token',
  forwarded(),
);
valid.valid(
  'forwarded-service-identity',
  'called onward, the first call having been made in the name of the server',
  forwarded('service_identity'),
);
valid.valid('another-sealer-ed25519', 'sealed by another server, with Ed25519', fromDesk());
valid.valid('issuer-without-at-jwt', 'a user of an issuer that has no typ and other names for its claims', legacy());

valid.valid(
  'rights-of-access-token',
  'the access token has fewer scopes: only those count',
  onBehalfOf(),
  both(
    claims('access', { scope: 'orders:read' }),
    seen(identity => void (identity.authorization.scopes = ['orders:read'])),
  ),
);
valid.valid(
  'rights-of-txn-token',
  'the Txn-Token has fewer scopes: only those count',
  onBehalfOf(),
  both(
    claims('txn', { scope: 'orders:write' }),
    seen(identity => void (identity.authorization.scopes = ['orders:write'])),
  ),
);
valid.valid(
  'rights-in-common-none',
  'the two have no scope in common: an identity without rights',
  onBehalfOf(),
  both(
    claims('access', { scope: 'orders:read' }),
    claims('txn', { scope: '' }),
    seen(identity => void (identity.authorization.scopes = [])),
  ),
);
const seenScopes = (...scopes) => seen(identity => void (identity.authorization.scopes = scopes));
valid.valid(
  'rights-onward-narrower-than-first-service',
  'called onward with a wide access token: the rights of the service that it was sealed for do not count',
  forwarded('on_behalf_of', { onward: { orders_api: ['orders:read'] }, scopes: SCOPES }),
  seenScopes('orders:read'),
);
valid.valid(
  'rights-onward-of-access-token',
  'called onward with an access token of fewer scopes: only those count',
  forwarded(),
  both(claims('access', { scope: 'orders:write' }), seenScopes('orders:write')),
);
valid.valid(
  'rights-onward-of-another-service',
  'called onward: the rights of another service that may be called onward do not count',
  forwarded('service_identity', { onward: { archive_api: SCOPES, orders_api: ['orders:read'] } }),
  seenScopes('orders:read'),
);
valid.valid(
  'rights-onward-in-common-none',
  'called onward, no scope in common: an identity without rights, though the first service has some',
  forwarded('on_behalf_of', { onward: { orders_api: ['orders:read'] }, scopes: SCOPES }),
  both(claims('access', { scope: 'orders:write' }), seenScopes()),
);
valid.valid(
  'rights-direct-beside-onward',
  'called directly: the rights of a service that may be called onward do not count',
  onBehalfOf('act', {
    allowed: ['orders_api', 'archive_api'],
    onward: { archive_api: SCOPES },
    scopes: ['orders:read'],
  }),
  seenScopes('orders:read'),
);
valid.valid(
  'onward-nobody',
  'an empty object of onward rights: nobody may be called onward',
  onBehalfOf(),
  claims('txn', { tctx: { eie: { ...onBehalfOf().txn.claims.tctx.eie, onward: {} } } }),
);
valid.valid(
  'times-at-their-limits',
  'both tokens end in a second, live as long as they may, begin as late as they may',
  onBehalfOf(),
  both(
    claims('access', { iat: NOW + 1 - 3600, exp: NOW + 1, nbf: NOW + 30 }),
    claims('txn', { iat: NOW + 1 - 300, exp: NOW + 1, nbf: NOW + 5 }),
    seen(identity => Object.assign(identity.meta, { created_at: NOW + 1 - 300, expires_at: NOW + 1 })),
  ),
);
valid.valid(
  'clocks-apart',
  'both clocks ahead of ours, as far as they may be',
  onBehalfOf(),
  both(
    claims('access', { iat: NOW + 30 }),
    claims('txn', { iat: NOW + 5 }),
    seen(identity => void (identity.meta.created_at = NOW + 5)),
  ),
);
valid.valid(
  'audience-tolerated',
  'a list of audiences with one beside us that is tolerated',
  onBehalfOf(),
  claims('access', { aud: ['https://status.shop.example', ORDERS] }),
);
valid.valid(
  'issuer-that-is-no-url',
  'a user of an issuer whose name is no URL, whose subject is not its client',
  rulesUser(),
);
valid.valid(
  'user-condition-that-does-not-hold',
  'a user with the claim of the condition, in another value',
  rulesUser(),
  claims('access', { session: { anonymous: 'true' } }),
);
valid.valid(
  'service-that-is-its-own-client',
  'a service whose subject is its client',
  rulesService(),
  claims('access', { sub: 'shop-mcp-rules' }),
);
valid.valid('service-without-a-subject', 'a service that names no subject: it is its client', rulesService());
valid.valid(
  'service-with-subject-null',
  'a service whose subject is null',
  rulesService(),
  claims('access', { sub: null }),
);
valid.valid(
  'audience-with-a-slash',
  'an audience without a path that has a slash at its end, as URL parsers write it',
  onBehalfOf(),
  claims('access', { aud: `${ORDERS}/` }),
);
valid.valid(
  'media-types-spelt-out',
  'types with their prefix and in capitals (RFC 7515 section 4.1.9)',
  onBehalfOf(),
  both(header('access', { typ: 'application/AT+JWT' }), header('txn', { typ: 'Application/TxnToken+JWT' })),
);
valid.valid(
  'unknown-members-ignored',
  'members that nobody knows, in headers and claims',
  onBehalfOf(),
  both(
    header('access', { x5t: 'dGh1bWI', nonce: 'n' }),
    claims('access', { email: 'alice@shop.example' }),
    claims('txn', { purp: 'orders', tctx: { ...onBehalfOf().txn.claims.tctx, other: { v: 2 } } }),
  ),
);
valid.valid(
  'headers-that-lead-to-keys-ignored',
  'jku, x5u and x5c in both headers: the keys of the issuer and of the server count, and nothing is fetched',
  onBehalfOf(),
  both(header('access', IGNORED_HEADERS), header('txn', IGNORED_HEADERS)),
);
valid.valid(
  'claims-that-decide-nothing-ignored',
  'claims of an access token in a form of their own, none of which decides: amr, auth_time, acr, sid, roles',
  onBehalfOf(),
  claims('access', {
    amr: [{ method: 'password', timestamp: 1 }],
    auth_time: '2016-02-16T06:42:21.629Z',
    acr: 1,
    sid: '',
    roles: [{}],
  }),
);
valid.valid(
  'claims-that-are-null-absent',
  'claims of an access token that are null',
  restrictedUser('client'),
  claims('access', { nbf: null, act: null, cnf: null, roles: null, amr: null, acr: null, auth_time: null, sid: null }),
);
valid.valid(
  'kid-shared-by-algorithms',
  'an access token by one of three keys that share their kid, each for an algorithm of its own (RFC 7517 section 4.5)',
  many(keys.sharedRs384, 'RS384'),
);
valid.valid(
  'scheme-in-lower-case',
  'the authentication scheme in lower case (RFC 9110 section 11.1)',
  onBehalfOf(),
  lines((a, t) => ({ authorization: [`bearer ${a}`], 'txn-token': [t] })),
);

valid.valid(
  'approval-taken-often',
  'a token with an approval, at a receiver that does not take each token once: the approval counts for nothing',
  onBehalfOf(),
  call => {
    call.txn.claims.jti = 'use-1';
    call.txn.claims.tctx.eie.approval = APPROVAL;
  },
);
