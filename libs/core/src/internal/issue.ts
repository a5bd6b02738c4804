/** Makes envelopes. For the guard of `nestjs-eie` alone, after a decision. */
export { issue } from '../identity/issue.js';
