drop role if exists {role}
