#compdef ovdiag
# Completion of ovdiag for zsh; `ovdiag completion zsh` prints it. As a file named _ovdiag in a folder of $fpath, or by source.

_ovdiag() {
  local -a answer candidates
  local line word directive=0
  # Up to the cursor; (Q) takes away the quotes of the command line.
  answer=("${(@f)$(command ovdiag __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in "${answer[@]}"; do
    case $line in
      :*) directive=${line#:} ;;
      ?*)
        # _describe takes what stands behind a ':' for the description.
        word=${${line%%$'\t'*}//:/\\:}
        if [[ $line == *$'\t'* ]]; then candidates+=("$word:${line#*$'\t'}"); else candidates+=("$word"); fi
        ;;
    esac
  done

  # The value of --flag=value.
  [[ $PREFIX == --*=* ]] && compset -P '--[^=]##='
  if ((directive & 16)); then
    _files -/
  elif ! ((directive & 4)); then
    _files
  elif ((directive & 2)); then
    _describe -V ovdiag candidates -S ''
  else
    _describe -V ovdiag candidates
  fi
}

# Run as a completion, it completes; by source, it is set up.
if [[ ${funcstack[1]-} == _ovdiag ]]; then
  _ovdiag "$@"
elif (($+functions[compdef])); then
  compdef _ovdiag ovdiag
fi
