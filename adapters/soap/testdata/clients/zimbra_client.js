// The story with js-zimbra, in JSON. Usage: zimbra_client.js json URL
'use strict';
const assert = require('assert');
const unirest = require('unirest');
const zimbra = require('js-zimbra');

// The library shows bodies only; headers are read where its own transport has them.
let header = {};
const post = unirest.post;
unirest.post = (...args) => {
  const request = post(...args);
  const end = request.end;
  request.end = (then) => end.call(request, (result) => {
    header = (result.body && result.body.Header && result.body.Header.context) || {};
    then(result);
  });
  return request;
};

const url = process.argv[3];
const comm = new zimbra.Communication({ url });
const state = { session: '', seq: 0, heard: [] };
const promise = (f) => new Promise((yes, no) => f((err, value) => (err ? no(err) : yes(value))));

function listen() {
  if (header.session) state.session = header.session.id;
  for (const block of header.notify || []) {
    assert(Array.isArray(block.im.n), 'n is no array');
    if (block.seq <= state.seq) continue;
    state.seq = block.seq;
    state.heard.push(...block.im.n.map((n) => [n.type, n.service, n.state].join(' ')));
  }
}

async function ask(requests, options = {}) {
  const context = { session: state.session ? { id: state.session } : {}, notify: { seq: state.seq } };
  const request = await promise((then) => comm.getRequest({ context, ...options }, then));
  for (const r of requests) await promise((then) => request.addRequest(r, then));
  const response = await promise((then) => comm.send(request, then));
  listen();
  return response;
}

const im = (name, params = {}) => ({ name, namespace: 'zimbraIM', params });
const list = async () => (await ask([im('IMGatewayListRequest')])).get().IMGatewayListResponse;
const gateway = async (op, more = {}) =>
  (await ask([im('IMGatewayRegisterRequest', { op, service: 'AIM', ...more })])).get().IMGatewayRegisterResponse.result;
const aim = async () => {
  const found = (await list()).service.find((s) => s.name === 'aim');
  assert.strictEqual(found.domain, 'aim.example.org');
  return found.registration ? found.registration[0] : null;
};

async function refused(code, f) {
  try {
    await f();
  } catch (err) {
    assert(String(err.message || err).includes(code) || JSON.stringify(err).includes(code), `${err.message}, want ${code}`);
    return;
  }
  throw new Error('not refused: ' + code);
}

const auth = (secret) => promise((then) => comm.auth({ username: 'alice@example.org', secret, isPassword: true }, then));

(async () => {
  await refused('account.AUTH_FAILED', () => auth('wrong-pw'));
  comm.token = 'garbled';
  await refused('service.AUTH_REQUIRED', list);
  comm.token = process.env.EXPIRED;
  await refused('service.AUTH_EXPIRED', list);
  comm.token = null;
  await auth(' s3cret&');
  assert(comm.token.startsWith('0_'));

  assert.strictEqual(await aim(), null);
  assert(header.refresh, 'a new session without a refresh');
  assert.strictEqual(await gateway('reg', { name: 'Alice Liddell', password: 'pw' }), true);
  for (let i = 0; i < 10 && !state.heard.includes('gwStatus aim online'); i++) {
    await ask([{ name: 'NoOpRequest', namespace: 'zimbraMail', params: { wait: 1, timeout: 30000 } }]);
  }
  assert(state.heard.includes('gwStatus aim online'), state.heard.join());
  assert.strictEqual((await aim()).state, 'online');
  const batch = await ask(
    [im('IMGatewayRegisterRequest', { op: 'reconnect', service: 'aim' }), im('IMGatewayListRequest')], { isBatch: true });
  assert.strictEqual(batch.get(1).IMGatewayRegisterResponse.result, true);
  assert(Array.isArray(batch.get(2).IMGatewayListResponse.service));
  assert.strictEqual(await gateway('unreg'), true);
  assert.strictEqual(await gateway('unreg'), false);
  assert.strictEqual(await aim(), null);
  console.log('done');
})().catch((err) => {
  console.error(err);
  process.exit(1);
});
