# shellcheck shell=sh
# The text of a container that Swarm runs on a node: runs the collector and prints what that prints, packed, into the engine's logs,
# which cut lines at 16 KiB and may lose or mix them:
#
#   NONCE NODE NUMBER SUM DATA     a piece of the gzipped output in base64, numbered from 1, with its SHA-256
#   NONCE NODE end COUNT UPTIME    all pieces are out: how many, and the node's /proc/uptime then
#
# ovdiag sets these before this text: nonce, limit (seconds; then it ends with what is out), collector (the text). The
# environment has the node's id.
# shellcheck disable=SC2154

pack() {
  count=0
  while read -r line || [ -n "$line" ]; do
    count=$((count + 1))
    sum=$(printf '%s' "$line" | sha256sum)
    printf '%s %s %s %s %s\n' "$nonce" "$OVDIAG_NODE" "$count" "${sum%% *}" "$line"
  done
  read -r up _ </proc/uptime
  printf '%s %s end %s %s\n' "$nonce" "$OVDIAG_NODE" "$count" "$up"
}

main() {
  trap 'exit 0' TERM
  sh -c "$collector" </dev/null 2>/dev/null | gzip -c | base64 -w 12000 | pack &
  packing=$!
  # The end of the first process, which this shell is, ends all others in its container.
  {
    sleep "$limit"
    kill -TERM $$
  } &
  wait "$packing"
  exit 0
}

main
