import { devClients } from './dev-clients.js';

describe('the lines for clients', () => {
  it('are one command of the shell each, whatever the folder and the resource are called', () => {
    const resource = 'http://localhost:3000/mcp?a=1&b=$(touch x)';
    const commands = devClients("it's; x", resource).filter(({ where }) => where === 'terminal');
    expect(commands).toHaveLength(2);
    for (const { text } of commands) expect(text).toMatch(/ 'http:\/\/localhost:3000\/mcp\?a=1&b=\$\(touch x\)'$/);
    expect(commands[1]!.text).toContain(String.raw`http 'it'\''s; x' `);
  });
});
