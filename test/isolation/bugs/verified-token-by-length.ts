import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'verified tokens that are remembered under too little',
  edits: [
    {
      file: 'boundary/verified-tokens.ts',
      from: 'digest(credential.token)',
      to: 'digest(String(credential.token.length))',
    },
  ],
};
