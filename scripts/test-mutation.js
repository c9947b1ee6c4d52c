/**
 * Plants faults in a room's code one by one, and counts those that the room's own tests catch: `npm run test:mutation [-- ROOM ...]`.
 * The table in docs/mutation.md is written anew for the rooms that were tested; the faults that no test caught are printed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';

/** What each score stands for: sources, and the tests that have to catch a fault in them. */
const rooms = {
  exposure: { sources: ['src/exposure/**/*.ts'], tests: 'test/exposure/**/*.test.ts' },
  blur: { sources: ['src/blur/**/*.ts'], tests: 'test/blur/**/*.test.ts' },
  classify: { sources: ['src/classify/**/*.ts'], tests: 'test/classify/**/*.test.ts' },
  verdict: { sources: ['src/core/verdict.ts', 'src/pipeline/verdict.ts', 'src/pipeline/measured.ts'], tests: 'test/pipeline/verdict.test.ts' },
  judging: { sources: ['photo', 'face-views', 'stages', 'stage-clock', 'engine', 'debug-crops'].map((name) => `src/pipeline/${name}.ts`), tests: 'test/pipeline/**/*.test.ts' },
  data: { sources: ['src/train/data/**/*.ts'], tests: 'test/train/data/**/*.test.ts' },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(rooms, name));
if (unknown.length > 0) throw new Error(`There is no room ${unknown.join(', ')} here; there are ${Object.keys(rooms).join(', ')}.`);

const page = new URL('../docs/mutation.md', import.meta.url);
const scores = readScores();
for (const room of asked.length === 0 ? Object.keys(rooms) : asked) {
  scores.set(room, test(room));
  writeFileSync(page, pageOf(scores));
}
if ([...scores.values()].some(({ caught, survived }) => caught / (caught + survived) < 0.75)) process.exitCode = 1;

function test(room) {
  const report = new URL(`../.cache/mutation-${room}.json`, import.meta.url);
  const { status } = spawnSync('npx', ['stryker', 'run', '--mutate', rooms[room].sources.join(',')], {
    cwd: new URL('..', import.meta.url), stdio: 'inherit', env: { ...process.env, MUTATION_TESTS: rooms[room].tests, MUTATION_REPORT: report.pathname },
  });
  if (!existsSync(report)) throw new Error(`Stryker ended with ${String(status)} and wrote no report for ${room}.`);
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  const states = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status: state }) => state));
  const count = (...kinds) => states.filter((state) => kinds.includes(state)).length;
  return { caught: count('Killed', 'Timeout'), survived: count('Survived', 'NoCoverage'), date: new Date().toISOString().slice(0, 10) };
}

function readScores() {
  if (!existsSync(page)) return new Map();
  const rows = readFileSync(page, 'utf8').matchAll(/^\| (\w+) \| (\d+) \| (\d+) \| [\d.]+ % \| (\S+) \|$/gm);
  return new Map([...rows].map(([, room, planted, caught, date]) => [room, { caught: Number(caught), survived: Number(planted) - Number(caught), date }]));
}

function pageOf(all) {
  const rows = Object.keys(rooms).filter((room) => all.has(room)).map((room) => {
    const { caught, survived, date } = all.get(room);
    const planted = caught + survived;
    return `| ${room} | ${planted} | ${caught} | ${(100 * caught / planted).toFixed(1)} % | ${date} |`;
  });
  return `# Faults that the tests catch

Mutation testing plants a small fault (a comparison turned round, a constant gone, a branch never taken) and runs a room's own
tests: a fault that none of them notices is a line that nobody would miss. \`npm run test:mutation\` writes this page;
\`npm run test:mutation -- blur\` tests one room. What a room's tests miss may still be caught by those of another: only its own count,
and only those that need none of ../shared. Judging, for one, is tested for the most part by what the commands print.

| room | faults planted | caught | score | on |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

The goal is 75 % for each.
`;
}
