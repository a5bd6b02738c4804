import { jest } from '@jest/globals';

it('the authorization server says nothing when it is loaded, and leaves the console as it was', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const spied = console.warn;
  await import('../../src/authorization-server/authorization-server.js');
  expect(warn).not.toHaveBeenCalled();
  expect(console.warn).toBe(spied);
  warn.mockRestore();
});
