const NOTICES = [
  // On Node 20, at import: no option turns it off.
  'oidc-provider WARNING: Unsupported runtime',
  // In Jest it does not find the agent of Node's fetch. What it fetches in a test comes from this process.
  'oidc-provider WARNING: failed to setup SSRF protection',
  // A provider of one test keeps what it stores in memory, and its keys are made for it.
  'oidc-provider WARNING: a quick start development-only',
];
const warn = console.warn.bind(console);
console.warn = (...parts: unknown[]) => {
  if (!NOTICES.some(notice => String(parts[0]).includes(notice))) warn(...parts);
};
