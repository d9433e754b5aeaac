alter role {role} in database {database} set {name} from current
