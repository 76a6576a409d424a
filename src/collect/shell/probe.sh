# shellcheck shell=sh
# Sends probes from a network namespace of this host, and captures them at points of this host, as it is told on
# standard input, one command a line:
#
#   capture ID INODE NETNS INTERFACE USER SNAPLEN LIMIT FILTER…           (USER: for tcpdump -Z, `-` for its own choice)
#   ping ID INODE NETNS COUNT SECONDS SIZE FRAGMENTS PATTERN ADDRESS     (FRAGMENTS: `dont` or `do`, as ping -M has it)
#   connect ID INODE NETNS SECONDS SOURCE-PORT ADDRESS PORT
#   ask ID INODE NETNS SERVER NAME                                        (one question for an IPv4 address)
#
# Every line of what they print comes back as `NONCE ID LINE` or `NONCE ID:LINE`, the last LINE of each is `exit STATUS`.
# Lines are written whole, so that those of several programs don't mix. ID 0 is this text itself: the tools it has
# found, and then `ready`.
#
# ovdiag sets these before this text: nonce, netns_dir, longest (seconds after which all ends, come what may). A
# namespace is entered only by a file with the inode that is asked for. The end of stdin ends everything. No file is
# written; tcpdump leaves the interfaces' promiscuous mode alone.
# shellcheck disable=SC2154

say() {
  printf '%s %s %s\n' "$nonce" "$1" "$2" >&4
}

# Sets found to a program's file; `command -v` could answer with an applet of the shell.
locate() {
  found=
  IFS=:
  for folder in $PATH; do
    if [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then
      found=$folder/$1
      break
    fi
  done
  unset IFS
  [ -n "$found" ]
}

# Who can open a TCP connection from a port of our choice and close it at once. A small BusyBox has an nc that takes
# neither -z nor a port for that.
know_connector() {
  connector=
  connector_kind=nc
  for tool in nc ncat netcat; do
    locate "$tool" || continue
    case $("$found" -h 2>&1) in
      *BusyBox*-z*) ;;
      *BusyBox*) continue ;;
    esac
    connector=$found
    return 0
  done
  locate curl || return 0
  connector=$found
  connector_kind=curl
}

# Who can ask one server for one name. Their answers are read by the caller.
know_asker() {
  asker=
  asker_applet=
  for asker_kind in dig host nslookup; do
    if locate "$asker_kind"; then
      asker=$found
      return 0
    fi
  done
  locate busybox || return 0
  case $("$found" --list 2>/dev/null) in
    *nslookup*)
      asker=$found
      asker_applet=nslookup
      ;;
  esac
}

know_tools() {
  for tool in nsenter tcpdump ping stat; do
    if locate "$tool"; then say 0 "tool $tool $found"; fi
  done
  locate tcpdump && tcpdump=$found
  if locate ping; then
    ping=$found
    say 0 "ping-version $("$ping" -V 2>&1 | head -n 1)"
  fi
  know_connector
  [ -z "$connector" ] || say 0 "tool connect $connector ($connector_kind)"
  grep_labels=0
  [ "$(echo line | grep -a --line-buffered -H --label=label '')" = label:line ] && grep_labels=1
  know_asker
  [ -z "$asker" ] || say 0 "tool ask $asker $asker_applet"
  say 0 "uid $(id -u)"
  nsenter --net=/proc/self/ns/net true 2>/dev/null && say 0 enter
  # Engines that live in another mount namespace keep their files there.
  engines=
  for directory in /proc/[0-9]*; do
    { read -r comm <"$directory/comm"; } 2>/dev/null
    [ "$comm" = dockerd ] && engines="$engines $directory"
  done
}

is_place() {
  [ "$(stat -L -c %i "$1" 2>/dev/null)" = "$inode" ] && place=$1
}

