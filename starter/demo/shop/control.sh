#!/bin/sh
# Start, stop or show one component of the shop: sh shop/control.sh start|stop|status web|app|db
# Started in the home directory. `status` exits 0 when it runs and 3 when it does not, as the LSB says.
verb=$1 component=$2
pid_file=run/$component.pid log=log/$component.log

runs() {
  { read -r pid <"$pid_file"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null
}

# Wait up to $1 tenths of a second until the rest of the words hold.
within() {
  tenths=$1
  shift
  until "$@"; do
    tenths=$((tenths - 1))
    [ "$tenths" -gt 0 ] || return 1
    sleep 0.1
  done
}

gone() { ! runs; }

# A shell stays behind to note how the component ended, and so that a dead one is not taken for a running one:
# until somebody waits for it, a dead process keeps its number.
keep() {
  . shop/settings
  python3 shop/shop.py "$component" "$PORT" "$pid_file" "$NEEDS"
  echo "$component ended with exit status $?"
}

case $verb in
start)
  runs && exit 0
  mkdir -p run log
  rm -f "$pid_file"
  trap '' HUP
  # In braces: for a function's own redirection some shells keep the old output open, and whoever reads it waits for ever.
  { keep; } >>"$log" 2>&1 </dev/null &
  within 100 runs && exit 0
  echo "$component did not start; the end of $log says:" >&2
  tail -n 5 "$log" >&2
  exit 1
  ;;
stop)
  runs || exit 0
  kill -TERM "$pid"
  within 20 gone && exit 0
  # It does not listen, for example because it hangs.
  kill -KILL "$pid"
  within 50 gone
  ;;
status)
  runs && echo "$component runs (process $pid)" && exit 0
  echo "$component does not run"
  exit 3
  ;;
*)
  echo "usage: control.sh start|stop|status web|app|db" >&2
  exit 2
  ;;
esac
