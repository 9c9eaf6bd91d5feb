// express-rate-limit: windows that begin with a key's first request; says in whole seconds when the
// next one begins. Arguments: the case and the emulator behind it.

import express from "express";
import { rateLimit } from "express-rate-limit";
import { forward, keys, limits, serve } from "./proxy.mjs";

const [name, upstream] = process.argv.slice(2);

const limiter = ([limit, seconds], keyGenerator) =>
  rateLimit({
    limit,
    windowMs: seconds * 1000,
    keyGenerator,
    standardHeaders: "draft-8",
    legacyHeaders: false,
  });

const app = express();
app.use(limiter(limits[name].account, keys.account));
app.use(limiter(limits[name].route, keys.route));
app.use((request, response) => forward(upstream, request, response));
serve(app);
