// build.js: bundles src/ into dist/client.js, client.css and client-bare.css. With --check it writes nothing
// there, and fails when what is committed is not what src/ gives.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const check = process.argv.includes('--check');

const result = await build({
  absWorkingDir: here,
  entryPoints: [
    { in: 'src/main.js', out: 'client' },
    { in: 'src/style.css', out: 'client' },
    { in: 'src/chrome.css', out: 'client-bare' },
  ],
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  charset: 'utf8',
  legalComments: 'none',
  write: !check,
});

if (check) await compare(result.outputFiles);

async function compare(files) {
  for (const { path, contents } of files) {
    const committed = await readFile(path).catch(() => Buffer.alloc(0));
    if (committed.equals(contents)) continue;
    console.error(`${path} is not current: run npm run build`);
    process.exitCode = 1;
  }
}
