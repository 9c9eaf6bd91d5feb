// An authorization server for the `neon` command, with nobody in front of the browser.
import { createServer } from "node:http";

/**
 * Starts it. Tokens are numbered; those of a sign-in expire after `lifetime` seconds, and renewed ones
 * after an hour. A refresh token is good for one use.
 */
export async function authorization() {
  let issued = 0;
  const state = { lifetime: 3600, renewals: 0, url: undefined, close: undefined };
  let refresh;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const reply = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    const { pathname } = new URL(request.url, state.url);
    if (pathname.startsWith("/.well-known/")) {
      return reply(200, {
        issuer: state.url,
        authorization_endpoint: `${state.url}/authorize`,
        token_endpoint: `${state.url}/token`,
        jwks_uri: `${state.url}/jwks`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
      });
    }
    const form = new URLSearchParams(body);
    const isRenewal = form.get("grant_type") === "refresh_token";
    if (pathname !== "/token" || (isRenewal && form.get("refresh_token") !== refresh)) {
      return reply(400, { error: "invalid_grant" });
    }
    issued += 1;
    if (isRenewal) state.renewals += 1;
    refresh = `refresh-${issued}`;
    reply(200, {
      access_token: `token-${issued}`,
      refresh_token: refresh,
      token_type: "bearer",
      expires_in: isRenewal ? 3600 : state.lifetime,
      scope: form.get("scope") ?? "",
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return state;
}
