export { newKeyPair } from './new-key-pair.mjs';
