#!/usr/bin/env node
import { missingPeers } from '../dist/cli/missing-peers.js';

// Node would name the first one alone, and not say what to do.
const missing = missingPeers();
if (missing.length) {
  const packages = missing.map(one => `"${one}"`).join(' ');
  console.error(`nestjs-eie needs packages that are not installed: ${missing.join(', ')}.`);
  console.error(`Install them in your project: npm install ${packages}`);
  process.exit(2);
}

const { main } = await import('execution-identity/internal/cli');
const { COMMANDS } = await import('../dist/cli/commands.js');
await main('nestjs-eie', COMMANDS);
// An application that was looked at may leave timers and connections. What was written is taken first.
process.stdout.write('', () => process.exit());
