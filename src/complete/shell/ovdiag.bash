# Completion of ovdiag for bash (4.2 or newer); `ovdiag completion bash` prints it.

# The word at the cursor and those before it. bash has split them at ':' and '=' (COMP_WORDBREAKS), which are part of
# words here: what stands without a blank between is put together again.
__ovdiag_words() {
  local line=${COMP_LINE:0:COMP_POINT} index blank part
  words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    blank=${line%%[![:space:]]*}
    line=${line#"$blank"}
    part=${COMP_WORDS[index]}
    ((index < COMP_CWORD)) || part=$line
    if [[ -z $blank && $index -gt 0 ]]; then
      words[-1]+=$part
    else
      words+=("$part")
    fi
    line=${line#"$part"}
  done
}

__ovdiag_complete() {
  local -a words candidates=()
  local line directive=0 typed break
  COMPREPLY=()
  __ovdiag_words
  typed=${words[-1]}
  while IFS= read -r line; do
    case $line in
      :*) directive=${line#:} ;;
      *) candidates+=("${line%%$'\t'*}") ;;
    esac
  done < <(command ovdiag __complete "${words[@]:1}" 2>/dev/null)

  # The value of --flag=value: bash replaces what stands behind the '='.
  [[ $typed == --*=* ]] && typed=${typed#*=}
  if ((directive & 16)); then
    compopt -o dirnames 2>/dev/null
    return
  elif ! ((directive & 4)); then
    compopt -o default 2>/dev/null
    return
  fi
  ((directive & 2)) && compopt -o nospace 2>/dev/null

  # bash replaces only what stands behind the last of its own breaks.
  for break in : =; do
    if [[ $typed == *"$break"* && $COMP_WORDBREAKS == *"$break"* ]]; then
      candidates=("${candidates[@]#"${typed%"$break"*}$break"}")
    fi
  done
  COMPREPLY=("${candidates[@]}")
}

complete -F __ovdiag_complete ovdiag
