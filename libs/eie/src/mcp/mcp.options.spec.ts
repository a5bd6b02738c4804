import { EieConfigurationError } from 'execution-identity';
import { EieMcpModule } from './eie-mcp.module.js';
import { type EieMcpOptions } from './mcp.options.js';

const ROUTE: EieMcpOptions = { path: 'mcp', name: 'shop', version: '1.0.0' };
const register = (changes: object) => () => EieMcpModule.register({ ...ROUTE, ...changes });

describe('EieMcpModule.register()', () => {
  it.each<[what: string, changes: object, problem: string]>([
    ['no name', { name: undefined }, 'name must be the name of the server'],
    ['no version', { version: '' }, 'version must be the version of the server'],
    ['no path', { path: undefined }, 'path must be the path of the MCP route, such as "mcp"'],
    ['a resource that is no identifier', { resource: 'mcp' }, 'resource must be the https identifier of the route'],
    [
      'a resource in clear',
      { resource: 'http://mcp.example.com/mcp' },
      'resource must be the https identifier of the route',
    ],
    ['one class that is no list', { include: class {} }, 'include must be a list of tool classes'],
    ['a server to configure', { configure: {} }, 'configure must be a function of the server and the identity'],
    ['sessions by a word', { sessions: 'yes' }, 'sessions must be true, false or "sticky"'],
    ['one host that is no list', { allowedHosts: 'mcp.example.com' }, 'allowedHosts must be a list of host names'],
    [
      'a misspelt option, which would silently be the default',
      { resouce: 'https://mcp.example.com/other' },
      'resouce is not an option: remove it or correct its name',
    ],
  ])('refuses %s', (_what, changes, problem) => {
    expect(register(changes)).toThrow(EieConfigurationError);
    expect(register(changes)).toThrow(problem);
  });

  it('takes every option that there is', () => {
    const all = {
      title: 'Shop',
      resource: 'https://mcp.example.com/mcp',
      include: [],
      configure: () => {},
      sessions: true,
      allowedHosts: ['a.test'],
      allowedOrigins: ['b.test'],
    };
    expect(register(all)).not.toThrow();
  });
});
