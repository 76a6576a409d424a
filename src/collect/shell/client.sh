# shellcheck shell=sh
# The docker client on the other side is to look where that side's user has it look, not where the caller's settings
# lead, which a prefix such as nsenter passes on.
#
# ovdiag sets these before this text: callers_host and callers_context (the caller's own DOCKER_HOST and DOCKER_CONTEXT),
# context (to be used whatever the client's configuration says; empty: as configured).
# shellcheck disable=SC2154

choose_engine() {
  if [ -n "$callers_host" ] && [ "${DOCKER_HOST-}" = "$callers_host" ]; then unset DOCKER_HOST; fi
  if [ -n "$callers_context" ] && [ "${DOCKER_CONTEXT-}" = "$callers_context" ]; then unset DOCKER_CONTEXT; fi
  if [ -n "$context" ] && [ -z "${DOCKER_CONTEXT-}" ]; then
    DOCKER_CONTEXT=$context
    export DOCKER_CONTEXT
  fi
}

