import { element, made } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DevPage } from '../dev-page.js';
import { copyable } from './copyable.js';

let shown = '';

/** Why there are no calls, and how to make one. Nothing where there are some. */
export function showNoCalls(page: DevPage): void {
  const { application, audit, calls, users } = page;
  const key = JSON.stringify([application.state, application.resource, audit, calls.length > 0, users[0]?.sub]);
  if (key === shown) return;
  shown = key;
  element('no-calls').replaceChildren(...explanation(page));
}

function explanation({ application, audit, calls, users }: DevPage): HTMLElement[] {
  if (audit.state === 'absent')
    return [
      note([
        'The application listens, and keeps no audit log where this page reads it: no call can be shown.',
        `Set audit.directory of its EieModule options to the variable EIE_AUDIT_DIRECTORY, as nestjs-eie init does. Here that is ${visible(audit.directory)}`,
      ]),
    ];
  if (calls.length > 0) return [];
  if (application.state === 'stopped')
    return [made('p', 'No call: the application has stopped. Its last lines above say why.')];
  if (application.state === 'starting')
    return [made('p', 'No call yet: the application is starting. Each call appears here by itself.')];
  const how = made('p', 'No call yet. Each one appears here by itself. Connect a client as said below, or make one:');
  return [how, copyable('the commands of a call', commands(application.resource, users[0]?.sub))];
}

function note(sentences: readonly string[]): HTMLElement {
  const holder = made('div', '', 'note word');
  holder.append(...sentences.map(sentence => made('p', sentence)));
  return holder;
}

/** The tool is the one that `nestjs-eie init` writes. */
const commands = (resource: string, sub = 'alice'): string =>
  [
    `TOKEN=$(npx nestjs-eie token --sub ${quoted(sub)})`,
    `curl ${quoted(resource)} --header "Authorization: Bearer $TOKEN" \\`,
    `  --header 'Content-Type: application/json' --header 'Accept: application/json, text/event-stream' \\`,
    `  --data '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}'`,
  ].join('\n');

/** One word of a shell, whatever it has. */
const quoted = (word: string): string =>
  /^[\w:/.@-]+$/.test(word) ? word : `'${visible(word).replaceAll("'", `'\\''`)}'`;
