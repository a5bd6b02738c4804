import { error, type Remedies, warn } from './remedy.js';

/** Reasons for which an accepted identity may not do what it asks for, or what it did cannot be answered. */
export const AUTHORIZATION = {
  insufficient_scope: warn(
    'Have the client ask the issuer for these scopes. If it does and the token lacks them, allow them for this client at the issuer. On stdio, which has no token, add them to stdio.identity.scopes.',
  ),
  insufficient_role: warn(
    'Give the user one of the roles of this operation at the issuer. If the token has it, name the claim with issuers[].claims.roles.',
  ),
  insufficient_login: warn(
    'Have the client send its user to the issuer with the acr_values and max_age of the challenge (RFC 9470). If the token lacks "acr" or "auth_time" then, have the issuer write them.',
  ),
  actor_not_allowed: warn(
    'Call it for a user where @RequireActor("user") or @RequireLogin() asks for one, and as a service where @RequireActor("service") does.',
  ),
  agent_not_allowed: warn(
    'If the agent may do it, name it in @RequireAgent(), or widen its entry in issuers[].agents, what ports.agents says of it, or authorization.unregisteredAgents.',
  ),
  tenant_not_allowed: warn('If the tenant allows it, widen its entry in issuers[].tenants.'),
  policy_missing: error(
    'Decorate the handler, or its class, with @RequireScopes(), @RequireAnyScope(), @RequireRoles(), @Authenticated() or @Public({ reason }).',
  ),
  approval_required: warn(
    'Let the person decide where the application shows what waits (ApprovalService), then call again with the same arguments. At an API: give the tool @RequireApproval() and its target carriesApproval: true.',
  ),
  approval_denied: warn('Do not call again: a person has said no. A denial counts until the question expires.'),
  approval_unaskable: warn(
    'Use a client with elicitation by form; for clients of the 2025 protocol set sessions: true on the MCP route. Or let somebody decide elsewhere: @RequireApproval({ by: "self" }), for services by: "another".',
  ),
  approval_unknown: warn(
    'Call the tool anew and have the new question answered. An approval is for one call, with the same user, client, agents and arguments.',
  ),
  approver_refused: warn(
    'Decide as a user, through a client and agents that are no part of the call; where the tool says by: "another", as another user of the same issuer and tenant.',
  ),
  approval_unavailable: error('See whether the store behind ports.approvals runs and can be reached.'),
  policy_denied: warn('See the policy engine for its reason.'),
  policy_unavailable: error(
    'See whether the policy engine runs, can be reached, and answers in time: another line has the cause.',
  ),
  handler_unregistered: error(
    'Route the method as it is declared. A decorator that returns another function at each access, or a handler that is added after the start, is not known.',
  ),
  decision_missing: error(
    'Do not call the handler of a tool from other code, and do not subscribe to its result twice: a retry interceptor needs a new call.',
  ),
  unsupported_context: error(
    'Decorate message patterns, gateways and resolvers with @Unmanaged(OwnGuard, { reason }), and authenticate their callers there.',
  ),
  host_refused: warn('Add the host to allowedHosts of the MCP route, if clients use it and no other site can.'),
  origin_refused: warn('Add the origin of the web page to allowedOrigins of the route, if it is yours.'),
  input_invalid: warn('Correct the input by the schema that tools/list shows. The answer says what does not fit.'),
  handler_unknown: warn(
    'Call a name that the list shows. If your tool is missing there: is its class in "providers" of an imported module, and has it @ToolController()?',
  ),
  session_unknown: warn('Initialize a new session: this one has ended, or another instance of the server has it.'),
  session_foreign: warn('Initialize a session of your own: this one belongs to another user, client or agent.'),
  result_invalid: error('Return what the output class of the tool declares, or correct that class.'),
  result_unserializable: error(
    'Return plain data: await each promise; no object that contains itself, no BigInt, no stream, map or generator; of a Response what `.json()` gives.',
  ),
  request_state_unavailable: error(
    'See whether the stores behind ports.requestState and ports.replay run and can be reached.',
  ),
  limit_reached: warn(
    'Wait until some of your calls, sessions or streams have ended. Each user, client and tenant has a share of every total.',
  ),
  server_closing: warn(
    'Let the load balancer send no more requests to an instance that is to be stopped. The caller of a call that was cut off must find out whether it took effect before it tries again: calls are waited for as long as limits.callDeadline says.',
  ),
  caller_left: warn(
    'Nothing, where clients give up now and then. Many of them: see what makes calls wait before they begin (the disk of the audit log, a store, a validator), and how long clients wait.',
  ),
  identity_missing: error(
    'Do not use @Identity() in a public handler, and let EieModule stand in the root module of the application. A task of a schedule runs for nobody: let it call a handler of this server with a token of its own (docs/jobs.md).',
  ),
  identity_forged: error(
    'Pass the envelope on as you got it from @Identity(). A copy, a clone by a global pipe, or one that was parsed from JSON is no identity; send the sealed form to other processes.',
  ),
  identity_of_another_copy: error(
    'Deduplicate the package: npm ls execution-identity shows its copies; npm dedupe removes them where the ranges allow it.',
  ),
  identity_expired: warn(
    'Make a new call with a fresh token. For handlers that run longer than limits.envelopeLifetime, start what is called downstream earlier, or raise it. A receiver cannot raise it: a Txn-Token lives 60 s at most, and a call onward starts within them.',
  ),
  call_overdue: error(
    'Make the handler faster, or raise limits.callDeadline. The caller must find out whether the call took effect before it tries again.',
  ),
  audit_unavailable: error(
    'Make the folder of audit.directory writable and free space on its disk, or see why audit.log refuses. Calls run again as soon as it takes records.',
  ),
  revocation_unavailable: error('See whether the store behind ports.revocation runs and can be reached.'),
  revocation_invalid: error(
    'Give purge() an issuer that is configured, and leave members out rather than empty: { issuer, sub }.',
  ),
} as const satisfies Partial<Remedies>;
