import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { devProject } from './dev-project.js';

describe('the project that nestjs-eie dev starts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eie-project-'));
    writeFileSync(join(folder, 'package.json'), '{}');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is asked for at the address that its environment names, or else its .env, or else the path of its .env.example', () => {
    expect(devProject(folder, { PORT: '4000' }).resource).toBe('http://localhost:4000/mcp');
    writeFileSync(join(folder, '.env.example'), 'EIE_RESOURCE=http://localhost:3000/api/mcp\n');
    expect(devProject(folder, {}).resource).toBe('http://localhost:3000/api/mcp');
    writeFileSync(join(folder, '.env'), 'EIE_RESOURCE=https://mcp.example/of-env\n');
    expect(devProject(folder, {}).resource).toBe('https://mcp.example/of-env');
    expect(devProject(folder, { EIE_RESOURCE: 'https://mcp.example/here' }).resource).toBe('https://mcp.example/here');
  });

  it('is refused with what to mend where its .env is a folder, and where its address is none', () => {
    expect(() => devProject(folder, { EIE_RESOURCE: '\u001b[31mred' })).toThrow(
      /^\\u\{1b\}\[31mred is no URL: see EIE_RESOURCE/,
    );
    mkdirSync(join(folder, '.env'));
    expect(() => devProject(folder, {})).toThrow(
      /\.env cannot be read \(EISDIR\): it should be a file that you may read\.$/,
    );
  });
});
