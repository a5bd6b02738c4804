import { type Loopback, startLoopback } from '../support/loopback.js';

/** Where the target of the applications begins. Nothing else of the API may be called. */
export const API_PATH = '/v1';

/** As an API would answer that wants to ask the user of its caller for something. */
const QUESTION = {
  resultType: 'input_required',
  inputRequests: {
    pin: {
      method: 'elicitation/create',
      params: { message: 'Your PIN?', requestedSchema: { type: 'object', properties: {} } },
    },
  },
};

/** An API behind the applications: `/echo` answers with all it was sent, as debugging endpoints and error pages do. */
export const startApi = (): Promise<Loopback> =>
  startLoopback((request, response) => {
    const path = request.url!.slice(API_PATH.length);
    if (path === '/question') response.end(JSON.stringify(QUESTION));
    else response.end(JSON.stringify(path === '/echo' ? { headers: request.headers } : { order: 17 }));
  });
