# shellcheck shell=sh
# Connects this text's standard input and output with the Docker Engine API: the client's own relay, or curl
# where there is no client. Prints `NONCE RELAY` once ready (docker, curl, or none where
# there is neither); the bytes after that line are HTTP.
#
# ovdiag sets these before this text, besides those of client.sh: nonce, relay (`curl`: don't try the client).
# shellcheck disable=SC2154

# One GET at a time, answered with the very bytes of the engine.
relay_with_curl() {
  while read -r method target _; do
    while read -r header; do
      [ "$header" = "$return" ] && break
    done
    [ "$method" = GET ] || return 1
    # -q: a .curlrc could turn this into anything.
    curl -q -sS -g -i --raw --max-time 10 --unix-socket "$socket" "http://docker$target" </dev/null || return 1
  done
}

# Sets socket to the engine's, as far as curl can know it.
find_socket() {
  case ${DOCKER_HOST-} in
    unix://*) socket=${DOCKER_HOST#unix://} ;;
    '')
      socket=/var/run/docker.sock
      [ -S "$socket" ] || socket=${XDG_RUNTIME_DIR:-/nonexistent}/docker.sock
      ;;
    *) return 1 ;;
  esac
  [ -S "$socket" ]
}

# The two sides of the relay end each other. stdin ends when ovdiag is done or gone: the client sees that and goes
# too, unless the daemon hangs; then the process group, made for this run, is ended for good.
feed() {
  cat <&3 4>&-
  exec >/dev/null 4>&-
  sleep 0.3 || sleep 1
  kill -KILL 0
}

main() {
  PATH=${PATH:+$PATH:}/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin
  export PATH
  return=$(printf '\r')
  choose_engine
  # Our own error output is closed, or the shell would tell of the processes that it ends.
  exec 3<&0 4>&2 </dev/null 2>/dev/null
  # Where this shell is a container's first process, only a trap makes it end.
  trap 'exit 143' TERM
  if [ "$relay" != curl ] && command -v docker >/dev/null 2>&1; then
    printf '%s docker\n' "$nonce"
    feed | {
      docker system dial-stdio 3<&- 2>&4 4>&-
      kill -TERM 0
    }
  elif command -v curl >/dev/null 2>&1 && find_socket; then
    printf '%s curl\n' "$nonce"
    feed | {
      relay_with_curl 3<&- 2>&4 4>&-
      kill -TERM 0
    }
  fi
  printf '%s none\n' "$nonce"
  exit 127
}

main
