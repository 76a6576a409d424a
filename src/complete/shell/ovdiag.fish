# Completion of ovdiag for fish; `ovdiag completion fish` prints it.

function __ovdiag_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l typed (commandline -ct)
    set -l answer (command ovdiag __complete $words "$typed" 2>/dev/null)
    set -l directive (string replace : '' -- $answer[-1])
    set -e answer[-1]

    # The value of --flag=value: fish replaces the whole word.
    set -l flag ''
    string match -qr -- '^--[^=]*=' $typed; and set flag (string match -r -- '^--[^=]*=' $typed)
    if test "$directive" = 0
        set -l value (string replace -- "$flag" '' $typed)
        for file in (__fish_complete_path "$value")
            echo -- $flag$file
        end
    else if test "$directive" = 16
        set -l value (string replace -- "$flag" '' $typed)
        for folder in (__fish_complete_directories "$value")
            echo -- $flag$folder
        end
    else
        for candidate in $answer
            echo -- $flag$candidate
        end
    end
end

complete -c ovdiag -f -a '(__ovdiag_complete)'
