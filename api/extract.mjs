import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import ts from 'typescript';

const compilerOptions = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'es2023',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
};

/**
 * What one entry point exports: the report of API Extractor, the exported names, and the types that its signatures name and it
 * does not export.
 */
export async function extract({ name, package: folder, types }, scratch) {
  const forgotten = new Set();
  const file = name.replaceAll('/', '-');
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions, files: [types] } },
      apiReport: {
        enabled: true,
        reportFolder: scratch,
        reportTempFolder: join(scratch, 'temp'),
        reportFileName: file,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // Every export of an entry point is public: there are no release tags, and the linter minds docstrings.
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          'ae-forgotten-export': { logLevel: 'warning' },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
  });
  const { errorCount } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      const [, symbol] = /The symbol "(.+?)" needs/.exec(message.text) ?? [];
      if (message.messageId === 'ae-forgotten-export') forgotten.add(symbol);
      message.handled = message.logLevel !== 'error';
    },
  });
  if (errorCount) throw new Error(`API Extractor failed on ${name}`);
  return {
    report: await readFile(join(scratch, `${file}.api.md`), 'utf8'),
    forgotten: [...forgotten].sort(),
    ...exportsOf(types),
  };
}

function exportsOf(types) {
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, '.');
  const program = ts.createProgram([types], options);
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(types)));
  const isValue = symbol => {
    const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return Boolean(flags & ts.SymbolFlags.Value);
  };
  const values = exported.filter(isValue).length;
  return { names: exported.map(({ name }) => name), values, types: exported.length - values };
}
