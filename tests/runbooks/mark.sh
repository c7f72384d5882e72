xe host-list --minimal
xe vm-list
