/** The service on the wire: a real process, with a real AI service and metadata server beside it. */

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {createInterface} from 'node:readline';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';

const SERVER = fileURLToPath(new URL('../src/server.js', import.meta.url));
const ends = [];
after(() => Promise.all(ends.map((end) => end())));

/** An HTTP server on a free port. */
async function listen(answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => { server.closeAllConnections(); server.close(); });
  return `127.0.0.1:${server.address().port}`;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  await new Promise((closed) => { probe.close(closed); });
  return port;
}

/** Start the service; resolves when it says that it listens. */
async function start(environment = {}) {
  const port = await freePort();
  const env = {PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...environment};
  const child = spawn(process.execPath, [SERVER], {env, stdio: ['ignore', 'pipe', 'inherit']});
  ends.push(() => child.kill('SIGKILL'));
  const lines = [];
  const output = createInterface({input: child.stdout});
  output.on('line', (line) => lines.push(JSON.parse(line)));
  await once(output, 'line');
  return {url: `http://127.0.0.1:${port}`, child, lines};
}

function post(url, body, type = 'application/json') {
  return fetch(`${url}/api/analyze`, {method: 'POST', headers: {'content-type': type}, body});
}

const ASK = JSON.stringify({text: '오늘 기분이 좋아요', userId: 'test-user'});

function answerJoy(request, response) {
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({emotion: 'joy', analyser: 'embedded'}));
}

function jwt(lifetimeSeconds, serial) {
  const claims = {exp: Math.floor(Date.now() / 1000) + lifetimeSeconds, serial};
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
}

test('health', async () => {
  const {url} = await start();
  const told = await (await fetch(`${url}/health`)).json();
  assert.equal(told.status, 'healthy');
  assert.ok(told.timestamp);
});

test('analyze hands on what the AI service found', async () => {
  let asked = '';
  const ai = await listen((request, response) => {
    request.setEncoding('utf8').on('data', (chunk) => { asked += chunk; });
    request.on('end', () => answerJoy(request, response));
  });
  const {url} = await start({AI_SERVICE_URL: `http://${ai}`});
  const answer = await post(url, ASK);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    userId: 'test-user', analysis: {emotion: 'joy', analyser: 'embedded'},
  });
  assert.deepEqual(JSON.parse(asked), {text: '오늘 기분이 좋아요', type: 'emotion'});
});

test('bad input is refused with its reason', async (t) => {
  const {url} = await start({AI_SERVICE_URL: 'http://127.0.0.1:9'});
  const long = 'a'.repeat(5001);
  const cases = [
    ['{}', 400, /text/], ['{"text": "  "}', 400, /text/], ['{"text": 7}', 400, /text/],
    [JSON.stringify({text: long}), 400, /5000/], ['{"text": "a", "userId": 7}', 400, /userId/],
    ['[]', 400, /JSON object/], ['null', 400, /JSON object/], ['{nope', 400, /JSON/],
    [JSON.stringify({text: 'a'.repeat(70_000)}), 413, /large/],
  ];
  for (const [body, status, reason] of cases) {
    await t.test(body.slice(0, 30), async () => {
      const answer = await post(url, body);
      assert.equal(answer.status, status);
      assert.match((await answer.json()).error, reason);
    });
  }
  assert.equal((await post(url, ASK, 'text/plain')).status, 400);
  assert.equal((await fetch(`${url}/nowhere`)).status, 404);
});

test('an AI service that is down is a 502 that says so', async () => {
  const {url} = await start({AI_SERVICE_URL: `http://127.0.0.1:${await freePort()}`});
  const answer = await post(url, ASK);
  assert.equal(answer.status, 502);
  assert.match((await answer.json()).error, /the AI service cannot be reached \(ECONNREFUSED\)/);
});

test('an AI service that fails is a 502 with its status', async () => {
  const ai = await listen((_request, response) => { response.writeHead(403).end(); });
  const {url} = await start({AI_SERVICE_URL: `http://${ai}`});
  const answer = await post(url, ASK);
  assert.equal(answer.status, 502);
  assert.match((await answer.json()).error, /answered 403/);
});

test('an AI service that speaks no JSON is a 502', async () => {
  const ai = await listen((_request, response) => { response.end('<html>'); });
  const {url} = await start({AI_SERVICE_URL: `http://${ai}`});
  assert.equal((await post(url, ASK)).status, 502);
});

test('without AI_SERVICE_URL the service lives and says what is missing', async () => {
  const {url} = await start();
  const answer = await post(url, ASK);
  assert.equal(answer.status, 502);
  assert.match((await answer.json()).error, /AI_SERVICE_URL/);
});

test('a silent AI service is a 504', async () => {
  const ai = await listen(() => {});
  const {url} = await start({AI_SERVICE_URL: `http://${ai}`, AI_TIMEOUT_MS: '100'});
  const answer = await post(url, ASK);
  assert.equal(answer.status, 504);
  assert.match((await answer.json()).error, /100 ms/);
});

async function withMetadata(lifetimeSeconds) {
  const asked = [];
  const seen = [];
  const metadata = await listen((request, response) => {
    asked.push([request.headers['metadata-flavor'], new URL(request.url, 'http://m')]);
    response.end(jwt(lifetimeSeconds, asked.length));
  });
  const ai = await listen((request, response) => {
    seen.push(request.headers.authorization);
    answerJoy(request, response);
  });
  const {url} = await start({AI_SERVICE_URL: `http://${ai}/`, GCE_METADATA_HOST: metadata});
  return {url, ai, asked, seen};
}

test('with a metadata server the call carries an ID token for the AI service, kept for later', async () => {
  const {url, ai, asked, seen} = await withMetadata(3600);
  await post(url, ASK);
  await Promise.all([post(url, ASK), post(url, ASK)]);
  assert.equal(asked.length, 1);
  assert.equal(asked[0][0], 'Google');
  assert.equal(asked[0][1].searchParams.get('audience'), `http://${ai}`);
  assert.equal(seen.length, 3);
  assert.ok(seen.every((header) => header.startsWith('Bearer e30.')));
});

test('a token about to end is renewed', async () => {
  const {url, asked, seen} = await withMetadata(30);
  await post(url, ASK);
  await post(url, ASK);
  assert.equal(asked.length, 2);
  assert.notEqual(seen[0], seen[1]);
});

test('a metadata server that is down means no token, not no answer', async () => {
  const ai = await listen((request, response) => {
    if (request.headers.authorization) response.writeHead(500).end();
    else answerJoy(request, response);
  });
  const {url} = await start({AI_SERVICE_URL: `http://${ai}`, GCE_METADATA_HOST: '127.0.0.1:9'});
  assert.equal((await post(url, ASK)).status, 200);
});

test('SIGTERM lets the request in flight end, then exits 0', async () => {
  let release;
  const arrived = new Promise((resolve) => { release = resolve; });
  const ai = await listen((request, response) => release(() => answerJoy(request, response)));
  const {url, child, lines} = await start({AI_SERVICE_URL: `http://${ai}`});
  const answer = post(url, ASK);
  const answerNow = await arrived;
  child.kill('SIGTERM');
  const exited = once(child, 'exit');
  while (!lines.some((line) => line.message.includes('draining'))) {
    await new Promise((turn) => { setImmediate(turn); });
  }
  answerNow();
  assert.equal((await answer).status, 200);
  assert.deepEqual(await exited, [0, null]);
});
