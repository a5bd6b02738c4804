/**
 * The identifier of a queue of a server: the audience of the jobs that are sealed for it. Queues of one name on several machines have one identifier.
 *
 * @throws TypeError for a name that is no text, empty, or has half a surrogate pair
 * @example queueIdentifier('https://mcp.example/mcp', 'invoices') // 'https://mcp.example/mcp/queues/invoices'
 */
export function queueIdentifier(resource: string, name: string): string {
  if (typeof name !== 'string' || !name || /\p{Surrogate}/u.test(name))
    throw new TypeError('A job needs "queue", the name of its queue.');
  return `${resource.replace(/\/$/, '')}/queues/${encodeURIComponent(name)}`;
}
