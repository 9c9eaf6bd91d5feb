// rate-limiter-flexible: windows that begin with a key's first request; says in seconds when the next
// one begins, rounded as in its documentation, so up to half a second too early. Arguments: the case
// and the emulator behind it.

import { RateLimiterMemory } from "rate-limiter-flexible";
import { forward, keys, limits, serve } from "./proxy.mjs";

const [name, upstream] = process.argv.slice(2);

const limiter = ([points, duration]) => new RateLimiterMemory({ points, duration });
const account = limiter(limits[name].account);
const route = limiter(limits[name].route);

serve(async (request, response) => {
  try {
    await account.consume(keys.account(request));
    await route.consume(keys.route(request));
  } catch (refused) {
    response.writeHead(429, { "Retry-After": Math.round(refused.msBeforeNext / 1000) || 1 });
    response.end("Too Many Requests");
    return;
  }
  forward(upstream, request, response);
});
