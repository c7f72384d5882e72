#!/bin/bash
say() { echo "$(date +%T) $1"; }
LVS=$(lvs --noheadings | wc -l)
say "there are $LVS volumes"
echo "before: $LVS" > before.txt
ERRORS=$(grep -c error /var/log/SMlog | head -1)
xe vm-list name-label=db --minimal
AGAIN=${LVS:-0}
if [ "$AGAIN" -gt 40 ]; then
  xe host-disable uuid=$(xe host-list name-label=gamma --minimal)
fi
xe vm-list name-label=db --minimal
