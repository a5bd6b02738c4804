import { IdentityNames } from './identity-names.js';

const names = new IdentityNames();

/** Names of tools that people have written, each of which contains half of an identity. */
const HARMLESS = [
  ...['subjectLine', 'email_subject', 'subjects', 'subtotal', 'sub_category', 'submit', 'subscription_id', 'substring'],
  ...['tenantCount', 'tenancy', 'tenant_notes', 'userAgent', 'user_agent', 'user_count', 'userStory', 'power_users'],
  ...['actors', 'actor_name', 'factor', 'contractor', 'extractor_id', 'principal_amount', 'principle', 'agent_notes'],
  ...[
    'agency_id',
    'client_name',
    'clientVersion',
    'contact',
    'customer_note',
    'customer_id',
    'order_id',
    'account_number',
  ],
  ...[
    'valid_identity_documents',
    'identifier',
    'idempotency_key',
    'react_version',
    'exact',
    'fact_as_text',
    'email',
    'name',
  ],
  ...[
    'recipient',
    'assignee',
    'author',
    'dry_run',
    'run_as_of_date',
    'acting',
    'behalf',
    'uidesign',
    'suburb',
    'hubId',
  ],
];

const IDENTITIES = [
  ...[
    'user_id',
    'userId',
    'UserID',
    'USER_ID',
    'user-id',
    'user.id',
    'userid',
    'uSeR_iD',
    'user id',
    'userIDs',
    'user_ids',
  ],
  ...[
    'sub',
    'SUB',
    'sUb',
    'subject',
    'Subject',
    'actor',
    'actorSub',
    'actor_sub',
    'x-actor-sub',
    'X-Actor-Id',
    'actor.sub',
  ],
  ...['tenant', 'tenant_id', 'tenantId', 'TenantUUID', 'currentTenant', 'tenant_slug', 'tenantid', 'tenant_override'],
  ...['on_behalf_of', 'onBehalfOf', 'on-behalf-of', 'ON_BEHALF_OF', 'onbehalfof', 'on_behalf_of_user', 'behalf_of'],
  ...['acting_as', 'actingAs', 'act_as', 'run_as', 'runAsUser', 'login_as', 'as_user', 'target_user_id', 'x-user-id'],
  ...['impersonate', 'impersonatedUser', 'impersonator', 'principal', 'principal_id', 'agent', 'agent_id', 'agentId'],
  ...[
    'client_id',
    'clientId',
    'oauthClientId',
    'caller',
    'caller_id',
    'requester',
    'user',
    'username',
    'user_name',
    'uid',
  ],
  ...[
    'user_id_1',
    'userId2',
    'act',
    'azp',
    'upn',
    'identity',
    'current_user',
    'effectiveUser',
    'user_email',
    '__user_id__',
  ],
];

const LOOK_ALIKES = [
  ['Cyrillic letters', 'uѕеr_іd'],
  ['Cyrillic capitals', 'ТЕΝАΝТ'],
  ['Greek letters', 'αctοr'],
  ['full-width letters', 'ｕｓｅｒ＿ｉｄ'],
  ['mathematical letters', '𝐬𝐮𝐛'],
  ['small capitals', 'ᴛᴇɴᴀɴᴛ'],
  ['accents', 'üsèr_íd'],
  ['invisible characters', 'us\u200ber\u00ad_\u2060id'],
  ['a no-break space', 'user\u00a0id'],
];

const PEOPLE = [
  ...[
    'users',
    'tenants',
    'requestor',
    'requestor_id',
    'requestorEmail',
    'requester_email',
    'requester_name',
    'caller_name',
    'callerEmail',
  ],
  ...[
    'principalName',
    'user_principal_name',
    'oid',
    'obo',
    'user_key',
    'userHandle',
    'agentName',
    'approved_by',
    'authorizedBy',
  ],
  ...['assume_user', 'switchUser', 'sudo_user'],
];

/** Of things that people have to do with, and that are no person. */
const OF_THINGS = [
  'tid',
  'power_users',
  'usersCount',
  'approved',
  'authorized',
  'keyboard',
  'void',
  'oboe',
  'switch',
  'handle',
  'approved_by_date',
];

describe('a name of an input field', () => {
  it.each([...IDENTITIES, ...PEOPLE])('%s looks like an identity', name => {
    expect(names.includes(name)).toBe(true);
  });

  it.each([...HARMLESS, ...OF_THINGS])('%s does not', name => {
    expect(names.includes(name)).toBe(false);
  });

  it.each(LOOK_ALIKES)('is read as the Latin letters that it looks like: %s', (_what, name) => {
    expect(names.includes(name)).toBe(true);
  });

  it('is the subject of a message where the other fields are those of a message', () => {
    expect(names.includes('subject', ['to', 'subject', 'body'])).toBe(false);
    expect(names.includes('subject', ['subject', 'amount'])).toBe(true);
    expect(names.includes('sub', ['to', 'body'])).toBe(true);
  });

  it('may be one that the application adds, in any spelling, and never half of one', () => {
    const own = new IdentityNames(['customer_id', 'patient']);
    expect(
      ['customerId', 'CUSTOMER-ID', 'customerid', 'new_customer_id', 'Patient'].every(one => own.includes(one)),
    ).toBe(true);
    expect(['customer_note', 'patience', 'patient_count'].some(one => own.includes(one))).toBe(false);
    expect(own.includes('user_id')).toBe(true);
  });
});