# find_place INODE NETNS: sets place to a file of that very namespace.
find_place() {
  place=
  inode=$1
  if [ "$2" = @host ]; then
    is_place /proc/self/ns/net && return 0
    for engine in $engines; do is_place "$engine/ns/net" && return 0; done
    return 1
  fi
  # /var/run is an absolute link, which would lead from /proc/PID/root back into our own tree.
  for directory in "$netns_dir" "/run/${netns_dir#/var/run/}"; do
    is_place "$directory/$2" && return 0
    for engine in $engines; do is_place "$engine/root$directory/$2" && return 0; done
  done
  return 1
}

# A shell reads a pipe byte by byte, which a capture of many packets outruns; GNU grep reads blocks, and puts the
# label before each line.
relay() {
  if [ "$grep_labels" = 1 ]; then
    grep -a --line-buffered -H --label="$nonce $1" '' >&4
  else
    while IFS= read -r line; do say "$1" "$line"; done
  fi
}

# within INODE NETNS PROGRAM…: runs it there, and says how it ended.
within() {
  if find_place "$1" "$2"; then
    shift 2
    nsenter --net="$place" "$@" 2>&1 </dev/null 3<&- 4>&-
    printf 'exit %s\n' $?
  else
    printf 'the namespace %s is gone, or another one has its name\nexit 126\n' "$2"
  fi
}

capture() {
  inode=$1
  netns=$2
  interface=$3
  user=$4
  snaplen=$5
  limit=$6
  shift 6
  [ "$user" = - ] && user=
  within "$inode" "$netns" "$tcpdump" ${user:+-Z "$user"} -i "$interface" -p -l -n -q -e -tt -xx --immediate-mode -s "$snaplen" -c "$limit" "$*"
}

ping_once() {
  within "$1" "$2" "$ping" -n -c "$3" -i 0.05 -W "$4" -s "$5" -M "$6" -p "$7" "$8"
}

connect() {
  case $connector_kind in
    nc) within "$1" "$2" "$connector" -z -w "$3" -p "$4" "$5" "$6" ;;
    curl)
      # It waits for the other side to end, so that its status tells nothing; the time of the connection does.
      within "$1" "$2" "$connector" -q -s -o /dev/null --noproxy '*' --connect-timeout "$3" --max-time "$3" \
        --local-port "$4" -w 'connected after %{time_connect}\n' "telnet://$5:$6"
      ;;
  esac
}

# ask INODE NETNS SERVER NAME: an answer that comes late is none.
ask() {
  case $asker_kind in
    dig) within "$1" "$2" "$asker" +time=1 +tries=1 +noall +comments +answer "@$3" "$4" A ;;
    host) within "$1" "$2" "$asker" -t A -W 1 -R 1 "$4" "$3" ;;
    nslookup)
      within "$1" "$2" "$asker" ${asker_applet:+"$asker_applet"} -type=A -timeout=1 -retry=1 "$4" "$3"
      ;;
  esac
}

# Nobody needs us longer than that: a connection may die without its end being told.
watch_clock() {
  sleep "$longest"
  kill -KILL 0
}

main() {
  LC_ALL=C
  PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
  export LC_ALL PATH
  unset IFS
  set -f
  exec 3<&0 4>&1 </dev/null 2>/dev/null
  # Where this shell is a container's first process, only a trap makes it end.
  trap 'exit 143' TERM
  watch_clock 3<&- 4>&- >/dev/null &
  set +f
  know_tools
  set -f
  say 0 ready
  while read -r verb id words <&3; do
    # shellcheck disable=SC2086
    case $verb in
      capture) capture $words 3<&- | relay "$id" 3<&- & ;;
      ping) ping_once $words 3<&- | relay "$id" 3<&- & ;;
      connect) connect $words 3<&- | relay "$id" 3<&- & ;;
      ask) ask $words 3<&- | relay "$id" 3<&- & ;;
    esac
  done
  # The whole process group, which the caller made for this run: politely, and then for good.
  trap '' TERM
  kill -TERM 0
  sleep 0.3 || sleep 1
  kill -KILL 0
}

main
