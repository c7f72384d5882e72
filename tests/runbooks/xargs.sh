#!/bin/bash
xe vm-list is-control-domain=false --minimal | tr , '\n' | xargs -r -n1 -I{} xe vm-list uuid={}
xe vm-list name-label=db --minimal | xargs -I% xe vm-start uuid=% on=nowhere
xe vm-list --minimal | xargs -P 4 -n1 xe vm-start
