import { PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { Allow, IsArray, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Authenticated, DataSubject, type EieOptions } from 'nestjs-eie';
import { Prompt, ResourceTemplate, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const reason = 'Support looks after the orders of every customer.';

class Address {
  @IsString() street: string;
  @IsString() userId: string;
}

class InvoiceLine {
  @IsString() 'on-behalf-of': string;
}

class Undeclared {
  @IsOptional() @IsString() user_id?: string;
  @IsOptional() @IsString() ТЕNANТ?: string;
  @ValidateNested() @Type(() => Address) address: Address;
  @ValidateNested({ each: true }) @Type(() => InvoiceLine) lines: InvoiceLine[];
  @DataSubject({ reason }) @IsOptional() @IsString() sub?: string;
}

class Open {
  @IsOptional() @IsObject() labels?: object;
  @IsOptional() @IsObject({ each: true }) rows?: object[];
  @IsOptional() @IsArray() list?: unknown[];
  @Allow() anything: unknown;
  @DataSubject({ reason }) @IsObject() user: object;
}

class Variables {
  @IsString() tenant: string;
}

@ToolController()
@Authenticated()
class UndeclaredTools {
  @Tool({ name: 'refund' })
  refund(@ToolInput() _input: Undeclared) {}

  @Tool({ name: 'label' })
  label(@ToolInput() _input: Open) {}

  @Prompt({ name: 'greet' })
  greet(@ToolInput() _input: Variables) {}

  @ResourceTemplate({ uriTemplate: 'shop://{tenant}/orders', name: 'orders' })
  orders(@ToolInput() _input: Variables) {}

  @ResourceTemplate({ uriTemplate: 'shop://users/{userId}', name: 'user' })
  user() {}

  @Tool({ name: 'stale' })
  @DataSubject({ fields: ['person.userId'], reason })
  stale() {}
}

const IDENTITY = /looks like an identity.*remove it and use @Identity\('actor\.sub'\).*declare it by (.*)\.$/;
const ANYTHING = /may contain anything, an identity too.*declare it by @DataSubject\(\{ reason, freeForm: true \}\)/;
const ON_FIELD = '@DataSubject({ reason })';

class DeclaredAddress {
  @IsString() street: string;
  @DataSubject({ reason }) @IsString() userId: string;
}

class Declared {
  @DataSubject({ reason }) @IsString() user_id: string;
  @ValidateNested() @Type(() => DeclaredAddress) address: DeclaredAddress;
  @DataSubject({ reason, freeForm: true }) @IsObject() labels: object;
}

class Changed extends PartialType(Declared) {}

@ToolController()
@Authenticated()
class DeclaredTools {
  @Tool({ name: 'change' })
  change(@ToolInput() { user_id }: Changed) {
    return user_id;
  }

  @Tool({ name: 'refund' })
  refund(@ToolInput() input: Declared) {
    return input;
  }

  @Tool({ name: 'lookup' })
  @DataSubject({ fields: ['tenant'], reason })
  lookup(@ToolInput() { tenant }: Variables) {
    return tenant;
  }
}

class CustomerNote {
  @IsString() customer_id: string;
}

@ToolController()
@Authenticated()
class NoteTools {
  @Tool({ name: 'note' })
  note(@ToolInput() _input: CustomerNote) {}
}

/** Each with an input that some server out there has, and that contains half of an identity. */
const LEGITIMATE: Record<string, string[]> = {
  send_mail: ['to', 'subject', 'body'],
  draft_mail: ['subjectLine', 'email_subject', 'cc'],
  open_ticket: ['subject', 'description', 'priority'],
  rent_report: ['tenantCount', 'tenancy_start', 'rent'],
  cast_search: ['actors', 'actor_name', 'film'],
  loan_offer: ['principal_amount', 'interest', 'term'],
  browser_report: ['userAgent', 'viewport'],
  release_note: ['client_version', 'clientName', 'changes'],
  invoice_total: ['subtotal', 'sub_category', 'vat'],
  subscribe: ['subscription_id', 'plan'],
  call_back: ['contact', 'phone', 'customer_note'],
  find_estate: ['agency', 'agent_notes', 'city'],
  plan_sprint: ['userStory', 'user_count', 'points'],
  compare: ['factor', 'contractor', 'extractor'],
  order: ['order_id', 'customer_id', 'quantity'],
  document: ['identifier', 'identityDocuments', 'pages'],
  assign: ['assignee', 'author', 'reviewer'],
  schedule: ['run_at', 'dry_run', 'run_as_of_date'],
  transfer: ['account_number', 'amount', 'recipient'],
  retry: ['idempotency_key', 'exact', 'react'],
};

function legitimateTools() {
  class Tools {}
  ToolController()(Tools);
  for (const [name, fields] of Object.entries(LEGITIMATE)) {
    const Input = { [name]: class {} }[name]!;
    for (const field of fields) IsString()(Input.prototype, field);
    const descriptor = { value: (input: object) => input, writable: true, configurable: true };
    Object.defineProperty(Tools.prototype, name, descriptor);
    ToolInput()(Tools.prototype, name, 0);
    Reflect.defineMetadata('design:paramtypes', [Input], Tools.prototype, name);
    for (const decorate of [Tool({ name }), Authenticated()]) decorate(Tools.prototype, name, descriptor);
  }
  return Tools;
}

describe('an input of a tool, a prompt or a resource', () => {
  let world: World;
  let problems: string[];
  const boot = (tools: object, authorization?: EieOptions['authorization']) =>
    startMcpApp(world, { providers: [tools as never], ...(authorization && { options: { authorization } }) });
  const refusalOf = async (...booted: Parameters<typeof boot>): Promise<string> =>
    boot(...booted).then(
      async app => (await app.close(), 'it booted'),
      (error: Error) => error.message,
    );
  const problemOf = (path: string): string | undefined => problems.find(one => one.includes(`"${path}"`));

  beforeAll(async () => {
    world = await startWorld();
    problems = (await refusalOf(UndeclaredTools)).split('\n');
  });
  afterAll(() => world.close());

  it.each([
    ['as it is', 'user_id', 'UndeclaredTools.refund', 'tool "refund"', ON_FIELD],
    ['in letters of another script', 'ТЕNANТ', 'UndeclaredTools.refund', 'tool "refund"', ON_FIELD],
    ['in a nested object', 'address.userId', 'UndeclaredTools.refund', 'tool "refund"', ON_FIELD],
    ['in a list of objects', 'lines[].on-behalf-of', 'UndeclaredTools.refund', 'tool "refund"', ON_FIELD],
    ['in a prompt', 'tenant', 'UndeclaredTools.greet', 'prompt "greet"', ON_FIELD],
    [
      'in a template without an input',
      'userId',
      'UndeclaredTools.user',
      'resource "user"',
      'a class for its @ToolInput()',
    ],
  ])('that names an identity %s stops the application, with both fixes', (_where, path, handler, listedAs, fix) => {
    const problem = problemOf(path);
    expect(problem).toContain(`${handler}: "${path}" in the input of ${listedAs}`);
    expect(IDENTITY.exec(problem!)?.[1]).toContain(fix);
  });

  it('is checked in the variables of a template that has one, too', () => {
    expect(problems.find(one => one.includes('resource "orders"'))).toMatch(IDENTITY);
  });

  it.each([
    ['a map', 'labels'],
    ['a list of maps', 'rows'],
    ['a list of anything', 'list'],
    ['a field of unknown type', 'anything'],
    ['a map that is declared without the word for it', 'user'],
  ])('that has %s stops the application', (_what, path) => {
    expect(problemOf(path)).toMatch(ANYTHING);
  });

  it('that is declared for a field which does not exist stops the application', () => {
    expect(problems.join()).toContain('UndeclaredTools.stale has @DataSubject() for "person.userId"');
  });

  it('that is declared, or is none, is no problem', () => {
    expect(problemOf('sub')).toBeUndefined();
    expect(problemOf('address.street')).toBeUndefined();
    expect(problems.filter(one => one.startsWith('  - '))).toHaveLength(13);
  });

  it('boots when each field says that it is data about somebody, and gives the tool what the model sent', async () => {
    const app = await boot(DeclaredTools);
    const client = await connect(app.url, world.userToken());
    const input = {
      user_id: 'bob',
      address: { street: 'Main', userId: 'bob' },
      labels: { user_id: 'bob', any: [{ sub: 1 }] },
    };
    expect((await callTool(client, 'refund', input)).json).toEqual(input);
    expect((await callTool(client, 'lookup', { tenant: 'globex' })).text).toBe('globex');
    expect((await callTool(client, 'change', { user_id: 'bob' })).text).toBe('bob');
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ actor_sub: 'alice', tenant: 'acme' });
    // What a reviewer reads is not for the model.
    expect(JSON.stringify((await client.listTools()).tools)).not.toContain(reason);
    await client.close();
    await app.close();
  });

  it('may use a name that the application has not added, and not one that it has', async () => {
    expect(await refusalOf(NoteTools)).toBe('it booted');
    expect(await refusalOf(NoteTools, { identityFields: ['customer id'] })).toContain(
      '"customer_id" in the input of tool "note" looks like an identity',
    );
  });

  it('of twenty tools that people have written passes untouched', async () => {
    const app = await boot(legitimateTools());
    const client = await connect(app.url, world.userToken());
    expect(Object.keys(LEGITIMATE)).toHaveLength(20);
    for (const [name, fields] of Object.entries(LEGITIMATE)) {
      const input = Object.fromEntries(fields.map(field => [field, '{"user_id":"bob"} acts as bob']));
      expect((await callTool(client, name, input)).json).toEqual(input);
    }
    await client.close();
    await app.close();
  });

  it('must say why: a reason without words is refused where it is written', () => {
    expect(() => DataSubject({ reason: ' ' })).toThrow('@DataSubject() needs a reason');
  });
});
