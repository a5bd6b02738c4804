import { ownAudience } from './audience.js';
import { issuerPolicy } from './given-policy.js';
import { type IssuerPolicy } from './issuer-policy.js';
import { spellingsOf } from './spelling.js';

const policy = (changes: Partial<IssuerPolicy>): IssuerPolicy =>
  issuerPolicy({
    issuer: 'https://as.test',
    keys: { holds: () => false, find: () => Promise.reject(new Error('not asked')) },
    algorithms: ['ES256'],
    audience: ['https://mcp.test'],
    user: { claim: 'sub_profile' },
    ...changes,
  });
const refused = expect.objectContaining({ code: 'audience_refused' });

describe('the identifier of a resource', () => {
  it.each([
    ['https://mcp.test', 'https://mcp.test/'],
    ['https://mcp.test/', 'https://mcp.test'],
    ['https://mcp.test:8443', 'https://mcp.test:8443/'],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000'],
  ])('has two spellings when it has no path: %s and %s', (one, other) => {
    expect(spellingsOf(one)).toEqual([one, other]);
    expect(ownAudience(other, policy({ audience: [one] })).audience).toEqual([one]);
    expect(ownAudience([one, other], policy({ audience: [one] })).audience).toEqual([one]);
  });

  it.each([
    ['https://mcp.test/mcp', ['https://mcp.test/mcp/']],
    ['https://mcp.test/mcp/', ['https://mcp.test/mcp']],
    ['https://mcp.test?a=1', ['https://mcp.test/?a=1', 'https://mcp.test?a=1/']],
    [
      'https://mcp.test',
      [
        'https://mcp.test//',
        'https://MCP.test/',
        'https://mcp.test:443',
        'http://mcp.test/',
        'https://mcp.test/#',
        ' https://mcp.test',
      ],
    ],
    ['api://orders', ['api://orders/']],
    ['orders', ['orders/']],
    ['urn:example:orders', ['urn:example:orders/']],
  ])('has no other one: %s', (audience, others) => {
    for (const other of others) expect(() => ownAudience(other, policy({ audience: [audience] }))).toThrow(refused);
  });

  it('is taken for the one that is spelt so, where both are configured', () => {
    const both = policy({ audience: ['https://mcp.test'], furtherAudiences: ['https://mcp.test/'] });
    expect(ownAudience('https://mcp.test/', both).audience).toEqual(['https://mcp.test/']);
    expect(ownAudience('https://mcp.test', both).audience).toEqual(['https://mcp.test']);
  });

  it('may be spelt either way where it is tolerated beside ours', () => {
    const tolerant = policy({ toleratedAudiences: ['https://status.test/'] });
    expect(ownAudience(['https://mcp.test/', 'https://status.test'], tolerant).audience).toEqual(['https://mcp.test']);
    expect(() => ownAudience(['https://mcp.test/', 'https://other.test'], tolerant)).toThrow(refused);
    expect(() => ownAudience('https://status.test', tolerant)).toThrow(refused);
  });
});
