# Run a command, its output going straight to the client; end it when the client is gone.
# Arguments: two halves of a random mark, "sudo -n" or nothing, the words to run.
mark=$1$2 sudo=$3
shift 3
exec 3<&0 </dev/null
# Nothing begins when nobody is there any more to take the mark.
printf '%s' "$mark" >&2
printf '%s' "$mark" || exit 0
group "$@" 3<&-
leader=$!
(
  trap : TERM
  while read -r line <&3; do :; done
  signal TERM "$leader"
  pause 1
  signal KILL "$leader"
) >/dev/null 2>&1 &
reader=$!
exec 3<&-
wait "$leader"
code=$?
kill -KILL "$reader" 2>/dev/null
exit "$code"
