export { newKeyPair } from '../../src/authorization-server/key-pair.js';
