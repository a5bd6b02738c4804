// Two genuine tokens that do not belong together.
import { act, CHAIN, forwarded, legacy, onBehalfOf, restrictedUser, serviceIdentity } from './calls.mjs';
import { Chapter, claims } from './chapter.mjs';
import { DESK, keys, LEGACY, LOGIN } from './parties.mjs';

const chapter = new Chapter();
export default chapter;

const refused = (id, title, edit, call) => chapter.refused(`mismatch-${id}`, title, 'credential_mismatch', edit, call);
const SERVER = { issuer: LOGIN, sub: 'shop-mcp' };
const server = sub => act([{ issuer: LOGIN, sub }, CHAIN[0]]);
const none = { act: undefined };
/** The access token of one call with the Txn-Token of another. */
const accessOf = other => call => void (call.access = other.access);

refused('other-user', 'another user in the exchanged token', claims('access', { sub: 'bob' }));
refused('other-user-sealed', 'another user in the Txn-Token', claims('txn', { sub: 'bob' }));
refused(
  'other-user-restricted',
  'another user in the token issued anew',
  claims('access', { sub: 'bob' }),
  restrictedUser(),
);
refused('other-tenant', 'the same user of another tenant', claims('txn', { tenant: 'globex' }));
refused('no-tenant', 'the same user of no tenant', claims('txn', { tenant: undefined }));
refused(
  'other-issuer',
  'a user of the same name at another issuer',
  claims('txn', { rctx: { idp: LEGACY, trace_id: '0af7651916cd43dd8448eb211c80319c' } }),
);
refused('service-of-that-name', 'a service with the name of the user', claims('txn', { sub_profile: 'service' }));

refused(
  'other-agent',
  'another agent in the exchanged token',
  claims('access', { act: act([SERVER, { issuer: LOGIN, sub: 'agent-desk' }]) }),
);
refused(
  'agent-of-another-issuer',
  'an agent of the same name at another issuer',
  claims('access', { act: act([SERVER, { ...CHAIN[0], issuer: LEGACY }]) }),
);
refused('agent-missing', 'an agent that is in the Txn-Token alone', claims('access', { act: act([SERVER]) }));
refused(
  'agent-added',
  'an agent that is in the access token alone',
  claims('access', { act: act([SERVER, CHAIN[0]]) }),
  onBehalfOf('client'),
);
refused(
  'agents-in-another-order',
  'the same agents in another order',
  claims('access', { act: act([SERVER, CHAIN[1], CHAIN[0], CHAIN[2]]) }),
  onBehalfOf('chain'),
);
refused(
  'agent-chain-cut',
  'fewer agents than there were',
  claims('access', { act: act([SERVER, CHAIN[0]]) }),
  onBehalfOf('chain'),
);
refused(
  'agent-of-registry-in-token',
  'an agent that only the registry of the server names, in the access token',
  claims('access', { act: act([SERVER, { issuer: LOGIN, sub: 'agent-desk' }]) }),
  onBehalfOf('registry'),
);
refused(
  'agent-missing-restricted',
  'an agent that is in the Txn-Token alone, the token issued anew',
  claims('access', none),
  restrictedUser(),
);

refused('no-presenter', 'a token that the user got without the server', claims('access', none), onBehalfOf('client'));
refused('presenter-unknown', 'a token that another client exchanged', claims('access', { act: server('other-mcp') }));
refused(
  'presenter-of-another-sealer',
  'a token that another sealing server exchanged',
  claims('access', { act: server('desk-mcp') }),
);
refused(
  'presenter-at-another-issuer',
  'an actor with the name of the server at another issuer',
  claims('access', { act: act([{ issuer: LEGACY, sub: 'shop-mcp' }, CHAIN[0]]) }),
);
refused(
  'presenter-under-another',
  'the server as an actor under another one',
  claims('access', { act: act([CHAIN[0], SERVER]) }),
);
refused(
  'restricted-of-another-client',
  'a token issued anew for another client',
  claims('access', { client_id: 'other-mcp' }),
  restrictedUser(),
);
refused(
  'restricted-presenter-at-another-issuer',
  'a token issued anew for the client of another issuer',
  claims('access', { cid: 'shop-mcp' }),
  legacy(),
);
refused(
  'service-of-another-client',
  'the own token of another client',
  claims('access', { sub: 'other-mcp', client_id: 'other-mcp' }),
  serviceIdentity(),
);
refused(
  'service-of-another-sealer',
  'the own token of another sealing server',
  claims('access', { sub: 'desk-mcp', client_id: 'desk-mcp' }),
  serviceIdentity(),
);
refused(
  'sealed-by-another',
  'the own token of the server with what another has sealed',
  call => {
    Object.assign(call.txn.claims, { iss: DESK, req_wl: DESK });
    Object.assign(call.txn, { key: keys.desk, header: { typ: 'txntoken+jwt', alg: 'EdDSA', kid: keys.desk.kid } });
  },
  serviceIdentity(),
);
refused(
  'service-with-actor',
  'the own token of the server with an actor in it',
  claims('access', { act: act([CHAIN[0]]) }),
  serviceIdentity(),
);

refused(
  'service-token-for-user-mode',
  'the own token of the server where it acts on behalf of the user',
  accessOf(serviceIdentity()),
);
refused(
  'service-token-for-restricted-mode',
  'the own token of the server where the token of the user is issued anew',
  accessOf(serviceIdentity()),
  restrictedUser(),
);
refused(
  'user-token-for-service-mode',
  'an exchanged token where the server calls as itself',
  accessOf(onBehalfOf()),
  serviceIdentity(),
);
refused(
  'restricted-token-for-service-mode',
  'a token issued anew where the server calls as itself',
  accessOf(restrictedUser('client')),
  serviceIdentity('client'),
);
refused(
  'exchanged-token-for-restricted-mode',
  'the server as actor where it adds none',
  accessOf(onBehalfOf()),
  restrictedUser(),
);
refused('restricted-token-for-user-mode', 'no actor where the server is one', accessOf(restrictedUser()));

refused(
  'forwarding-presenter-direct',
  'a forwarding service as if it were the sealing server',
  accessOf(forwarded()),
  serviceIdentity(),
);
refused(
  'forwarding-presenter-exchanged',
  'a forwarding service as the actor of an exchanged token',
  claims('access', { act: server('intake-service'), client_id: 'intake-service' }),
);
refused(
  'direct-presenter-onward',
  'the sealing server as if it were the forwarding service',
  accessOf(serviceIdentity()),
  forwarded('service_identity'),
);
refused(
  'exchanged-token-onward',
  'the token exchanged for the first service, at the next one',
  accessOf(onBehalfOf()),
  forwarded(),
);
refused(
  'user-token-onward',
  'a token of the user, issued to the forwarding service',
  claims('access', { ...restrictedUser('client').access.claims, client_id: 'intake-service' }),
  forwarded(),
);
refused(
  'onward-with-actor',
  'the own token of the forwarding service with an actor in it',
  claims('access', { act: act([CHAIN[0]]) }),
  forwarded(),
);
refused(
  'onward-by-another',
  'the own token of a service that forwards nothing',
  claims('access', { sub: 'other-service', client_id: 'other-service' }),
  forwarded(),
);
