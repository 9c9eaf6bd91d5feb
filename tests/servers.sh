# shellcheck shell=bash
# What the scripts that run programs of others share: a folder for the time of the run, programs in
# the background, packages of npm, and emulators. They set $root to the repository.
# shellcheck disable=SC2034,SC2154

work="$(mktemp -d)"
started=()
# How much of each log a failure shows.
log_lines=40

# Called by the trap only.
# shellcheck disable=SC2317
finish() {
  local status=$?
  if [ "$status" -ne 0 ]; then
    for log in "$work"/*.log; do
      [ -s "$log" ] || continue
      printf '\n--- the last lines of %s\n' "$(basename "$log")"
      tail -n "$log_lines" "$log"
    done
  fi
  for program in "${started[@]}"; do
    # What has processes of its own ends them first.
    kill -TERM "$program" 2>/dev/null || true
    for _ in $(seq 20); do
      kill -0 "$program" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$program" 2>/dev/null || true
    wait "$program" 2>/dev/null || true
  done
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Sets $lacking to why packages of npm cannot be used here, if that is so.
check_npm() {
  lacking=""
  if ! command -v node >/dev/null; then
    lacking="there is no node here"
  elif ! command -v npm >/dev/null; then
    lacking="there is no npm here"
  elif ! command -v timeout >/dev/null; then
    lacking="there is no timeout(1) here to bound them"
  elif ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 20 || (a === 20 && b >= 10) ? 0 : 1)'; then
    lacking="they need node 20.10 or later, and this is $(node --version)"
  fi
}

# install_packages FOLDER: copies the scripts and packages of a folder to $work. Sets $lacking to why
# the registry cannot be used, if that is so; anything else that goes wrong is a mistake here.
install_packages() {
  local status=0 reason
  lacking=""
  cp "$1"/package.json "$1"/package-lock.json "$1"/*.mjs "$work"
  (cd "$work" && timeout --kill-after=10 180 \
    npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-timeout=30000 \
    --fetch-retries=1 >"$work/npm.log" 2>&1) || status=$?
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    lacking="the package registry did not deliver them within three minutes"
  elif [ "$status" -ne 0 ]; then
    # No response, or one that says that there is no service.
    reason="$(grep -oE 'code (E[A-Z_]*(TIMEDOUT|TIMEOUT)|ENOTFOUND|EAI_AGAIN|ECONN[A-Z]+|E(HOST|NET)UNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|E401|E403|E407|E429|E5[0-9]{2})' \
      "$work/npm.log" | head -n 1 || true)"
    if [ -z "$reason" ]; then
      echo "npm ci failed" >&2
      exit 1
    fi
    lacking="the package registry cannot be used (npm: $reason)"
  fi
}

# Sets $emulator to the emulator's binary, which is built unless NEON_API_EMULATOR names one.
find_emulator() {
  emulator="${NEON_API_EMULATOR:-}"
  if [ -z "$emulator" ]; then
    (cd "$root" && cargo build --quiet --locked -p neon-api-emulator --features postgres)
    emulator="$root/${CARGO_TARGET_DIR:-target}/debug/neon-api-emulator"
    case "${CARGO_TARGET_DIR:-}" in /*) emulator="$CARGO_TARGET_DIR/debug/neon-api-emulator" ;; esac
  fi
}

# start NAME PROGRAM ARGUMENT...: a program that prints "listening on URL"; that is in $url
# afterwards. What it prints besides is in $work/NAME.log.
start() {
  local name="$1"
  shift
  # The shell in the background may open it later than it is read here.
  : >"$work/$name.out"
  "$@" >"$work/$name.out" 2>"$work/$name.log" &
  started+=($!)
  for _ in $(seq 100); do
    url="$(sed -n 's|^listening on \(http://127\.0\.0\.1:[0-9]*[a-z0-9/]*\)$|\1|p;1q' "$work/$name.out")"
    [ -z "$url" ] || return 0
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  echo "$name does not say where it listens" >&2
  return 1
}
