drop subscription {name}
