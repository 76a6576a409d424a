#!/bin/sh
# Copies the collector's programs, and the libraries that they load, from this Debian system into a directory: the
# whole content of the image. `sh gather.sh DIR [MORE…]` with more programs, by name or path; the Dockerfile runs it, and so do
# scripts/release/image.ts and the tests.
set -eu

# What src/collect/shell/*.sh call. The Docker client is not among them: the job has no access to the engine.
programs='sh base64 bridge cat date ethtool grep gzip head id ip ip6tables-legacy-save ip6tables-nft-save
  iptables-legacy-save iptables-nft-save lsns nft nsenter sed sha256sum sleep sort stat tc tr true uname'

main() {
  target=$1
  shift
  mkdir -p "$target"
  files=
  for program in $programs "$@"; do
    file=$(command -v "$program") || {
      echo "gather.sh: there is no $program here" >&2
      exit 1
    }
    case $file in
      /*) add_program "$file" "${program##*/}" ;;
      # Built into the shell, and a program of its own as well.
      *) add_program "/bin/$program" "$program" ;;
    esac
  done
  # The matches that rules use print themselves through these; without them a rule is printed without its meaning.
  for folder in /usr/lib/*/xtables /usr/lib/xtables; do
    if [ -d "$folder" ]; then
      mkdir -p "$target$folder"
      cp -L "$folder"/*.so "$target$folder"
    fi
  done
  licences
  # Where the engine's directory is mounted.
  mkdir -p "$target/run" "$target/var" "$target/proc" "$target/sys" "$target/dev" "$target/etc" "$target/tmp"
  [ -e "$target/var/run" ] || ln -s /run "$target/var/run"
}

# What Debian's packages of all these files say of their copyright, where this is a Debian system.
licences() {
  mkdir -p "$target/licences"
  command -v dpkg-query >/dev/null || return 0
  # A package lists its files below /bin or below /usr/bin, wherever they are found now.
  {
    printf '%s\n' "$files"
    find "$target" -type f -name '*.so*' | sed "s|^$target||"
  } | sed -e 'p' -e 's|^/usr/|/|' -e 't' -e 's|^/|/usr/|' | sort -u |
    xargs dpkg-query -S 2>/dev/null | sed -n 's/^\([^:,]*\):.*/\1/p' | sort -u |
    while read -r package; do
      [ ! -f "/usr/share/doc/$package/copyright" ] || cp -L "/usr/share/doc/$package/copyright" "$target/licences/$package"
    done
}

# Under its own name, wherever links lead (iptables-nft-save is a name of xtables-nft-multi).
add_program() {
  mkdir -p "$target/bin"
  cp -L "$1" "$target/bin/$2"
  files="$files$(readlink -f "$1")
"
  # `libx.so.1 => /lib/libx.so.1 (0x…)`, and the loader: `/lib64/ld-linux.so.2 (0x…)`.
  ldd "$1" 2>/dev/null | sed -n -e 's/^.* => \(\/[^ ]*\) .*/\1/p' -e 's/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' |
    while read -r library; do
      [ -e "$target$library" ] && continue
      mkdir -p "$target${library%/*}"
      cp -L "$library" "$target$library"
    done
}

main "$@"
