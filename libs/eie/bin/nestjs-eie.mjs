#!/usr/bin/env node
import { main } from 'execution-identity/internal/cli';
import { COMMANDS } from '../dist/cli/commands.js';

await main('nestjs-eie', COMMANDS);
// An application that was looked at may leave timers and connections. What was written is taken first.
process.stdout.write('', () => process.exit());
