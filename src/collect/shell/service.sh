# shellcheck shell=sh
# Creates one Swarm service, keeps it while standard input stays open, and removes it then: also where ovdiag was killed,
# or the connection broke. Nothing else here ends it. Each line of its output begins with the nonce:
#
#   NONCE leftover NAME   a service of a run that is dead, removed now
#   NONCE other NAME      one that another run may still use, left alone
#   NONCE created ID      or: NONCE refused STATUS, with the client's words on standard error
#   NONCE removed         or: NONCE left STATUS
#
# ovdiag sets these before this text, besides those of client.sh: nonce, label (its value is the time, in seconds since
# the epoch by this host's clock, after which nobody uses the service any more), lifetime (seconds), arguments (quoted
# words for `docker service create`).
# shellcheck disable=SC2154,SC2119,SC2120

say() {
  printf '%s %s\n' "$nonce" "$*"
}

remove() {
  docker service rm "$1" >/dev/null
}

leftovers() {
  for service in $(docker service ls -q --filter "label=$label" 2>/dev/null); do
    known=$(docker service inspect --format "{{index .Spec.Labels \"$label\"}} {{.Spec.Name}}" "$service" 2>/dev/null)
    until=${known%% *}
    case $until in '' | *[!0-9]*) continue ;; esac
    if [ "$until" -ge "$now" ]; then
      say other "${known#* }"
    elif remove "$service"; then
      say leftover "${known#* }"
    fi
  done
}

main() {
  PATH=${PATH:+$PATH:}/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin
  export PATH
  choose_engine
  exec 3<&0 </dev/null
  trap '' HUP INT TERM PIPE
  command -v docker >/dev/null 2>&1 || {
    say no-client
    exit 127
  }
  now=$(date +%s)
  leftovers
  eval "set -- $arguments"
  id=$(docker service create --label "$label=$((now + lifetime))" "$@")
  status=$?
  if [ "$status" != 0 ]; then
    say refused "$status"
    exit "$status"
  fi
  say created "$id"
  while read -r _ <&3; do :; done
  if remove "$id"; then say removed; else say left $?; fi
}

main
