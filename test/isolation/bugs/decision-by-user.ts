import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'a decision that is remembered for a user, whatever their token allows',
  edits: [
    {
      file: 'authorization/authorizer.ts',
      from: 'return this.#inWords(unmetRequirement(identity, entry.policy, asked), identity);',
      to: 'const known = (this.known ??= new Map()); const key = identity.actor.sub + identity.actor.tenant + handlerName; if (!known.has(key)) known.set(key, this.#inWords(unmetRequirement(identity, entry.policy, asked), identity)); return known.get(key);',
    },
  ],
};
