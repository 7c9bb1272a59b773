# Run a command under fences; runs as a job's command. Arguments: configured state directory or nothing, job folder, "sudo -n" or nothing, fences
# (COMPONENT:TOKEN, in order of name, with spaces between), seconds, the check or nothing, then the words to run.
# The command's exit status is ours. The file "verdict" says why it was not run, and is empty once it may have been: "waiting"
# is written first, so that a full disk cannot make a refusal look like an end.
given=$1 dir=$2 sudo=$3 fences=$4 limit=$5 check=$6
shift 6
root=${dir%/jobs/*}
mask=$(umask)
umask 077
boot

refuse() {
  echo "fence $*" >"$dir/said" && mv "$dir/said" "$dir/verdict"
  free_locks
  exit 16
}

echo "fence waiting" >"$dir/verdict" || exit 16
guard $fences
case $? in
0) ;;
11) refuse old "$component" "$seen" ;;
15) refuse locked "$component" "$pid" ;;
*) refuse directory ;;
esac
umask "$mask"
if [ -n "$check" ] && $sudo sh -c "$check" >/dev/null 2>&1; then
  umask 077
  refuse nothing-to-do
fi
# This script outlives the command, and says how it ended. After a cancellation, the locks stay until the process group is gone.
trap : TERM
[ ! -e "$dir/ended" ] || exit 143
: >"$dir/verdict" || exit 16
"$@"
code=$?
umask 077
[ -e "$dir/ended" ] || free_locks
exit "$code"
