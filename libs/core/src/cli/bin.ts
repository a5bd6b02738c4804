#!/usr/bin/env node
import { main } from './terminal.js';

void main('execution-identity');
