/** The members of an answer that are looked at: RFC 6749 §5.1, RFC 8693 §2.2.1. */
const READ = ['access_token', 'token_type', 'expires_in', 'scope', 'issued_token_type'];

/**
 * A success with the members that are looked at, where they are not null. What stands beside them decides nothing, so that it refuses no
 * token: an ID token for another client or by another algorithm, a refresh token that is empty. It does not get further than this.
 *
 * @param response its body is strict JSON
 */
export async function withReadMembers(response: Response): Promise<Response> {
  if (response.status !== 200 || !response.body) return response;
  const answer: unknown = await response.clone().json();
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return response;
  const members = Object.entries(answer).filter(([name, value]) => READ.includes(name) && value !== null);
  return Response.json(Object.fromEntries(members));
}
