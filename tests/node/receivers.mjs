// Receivers that know nothing of the gateway's own code, for tests/e2e/auth_test.cpp:
//   /token and its keys   oauth2-mock-server, which checks the client here, and gives tokens that live 4 seconds
//   POST /events          takes a token only if jose finds it signed, for now and for this place
//   POST /webhooks        takes what standardwebhooks verifies with one of its secrets
//   GET  /stats           what came, as JSON
// Prints {"token_url", "url"} on a line once both servers listen on loopback.
import { createServer } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { OAuth2Server } from 'oauth2-mock-server';
import { Webhook } from 'standardwebhooks';

const [clientId, clientSecret, ...webhookSecrets] = process.argv.slice(2);
const TOKEN_SECONDS = 4;
const stats = { tokens: 0, refused_clients: 0, refused_tokens: 0, refused_webhooks: 0, event_ids: [], webhook_ids: [], tokens_seen: 0 };
const tokens = new Set();

const provider = new OAuth2Server();
await provider.issuer.keys.generate('RS256');
provider.service.on('beforeTokenSigning', (token) => {
  // iat is a whole second: without one more, a token would end up to a second before the time that expires_in tells.
  token.payload.exp = token.payload.iat + TOKEN_SECONDS + 1;
  token.payload.aud = 'events';
});
provider.service.on('beforeResponse', (response, request) => {
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
  if (request.headers.authorization !== `Basic ${basic}`) {
    stats.refused_clients += 1;
    response.statusCode = 401;
    response.body = { error: 'invalid_client' };
    return;
  }
  stats.tokens += 1;
  response.body.expires_in = TOKEN_SECONDS;
});
await provider.start(0, '127.0.0.1');
const issuer = provider.issuer.url;
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));

async function takeEvents(request, body) {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  try {
    await jwtVerify(token, keys, { issuer, audience: 'events' });
  } catch {
    stats.refused_tokens += 1;
    return 401;
  }
  tokens.add(token);
  stats.tokens_seen = tokens.size;
  stats.event_ids.push(...JSON.parse(body).map((event) => event.id));
  return 204;
}

function takeWebhook(request, body) {
  for (const secret of webhookSecrets) {
    try {
      new Webhook(secret).verify(body, request.headers);
      const told = JSON.parse(body);
      stats.webhook_ids.push(...(Array.isArray(told) ? told : [told]).map((event) => event.id));
      return 204;
    } catch {
      // the next secret
    }
  }
  stats.refused_webhooks += 1;
  return 400;
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const body = Buffer.concat(chunks).toString('utf8');
    let status = 404;
    if (request.url === '/stats') return response.end(JSON.stringify(stats));
    if (request.url === '/events') status = await takeEvents(request, body);
    if (request.url === '/webhooks') status = takeWebhook(request, body);
    response.statusCode = status;
    return response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ token_url: `${issuer.replace('localhost', '127.0.0.1')}/token`, url: `http://127.0.0.1:${server.address().port}` }));
});
