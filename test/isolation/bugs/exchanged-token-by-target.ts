import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'exchanged tokens that are cached by target and scopes',
  edits: [
    { file: 'delegation/exchange/cache-key.ts', from: 'principal: principalKey(envelope)', to: "principal: 'user'" },
    {
      file: 'delegation/exchange/cache-key.ts',
      from: 'subjectToken: subjectToken && digest(subjectToken)',
      to: "subjectToken: 'token'",
    },
  ],
};
