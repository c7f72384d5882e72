#!/bin/bash
xe vm-reset-powerstate resident-on=$beta --force --multiple
for v in $(xe vm-list resident-on=$beta is-control-domain=false --minimal | tr , ' '); do
  xe vm-start uuid=$v on=gamma
done
