#!/bin/bash
where() { ssh -o ConnectTimeout=5 root@"$1" 'xe host-list --minimal' > /dev/null; }
where gamma
if ! where beta; then
  echo "beta does not answer"
fi
ssh beta "xe-toolstack-restart"
