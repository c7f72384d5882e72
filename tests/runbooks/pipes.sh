#!/bin/bash
POOL=$(xe pool-list | grep uuid | awk '{print $5}')
for h in $(xe host-list params=uuid | awk -F': ' '/uuid/ {print $2}'); do
  name=$(xe host-param-get uuid=$h param-name=name-label)
  [ "$name" = beta ] && B=$h
done
[[ -z ${B:-} ]] && { echo "no beta" >&2; exit 2; }
for v in $(xe vm-list resident-on=$B is-control-domain=false | grep -i '^uuid' | sed 's/.*: //'); do
  xe vm-reset-powerstate uuid=$v --force || exit 3
done
count=$(xe vm-list power-state=running is-control-domain=false --minimal | tr ',' '\n' | grep -c .)
if (( count > 0 )); then echo "$count run"; fi
xe host-forget uuid=$B --force
