export const HELP = `npm run auth-conformance -- [--url <MCP endpoint>] [--config <file>] [--only <ids>] [--compare] [--json]

Checks how an MCP server keeps the rules of authorization, by HTTP alone: metadata, challenges, which tokens it takes, scopes,
users that must not meet, Origin, and whether it passes its client's token on.

  --url      the server. Without it, the reference application of this repository is started on loopback, and checked
  --config   how to get tokens for it, and the names of its tools: docs/auth-conformance.md. Without it, only what needs
             neither is checked
  --only     the ids of some checks, separated by commas
  --compare  the reference application beside three other servers with the same tools: another one on this library, one of
             the official SDK without protection, one behind its requireBearerAuth. Prints where they differ
  --json     { target, checks, summary } on one line, or a list of those with --compare

SUCCESS   the server does what the check asks for
FAILURE   it does not, and a specification says MUST
WARNING   it does not, and a specification says SHOULD
SKIPPED   the check could not be made, for the reason given: it shows nothing

Exits 1 when there is a FAILURE (with --compare: of the reference application), 2 when the config is wrong.`;
