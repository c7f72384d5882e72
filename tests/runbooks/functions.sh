#!/bin/bash
set -euo pipefail
LOG=/var/log/recover-$(date +%Y%m%d).log
exec > >(tee -a "$LOG") 2>&1
log() { local level=$1; shift; echo "$(date '+%F %T') [$level] $*"; }
[[ $EUID -eq 0 ]] || { log ERR "root only"; exit 1; }
command -v xe >/dev/null || { log ERR "no xe"; exit 1; }
host_uuid() {
  local name=$1 uuid
  uuid=$(xe host-list name-label="$name" --minimal)
  [ -n "$uuid" ] || { log ERR "no host $name"; return 1; }
  echo "$uuid"
}
n=0
B=$(host_uuid beta)
for vm in $(xe vm-list resident-on="$B" is-control-domain=false --minimal | tr ',' ' '); do
  xe vm-reset-powerstate uuid="$vm" --force
  n=$((n + 1))
done
case "$n" in
  0) log INFO "nothing to reset" ;;
  *) log INFO "reset $n VMs" ;;
esac
xe host-forget uuid="$B" --force
