# Runs a server until nobody uses it: lock, users, linger, what to remove then, the server's command.
# Users hold a shared lock on the file `users`, which the kernel takes from processes that die.
lock=$1 users=$2 linger=$3 rest=$4
shift 4
trap '' HUP INT
if command -v flock >/dev/null; then
  unused() { flock -x "$users" true; }
  unused_now() { flock -n -x "$users" true; }
  hold() { flock -x 9; }
elif command -v perl >/dev/null; then
  unused() { perl -MFcntl=:flock -e 'open F, "<", shift or exit 1; exit !flock(F, LOCK_EX)' "$users"; }
  unused_now() { perl -MFcntl=:flock -e 'open F, "<", shift or exit 1; exit !flock(F, LOCK_EX | LOCK_NB)' "$users"; }
  hold() { perl -MFcntl=:flock -e 'open F, "<&=", 9 or exit 1; exit !flock(F, LOCK_EX)'; }
else
  echo 'neither flock nor perl was found: the server will run until the next test ends it' >&2
  exec "$@"
fi
"$@" &
server=$!
while :; do
  unused || break
  sleep "$linger"
  # Whoever wants to use the server holds this while they look for it.
  exec 9<"$lock"
  hold || break
  unused_now && break
  exec 9<&-
done
kill -INT "$server" 2>/dev/null
wait "$server"
[ -z "$rest" ] || rm -rf "$rest"
