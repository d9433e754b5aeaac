alter database {database} set {name} from current
