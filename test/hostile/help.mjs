export const HELP = `npm run hostile -- [--json] [--quick] [--seed n] [--requests n]

Starts a Nest application with EieModule (Fastify, HTTP handlers and the MCP route) in a process of its own and sends it
hostile requests over loopback. The seed fixes which cases and which edits come in which order; keys, signatures and
times are new in every run. One quarter of the requests are tokens under unknown key ids, sent last. Before them, every
parser of what others wrote is timed on inputs of 64 KB to 1 MB that are hard to read.

  --json      one JSON object as the last line
  --quick     16,000 requests instead of 220,000, and fewer sizes of input
  --seed      default 2026
  --requests  how many

requests             sent and judged
rejectedByNode       answered 400 or 431 by Node's HTTP parser, before there is a request; no audit record
accepted             a handler or tool ran for a hostile request, it was answered 2xx or 3xx, or a good one ran as somebody else
goodRefused          a good request (5 % and more) was not answered 200 or 201 as its user; or a good token beside a hostile body got 401
status5xx            any answer of 500 and above
unhandled            unhandled rejections and exceptions in the server, and requests without an answer in 10 s
refusalsUnaccounted  a 401, a 403 or a 400 with a challenge that has not exactly one audit record with a reason, a record of
                     a refused admission that names an identity, or a record without such an answer
slowestMs            the slowest request of each kind is sent again with nothing else in flight, three times; this is the
                     largest median, from the request's head to the end of its answer in the server. Reported, not judged.
growth               for each parser: the input on which its time grows most with the length, what twice the length costs
                     there (linear: 2; 1 where nothing takes a millisecond) and may cost, and the milliseconds for the longest

floods               10,000 anonymous clients, 10,000 principals that use up what they may have, 9,999 revocations: how much
                     longer the slowest of a hundred requests of another user is in the server then, beside a second
                     server that is left in peace. \`asExpected\`: the flood was refused, and another user's proof was taken

What a body parser or the router answers (400, 404, 413, 415: there is no credential to refuse yet) has no record. A
hostile MCP body beside a good token may get any answer of the protocol below 500, and no tool may run: what the library
refuses of it (a right, an input) has a record for each call, and a 403 at least one.

White space at the end of a header value is no part of it (RFC 9110 §5.5), and (r, n - s) is as good an ECDSA signature
as (r, s), which anybody can write without the key: neither is sent as hostile.

Exits 1 unless accepted, goodRefused, status5xx, unhandled and refusalsUnaccounted are 0, nothing was fetched on the word
of a token, the unknown key ids caused at most 4 key fetches, and twice the input costs no parser more than 2.8 times (where
memory is slow at most 0.3 more), and no more at all those that refuse what is too long, and another user waits at most 1.5 times as long behind each flood.`;
