#!/bin/bash
hosts=(beta gamma)
hosts+=("alpha")
echo ${#hosts[@]} hosts, the last is ${hosts[2]}
for h in "${hosts[@]}"; do
  xe host-list name-label="$h" params=uuid
done
declare -A up
up[beta]=no
