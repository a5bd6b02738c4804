'use strict';
/**
 * Makes CommonJS of the ES modules that an application with nestjs-eie loads, for Jest, whose own `require` cannot load them. It needs
 * `typescript`, which every Nest project has.
 */
const ts = require('typescript');

module.exports = {
  process(source, file) {
    // CommonJS has no import.meta.
    const text = source.replace(/\bimport\.meta\.url\b/g, "require('node:url').pathToFileURL(__filename).href");
    const { outputText } = ts.transpileModule(text, {
      fileName: file,
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
        allowJs: true,
        inlineSourceMap: true,
      },
    });
    return { code: outputText };
  },
};
