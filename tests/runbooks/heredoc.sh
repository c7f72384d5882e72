#!/bin/bash
VM=db
ssh gamma <<EOF
xe vm-list name-label=$VM --minimal
xe vm-shutdwn vm=$VM --force
EOF
cat > notes.txt <<'END'
xe host-forget uuid=$beta --force
END
xe vm-list
