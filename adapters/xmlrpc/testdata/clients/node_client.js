// The story with npm xmlrpc. Usage: node_client.js URL
'use strict';
const assert = require('assert');
const xmlrpc = require('xmlrpc');

const where = new URL(process.argv[2]);
const door = (pass) => xmlrpc.createClient({
  host: where.hostname, port: where.port, path: where.pathname, basic_auth: { user: 'web', pass },
});
let d = door('wrong-pw');
const ask = (method, ...args) => new Promise((yes, no) => {
  d.methodCall(method, args, (err, value) => (err ? no(err) : yes(value)));
});
async function fault(code, ...call) {
  await assert.rejects(ask(...call), (err) => {
    assert.strictEqual(err.faultCode, code);
    return true;
  });
}

(async () => {
  await fault(401, 'echothis', 'hello');
  d = door('s3cret&ö');
  const bob = { user: 'bob', server: 'example.org' };
  const zoe = { user: 'zoe', server: 'example.org' };
  const bad = { user: 'b b', server: 'example.org' };
  assert.strictEqual(await ask('echothis', 'hello <ö>'), 'echoed: hello <ö>');
  const ann = { jid: 'ann@aim.example.org', nick: 'Ann & co', subscription: 'both', pending: 'none' };
  const eve = { jid: 'eve@example.org', group: '', nick: '', subscription: 'none', pending: 'out' };
  assert.deepStrictEqual(await ask('get_roster', bob), [{ ...ann, group: 'Friends' }, { ...ann, group: 'Work' }, eve]);
  await fault(404, 'get_roster', zoe);
  await fault(400, 'get_roster', bad);
  await fault(501, 'get_roster', { user: 'shy', server: 'example.org' });
  await fault(-1, 'get_roster', { user: 'bob' });
  const here = { resource: 'imgate', show: 'away', status: 'grüß Gott' };
  assert.deepStrictEqual((await ask('get_roster_with_presence', bob))[0], { ...ann, group: 'Friends', ...here });
  assert.deepStrictEqual(await ask('get_presence', bob), { jid: 'bob@example.org/desk', show: 'dnd', status: 'не беспокоить' });
  await fault(404, 'get_presence', zoe);
  assert.deepStrictEqual(await ask('get_resources', bob), ['desk', 'tv']);
  assert.deepStrictEqual(await ask('get_resources', { user: 'eve', server: 'example.org' }), []);
  const pair = { jid1: 'bob@example.org', nick1: 'Bób', jid2: 'eve@example.org', nick2: 'Évé' };
  assert.strictEqual(await ask('link_contacts', pair), 0);
  assert.strictEqual((await ask('get_roster', bob)).pop().nick, 'Évé');
  assert.strictEqual(await ask('unlink_contacts', { jid1: pair.jid1, jid2: pair.jid2 }), 0);
  assert.strictEqual(await ask('link_contacts', { ...pair, jid2: 'zoe@example.org' }), 404);
  assert.strictEqual(await ask('link_contacts', { ...pair, jid1: 'a b@example.org' }), 400);
  assert.strictEqual(await ask('link_contacts', { ...pair, jid2: 'shy@example.org' }), 501);
  const send = { from: 'ann@aim.example.org', to: 'bob@example.org' };
  assert.strictEqual(await ask('send_stanza', { ...send, stanza: "<message type='chat'><body>1 &lt; 2 &amp; ö</body></message>" }), 0);
  assert.strictEqual(await ask('send_stanza', { ...send, stanza: '<message>' }), 400);
  assert.strictEqual(await ask('send_stanza', { ...send, stanza: "<message from='shy@example.org'/>" }), 403);
  console.log('done');
})().catch((err) => {
  console.error(err);
  process.exit(1);
});
