// The story with npm soap, through the WSDL. Usage: soap_client.js 11|12 URL
'use strict';
const assert = require('assert');
const soap = require('soap');

const [, , version, url] = process.argv;
const state = { token: '', session: '', seq: 0, heard: [] };
const array = (v) => (v === undefined || v === null ? [] : Array.isArray(v) ? v : [v]);

(async () => {
  const client = await soap.createClientAsync(url + '?wsdl', { forceSoap12Headers: version === '12' });
  const port = client.imgate['Soap' + version];
  client.setEndpoint(url);

  function ask(operation, args = {}) {
    client.clearSoapHeaders();
    const token = state.token ? `<authToken>${state.token}</authToken>` : '';
    client.addSoapHeader(`<context xmlns="urn:zimbra">${token}<session>${state.session}</session><notify seq="${state.seq}"/></context>`);
    return new Promise((yes, no) => {
      port[operation](args, (err, result, raw, header) => {
        if (err) return no(err);
        const context = header.context;
        if (context.session) state.session = context.session.attributes.id;
        for (const block of array(context.notify)) {
          if (Number(block.attributes.seq) <= state.seq) continue;
          state.seq = Number(block.attributes.seq);
          state.heard.push(...array(block.im.n).map((n) => [n.attributes.type, n.attributes.service, n.attributes.state].join(' ')));
        }
        yes(result || {});
      });
    });
  }

  async function refused(code, operation, args) {
    try {
      await ask(operation, args);
    } catch (err) {
      const fault = err.root && err.root.Envelope.Body.Fault;
      assert(fault, err.message);
      const detail = version === '12' ? fault.Detail : fault.detail;
      assert.strictEqual(detail.Error.Code, code);
      assert(version === '12' ? fault.Reason.Text : fault.faultstring, 'no text');
      return;
    }
    throw new Error('not refused: ' + code);
  }

  const auth = (password) => ({ account: { attributes: { by: 'name' }, $value: 'alice@example.org' }, password });
  const gateway = async (op, more = {}) =>
    (await ask('IMGatewayRegisterRequest', { attributes: { op, service: 'AIM', ...more } })).attributes.result;
  const aim = async () => {
    const found = array((await ask('IMGatewayListRequest')).service).find((s) => s.attributes.name === 'aim');
    assert.strictEqual(found.attributes.domain, 'aim.example.org');
    return found.registration ? found.registration.attributes : null;
  };

  await refused('account.AUTH_FAILED', 'AuthRequest', auth('wrong-pw'));
  await refused('service.AUTH_REQUIRED', 'IMGatewayListRequest');
  state.token = 'garbled';
  await refused('service.AUTH_REQUIRED', 'IMGatewayListRequest');
  state.token = process.env.EXPIRED;
  await refused('service.AUTH_EXPIRED', 'IMGatewayListRequest');
  state.token = '';
  const got = await ask('AuthRequest', auth(' s3cret&'));
  state.token = got.authToken;
  assert(Number(got.lifetime) > 0 && got.session.attributes.id === state.session);

  assert.strictEqual(await aim(), null);
  assert.strictEqual(await gateway('reg', { name: 'Alice Liddell', password: 'pw' }), '1');
  for (let i = 0; i < 10 && !state.heard.includes('gwStatus aim online'); i++) {
    await ask('NoOpRequest', { attributes: { wait: '1', timeout: 30000 } });
  }
  assert(state.heard.includes('gwStatus aim online'), state.heard.join());
  assert.strictEqual((await aim()).state, 'online');
  assert.strictEqual(await gateway('reconnect'), '1');
  assert.strictEqual(await gateway('unreg'), '1');
  assert.strictEqual(await gateway('unreg'), '0');
  assert.strictEqual(await aim(), null);
  await ask('EndSessionRequest');
  console.log('done');
})().catch((err) => {
  console.error(err);
  process.exit(1);
});
