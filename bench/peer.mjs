// Answers each line, a directory, with the milliseconds that the peer takes for it. Run where the peer is installed.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const here = pathToFileURL(join(process.cwd(), 'node_modules/@specfy/stack-analyser/'));
const { analyser, FSProvider } = await import(new URL('dist/index.js', here));
await import(new URL('dist/autoload.js', here));
for await (const path of createInterface({ input: process.stdin })) {
  const began = process.hrtime.bigint();
  const found = await analyser({ provider: new FSProvider({ path }) });
  const techs = new Set();
  const gather = (one) => {
    one.techs.forEach((tech) => techs.add(tech));
    one.childs.forEach(gather);
  };
  gather(found);
  process.stdout.write(`\n${JSON.stringify({ ms: Number(process.hrtime.bigint() - began) / 1e6, found: techs.size })}\n`);
}
