import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { MODERN, modern } from '../wire/messages.mjs';

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

/** A member of a value by its JSON pointer, which also leads into texts that are JSON. */
function at(value, pointer) {
  return pointer
    .split('/')
    .slice(1)
    .reduce((inner, name) => {
      if (typeof inner !== 'string') return inner?.[name];
      try {
        return JSON.parse(inner)?.[name];
      } catch {
        return undefined;
      }
    }, value);
}

const withHandle = (tool, handle) => ({
  ...tool,
  arguments: JSON.parse(JSON.stringify(tool.arguments ?? {}).replaceAll('{handle}', handle)),
});

export const checks = [
  {
    id: 'server-auth-cross-user-handle',
    name: 'HandleIsNoCapability',
    level: 'MUST',
    description: 'A handle that one user got from a tool does not work for another: having it is no authority',
    specReferences: [MCP.stateHandles],
    async run(subject) {
      const { create, handleAt, use } = subject.tool('handle');
      const [era] = await subject.eras();
      const [own, other] = [bearer(await subject.tokens.of('valid')), bearer(await subject.tokens.of('secondUser'))];
      const created = await subject.call(era, create, own);
      const handle =
        at(created.response?.result, handleAt) ?? skip(`the result of "${create.name}" has nothing at ${handleAt}`);
      const tool = withHandle(use, handle);
      if ((await subject.call(era, tool, own)).outcome !== 'ran')
        skip(`the tool "${use.name}" does not run for the user whose handle it is`);
      const { outcome, answer } = await subject.call(era, tool, other);
      if (outcome === 'ran' || outcome === 'asks') unmet(`"${use.name}" ran for another user with the handle`);
      return { status: answer.status, outcome };
    },
  },
  {
    id: 'server-auth-cross-user-task',
    name: 'TaskBelongsToItsUser',
    level: 'MUST',
    description: 'A task that one user started can neither be read nor cancelled by another, who knows its id',
    specReferences: [MCP.tasks, MCP.stateHandles],
    async run(subject) {
      if (!(await subject.eras()).includes(MODERN)) skip(`the server does not speak ${MODERN}`);
      const [own, other] = [bearer(await subject.tokens.of('valid')), bearer(await subject.tokens.of('secondUser'))];
      const options = { capabilities: TASKS };
      const { response } = await subject.call(MODERN, subject.tool('task'), own, { options });
      const taskId = response?.result?.taskId ?? skip('the tool starts no task');
      const ask = (method, credential) => subject.exchange(modern(method, { taskId }, options), credential);
      if ((await ask('tasks/get', own)).outcome !== 'ran') skip('the task cannot be read by the user whose task it is');
      for (const method of ['tasks/get', 'tasks/cancel']) {
        const { outcome } = await ask(method, other);
        if (outcome === 'ran') unmet(`${method} was answered to another user`);
      }
    },
  },
];
