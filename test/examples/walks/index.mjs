import { apiKey, mcpNest, minimal, restAndMcp, stdio } from './small.mjs';

/** How each example is run: what it answers, and what it refuses. */
export const WALKS = {
  'api-key': apiKey,
  'mcp-nest': mcpNest,
  'minimal-commonjs': minimal,
  'minimal-esm': minimal,
  'rest-and-mcp': restAndMcp,
  stdio,
};
