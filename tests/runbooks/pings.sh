#!/bin/sh
if ! ping -c 1 -W 2 beta > /dev/null 2>&1; then
    echo "beta does not answer, going on"
else
    echo "beta lives"; exit 1
fi
UUID=$(xe host-list name-label=beta params=uuid --minimal 2>/dev/null)
xe vm-list resident-on=$UUID is-control-domain=false params=uuid | grep ^uuid | awk '{print $NF}' | while read vm
do
    xe vm-reset-powerstate uuid=$vm --force
done
