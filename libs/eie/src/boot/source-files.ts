import { type Type } from '@nestjs/common';
import { Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

const SHOWN = Symbol.for('nestjs-eie.source-files');

interface Script {
  readonly scriptId: string;
  readonly url: string;
}
interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
}

/**
 * The files that classes were loaded from, as `path:line`. Nest does not know them, so the inspector of this process asks V8. That takes
 * about 50 ms, so it is used only for the error message of an application that does not start. A class that V8 does not know is left
 * out.
 */
export function sourceFiles(types: readonly Type[]): ReadonlyMap<Type, string> {
  const files = new Map<Type, string>();
  if (!types.length) return files;
  try {
    const session = new Session();
    session.connect();
    try {
      ask(session, types, files);
    } finally {
      session.disconnect();
    }
  } catch {
    // A process may not be allowed to inspect itself. The message then names module and class alone.
  }
  return files;
}

function ask(session: Session, types: readonly Type[], files: Map<Type, string>): void {
  const urls = new Map<string, string>();
  const contexts: number[] = [];
  session.on('Debugger.scriptParsed', ({ params }: { params: Script }) => void urls.set(params.scriptId, params.url));
  session.on('Runtime.executionContextCreated', ({ params }) => void contexts.push(params.context.id));
  session.post('Debugger.enable');
  session.post('Runtime.enable');
  const shared = globalThis as unknown as Record<symbol, unknown>;
  shared[SHOWN] = types;
  try {
    for (const contextId of contexts) {
      types.forEach((type, index) => {
        const expression = `globalThis[Symbol.for('${SHOWN.description}')]?.[${index}]`;
        session.post('Runtime.evaluate', { expression, contextId }, (_failure, evaluated) => {
          const objectId = evaluated?.result.objectId;
          if (objectId === undefined) return;
          session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_none, properties) => {
            const found = properties?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]');
            const at = found?.value?.value as Location | undefined;
            const url = at && urls.get(at.scriptId);
            if (url) files.set(type, `${url.startsWith('file:') ? fileURLToPath(url) : url}:${at.lineNumber + 1}`);
          });
        });
      });
    }
  } finally {
    delete shared[SHOWN];
  }
}
