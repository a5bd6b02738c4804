const NOTICES = [
  // On Node 20, at import: no option turns it off.
  'oidc-provider WARNING: Unsupported runtime',
  // In Jest it does not find the agent of Node's fetch. What it fetches in a test comes from this process.
  'oidc-provider WARNING: failed to setup SSRF protection',
];
const warn = console.warn.bind(console);
console.warn = (...parts: unknown[]) => {
  if (!NOTICES.some(notice => String(parts[0]).includes(notice))) warn(...parts);
};
