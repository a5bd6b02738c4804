import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { getMetadataStorage } from 'class-validator';
import { EieFeatureOptions, EieOptions, TargetOptions } from 'nestjs-eie';
import { EieMcpOptions } from 'nestjs-eie/mcp';
import { RouteAccessOptions } from 'nestjs-eie/mcp-nest';
import * as presets from 'nestjs-eie/presets';
import { EieReceiverOptions } from 'nestjs-eie/receiver';

type OptionClass = new () => object;

const FILE = new URL('options.json', import.meta.url);

/** By the call that takes them. */
const CALLS: Record<string, OptionClass> = {
  'EieModule.forRoot()': EieOptions,
  'EieModule.forFeature()': EieFeatureOptions,
  'EieReceiverModule.forRoot()': EieReceiverOptions,
  'EieMcpModule.register()': EieMcpOptions,
  'EieMcpControllerFor()': RouteAccessOptions,
};

/** What only a preset needs: one of the library, or one that an application defines. */
const PROVIDERS: Record<string, OptionClass> = {
  'defineProvider() exchange': presets.ExchangeOptions,
  ...Object.fromEntries(
    Object.entries(presets)
      .filter(([name]) => name.endsWith('Parameters'))
      .map(([name, type]) => [`${name.replace('Parameters', '')} preset`, type as OptionClass]),
  ),
};

interface Option {
  path: string;
  /** The class that declares it, and its name there: the same option at two paths is counted once. */
  field: string;
}

function optionsOf(type: OptionClass, path = ''): Option[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const nested = (Reflect.getMetadata('eie:nested-options', type) ?? {}) as Record<
    string,
    { type: OptionClass; many: boolean }
  >;
  return [...new Set(rules.map(({ propertyName }) => propertyName))].sort().flatMap(name => {
    const declaring = declaringClass(type, name);
    const isTargets = name === 'targets' && declaring !== 'CeilingOptions';
    const { type: inner, many } = isTargets ? { type: TargetOptions, many: true } : (nested[name] ?? {});
    const field = `${declaring}.${name}`;
    return [{ path: path + name, field }, ...(inner ? optionsOf(inner, `${path}${name}${many ? '[]' : ''}.`) : [])];
  });
}

function declaringClass(type: OptionClass, name: string): string {
  const parent = Object.getPrototypeOf(type) as OptionClass;
  const inherited =
    parent !== Function.prototype &&
    getMetadataStorage()
      .getTargetValidationMetadatas(parent, '', false, false)
      .some(({ propertyName }) => propertyName === name);
  return inherited ? declaringClass(parent, name) : type.name;
}

function report(calls: Record<string, OptionClass>) {
  const options = Object.entries(calls).map(([call, type]) => [call, optionsOf(type)] as const);
  return {
    count: new Set(options.flatMap(([, all]) => all.map(({ field }) => field))).size,
    options: Object.fromEntries(options.map(([call, all]) => [call, all.map(({ path }) => path)])),
  };
}

const found = { modules: report(CALLS), providers: report(PROVIDERS) };

// Another option is a decision: UPDATE_OPTIONS=1 npm test -- options.spec
if (process.env.UPDATE_OPTIONS) writeFileSync(FILE, `${JSON.stringify(found, null, 2)}\n`);

describe('the options of the library', () => {
  it('are the ones written down, and their number', () => {
    expect(found).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
  });

  it.each(['EieModule.forRoot()', 'EieReceiverModule.forRoot()'])(
    'are at most eight at the top level of %s: the rest is grouped',
    call => {
      expect(found.modules.options[call]!.filter(path => !path.includes('.')).length).toBeLessThanOrEqual(8);
    },
  );
});
