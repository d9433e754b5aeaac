alter subscription {name} disable
