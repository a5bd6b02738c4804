import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'verified tokens that are remembered under too little',
  edits: [
    {
      file: 'boundary/token-memory.ts',
      from: 'digest(compact)',
      to: 'digest(String(compact.length))',
    },
  ],
};
