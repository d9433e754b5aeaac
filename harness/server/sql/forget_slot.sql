alter subscription {name} set (slot_name = none)
