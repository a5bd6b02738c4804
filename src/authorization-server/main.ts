import { runPart } from '../shop/part.js';
import { registrations } from '../shop/registrations.js';
import { startAuthorizationServer } from './authorization-server.js';

runPart(settings => startAuthorizationServer(registrations(settings)));
