# SPDX-License-Identifier: ISC
# Prototypes, names and the jump table, made from the one list of system calls.

GENERATED += $(GEN)/syscall_table.inc

$(GEN)/syscall_table.inc: include/abi/syscall.tbl kernel/syscall/mktable.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) kernel/syscall/mktable.py $< $(GEN)
	@touch $@
