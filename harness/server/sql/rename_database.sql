alter database {name} rename to {new}
