// Replay the golden pairs against a running system: `node protocol/replay.mjs NATS_URL [FILE…]`.
//
// Needs Node and nothing else. The same rules as replay.py; README.md beside it documents them.

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Nats, newInbox } from "./nats.mjs";

const GOLDEN = path.join(path.dirname(fileURLToPath(import.meta.url)), "golden");
const REQUEST_MS = 35_000;
const PAUSE_MS = 100;

// How names compare. JavaScript has no case folding: upper and lower again come to the same, but for the final sigma.
export function normalise(name) {
  const spoken = { "+": "plus", "#": "sharp", "*": "star", "&": "and" };
  const folded = [...name].slice(0, 256).join("").normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ");
  return folded.replace(/[+#*&]/g, (sign) => spoken[sign]).replace(/[^\p{L}\p{N}]/gu, "");
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const KINDS = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  array: Array.isArray,
  object: isObject,
};
const shown = (value) => (JSON.stringify(value) ?? "nothing").slice(0, 300);

const MATCHERS = {
  $any: (kind, actual, at) => (KINDS[kind](actual) ? [] : [`${at}: ${shown(actual)} is no ${kind}`]),
  $absent: (_, actual, at) => (actual === undefined ? [] : [`${at}: ${shown(actual)}, should be absent`]),
  $at_least: (least, actual, at) =>
    typeof actual === "number" && actual >= least ? [] : [`${at}: ${shown(actual)} is not at least ${least}`],
  $one_of: (values, actual, at) =>
    values.some((value) => !differences(value, actual).length) ? [] : [`${at}: ${shown(actual)} is none of ${shown(values)}`],
  $first: (part, actual, at) =>
    Array.isArray(actual) && actual.length ? differences(part, actual[0], `${at}[0]`) : [`${at}: no array with a first item`],
  $contains: (parts, actual, at) =>
    [parts].flat().flatMap((part) => (holds(actual, part) ? [] : [`${at}: ${shown(actual)} does not hold ${shown(part)}`])),
};

function holds(actual, part) {
  if (typeof actual === "string") return actual.includes(part);
  return Array.isArray(actual) && actual.some((item) => !differences(part, item).length);
}

export function differences(expected, actual, at = "$") {
  if (isObject(expected)) {
    const keys = Object.keys(expected);
    if (keys.length === 1 && MATCHERS[keys[0]]) return MATCHERS[keys[0]](expected[keys[0]], actual, at);
    if (!isObject(actual)) return [`${at}: not an object: ${shown(actual)}`];
    return keys.flatMap((key) => differences(expected[key], actual[key], `${at}.${key}`));
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length)
      return [`${at}: not an array of ${expected.length}: ${shown(actual)}`];
    return expected.flatMap((item, index) => differences(item, actual[index], `${at}[${index}]`));
  }
  return expected === actual ? [] : [`${at}: ${shown(actual)} instead of ${shown(expected)}`];
}

function filled(value, words) {
  if (typeof value === "string")
    return Object.entries(words).reduce((text, [word, own]) => text.replaceAll(word, own), value);
  if (Array.isArray(value)) return value.map((item) => filled(item, words));
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, words)]));
  return value;
}

function body(pair) {
  if ("raw_base64" in pair) return Buffer.from(pair.raw_base64, "base64");
  return Buffer.from("raw_text" in pair ? pair.raw_text : JSON.stringify(pair.request));
}

async function asked(client, pair) {
  try {
    const message = await client.request(pair.subject, body(pair), { headers: pair.headers, timeout: REQUEST_MS });
    const headers = differences(pair.reply_headers ?? {}, message.headers, "headers");
    return [...differences(pair.reply, JSON.parse(message.data)), ...headers];
  } catch (error) {
    return [`no reply: ${error.message}`];
  }
}

async function askedUntilItMatches(client, pair) {
  const deadline = Date.now() + (pair.retry_ms ?? 0);
  for (;;) {
    const problems = await asked(client, pair);
    if (!problems.length || Date.now() > deadline) return problems;
    await pause(PAUSE_MS);
  }
}

async function refused(client, pair, refusals) {
  client.publish(pair.subject, body(pair));
  await client.flush();
  await pause(PAUSE_MS);
  return refusals.some((text) => text.includes(pair.subject)) ? [] : ["NATS let it through"];
}

// Listens from before the request on; messages that do not match are none of ours.
function listener(client, wanted) {
  let last = ["nothing"];
  let matched;
  const arrived = new Promise((resolve) => (matched = resolve));
  const stop = client.subscribe(wanted.subject, ({ data }) => {
    last = differences(wanted.message, JSON.parse(data));
    if (!last.length) matched(true);
  });
  return async () => {
    const late = new AbortController();
    const found = await Promise.race([arrived, pause(wanted.within_ms, false, { signal: late.signal })]);
    late.abort();
    stop();
    return found ? [] : [`not heard on ${wanted.subject} within ${wanted.within_ms} ms; last: ${last.join("; ")}`];
  };
}

async function play(client, template, run, refusals) {
  const pair = filled(template, { $RUN: run, $INBOX: newInbox() });
  const listeners = (pair.hears ?? []).map((wanted) => listener(client, wanted));
  let problems = [];
  if (pair.denied) problems = await refused(client, pair, refusals);
  else if ("reply" in pair) problems = await askedUntilItMatches(client, pair);
  for (const heard of listeners) problems.push(...(await heard()));
  return problems;
}

async function main([url, ...files]) {
  const read = (file) => JSON.parse(readFileSync(file, "utf8"));
  const all = readdirSync(GOLDEN).filter((name) => name.endsWith(".json") && name !== "names.json").sort();
  const refusals = [];
  const client = await Nats.connect(url);
  client.on("refusal", (text) => refusals.push(text));
  const run = randomBytes(6).toString("hex");
  let [played, failed] = [0, 0];
  const tell = (file, name, problems) => {
    played += 1;
    failed += problems.length ? 1 : 0;
    console.log(`${problems.length ? "FAILED" : "ok    "} ${file}: ${name}`);
    for (const problem of problems) console.log(`         ${problem}`);
  };
  for (const { name, key } of read(path.join(GOLDEN, "names.json")))
    tell("names", name.slice(0, 40), differences(key, normalise(name)));
  for (const file of files.length ? files : all.map((name) => path.join(GOLDEN, name)))
    for (const pair of read(file)) tell(path.basename(file, ".json"), pair.name, await play(client, pair, run, refusals));
  client.close();
  console.log(`${played - failed} of ${played} matched`);
  return failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
