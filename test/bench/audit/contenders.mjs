import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FileAuditLog } from 'execution-identity';

/**
 * Each opens in an empty folder and has `append(event)`, which resolves when the record is as safe as this contender makes it, and `close()`.
 *
 * @param project folder with the packages of others; without it those are left out
 */
export function contenders(project) {
  const required = project && createRequire(join(project, 'package.json'));
  return {
    'execution-identity, power-loss': folder => auditLog(folder, 'power-loss'),
    'execution-identity, process-crash': folder => auditLog(folder, 'process-crash'),
    'one write and fdatasync at a time': loneWrites,
    'buffered append, not synced': buffered,
    ...(required && {
      'better-sqlite3, WAL, synchronous=FULL': folder => sqlite(required('better-sqlite3'), folder),
      'pino and sonic-boom, not synced': folder => pino(required('pino'), folder),
    }),
  };
}

async function auditLog(folder, durability) {
  const log = new FileAuditLog({ directory: folder, instance: 'bench', durability });
  await log.open();
  return { append: event => log.append(event), close: () => log.close() };
}

async function loneWrites(folder) {
  const file = await open(join(folder, 'log.jsonl'), 'a');
  let last = Promise.resolve();
  return {
    append(event) {
      last = last.then(async () => {
        await file.appendFile(`${JSON.stringify(event)}\n`);
        await file.datasync();
      });
      return last;
    },
    close: () => file.close(),
  };
}

async function buffered(folder) {
  const stream = createWriteStream(join(folder, 'log.jsonl'), { flags: 'a' });
  return {
    append: event => new Promise(resolve => stream.write(`${JSON.stringify(event)}\n`, resolve)),
    close: () => new Promise(resolve => stream.end(resolve)),
  };
}

/** All records of one turn of the event loop in one transaction: the most that SQLite can do for many callers. */
async function sqlite(Database, folder) {
  const database = new Database(join(folder, 'log.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE log (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO log (event) VALUES (?)');
  const all = database.transaction(events => {
    for (const event of events) insert.run(event);
  });
  let waiting = [];
  const commit = () => {
    const batch = waiting;
    waiting = [];
    all(batch.map(({ text }) => text));
    for (const { resolve } of batch) resolve();
  };
  return {
    append: event =>
      new Promise(resolve => {
        if (!waiting.length) setImmediate(commit);
        waiting.push({ text: JSON.stringify(event), resolve });
      }),
    close: async () => database.close(),
  };
}

async function pino(make, folder) {
  const destination = make.destination({ dest: join(folder, 'log.jsonl'), sync: false, minLength: 4096 });
  const logger = make({ base: null, timestamp: false }, destination);
  return {
    append: async event => {
      logger.info(event);
      await new Promise(setImmediate);
    },
    close: () => new Promise(resolve => destination.flush(resolve)),
  };
}
