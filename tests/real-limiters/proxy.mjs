// A server that passes requests on, and what the two limiters of npm share.

import http from "node:http";

const agent = new http.Agent({ keepAlive: true });

/** Passes a request on to the emulator, and its response back. */
export function forward(upstream, request, response) {
  const { method, headers, url } = request;
  const { hostname, port } = new URL(upstream);
  const onward = http.request({ agent, hostname, port, method, headers, path: url }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

/** Serves on a free port and prints where. */
export function serve(listener) {
  const server = http.createServer(listener);
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}

/** The limits of a case: for the account and for each route, so many requests in so many seconds. */
export const limits = {
  account: { account: [700, 6], route: [400, 1] },
  route: { account: [6000, 6], route: [100, 1] },
};

/** Whose request it is, and which route it takes. */
export const keys = {
  account: (request) => request.headers.authorization ?? "",
  route: (request) => `${request.method} ${request.url.split("?")[0]}`,
};
