import { showApplication } from './application.js';
import { CallList } from './call-list.js';
import { showClients } from './clients.js';
import { connect } from './connection.js';
import { showNoCalls } from './no-calls.js';
import { showUsers } from './sign-in.js';
import { offerTokens } from './token-maker.js';
import { offerDecoder } from './token-decoder.js';

/** The page of `nestjs-eie dev`. It shows what its server says, and keeps nothing. */
const calls = new CallList();
const tokens = offerTokens(offerDecoder());

connect((page, change) => {
  showApplication(page);
  if (change.users || change.agents || change.scopes) tokens.offer(page);
  if (change.users || change.agents) showUsers(page);
  if (change.clients) showClients(page.clients);
  calls.show(page.calls);
  showNoCalls(page);
});
