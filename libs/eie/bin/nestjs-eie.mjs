#!/usr/bin/env node
import { main } from 'execution-identity/internal/cli';

void main('nestjs-eie');
